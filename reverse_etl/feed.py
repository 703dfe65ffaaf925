"""What a destination's run sends next: doubts first, then what is approved, the most urgent lane first, in batches.

Read from the ledger a little at a time, so that a backlog of any size costs little memory, and a stock level approved
while a long segment push is under way goes out before the rest of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from reverse_etl.delivery_states import State
from reverse_etl.destination import Destination, Write
from reverse_etl.ledger_queries import LedgerQueries
from reverse_etl.plan import Action, Delivery
from reverse_etl.sync import Sync

# Batches fetched ahead per request in flight, at least, and deliveries at most: enough to keep them busy, little to hold.
_AHEAD = 8
_MOST = 2_000
# What is gone within so many seconds was too little: each question orders all that waits, and costs by that.
_SOON = 1.0


class Batches(Protocol):
    """What a push takes its batches from. `closed` are syncs nothing more is wanted of.

    A batch that is finished without `again` is not given out once more, whatever the ledger says of it.
    """

    closed: set[str]

    async def next(self) -> Sequence[Delivery] | None: ...

    def finished(self, batch: Sequence[Delivery], *, again: bool = True) -> None: ...


class InHand:
    """Batches of deliveries that were approved a moment ago and need not be asked for."""

    def __init__(self, destination: Destination, syncs: Mapping[str, Sync], deliveries: Sequence[Delivery]) -> None:
        self._batches = deque(grouped(destination, syncs, deliveries))
        self.closed: set[str] = set()

    async def next(self) -> Sequence[Delivery] | None:
        while self._batches:
            batch = self._batches.popleft()
            if batch[0].sync not in self.closed:
                return batch
        return None

    def finished(self, batch: Sequence[Delivery], *, again: bool = True) -> None:
        """Nothing here waits for a batch to end."""


def grouped(
    destination: Destination, syncs: Mapping[str, Sync], deliveries: Sequence[Delivery]
) -> list[Sequence[Delivery]]:
    """Up to a batch of what may share a request, in the order given."""
    groups: dict[tuple[str, bool, str], list[Delivery]] = {}
    batches: list[list[Delivery]] = []
    for delivery in deliveries:
        shared = destination.writes[delivery.object].group(delivery)
        key = (delivery.sync, delivery.action is Action.DELETE, shared)
        group = groups.get(key)
        if group is None or len(group) >= syncs[delivery.sync].batch_size:
            group = groups[key] = []
            batches.append(group)
        group.append(delivery)
    return [tuple(batch) for batch in batches]


class Feed:
    """Batches for one taker; a batch taken is given back as `finished`, whatever became of it."""

    def __init__(
        self,
        queries: LedgerQueries,
        destination: Destination,
        syncs: Mapping[str, Sync],
        holder: str,
        only: Sequence[str] | None = None,
    ) -> None:
        """`syncs`: what may be sent; `only`: of these delivery ids alone (a canary)."""
        self._queries, self._destination, self._syncs, self._holder = queries, destination, syncs, holder
        self._only = frozenset(only) if only is not None else None
        self._batches: deque[Sequence[Delivery]] = deque()
        self._taken: set[str] = set()
        self._left: set[str] = set()
        self._freed = asyncio.Event()
        self._wanted, self._filled_at = 0, float("-inf")
        # The ledger had nothing more when last asked; asked again once all that is under way has ended.
        self._is_dry = False
        self.closed: set[str] = set()

    async def next(self) -> Sequence[Delivery] | None:
        """The next batch; None when nothing is left that may be sent now and nothing is under way that could free more."""
        while True:
            while self._batches:
                batch = self._batches.popleft()
                if batch[0].sync not in self.closed:
                    return batch
                self._taken -= {delivery.delivery_id for delivery in batch}
            if not self._is_dry and self._refill():
                continue
            self._is_dry = True
            if not self._taken:
                return None
            self._freed.clear()
            await self._freed.wait()

    def finished(self, batch: Sequence[Delivery], *, again: bool = True) -> None:
        ids = {delivery.delivery_id for delivery in batch}
        self._taken -= ids
        if not again:
            self._left |= ids
        if self._is_dry and not self._taken:
            # What just ended may have freed documents that waited for it.
            self._is_dry = False
            self._freed.set()

    def _refill(self) -> bool:
        open_syncs = [name for name in self._syncs if name not in self.closed]
        if not open_syncs:
            return False
        size = max(self._syncs[name].batch_size for name in open_syncs)
        least = max(size, min(_MOST, size * self._destination.pace.in_flight * _AHEAD))
        now = asyncio.get_running_loop().time()
        wanted = self._wanted * 2 if now - self._filled_at < _SOON else self._wanted // 2
        self._wanted, self._filled_at = max(least, min(wanted, _MOST)), now
        # What this worker let go to wait keeps its name, so one run never takes it up twice.
        found = self._queries.due(
            self._destination.name, open_syncs, self._holder, self._wanted, self._taken | self._left, self._only
        )
        self._taken |= {delivery.delivery_id for delivery in found}
        doubts = [delivery for delivery in found if delivery.state == State.IN_DOUBT]
        self._batches.extend(self._as_sent(doubts))
        rest = [delivery for delivery in found if delivery.state != State.IN_DOUBT]
        self._batches.extend(grouped(self._destination, self._syncs, rest))
        return bool(found)

    def _as_sent(self, deliveries: Sequence[Delivery]) -> list[Sequence[Delivery]]:
        """The batches of the earlier attempts: the same key must go with the same body.

        What goes out one by one is asked for together, as many as the destination reads at once.
        """
        keys = self._queries.request_keys([delivery.delivery_id for delivery in deliveries])
        together: dict[tuple[str, str], list[Delivery]] = {}
        for place, delivery in enumerate(deliveries):
            key = (delivery.sync, keys.get(delivery.delivery_id, delivery.delivery_id))
            look_up = self._write(delivery).look_up
            if self._syncs[delivery.sync].batch_size == 1 and look_up is not None and look_up.many is not None:
                key = (delivery.sync, f"{delivery.object} {place // look_up.many.most}")
            together.setdefault(key, []).append(delivery)
        return [tuple(batch) for batch in together.values()]

    def _write(self, delivery: Delivery) -> Write:
        return self._destination.writes[delivery.object]
