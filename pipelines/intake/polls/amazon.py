"""Amazon's changes into the inbox: listings every few seconds, orders as soon as a listing fell.

A search of orders is dear: 20 at once, then one in three minutes, shared with the connector. A search of listings is
cheap: five a second. The store takes what it sells off the listing, so a listing that fell is the word that an order is
there; ours is half of the orders' call budget, spent on that word, or where it would be lost otherwise (once in six minutes).
What is read twice (the search goes back a little each time) is one event: resource, version and body make its id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from pipelines.connector import Record, moment
from pipelines.errors import PlatformUnavailable
from pipelines.intake.inbox import Arrived, Inbox, digest_of
from pipelines.intake.polls.call_budget import CallBudget
from pipelines.intake.rows.amazon import LISTING_READ, ORDER_CANCELLED, ORDER_READ, order_topic
from pipelines.platforms import amazon
from pipelines.platforms.amazon import ORDERS

PLATFORM = "amazon"
# What Amazon publishes late: its searches settle within two minutes.
OVERLAP = timedelta(minutes=2)
# How far a poll that finds an empty inbox looks back; what is older is in the snapshot the lane starts from.
FIRST_LOOK = timedelta(days=1)
# The vendor's published plan of searchOrders, and what of it is ours; its answers name the rate of this seller.
PLAN_PER_SECOND, PLAN_BURST, SHARE = 0.0056, 20, 0.5
# A listing that fell is worth so many searches until one finds something.
ASKS = 2
_LIMIT = "x-amzn-RateLimit-Limit"


class Refused(PlatformUnavailable):
    """The call budget is used up: asked again when it has grown, never in a loop."""


@dataclass
class AmazonPoll:
    """One seller's account. `turn` asks once and keeps what is new.

    It raises the connector's errors, and may be called again.
    """

    client: httpx.Client
    account_id: str
    inbox: Inbox
    now: Callable[[], datetime]
    seconds: Callable[[], float]
    budget: CallBudget = field(init=False)
    # What each listing was last seen to show.
    _shown: dict[str, int | None] = field(default_factory=dict)
    _listed_at: datetime | None = None
    _ordered_at: datetime | None = None
    # A search that is not read to its end goes on here.
    _page: tuple[datetime, str] | None = None
    # Searches that a fallen listing is still worth.
    _asks: int = 0

    def __post_init__(self) -> None:
        self.budget = CallBudget(PLAN_PER_SECOND * SHARE, int(PLAN_BURST * SHARE), self.seconds)
        self.client.event_hooks["response"].append(self._hear)

    def turn(self) -> int:
        """Asks what changed; how many events were handed to the inbox, repeats included."""
        listed = self._listings()
        if not (self._asks or self._page or self.budget.is_full):
            return listed
        return listed + self._orders()

    def _hear(self, response: httpx.Response) -> None:
        """Take this seller's own rate from the vendor's word; give up at a refusal instead of waiting minutes for it."""
        if not response.request.url.path.endswith(ORDERS):
            return
        said = response.headers.get(_LIMIT, "")
        if said.replace(".", "", 1).isdigit() and float(said) > 0:
            self.budget.per_second = float(said) * SHARE
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self.budget.drain()
            raise Refused(f"GET {ORDERS}: no call left; orders are asked for again when there is one")

    def _listings(self) -> int:
        since = self._listed_at or self._newest(LISTING_READ) or self._newest_listing()
        found = [row for page in amazon.changed_listings(self.client, since - OVERLAP) for row in page]
        for row in found:
            shown = _quantity(row)
            before = self._shown.get(row["sku"])
            # One not seen before may have fallen, too.
            if before is None or shown is None or shown < before:
                self._asks = ASKS
            self._shown[row["sku"]] = shown
        self._listed_at = max([since, *(_changed_at(row, "lastUpdatedDate") for row in found)])
        self._keep([self._event(LISTING_READ, row["sku"], row["lastUpdatedDate"], row) for row in found])
        return len(found)

    def _orders(self) -> int:
        kept = 0
        while self.budget.take():
            since, token = self._page or (self._orders_since(), "")
            found, following = amazon.orders_page(self.client, since, token)
            self._keep([self._event(order_topic(row), row["orderId"], row["lastUpdatedTime"], row) for row in found])
            kept += len(found)
            before = self._ordered_at or since + OVERLAP
            self._ordered_at = max([before, *(_changed_at(row, "lastUpdatedTime") for row in found)])
            self._page = (since, following) if following else None
            if not following:
                # Our own write may have lowered the listing, or the order may show a little later.
                self._asks = 0 if self._ordered_at > before else max(0, self._asks - 1)
                break
        return kept

    def _orders_since(self) -> datetime:
        if self._ordered_at is None:
            kept = [at for topic in (ORDER_READ, ORDER_CANCELLED) if (at := self._newest(topic)) is not None]
            self._ordered_at = max(kept, default=None) or self._newest_listing() - FIRST_LOOK
        return self._ordered_at - OVERLAP

    def _newest(self, topic: str) -> datetime | None:
        """When the newest event of a topic in the inbox happened: a poll that starts again goes on from there."""
        newest = self.inbox.newest_events(1, platform=PLATFORM, topic=topic)
        return newest[0].occurred_at.replace(tzinfo=UTC) if newest and newest[0].occurred_at is not None else None

    def _newest_listing(self) -> datetime:
        """When a listing changed last, by the platform's own clock; now, where nothing is listed."""
        page = amazon.newest_listings(self.client)
        return max((_changed_at(row, "lastUpdatedDate") for row in page), default=self.now())

    def _keep(self, events: list[Arrived]) -> None:
        if events:
            self.inbox.keep(events)

    def _event(self, topic: str, resource: str, version: str, row: Record) -> Arrived:
        body = json.dumps(row, default=str, sort_keys=True, separators=(",", ":")).encode()
        return Arrived(
            platform=PLATFORM,
            account_id=self.account_id,
            topic=topic,
            event_id=digest_of(topic, resource, version, body),
            resource_id=resource,
            resource_version=version,
            body=body,
            occurred_at=moment(version),
            received_at=self.now(),
            is_known_topic=True,
            is_readable=True,
        )


def _quantity(listing: Mapping[str, Any]) -> int | None:
    """What the seller's own stock of a listing shows; None where the marketplace sends it."""
    offers = listing.get("fulfillmentAvailability") or []
    return next((offer.get("quantity") for offer in offers if offer.get("fulfillmentChannelCode") == "DEFAULT"), None)


def _changed_at(row: Record, name: str) -> datetime:
    return moment(row[name])
