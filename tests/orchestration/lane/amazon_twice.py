"""Amazon's orders and listings of a made-up shop, in the words both its connector and the inbox have them."""

from __future__ import annotations

from datetime import datetime

from pipelines.intake.rows import amazon, shaped
from pipelines.platforms.amazon import LISTING, ORDER
from sandbox.amazon_facts import CANADA, UNITED_STATES
from tests.orchestration.lane.told_twice import Order, Row, utc


def amazon_order(order: Order) -> Row:
    """An order the seller sends; a line that was taken off stays, as cancelled."""
    left = {line: quantity - order.shipped.get(line, 0) for line, (_, quantity) in order.lines.items()}
    for line in order.taken_off:
        left[line] = 0
    return {
        "orderId": order.name,
        "createdTime": utc(order.placed_at),
        "lastUpdatedTime": utc(order.updated_at),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": UNITED_STATES},
        "fulfillment": {"fulfillmentStatus": _status(order, left), "fulfilledBy": "MERCHANT"},
        "orderItems": [
            {
                "orderItemId": str(line), "quantityOrdered": quantity, "product": {"sellerSku": sku, "title": sku},
                "fulfillment": {"quantityFulfilled": order.shipped.get(line, 0), "quantityUnfulfilled": left[line]},
            }
            | ({"cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}}} if line in order.taken_off else {})
            for line, (sku, quantity) in order.lines.items()
        ],
    }  # fmt: skip


def _status(order: Order, left: dict[int, int]) -> str:
    if order.cancelled_at:
        return "CANCELLED"
    if not order.is_paid:
        return "PENDING"
    if not any(left.values()):
        return "SHIPPED"
    return "PARTIALLY_SHIPPED" if any(order.shipped.values()) else "UNSHIPPED"


def amazon_listing(sku: str, quantity: int, at: datetime) -> Row:
    """A listing in two stores, which show one quantity."""
    stores = [
        {"marketplaceId": store, "asin": f"B0{sku}", "lastUpdatedDate": utc(at)} for store in (UNITED_STATES, CANADA)
    ]
    return {
        "sku": sku,
        "lastUpdatedDate": utc(at),
        "summaries": stores,
        "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}],
        "productTypes": [{"marketplaceId": store["marketplaceId"], "productType": "KITCHEN"} for store in stores],
    }


def as_read(body: Row) -> Row:
    """The raw row an extraction of this moment would leave."""
    return shaped(ORDER if "orderId" in body else LISTING, body, "main")


def topic(body: Row) -> str:
    return amazon.order_topic(body) if "orderId" in body else amazon.LISTING_READ
