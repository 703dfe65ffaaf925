"""Amazon's orders and listings as its connector reads them: `pipelines.intake.polls` asks, and what changed comes as an event.

An order comes whole each time, so nothing points anywhere. Of a listing the search tells everything the connector keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.connector import moment
from pipelines.intake.rows import Event, Known, Told, shaped
from pipelines.platforms.amazon import LISTING, ORDER

ORDERS, LISTINGS = "raw_amazon.orders", "raw_amazon.listings"
# Our own words, for nobody sends these: an order read, one of which something was taken back, a listing read.
ORDER_READ, ORDER_CANCELLED, LISTING_READ = "order.read", "order.cancelled", "listing.read"


def told(event: Event, body: Mapping[str, Any], _: Known) -> Iterator[Told]:
    """What the body says, by its topic."""
    account = event.account_id
    if event.topic in (ORDER_READ, ORDER_CANCELLED):
        version = moment(body["lastUpdatedTime"])
        yield Told(ORDERS, body["orderId"], (shaped(ORDER, body, account),), version)
    elif event.topic == LISTING_READ:
        yield Told(LISTINGS, body["sku"], (shaped(LISTING, body, account),), moment(body["lastUpdatedDate"]))


def order_topic(body: Mapping[str, Any]) -> str:
    """Whether something of the order was taken back: then units may be free again."""
    status = (body.get("fulfillment") or {}).get("fulfillmentStatus")
    is_less = any((item.get("cancellation") or {}).get("cancellationExecution") for item in body["orderItems"])
    return ORDER_CANCELLED if is_less or status in ("CANCELLED", "UNFULFILLABLE") else ORDER_READ
