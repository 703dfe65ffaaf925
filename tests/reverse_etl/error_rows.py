"""What each code of each destination must mean for the one record it is said of, written down by hand."""

from __future__ import annotations

from typing import Any

from reverse_etl.destination import Answer

# result and kind; a code that stops the sync leaves its record not applied.
ROWS: dict[str, dict[str, tuple[str, str]]] = {
    "shopify": {
        "THROTTLED": ("not_applied", "throttled"),
        "ACCESS_DENIED": ("stop", "auth"),
        "SHOP_INACTIVE": ("stop", "auth"),
        "INTERNAL_SERVER_ERROR": ("in_doubt", "transient"),
        "TIMEOUT": ("in_doubt", "transient"),
        "MAX_COST_EXCEEDED": ("rejected", "validation"),
        "BAD_REQUEST": ("rejected", "validation"),
        "undefinedField": ("stop", "validation"),
        "argumentNotAccepted": ("stop", "validation"),
        "IDEMPOTENCY_CONCURRENT_REQUEST": ("not_applied", "transient"),
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": ("needs_new_key", "transient"),
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": ("rejected", "conflict"),
        "CHANGE_FROM_QUANTITY_STALE": ("rejected", "conflict"),
        "COMPARE_QUANTITY_STALE": ("rejected", "conflict"),
        "COMPARE_QUANTITY_REQUIRED": ("rejected", "validation"),
        "INVALID_INVENTORY_ITEM": ("rejected", "gone"),
        "INVALID_LOCATION": ("rejected", "gone"),
        "INVALID_QUANTITY_NEGATIVE": ("rejected", "validation"),
        "INVALID_QUANTITY_TOO_HIGH": ("rejected", "validation"),
        "INVALID_QUANTITY_TOO_LOW": ("rejected", "validation"),
        "NON_MUTABLE_INVENTORY_ITEM": ("rejected", "validation"),
        "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": ("rejected", "validation"),
        "INVALID_NAME": ("stop", "validation"),
        "INVALID_REASON": ("stop", "validation"),
        "INVALID_REFERENCE_DOCUMENT": ("stop", "validation"),
    },
    "amazon": {
        "Unauthorized": ("stop", "auth"),
        "AccessDenied": ("stop", "auth"),
        "QuotaExceeded": ("not_applied", "throttled"),
        "InvalidInput": ("rejected", "validation"),
        "NOT_FOUND": ("rejected", "gone"),
        "NotFound": ("rejected", "gone"),
        "ServiceUnavailable": ("not_applied", "transient"),
        "InternalFailure": ("in_doubt", "transient"),
        "90220": ("rejected", "validation"),
        "13013": ("rejected", "gone"),
    },
    "woocommerce": {
        "woocommerce_rest_authentication_error": ("stop", "auth"),
        "woocommerce_rest_cannot_view": ("stop", "auth"),
        "woocommerce_rest_cannot_edit": ("stop", "auth"),
        "woocommerce_rest_cannot_batch": ("stop", "auth"),
        "rest_cannot_edit": ("stop", "auth"),
        "woocommerce_rest_product_invalid_id": ("rejected", "gone"),
        "woocommerce_rest_product_variation_invalid_id": ("rejected", "gone"),
        "rest_invalid_param": ("rejected", "validation"),
        "rest_missing_callback_param": ("rejected", "validation"),
        "rest_invalid_json": ("rejected", "validation"),
        "woocommerce_rest_request_entity_too_large": ("rejected", "validation"),
        "rest_no_route": ("stop", "gone"),
        "internal_server_error": ("in_doubt", "transient"),
    },
    "quickbooks": {
        "3200": ("stop", "auth"), "003200": ("stop", "auth"), "3100": ("stop", "auth"), "003100": ("stop", "auth"),
        "120": ("stop", "auth"), "5020": ("stop", "auth"), "6190": ("stop", "auth"),
        "3001": ("not_applied", "throttled"), "003001": ("not_applied", "throttled"),
        "10000": ("in_doubt", "transient"),
        "4000": ("stop", "validation"), "4040": ("stop", "validation"),
        "610": ("rejected", "gone"), "2500": ("rejected", "gone"),
        "5010": ("rejected", "conflict"), "6240": ("rejected", "conflict"),
        "6140": ("in_doubt", "conflict"), "2090": ("in_doubt", "conflict"),
        "6210": ("rejected", "validation"), "6000": ("rejected", "validation"), "6070": ("rejected", "validation"),
        "2010": ("rejected", "validation"), "2020": ("rejected", "validation"), "2050": ("rejected", "validation"),
    },
    "hubspot": {
        "VALIDATION_ERROR": ("rejected", "validation"),
        "INVALID_EMAIL": ("rejected", "validation"),
        "PROPERTY_DOESNT_EXIST": ("rejected", "validation"),
        "OBJECT_NOT_FOUND": ("rejected", "gone"),
        "CONFLICT": ("rejected", "conflict"),
        "OBJECT_ALREADY_EXISTS": ("rejected", "conflict"),
        "INVALID_AUTHENTICATION": ("stop", "auth"),
        "EXPIRED_AUTHENTICATION": ("stop", "auth"),
        "MISSING_SCOPES": ("stop", "auth"),
        "BANNED": ("stop", "auth"),
        "RATE_LIMITS": ("not_applied", "throttled"),
        "TEN_SECONDLY_ROLLING": ("not_applied", "throttled"),
        "DAILY": ("stop", "throttled"),
        "INTERNAL_ERROR": ("in_doubt", "transient"),
    },
    "klaviyo": {
        "not_authenticated": ("stop", "auth"),
        "authentication_failed": ("stop", "auth"),
        "permission_denied": ("stop", "auth"),
        "throttled": ("not_applied", "throttled"),
        "invalid": ("rejected", "validation"),
        "parse_error": ("rejected", "validation"),
        "not_found": ("rejected", "gone"),
        "duplicate_profile": ("rejected", "conflict"),
        "invalid_revision": ("stop", "validation"),
        "not_acceptable": ("stop", "validation"),
        "unsupported_media_type": ("stop", "validation"),
        "method_not_allowed": ("stop", "validation"),
        "error": ("in_doubt", "transient"),
        "service_unavailable": ("not_applied", "transient"),
    },
    "slack": {
        "invalid_payload": ("rejected", "validation"),
        "no_text": ("rejected", "validation"),
        "action_prohibited": ("stop", "auth"),
        "invalid_token": ("stop", "auth"),
        "no_active_hooks": ("stop", "gone"),
        "no_service": ("stop", "gone"),
        "no_team": ("stop", "gone"),
        "team_disabled": ("stop", "gone"),
        "channel_not_found": ("stop", "gone"),
        "channel_is_archived": ("stop", "gone"),
        "rollup_error": ("in_doubt", "transient"),
    },
    "xero": {
        "QueryParseException": ("stop", "validation"),
        "PostDataInvalidException": ("rejected", "validation"),
        "day": ("stop", "throttled"),
        "minute": ("not_applied", "throttled"),
        "appminute": ("not_applied", "throttled"),
        "concurrent": ("not_applied", "throttled"),
        "duplicate_number": ("in_doubt", "conflict"),
        "key_reused": ("in_doubt", "conflict"),
        "duplicate_name": ("rejected", "conflict"),
        "not_editable": ("rejected", "conflict"),
        "overpaid": ("rejected", "conflict"),
        "missing_customer": ("rejected", "gone"),
        "missing_document": ("rejected", "gone"),
        "missing_account": ("rejected", "gone"),
        "missing_tax_code": ("rejected", "gone"),
        "period_locked": ("rejected", "validation"),
        "currency_not_subscribed": ("rejected", "validation"),
    },
}  # fmt: skip
# Xero has no codes for what is wrong with a record; each of ours stands for a sentence of theirs.
XERO_SENTENCES = {
    "duplicate_number": "Invoice # must be unique.",
    "key_reused": "The Idempotency-Key was used with another request",
    "duplicate_name": "The contact name Ann is already assigned to another contact. The contact name must be unique across all active contacts.",
    "not_editable": "Invoice not of valid status for modification",
    "overpaid": "Payment amount exceeds the amount outstanding on this document",
    "missing_customer": "The contact specified could not be found",
    "missing_document": "Invoice could not be found",
    "missing_account": "Account code '8888' is not a valid code for this document.",
    "missing_tax_code": "The TaxType code 'OUTPUT9' does not exist or cannot be used for this type of transaction.",
    "period_locked": "The document date cannot be before the end of the locked period, currently set at 31 Oct 2026",
    "currency_not_subscribed": "Organisation is not subscribed to currency USD",
}


def said(destination: str, code: str, message: str = "their words") -> Answer:
    """A whole answer with this code, as the vendor writes it."""
    body: Any
    if destination == "shopify":
        return Answer(200, {"errors": [{"message": message, "extensions": {"code": code}}]})
    if destination == "slack":
        return Answer(400, code)
    if destination == "amazon":
        if code.isdigit():
            # Understood, and found wrong: an issue of the listing.
            issue = {"code": code, "message": message, "severity": "ERROR", "categories": []}
            return Answer(200, {"sku": "S", "status": "INVALID", "submissionId": "s-1", "issues": [issue]})
        body = {"errors": [{"code": code, "message": message, "details": ""}]}
    elif destination == "woocommerce":
        body = {"code": code, "message": message, "data": {"status": 400}}
    elif destination == "quickbooks":
        body = {"Fault": {"Error": [{"code": code, "Message": "short", "Detail": message}], "type": "ValidationFault"}}
    elif destination == "xero":
        return _xero(code, message)
    elif destination == "klaviyo":
        body = {"errors": [{"code": code, "title": "short", "detail": message}]}
    else:
        body = {"status": "error", "category": code, "message": message}
        if code in ("DAILY", "TEN_SECONDLY_ROLLING"):
            body |= {"policyName": code, "category": "RATE_LIMITS"}
    return Answer(400, body)


def _xero(code: str, message: str) -> Answer:
    """A limit stands in a header, a bad request in the type of the error, the rest in sentences about records."""
    if code in ("day", "minute", "appminute", "concurrent"):
        return Answer(429, {"Title": "Too Many Requests", "Detail": message}, {"x-rate-limit-problem": code})
    if code not in XERO_SENTENCES:
        return Answer(400, {"ErrorNumber": 16, "Type": code, "Message": message})
    errors = [{"Message": message}, {"Message": XERO_SENTENCES[code]}]
    body = {"ErrorNumber": 10, "Type": "ValidationException", "Elements": [{"ValidationErrors": errors}]}
    return Answer(400, body)
