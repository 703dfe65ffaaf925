"""Many deliveries, one durable transaction: whoever waits at the same time shares a commit, and is told after it.

At most so many wait; who comes then is refused before anything of it was kept, so nothing that was acknowledged can be
among what is turned away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import NamedTuple

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError

from pipelines.intake.inbox import Arrived, Inbox

# One transaction's worth: more would make the first of them wait for the last.
TOGETHER = 512
GATHERED, LONGEST_GATHERED = 0.25, 0.005

_Waiting = tuple[Arrived, asyncio.Future[None]]


class _Given(NamedTuple):
    """What one commit keeps, whose loop waits for it, and when it was handed over."""

    loop: asyncio.AbstractEventLoop
    together: list[_Waiting]
    started: float


class CanNotBeKept(Exception):
    """The store refuses this very delivery, now and later."""


class StoreUnavailable(Exception):
    """The store keeps nothing at the moment; the delivery may be sent again later."""


class GroupCommit:
    """The inbox for a running event loop. Commits run in one thread of their own, one after the other."""

    def __init__(self, inbox: Inbox, ring: Callable[[], None], most_waiting: int) -> None:
        self._inbox, self._ring, self._most_waiting = inbox, ring, most_waiting
        self._waiting: list[_Waiting] = []
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        # No executor: its futures, and a task that awaits them, cost as much again as waking a thread does.
        self._given: SimpleQueue[_Given | None] = SimpleQueue()
        self._thread: Thread | None = None

    @property
    def waiting(self) -> int:
        """Deliveries whose commit has not returned yet."""
        return len(self._waiting) + self._under_way

    @property
    def is_full(self) -> bool:
        return self.waiting >= self._most_waiting

    async def keep(self, event: Arrived) -> None:
        """Returns when it is on disk. Raises CanNotBeKept or StoreUnavailable; then it is not."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((event, done))
        if self._idle.is_set():
            self._idle.clear()
            # Not at once: whoever was read from the network in this turn of the loop goes along.
            loop.call_soon(self._hand_over, loop)
        await done

    async def close(self) -> None:
        """Lets what is under way finish."""
        await self._idle.wait()
        if self._thread is not None:
            self._given.put(None)
            self._thread.join()
            self._thread = None

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        together, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        self._under_way = len(together)
        if self._thread is None:
            # It keeps no process from ending: what it has not finished was not acknowledged.
            self._thread = Thread(target=self._commit_what_is_given, name="inbox", daemon=True)
            self._thread.start()
        self._given.put(_Given(loop, together, perf_counter()))

    def _tell_all(self, given: _Given, errors: Sequence[Exception | None]) -> None:
        for (_, done), error in zip(given.together, errors, strict=True):
            _tell(done, error)
        self._under_way = 0
        if self._waiting:
            # Who was just answered sends again at once: waiting a part of a commit's time for them lets one commit
            # serve all, where else each would serve half.
            pause = min((perf_counter() - given.started) * GATHERED, LONGEST_GATHERED)
            given.loop.call_later(pause, self._hand_over, given.loop)
        else:
            self._idle.set()

    def _commit_what_is_given(self) -> None:
        """The thread's own work, until it is given None."""
        while (given := self._given.get()) is not None:
            try:
                errors = self._each_kept([event for event, _ in given.together])
            except Exception as error:
                # Nobody is to wait for ever, and the next commit begins a new thread.
                self._thread = None
                self._report(given, [StoreUnavailable(type(error).__name__)] * len(given.together))
                raise
            self._report(given, errors)
            # Not held until the next one comes: bodies may be large.
            del given

    def _report(self, given: _Given, errors: Sequence[Exception | None]) -> None:
        # On a loop that is closed nobody waits any more.
        with suppress(RuntimeError):
            given.loop.call_soon_threadsafe(self._tell_all, given, errors)

    def _each_kept(self, events: Sequence[Arrived]) -> Sequence[Exception | None]:
        """One that can not be kept harms none of the others."""
        error = self._kept(events)
        if isinstance(error, CanNotBeKept) and len(events) > 1:
            return [self._kept([event]) for event in events]
        return [error] * len(events)

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
