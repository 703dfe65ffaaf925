"""One request to Shopify's GraphQL and what its answers mean: statuses, error codes, and the cost bucket."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reverse_etl.answers import at, raise_for_error, unreadable
from reverse_etl.destination import Answer, Pace, Request
from reverse_etl.errors import (
    ConfigurationError,
    InDoubt,
    Kind,
    NewKeyNeeded,
    RejectedRecord,
    RetryLater,
    StopSync,
)
from reverse_etl.meanings import Meanings

API_VERSION = "2026-10"
PATH = f"/admin/api/{API_VERSION}/graphql.json"

# A ceiling for the fastest plan; the bucket's own meter decides below it.
PACE = Pace(requests=100, seconds=1.0, in_flight=4)

_VALIDATION, _CONFLICT = (RejectedRecord, Kind.VALIDATION), (RejectedRecord, Kind.CONFLICT)
_GONE, _OURS = (RejectedRecord, Kind.GONE), (ConfigurationError, Kind.VALIDATION)
MEANINGS = Meanings(
    errors={
        # One address for everything: when it is missing, the shop or this version of the API is.
        404: (ConfigurationError, Kind.GONE),
        # The shop is locked, or their security has refused us.
        423: (StopSync, Kind.AUTH),
        430: (StopSync, Kind.AUTH),
    },
    codes={
        "THROTTLED": (RetryLater, Kind.THROTTLED),
        "ACCESS_DENIED": (StopSync, Kind.AUTH),
        "SHOP_INACTIVE": (StopSync, Kind.AUTH),
        "INTERNAL_SERVER_ERROR": (InDoubt, Kind.TRANSIENT),
        "TIMEOUT": (InDoubt, Kind.TRANSIENT),
        # Fewer records at once cost less.
        "MAX_COST_EXCEEDED": _VALIDATION,
        "BAD_REQUEST": _VALIDATION,
        "undefinedField": _OURS,
        "argumentNotAccepted": _OURS,
        "IDEMPOTENCY_CONCURRENT_REQUEST": (RetryLater, Kind.TRANSIENT),
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": (NewKeyNeeded, Kind.TRANSIENT),
        # Halves of the batch have keys of their own, and a key that is a record's own fits its content.
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": _CONFLICT,
        "CHANGE_FROM_QUANTITY_STALE": _CONFLICT,
        "COMPARE_QUANTITY_STALE": _CONFLICT,
        "COMPARE_QUANTITY_REQUIRED": _VALIDATION,
        "INVALID_INVENTORY_ITEM": _GONE,
        "INVALID_LOCATION": _GONE,
        "INVALID_QUANTITY_NEGATIVE": _VALIDATION,
        "INVALID_QUANTITY_TOO_HIGH": _VALIDATION,
        "INVALID_QUANTITY_TOO_LOW": _VALIDATION,
        "NON_MUTABLE_INVENTORY_ITEM": _VALIDATION,
        "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": _VALIDATION,
        "INVALID_NAME": _OURS,
        "INVALID_REASON": _OURS,
        "INVALID_REFERENCE_DOCUMENT": _OURS,
    },
)


def owned(*variables: str) -> frozenset[str]:
    return frozenset(("query", *(f"variables.{path}" for path in variables)))


def request(document: str, variables: dict[str, Any]) -> Request:
    return Request("POST", PATH, json={"query": document, "variables": variables})


def check(answer: Answer) -> None:
    """Errors of transport and of GraphQL itself, which come with HTTP 200."""
    errors = at(answer.body, "errors")
    if not 200 <= answer.status < 300:
        raise_for_error(answer, MEANINGS, None, errors if isinstance(errors, str) else None)
    for error in errors if isinstance(errors, list) else ():
        code = at(error, "extensions", "code")
        refusal = MEANINGS.error(answer, code or "graphql_error", at(error, "message"))
        if refusal.kind is Kind.THROTTLED:
            refusal.wait = until_bucket_holds(answer, 1)
        raise refusal


def data(answer: Answer, *names: str) -> Mapping[str, Any]:
    """The data of an answer that must have these fields, be they null."""
    check(answer)
    found = at(answer.body, "data")
    if not isinstance(found, Mapping) or not set(names) <= set(found):
        raise unreadable()
    return found


def until_bucket_holds(answer: Answer, requests: int) -> float | None:
    """Seconds until the cost bucket holds what so many requests like this one ask for; None when it does not say."""
    cost = at(answer.body, "extensions", "cost")
    status = at(cost, "throttleStatus")
    asked, available = _number(at(cost, "requestedQueryCost")), _number(at(status, "currentlyAvailable"))
    rate, most = _number(at(status, "restoreRate")), _number(at(status, "maximumAvailable"))
    if asked is None or available is None or not rate:
        return None
    wanted = asked * requests if most is None else min(asked * requests, most)
    return max(0.0, (wanted - available) / rate)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | Decimal) and math.isfinite(value) else None
