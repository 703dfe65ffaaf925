"""What the twins have to tell, and to whom: subscriptions, what is wrong with deliveries on request, what became of them.

Whoever changes the world calls `tell`; where nobody subscribed that costs nothing. The body is made at once, so a late or
repeated delivery shows the moment of the change, as vendors' do.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox import decimal_json
from sandbox.faults import FOR_EVER, Fault
from sandbox.webhooks.vendors import VENDORS

if TYPE_CHECKING:
    from sandbox.webhooks.sender import Sender

# What can be wrong with a delivery: never sent; sent twice; sent `seconds` late; sent after the next one; accompanied by
# one whose content was changed on the way; accompanied by one signed with somebody else's secret.
FAULTS = ("dropped", "duplicated", "late", "reordered", "tampered", "forged")


@dataclass(frozen=True)
class Notice:
    """One event, as it will be sent to every subscriber. `event_id` is the vendor's own and stays over its repeats."""

    platform: str
    topic: str
    event_id: str
    resource_id: str
    body: bytes
    occurred_at: datetime


@dataclass
class Subscription:
    """An address that wants to hear of a platform's topics (all of them unless named).

    pace: how long the vendor's pauses take, 1.0 as documented, 0 at once.
    """

    subscription_id: int
    platform: str
    url: str
    secret: str = field(repr=False)
    topics: frozenset[str] = frozenset()
    pace: float = 1.0
    is_active: bool = True
    failures: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def wants(self, platform: str, topic: str) -> bool:
        return self.is_active and self.platform == platform and (not self.topics or topic in self.topics)

    def row(self) -> dict[str, Any]:
        return {
            "id": self.subscription_id,
            "platform": self.platform,
            "url": self.url.split("?")[0],
            "topics": sorted(self.topics),
            "is_active": self.is_active,
            "counts": dict(self.counts),
        }


class Webhooks:
    """Subscriptions of one world. Thread-safe: the world changes in one thread and deliveries are made in another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: list[Subscription] = []
        self._faults: list[Fault] = []
        self._sender: Sender | None = None
        self._told = 0
        # Where this sandbox answers: vendors name addresses of their own in deliveries.
        self.base_url = "http://127.0.0.1"
        # Event ids in the order told, for whoever compares what was sent with what was received.
        self.told: deque[tuple[str, str, str]] = deque(maxlen=200_000)

    def subscribe(
        self, platform: str, url: str, secret: str, topics: Sequence[str] = (), pace: float = 1.0
    ) -> Subscription:
        if platform not in VENDORS:
            raise ValueError(f"{platform!r} sends no webhooks; those that do: {', '.join(sorted(VENDORS))}")
        if pace < 0:
            raise ValueError("a pace is at least 0")
        with self._lock:
            number = len(self._subscriptions) + 1
            made = Subscription(number, platform, url, secret, frozenset(topics), pace)
            self._subscriptions.append(made)
        return made

    def unsubscribe(self, platform: str | None = None) -> None:
        with self._lock:
            for subscription in self._subscriptions:
                if platform in (None, subscription.platform):
                    subscription.is_active = False

    def tell(self, platform: str, topic: str, resource_id: str, occurred_at: datetime, body: Callable[[], Any]) -> None:
        """Something happened; everybody who subscribed will hear of it, as its vendor tells it."""
        with self._lock:
            wanted = [each for each in self._subscriptions if each.wants(platform, topic)]
            if not wanted:
                return
            self._told += 1
            number = self._told
            fault = self._fault(platform, topic)
            sender = self._sender = self._sender or _new_sender()
        made = VENDORS[platform].wrap(topic, number, resource_id, occurred_at, body())
        notice = Notice(platform, topic, made.event_id, resource_id, decimal_json.dumps(made.body), occurred_at)
        self.told.append((platform, topic, notice.event_id))
        for subscription in wanted:
            sender.send(subscription, notice, fault, self.base_url)

    def _fault(self, platform: str, topic: str) -> Fault | None:
        for fault in self._faults:
            if fault.strikes(platform, "POST", topic):
                fault.remaining -= fault.remaining > 0
                fault.fired += 1
                return fault
        return None

    def arm(
        self,
        kind: str,
        platform: str = "*",
        topic: str = ".*",
        count: int | None = None,
        seconds: float = 1.0,
        share: float | None = None,
        seed: int = 0,
    ) -> Fault:
        """Let deliveries go wrong: the next one, the next `count`, or a share of them for ever."""
        if kind not in FAULTS:
            raise ValueError(f"unknown fault {kind!r}; known: {', '.join(FAULTS)}")
        if count is None:
            count = 1 if share is None else FOR_EVER
        fault = Fault(kind, platform, topic, count, seconds, "POST", 1.0 if share is None else share, seed)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    def rows(self) -> dict[str, Any]:
        """Subscriptions, armed faults and how many deliveries are still to be made."""
        with self._lock:
            pending = self._sender.pending if self._sender is not None else 0
            return {
                "subscriptions": [each.row() for each in self._subscriptions],
                "faults": [fault.row() for fault in self._faults],
                "told": self._told,
                "pending": pending,
            }

    def settle(self, seconds: float) -> bool:
        """Waits until nothing is to be delivered any more; False when it took too long."""
        return self._sender is None or self._sender.settle(seconds)

    def close(self) -> None:
        if self._sender is not None:
            self._sender.close()
            self._sender = None


def _new_sender() -> Sender:
    # An HTTP client and a thread, for worlds that have somebody to tell.
    from sandbox.webhooks.sender import Sender

    return Sender()
