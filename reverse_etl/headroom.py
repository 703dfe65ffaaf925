"""How many batches a push has under way at once: enough that no request waits for the disk, and not many more.

A batch under way waits for the commit that writes it ahead, is asked, then waits for the commit of its outcome. A
destination that answers at once leaves the requests idle while the disk works, unless others were written ahead
meanwhile; so there is room for a few times as many as were answered while the last ones waited to be written. A slow
destination answers none in that time, and nothing is claimed long before its turn.
"""

from __future__ import annotations

import asyncio

# What a destination of any speed gets, per request in flight.
_LEAST_PER_FLIGHT = 4
# What waits for its own commit also waits for the one that runs, and a batch does so twice. More than that would only make
# the commits longer, and by that the wait.
_PER_ANSWERED = 2
_MOST = 512


class Headroom:
    """Places for batches under way, for one taker. `answered` counts requests that came back."""

    def __init__(self, in_flight: int) -> None:
        self.answered = 0
        self._least = self._places = in_flight * _LEAST_PER_FLIGHT
        self._taken = 0
        self._freed = asyncio.Event()

    async def take(self) -> None:
        """Wait for a place."""
        while self._taken >= self._places:
            self._freed.clear()
            await self._freed.wait()
        self._taken += 1

    def give_back(self) -> None:
        self._taken -= 1
        self._freed.set()

    def was_written(self, answered_before: int) -> None:
        """A claim is on disk; `answered` was that much when it began to wait. Grows at once, shrinks slowly."""
        meanwhile = self.answered - answered_before
        wanted = self._least + _PER_ANSWERED * meanwhile
        self._places = min(max(wanted, self._places - 1), max(_MOST, self._least))
