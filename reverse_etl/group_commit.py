"""Claims and outcomes of many requests in flight, committed together: one durable commit serves all that wait for it.

Whoever waits is told only after the commit, so writing ahead means the same as one commit each; it costs less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from reverse_etl.claims import Answered, Attempt, Claim, Release
from reverse_etl.errors import StopSync
from reverse_etl.ledger import Ledger
from reverse_etl.partial_plan import Handed, Planned

Item = Claim | Answered | Release | Handed


class GroupCommit:
    """The ledger for a running event loop. Commits run in one thread of their own, one after the other."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger, self._clock = ledger, clock
        self._waiting: list[tuple[Item, asyncio.Future[Any]]] = []
        self._committing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._committing is not None and not self._committing.done():
            await asyncio.wait([self._committing])
        self._thread.shutdown(wait=True)

    async def claim(self, item: Claim) -> list[Attempt]:
        """The attempts that are ours to make; raises StopSync where nothing of the sync may be sent."""
        answer = await self._commit(item)
        if isinstance(answer, StopSync):
            raise answer
        attempts: list[Attempt] = answer
        return attempts

    async def plan(self, item: Handed) -> Planned:
        """The plan of the handed-in records, stored; without an id where nothing had to be stored."""
        planned: Planned = await self._commit(item)
        return planned

    async def record(self, item: Answered) -> None:
        await self._commit(item)

    async def release(self, item: Release) -> None:
        await self._commit(item)

    async def _commit(self, item: Item) -> Any:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._drain())
        return await done

    async def _drain(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting, []
            commit = self._run([item for item, _ in together])
            await asyncio.wait([commit])
            if commit.exception() is None:
                for (_, done), answer in zip(together, commit.result(), strict=True):
                    _tell(done, answer)
            else:
                await self._one_by_one(together)

    async def _one_by_one(self, together: Sequence[tuple[Item, asyncio.Future[Any]]]) -> None:
        """One that can not be committed fails none of the others; its own waiter gets its error."""
        for item, done in together:
            commit = self._run([item])
            await asyncio.wait([commit])
            error = commit.exception()
            if error is None:
                _tell(done, commit.result()[0])
            elif not done.done():
                done.set_exception(error)

    def _run(self, items: Sequence[Item]) -> asyncio.Future[Sequence[Any]]:
        now = self._clock()
        return asyncio.get_running_loop().run_in_executor(self._thread, self._ledger.commit, items, now)


def _tell(done: asyncio.Future[Any], answer: Any) -> None:
    if not done.done():
        done.set_result(answer)
