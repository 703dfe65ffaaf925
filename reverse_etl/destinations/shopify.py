"""Shopify Admin GraphQL: stock by location, fulfilments with tracking.

Version 2026-10, supported for a year. Access token in a header. Cost-based limit, 100 points a second on the smallest
plan and about 10 per mutation: requests are paced to that, and a THROTTLED answer (HTTP 200!) waits for the bucket.
Stock is set with the quantity it replaces (`changeFromQuantity`) and under `@idempotent`, which is mandatory for
inventory mutations since 2026-04. The mutation applies all its quantities or none, so an error at one of them leaves
the others unapplied. `fulfillmentCreate` takes no key: what is left to fulfil is looked up first. No money is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from reverse_etl.answers import accepted, at, complete, doubtful, for_all, items, not_applied, raise_for_error, rejected
from reverse_etl.destination import (
    Answer,
    Batch,
    Destination,
    LookUp,
    Outcome,
    Pace,
    References,
    Request,
    Result,
    Write,
)
from reverse_etl.errors import Kind, RejectedRecord, RetryLater, StopSync
from reverse_etl.plan import Delivery

API_VERSION = "2026-10"
PATH = f"/admin/api/{API_VERSION}/graphql.json"

SET_QUANTITIES = """
mutation SetQuantities($input: InventorySetQuantitiesInput!, $idempotencyKey: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $idempotencyKey) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}
"""
STOCK_LEVEL = """
query StockLevel($item: ID!, $location: ID!) {
  inventoryItem(id: $item) {
    id
    inventoryLevel(locationId: $location) { id quantities(names: ["available"]) { name quantity } }
  }
}
"""
CREATE_FULFILMENT = """
mutation CreateFulfilment($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status trackingInfo { company number } }
    userErrors { field message }
  }
}
"""
FULFILMENTS_OF_ORDER = """
query FulfilmentsOfOrder($id: ID!) {
  order(id: $id) {
    id
    fulfillments(first: 100) { id status trackingInfo { number } }
    fulfillmentOrders(first: 20) { nodes { id status lineItems(first: 100) { nodes { id remainingQuantity } } } }
  }
}
"""

# Codes of inventorySetQuantities that are not simply "this quantity is wrong".
_STALE = {"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"}
_NEW_KEY = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
_CONCURRENT = "IDEMPOTENCY_CONCURRENT_REQUEST"


def _encode_stock(batch: Batch, request_key: str, references: References) -> Request:
    quantities = [
        {
            "inventoryItemId": delivery.payload["inventory_item_gid"],
            "locationId": delivery.payload["location_gid"],
            "quantity": delivery.payload["quantity"],
            "changeFromQuantity": delivery.before.get("quantity"),
        }
        for delivery in batch
    ]
    written = {
        "name": "available",
        "reason": "correction",
        # Shows in the shop's stock history, so that a human there finds the plan.
        "referenceDocumentUri": f"gid://cartwheel/Plan/{batch[0].plan_id}",
        "quantities": quantities,
    }
    return _graphql(SET_QUANTITIES, {"input": written, "idempotencyKey": request_key})


def _decode_stock(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    _raise_for_error(answer)
    result = at(answer.body, "data", "inventorySetQuantities")
    if result is None:
        return {}
    errors = items(result, "userErrors")
    if not errors:
        return for_all(batch, accepted(at(result, "inventoryAdjustmentGroup", "id")))
    codes = {str(at(error, "code")) for error in errors}
    if _CONCURRENT in codes:
        raise RetryLater("the same request is still at work", kind=Kind.TRANSIENT, code=_CONCURRENT)
    if _NEW_KEY in codes:
        return for_all(batch, Outcome(Result.NEEDS_NEW_KEY, Kind.TRANSIENT, _NEW_KEY, "the earlier attempt failed"))
    outcomes = for_all(batch, not_applied("another quantity of the same request was refused"))
    for error in errors:
        position = _quantity_position(at(error, "field"))
        if position is None and len(batch) == 1:
            position = 0
        if position is not None and position < len(batch):
            outcomes[batch[position].record_key] = _stock_error(error)
    return outcomes


def _stock_error(error: Any) -> Outcome:
    code = at(error, "code")
    kind = Kind.CONFLICT if code in _STALE else Kind.VALIDATION
    return rejected(at(error, "message"), kind, code)


def _quantity_position(field: Any) -> int | None:
    """The index in ["input", "quantities", "3", "changeFromQuantity"]."""
    steps = [str(step) for step in field] if isinstance(field, list) else []
    if "quantities" in steps[:-1]:
        step = steps[steps.index("quantities") + 1]
        return int(step) if step.isdigit() else None
    return None


def _look_up_stock(delivery: Delivery, references: References) -> Request:
    wanted = {"item": delivery.payload["inventory_item_gid"], "location": delivery.payload["location_gid"]}
    return _graphql(STOCK_LEVEL, wanted)


def _found_stock(delivery: Delivery, answer: Answer) -> Outcome | None:
    _raise_for_error(answer)
    level = at(answer.body, "data", "inventoryItem", "inventoryLevel")
    for quantity in items(level, "quantities"):
        if at(quantity, "name") == "available" and at(quantity, "quantity") == delivery.payload["quantity"]:
            return accepted(at(level, "id"))
    # Not as wanted: the write may go out again, because the quantity it replaces guards it.
    return None


def _encode_fulfilment(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    lines = [{"id": line["fulfilment_order_line_gid"], "quantity": line["line_quantity"]} for line in delivery.lines]
    order = {"fulfillmentOrderId": delivery.payload["fulfilment_order_gid"], "fulfillmentOrderLineItems": lines}
    tracking = {"number": delivery.payload["tracking_number"], "company": delivery.payload["carrier"]}
    # Telling the buyer is a message with rules of its own, not a side effect of a record.
    written = {"lineItemsByFulfillmentOrder": [order], "trackingInfo": tracking, "notifyCustomer": False}
    return _graphql(CREATE_FULFILMENT, {"fulfillment": written})


def _decode_fulfilment(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    _raise_for_error(answer)
    result = at(answer.body, "data", "fulfillmentCreate")
    errors = items(result, "userErrors")
    if errors:
        return for_all(batch, rejected(at(errors, 0, "message"), Kind.VALIDATION))
    fulfilment_id = at(result, "fulfillment", "id")
    return for_all(batch, accepted(fulfilment_id)) if fulfilment_id else {}


def _look_up_fulfilment(delivery: Delivery, references: References) -> Request:
    return _graphql(FULFILMENTS_OF_ORDER, {"id": f"gid://shopify/Order/{delivery.payload['platform_order_id']}"})


def _found_fulfilment(delivery: Delivery, answer: Answer) -> Outcome | None:
    """Already there under our tracking number; or nothing left to fulfil; or free to be created."""
    _raise_for_error(answer)
    order = at(answer.body, "data", "order")
    if not isinstance(order, Mapping):
        if isinstance(at(answer.body, "data"), Mapping):
            return rejected("the order does not exist any more", Kind.GONE)
        return doubtful("the answer to the look-up can not be read")
    for fulfilment in items(order, "fulfillments"):
        numbers = [at(tracking, "number") for tracking in items(fulfilment, "trackingInfo")]
        if delivery.payload["tracking_number"] in numbers and at(fulfilment, "status") != "CANCELLED":
            return accepted(at(fulfilment, "id"))
    remaining = {
        at(line, "id"): at(line, "remainingQuantity") or 0
        for fulfilment_order in items(order, "fulfillmentOrders", "nodes")
        for line in items(fulfilment_order, "lineItems", "nodes")
    }
    for line in delivery.lines:
        if remaining.get(line["fulfilment_order_line_gid"], 0) < line["line_quantity"]:
            return rejected("less is left to fulfil than this parcel holds", Kind.CONFLICT, "already_fulfilled")
    return None


def _graphql(document: str, variables: dict[str, Any]) -> Request:
    return Request("POST", PATH, json={"query": document, "variables": variables})


def _raise_for_error(answer: Answer) -> None:
    """Errors of transport and of GraphQL itself, which come with HTTP 200."""
    raise_for_error(answer, {})
    for error in items(answer.body, "errors"):
        code, message = at(error, "extensions", "code"), str(at(error, "message"))[:300]
        if code == "THROTTLED":
            raise RetryLater("throttled", kind=Kind.THROTTLED, code=code, wait=_bucket_wait(answer))
        if code == "ACCESS_DENIED":
            raise StopSync(message, kind=Kind.AUTH, code=code)
        if code != "INTERNAL_SERVER_ERROR":
            raise RejectedRecord(message, kind=Kind.VALIDATION, code=code or "graphql_error")


def _bucket_wait(answer: Answer) -> float | None:
    """Seconds until the cost bucket holds what this request asked for."""
    cost = at(answer.body, "extensions", "cost")
    asked, status = at(cost, "requestedQueryCost"), at(cost, "throttleStatus")
    available, rate = at(status, "currentlyAvailable"), at(status, "restoreRate")
    if asked is None or available is None or not rate:
        return None
    return max(0.0, float(asked - available) / float(rate))


DESTINATION = Destination(
    name="shopify",
    credential_names=("access_token",),
    headers=lambda credentials: {"X-Shopify-Access-Token": credentials["access_token"]},
    writes={
        "stock_level": Write(
            encode=_encode_stock,
            decode=lambda batch, answer: complete(batch, _decode_stock(batch, answer)),
            look_up=LookUp(_look_up_stock, _found_stock),
            # The retention window is not published; write-ups say 24 hours, so half of that is trusted.
            key_kept_for=timedelta(hours=12),
            # All quantities of one request share its reference document, which is the plan.
            group=lambda delivery: delivery.plan_id,
        ),
        "fulfilment": Write(
            encode=_encode_fulfilment,
            decode=lambda batch, answer: complete(batch, _decode_fulfilment(batch, answer)),
            look_up=LookUp(_look_up_fulfilment, _found_fulfilment),
        ),
    },
    pace=Pace(requests=10, seconds=1.0, in_flight=4),
    request_id_header="x-request-id",
)
