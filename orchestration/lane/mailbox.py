"""What waits for one channel: the touched SKUs, each once however often it was touched. Knows no clock and sends nothing.

A SKU that is touched again while it waits keeps the moment it was first heard of; only its newest number will go out. One
that is touched while it is taken waits until it is given back, so nobody ever holds it twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice


@dataclass(frozen=True)
class Waiting:
    """One SKU: when the oldest event behind it came in and happened, and its sequence.

    Of all events behind it: whether one put units back, and whether one is the channel's own word about what it shows.
    """

    heard_at: datetime
    happened_at: datetime
    sequence: int
    is_proven: bool = False
    is_shown: bool = False

    def and_earlier(self, other: Waiting) -> Waiting:
        return Waiting(
            min(self.heard_at, other.heard_at),
            min(self.happened_at, other.happened_at),
            min(self.sequence, other.sequence),
            self.is_proven or other.is_proven,
            self.is_shown or other.is_shown,
        )


class Mailbox:
    """One writer and one taker, who may hold several handfuls at once, in one event loop."""

    def __init__(self) -> None:
        self._ready: dict[str, Waiting] = {}
        # Given back by the taker: not before it asks for them again, or they are touched anew.
        self._resting: dict[str, Waiting] = {}
        self._taken: dict[str, Waiting] = {}
        # Touched since they were taken.
        self._again: dict[str, Waiting] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._ready) + len(self._resting) + len(self._taken)

    @property
    def rests(self) -> bool:
        return bool(self._resting)

    def add(self, skus: Iterable[str], waiting: Waiting) -> None:
        for sku in skus:
            there = self._again if sku in self._taken else self._ready
            before = there.get(sku) or self._resting.pop(sku, None)
            there[sku] = waiting.and_earlier(before) if before is not None else waiting
        if self._ready:
            self._filled.set()

    async def take(self, most: int, patience: float | None) -> Mapping[str, Waiting]:
        """The SKUs that waited longest, at most so many; none when nothing came within `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._filled.wait()
        except TimeoutError:
            return {}
        taken = dict(islice(self._ready.items(), most))
        for sku in taken:
            del self._ready[sku]
        if not self._ready:
            self._filled.clear()
        self._taken |= taken
        return taken

    def done(self, taken: Iterable[str], left: Collection[str] = ()) -> None:
        """What was taken is confirmed, but for what is `left`: that rests, unless it was touched meanwhile."""
        for sku in taken:
            waiting, again = self._taken.pop(sku), self._again.pop(sku, None)
            if again is not None:
                self.add([sku], again.and_earlier(waiting) if sku in left else again)
            elif sku in left:
                self._resting[sku] = waiting

    def rouse(self) -> None:
        """What rested is ready again."""
        resting, self._resting = self._resting, {}
        for sku, waiting in resting.items():
            self.add([sku], waiting)

    def oldest(self) -> Waiting | None:
        """The earliest event that is not confirmed here."""
        every = (*self._ready.values(), *self._resting.values(), *self._taken.values())
        return min(every, key=lambda waiting: waiting.sequence, default=None)
