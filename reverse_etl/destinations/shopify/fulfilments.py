"""Parcels as fulfilments with tracking: created once, after a look at what is left to fulfil."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, for_all, items, rejected, unreadable
from reverse_etl.destination import Answer, Batch, LookUp, Outcome, ReadBack, References, Request, Write
from reverse_etl.destinations.shopify.graphql import MEANINGS, check, data, owned, request
from reverse_etl.errors import Kind
from reverse_etl.plan import Delivery

CREATE_FULFILMENT = """
mutation CreateFulfilment($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status trackingInfo { company number } }
    userErrors { field message }
  }
}
"""
# One query for what was made and what is left. Asked by its own id, the fulfilment order costs its lines; asked through
# the order's connection it would cost them many times over, and a query may cost 1,000 points at most.
FULFILMENTS = """
query Fulfilments($order: ID!, $fulfilmentOrder: ID!) {
  order(id: $order) {
    id
    fulfillments(first: 100) { id status trackingInfo { company number } }
  }
  fulfillmentOrder(id: $fulfilmentOrder) {
    id
    status
    lineItems(first: 250) { nodes { id remainingQuantity } }
  }
}
"""


def _encode_fulfilment(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    lines = [{"id": line["fulfilment_order_line_gid"], "quantity": line["line_quantity"]} for line in delivery.lines]
    order = {"fulfillmentOrderId": delivery.payload["fulfilment_order_gid"], "fulfillmentOrderLineItems": lines}
    tracking = {"number": delivery.payload["tracking_number"], "company": delivery.payload["carrier"]}
    # Telling the buyer is a message with rules of its own, not a side effect of a record.
    written = {"lineItemsByFulfillmentOrder": [order], "trackingInfo": tracking, "notifyCustomer": False}
    return request(CREATE_FULFILMENT, {"fulfillment": written})


def _decode_fulfilment(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    check(answer)
    result = at(answer.body, "data", "fulfillmentCreate")
    for error in items(result, "userErrors"):
        raise MEANINGS.error(answer, at(error, "code"), at(error, "message"))
    fulfilment_id = at(result, "fulfillment", "id")
    return for_all(batch, accepted(fulfilment_id)) if fulfilment_id else {}


def _look_up_fulfilment(delivery: Delivery, references: References) -> Request:
    order = f"gid://shopify/Order/{delivery.payload['platform_order_id']}"
    return request(FULFILMENTS, {"order": order, "fulfilmentOrder": delivery.payload["fulfilment_order_gid"]})


def _found_fulfilment(delivery: Delivery, answer: Answer) -> Outcome | None:
    """Already there under our tracking number; or nothing left to fulfil; or free to be created."""
    order = _order(answer)
    if order is None:
        return rejected("the order does not exist any more", Kind.GONE)
    fulfilment = _ours(delivery, order)
    if fulfilment is not None:
        return accepted(at(fulfilment, "id"))
    fulfilment_order = at(answer.body, "data", "fulfillmentOrder")
    if fulfilment_order is None:
        return rejected("the fulfilment order does not exist any more", Kind.GONE)
    lines = items(fulfilment_order, "lineItems", "nodes")
    remaining = {str(at(line, "id")): at(line, "remainingQuantity") for line in lines}
    for line in delivery.lines:
        left = remaining.get(line["fulfilment_order_line_gid"])
        if left is not None and not isinstance(left, int):
            raise unreadable()
        # A line that is not among them is for Shopify to judge.
        if left is not None and left < line["line_quantity"]:
            return rejected("less is left to fulfil than this parcel holds", Kind.CONFLICT, "already_fulfilled")
    return None


def _held_fulfilment(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    order = _order(answer)
    fulfilment = _ours(delivery, order) if order is not None else None
    if fulfilment is None:
        return None
    number = delivery.payload["tracking_number"]
    tracking = next(each for each in items(fulfilment, "trackingInfo") if at(each, "number") == number)
    return {"tracking_number": number, "carrier": at(tracking, "company")}


def _order(answer: Answer) -> Mapping[str, Any] | None:
    order = data(answer, "order", "fulfillmentOrder")["order"]
    if order is not None and not isinstance(order, Mapping):
        raise unreadable()
    return order


def _ours(delivery: Delivery, order: Mapping[str, Any]) -> Any:
    """The living fulfilment with our tracking number."""
    for fulfilment in items(order, "fulfillments"):
        numbers = [at(tracking, "number") for tracking in items(fulfilment, "trackingInfo")]
        if delivery.payload["tracking_number"] in numbers and at(fulfilment, "status") != "CANCELLED":
            return fulfilment
    return None


FULFILMENT_WRITE = Write(
    encode=_encode_fulfilment,
    decode=lambda batch, answer: complete(batch, _decode_fulfilment(batch, answer)),
    look_up=LookUp(_look_up_fulfilment, _found_fulfilment),
    read_back=ReadBack(_look_up_fulfilment, _held_fulfilment),
    marks_by_hand=lambda delivery: {"tracking number": str(delivery.payload["tracking_number"])},
    owns=owned(
        "fulfillment.lineItemsByFulfillmentOrder.fulfillmentOrderId",
        "fulfillment.lineItemsByFulfillmentOrder.fulfillmentOrderLineItems.id",
        "fulfillment.lineItemsByFulfillmentOrder.fulfillmentOrderLineItems.quantity",
        "fulfillment.trackingInfo.number",
        "fulfillment.trackingInfo.company",
        "fulfillment.notifyCustomer",
    ),
)
