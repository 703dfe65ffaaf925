"""Delivers notices over HTTP from a thread of its own: first try, the vendor's pauses, its end of patience."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp

from sandbox.faults import Fault
from sandbox.webhooks.notices import Notice, Subscription
from sandbox.webhooks.signing import signed
from sandbox.webhooks.vendors import VENDORS, Vendor

AT_ONCE = 64
# How long a delivery that is to be overtaken waits for the one that overtakes it.
OVERTAKEN_AFTER = 0.25


class Sender:
    """One event loop in one daemon thread; `send` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._pending = 0
        self._idle = threading.Condition()
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="webhooks", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        return self._pending

    def send(self, subscription: Subscription, notice: Notice, fault: Fault | None, base_url: str) -> None:
        with self._idle:
            self._pending += 1
        self._loop.call_soon_threadsafe(self._start, subscription, notice, fault, base_url)

    def settle(self, seconds: float) -> bool:
        with self._idle:
            return self._idle.wait_for(lambda: self._pending == 0, seconds)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _start(self, subscription: Subscription, notice: Notice, fault: Fault | None, base_url: str) -> None:
        task = self._loop.create_task(self._all_of(subscription, notice, fault, base_url))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with self._idle:
            self._pending -= 1
            self._idle.notify_all()

    async def _all_of(self, subscription: Subscription, notice: Notice, fault: Fault | None, base_url: str) -> None:
        kind = fault.kind if fault is not None else ""
        if kind == "dropped":
            subscription.counts["dropped"] += 1
            return
        if kind == "late" and fault is not None:
            await asyncio.sleep(fault.seconds)
        if kind == "reordered":
            await asyncio.sleep(OVERTAKEN_AFTER)
        if kind == "tampered":
            # One byte more than was signed.
            await self._try(subscription, notice, base_url, body=notice.body + b" ", count="tampered")
        if kind == "forged":
            await self._try(replace_secret(subscription), notice, base_url, count="forged")
        await self._deliver(subscription, notice, base_url)
        if kind == "duplicated":
            subscription.counts["duplicated"] += 1
            await self._deliver(subscription, notice, base_url)

    async def _deliver(self, subscription: Subscription, notice: Notice, base_url: str) -> None:
        vendor = VENDORS[notice.platform]
        for pause in (vendor.first, *vendor.retries):
            if pause and subscription.pace:
                await asyncio.sleep(pause * subscription.pace)
            if not subscription.is_active:
                return
            if 200 <= await self._try(subscription, notice, base_url) < 300:
                subscription.failures = 0
                subscription.counts["delivered"] += 1
                return
            self._failed(subscription, vendor)
        subscription.counts["given_up"] += 1

    def _failed(self, subscription: Subscription, vendor: Vendor) -> None:
        subscription.failures += 1
        if vendor.switched_off_after is not None and subscription.failures >= vendor.switched_off_after:
            subscription.is_active = False

    async def _try(
        self, subscription: Subscription, notice: Notice, base_url: str, body: bytes | None = None, count: str = "tried"
    ) -> int:
        """The status of one POST; 0 where there was no answer in the vendor's time."""
        url, headers = signed(notice, subscription.url, subscription.secret, datetime.now(UTC), base_url)
        vendor = VENDORS[notice.platform]
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))
        status = 0
        try:
            timeout = aiohttp.ClientTimeout(total=vendor.timeout)
            data = notice.body if body is None else body
            # Vendors do not follow redirects.
            async with self._session.post(
                url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        subscription.counts[count] += 1
        subscription.counts[f"answered_{status}" if status else "no_answer"] += 1
        return status


def replace_secret(subscription: Subscription) -> Subscription:
    """The same address, signed by somebody who does not know the secret; counted with the real one."""
    return replace(subscription, secret=f"not-{subscription.secret}")
