"""Three channels and the hub's webhooks in one small process, so that every time is of one clock: the receiver's.

`sell(rate, seconds)` posts stock webhooks to the intake at a steady rate, whatever the answers take, each for a SKU of its
own; the channels note when the write that answers it arrived.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import aiohttp
import uvloop
from shelves import CHANNELS, Shelves


@dataclass(frozen=True)
class Sold:
    """Seconds since 1970: when each SKU's webhook was sent, answered, and written by each channel (by SKU's number).

    `throttled`: patches Amazon refused while this ran.
    """

    sent: dict[int, float]
    answered: dict[int, float]
    written: dict[str, dict[int, float]]
    refused: int
    throttled: int


class Http(asyncio.Protocol):
    """A server of one process's shelves; it knows as much of HTTP as our client speaks.

    What it wrote is written at once; its answer leaves so many seconds later, as a vendor's does.
    """

    shelves, answers_after = Shelves(), 0.0

    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            method, target = head.split(b" ", 2)[:2]
            status, said, named = self.shelves.answer(method.decode(), target.decode(), body)
            answer = json.dumps(said).encode()
            more = "".join(f"{name}: {value}\r\n" for name, value in named.items())
            whole = b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%s\r\n%s" % (
                status,
                len(answer),
                more.encode(),
                answer,
            )
            asyncio.get_running_loop().call_later(self.answers_after, self._answer, whole)

    def _answer(self, whole):
        if not self.transport.is_closing():
            self.transport.write(whole)


def first_writes(shelves: Shelves, since: float) -> dict[str, dict[int, float]]:
    """When each channel first wrote each SKU after a moment."""
    found: dict[str, dict[int, float]] = {channel: {} for channel in CHANNELS}
    for at, channel, number, _ in shelves.written:
        if at >= since:
            found[channel].setdefault(number, at)
    return found


async def _sell(url: str, secret: str, rate: float, seconds: float, rows: list[dict]) -> tuple[dict, dict, int]:
    """One webhook per row, at a steady rate that does not wait for answers."""
    sent, answered, refused = dict[int, float](), dict[int, float](), 0
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=50)) as session:

        async def one(number: int, row: dict) -> None:
            nonlocal refused
            body = json.dumps([row]).encode()
            sent[number] = time.time()
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()
                answered[number] = time.time()
                refused += answer.status != 200

        loop, tasks = asyncio.get_running_loop(), []
        start = loop.time()
        for at, row in enumerate(rows[: int(rate * seconds)]):
            await asyncio.sleep(max(0.0, start + at / rate - loop.time()))
            tasks.append(asyncio.create_task(one(int(row["SKU"].rpartition("-")[2]), row)))
        await asyncio.gather(*tasks)
    return sent, answered, refused


async def _bare(port: int, requests: int) -> list[float]:
    """Milliseconds of a write to a channel on a kept connection, with nothing else under way."""
    body = {"update": [{"id": 1, "stock_quantity": 1}]}
    found = []
    async with aiohttp.ClientSession() as session:
        for _ in range(requests):
            start = time.perf_counter()
            async with session.post(
                f"http://127.0.0.1:{port}/woocommerce/wp-json/wc/v3/products/batch", json=body
            ) as answer:
                await answer.read()
            found.append((time.perf_counter() - start) * 1000)
    return found


def _serve(pipe: Connection) -> None:
    async def run() -> None:
        loop, shelves = asyncio.get_running_loop(), Http.shelves
        server = await loop.create_server(Http, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        pipe.send(port)
        since = time.time()
        while True:
            asked = await loop.run_in_executor(None, pipe.recv)
            if asked[0] == "bare":
                pipe.send(await _bare(port, asked[1]))
            elif asked[0] == "answers after":
                Http.answers_after = asked[1]
            elif asked[0] == "sell":
                since, shelves.patches.refused = time.time(), 0
                pipe.send(await _sell(*asked[1:]))
            else:
                pipe.send((first_writes(shelves, since), shelves.patches.refused))

    uvloop.run(run())


class Channels:
    """The process from outside."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.url = f"http://127.0.0.1:{pipe.recv()}"

    def bare(self, requests: int) -> list[float]:
        self._pipe.send(("bare", requests))
        return self._pipe.recv()

    @contextmanager
    def slow(self, seconds: float):
        """Within the block every answer takes so long."""
        self._pipe.send(("answers after", seconds))
        yield
        self._pipe.send(("answers after", 0.0))

    def sell(
        self, url: str, secret: str, rate: float, seconds: float, rows: list[dict], drain: float, of: tuple[str, ...]
    ) -> Sold:
        """Post the rows; wait until these channels have every write, or `drain` seconds have passed without a new one."""
        self._pipe.send(("sell", url, secret, rate, seconds, rows))
        sent, answered, refused = self._pipe.recv()
        before, last = -1, time.monotonic()
        while True:
            self._pipe.send(("written",))
            written, throttled = self._pipe.recv()
            count = sum(len(written[channel].keys() & sent.keys()) for channel in of)
            if count != before:
                before, last = count, time.monotonic()
            if count >= len(of) * len(sent) or time.monotonic() - last > drain:
                return Sold(sent, answered, written, refused, throttled)
            time.sleep(0.2)


@contextmanager
def channels():
    """The channels' process, for as long as the block lasts."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Channels(ours)
    finally:
        process.kill()
        process.join()
