"""When units were sold and when a quantity was written, by the wall clock of the twins: what a latency is measured with.

The world's own clock stands still between events, so it can not time anything. Entries are in the order in which things
happened in the one event loop; `at` is the machine's time, in seconds since 1970. Nothing in the product reads this.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

SOLD, WRITTEN = "sold", "written"
# Newer entries push the oldest out: a log of days must not fill the memory.
_KEPT = 500_000


@dataclass(frozen=True)
class Entry:
    """`quantity`: units sold, or what the channel shows after a write. `shown`: what it showed just before."""

    number: int
    at: float
    what: str
    platform: str
    sku: str
    location_id: str | None
    quantity: int
    shown: int
    order_number: str | None = None


class StockLog:
    """Appended to by the twins, in one thread."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._number = 0

    def sold(self, platform: str, sku: str, location_id: str | None, units: int, shown: int, order_number: str) -> None:
        self._append(SOLD, platform, sku, location_id, units, shown, order_number)

    def written(self, platform: str, sku: str, location_id: str | None, quantity: int, shown: int) -> None:
        self._append(WRITTEN, platform, sku, location_id, quantity, shown, None)

    def _append(
        self, what: str, platform: str, sku: str, location_id: str | None, quantity: int, shown: int, order: str | None
    ) -> None:
        self._number += 1
        self._entries.append(Entry(self._number, self._now(), what, platform, sku, location_id, quantity, shown, order))

    def after(self, number: int) -> list[Entry]:
        return [entry for entry in list(self._entries) if entry.number > number]

    def rows(self, after: int = 0) -> list[dict[str, Any]]:
        """The entries after a number, as plain data."""
        return [asdict(entry) for entry in self.after(after)]
