"""The destination's own ids for what our documents name (items, accounts, customers), read once per run before the first use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from reverse_etl.destination import Answer, ReferenceReads, References, Request, Write
from reverse_etl.errors import InDoubt, RetryLater

_TRIES = 5


class ReferenceTables:
    """Tables by object; objects that share their reads share the tables, and no request is made twice."""

    def __init__(
        self,
        writes: Mapping[str, Write],
        ask: Callable[[Request], Awaitable[Answer]],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._writes, self._ask, self._sleep = writes, ask, sleep
        self._found: dict[str, References] = {}
        self._reading = asyncio.Lock()

    async def of(self, name: str) -> References:
        """The tables an object's documents need; raises DeliveryError when they can not be read."""
        reads = self._writes[name].references
        if reads is None or name in self._found:
            return self._found.get(name, {})
        async with self._reading:
            if name not in self._found:
                tables = {table: await self._table(table, first, reads) for table, first in reads.requests.items()}
                sharing = [other for other, write in self._writes.items() if write.references is reads]
                self._found |= dict.fromkeys(sharing, tables)
        return self._found[name]

    async def _table(self, table: str, first: Request, reads: ReferenceReads) -> dict[str, str]:
        found: dict[str, str] = {}
        request: Request | None = first
        while request is not None:
            answer, page = await self._page(table, request, reads)
            found |= page
            request = reads.next(table, answer)
        return found

    async def _page(self, table: str, request: Request, reads: ReferenceReads) -> tuple[Answer, Mapping[str, str]]:
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_exponential_jitter(initial=0.5, max=20),
            retry=retry_if_exception_type((RetryLater, InDoubt)),
            sleep=self._sleep,
            reraise=True,
        ):
            with attempt:
                answer = await self._ask(request)
                return answer, reads.read(table, answer)
        raise AssertionError("tenacity either returns or raises")
