"""Many deliveries, one durable transaction: whoever waits at the same time shares a commit, and is told after it.

At most so many wait; who comes then is refused before anything of it was kept, so nothing that was acknowledged can be
among what is turned away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError

from pipelines.intake.inbox import Arrived, Inbox

# One transaction's worth: more would make the first of them wait for the last.
TOGETHER = 512
GATHERED, LONGEST_GATHERED = 0.25, 0.005


class CanNotBeKept(Exception):
    """The store refuses this very delivery, now and later."""


class StoreUnavailable(Exception):
    """The store keeps nothing at the moment; the delivery may be sent again later."""


class GroupCommit:
    """The inbox for a running event loop. Commits run in one thread of their own, one after the other."""

    def __init__(self, inbox: Inbox, ring: Callable[[], None], most_waiting: int) -> None:
        self._inbox, self._ring, self._most_waiting = inbox, ring, most_waiting
        self._waiting: list[tuple[Arrived, asyncio.Future[None]]] = []
        self._under_way = 0
        self._committing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox")

    @property
    def waiting(self) -> int:
        """Deliveries whose commit has not returned yet."""
        return len(self._waiting) + self._under_way

    @property
    def is_full(self) -> bool:
        return self.waiting >= self._most_waiting

    async def keep(self, event: Arrived) -> None:
        """Returns when it is on disk. Raises CanNotBeKept or StoreUnavailable; then it is not."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._drain())
        await done

    async def close(self) -> None:
        """Lets what is under way finish."""
        if self._committing is not None and not self._committing.done():
            await asyncio.wait([self._committing])
        self._thread.shutdown(wait=True)

    async def _drain(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            self._under_way = len(together)
            started = perf_counter()
            error = await self._commit([event for event, _ in together])
            if isinstance(error, CanNotBeKept) and len(together) > 1:
                await self._one_by_one(together)
            else:
                for _, done in together:
                    _tell(done, error)
            self._under_way = 0
            if self._waiting:
                # Who was just answered sends again at once: waiting a part of a commit's time for them lets one commit
                # serve all, where else each would serve half.
                await asyncio.sleep(min((perf_counter() - started) * GATHERED, LONGEST_GATHERED))

    async def _one_by_one(self, together: Sequence[tuple[Arrived, asyncio.Future[None]]]) -> None:
        """One that can not be kept harms none of the others."""
        for event, done in together:
            _tell(done, await self._commit([event]))

    async def _commit(self, events: Sequence[Arrived]) -> Exception | None:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._kept, events)

    def _kept(self, events: Sequence[Arrived]) -> Exception | None:
        try:
            self._inbox.keep(events)
        except (DataError, IntegrityError) as error:
            return CanNotBeKept(type(error).__name__)
        except SQLAlchemyError as error:
            # A value that no statement can carry is a StatementError without an error of the store behind it.
            is_value = type(error) is StatementError
            return CanNotBeKept("StatementError") if is_value else StoreUnavailable(type(error).__name__)
        self._ring()
        return None


def _tell(done: asyncio.Future[None], error: Exception | None) -> None:
    # Who hung up meanwhile is told nothing; what was kept stays kept.
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
