"""Two channels and the hub's webhooks in one small process, so that every time is of one clock: the receiver's.

`sell(rate, seconds)` posts stock webhooks to the intake at a steady rate, whatever the answers take, each for a SKU of its
own; the channels note when the write that answers it arrived. They keep quantities with compare-and-set (Shopify) and
without (WooCommerce), and do nothing else.
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


@dataclass(frozen=True)
class Sold:
    """Seconds since 1970: when each SKU's webhook was sent, answered, and written by each channel (by SKU's number)."""

    sent: dict[int, float]
    answered: dict[int, float]
    written: dict[str, dict[int, float]]
    refused: int


class _Channels(asyncio.Protocol):
    held: dict[str, int] = {}  # noqa: RUF012 - one server per process
    written: dict[str, dict[int, float]] = {"shopify": {}, "woocommerce": {}}  # noqa: RUF012
    conflicts = 0

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
            answer = json.dumps(_answer(head.split(b" ", 2)[1], body)).encode()
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                % (len(answer), answer)
            )


def _answer(path: bytes, body: bytes):
    said = json.loads(body) if body else {}
    if b"graphql" not in path:
        return {"update": [_set_product(row) for row in said.get("update", ())]}
    if "inventorySetQuantities" in said["query"]:
        return {"data": {"inventorySetQuantities": _set_quantities(said["variables"]["input"]["quantities"])}}
    asked, places = said["variables"], [name[4:] for name in said["variables"] if name.startswith("item")]
    levels = {f"level{place}": _level(asked[f"item{place}"], asked[f"location{place}"]) for place in places if place}
    return {"data": levels or {"inventoryItem": _level(asked["item"], asked["location"])}}


def _level(item: str, location: str):
    quantity = [{"name": "available", "quantity": _Channels.held.get(f"{item}|{location}", 0)}]
    return {"id": item, "inventoryLevel": {"id": "level", "quantities": quantity}}


def _set_product(row):
    _Channels.written["woocommerce"].setdefault(int(row["id"]), time.time())
    return {"id": row["id"], "stock_quantity": row["stock_quantity"]}


def _set_quantities(rows):
    errors = []
    for at, row in enumerate(rows):
        key = f"{row['inventoryItemId']}|{row['locationId']}"
        # What a channel shows at first is what it is first said to show.
        if _Channels.held.setdefault(key, row["changeFromQuantity"]) != row["changeFromQuantity"]:
            field = ["input", "quantities", str(at), "changeFromQuantity"]
            errors.append({"code": "CHANGE_FROM_QUANTITY_STALE", "field": field, "message": "stale"})
    if errors:
        _Channels.conflicts += 1
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    now = time.time()
    for row in rows:
        _Channels.held[f"{row['inventoryItemId']}|{row['locationId']}"] = row["quantity"]
        _Channels.written["shopify"].setdefault(int(row["inventoryItemId"].rpartition("/")[2]), now)
    return {"inventoryAdjustmentGroup": {"id": "group"}, "userErrors": []}


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
            async with session.post(f"http://127.0.0.1:{port}/woocommerce/products/batch", json=body) as answer:
                await answer.read()
            found.append((time.perf_counter() - start) * 1000)
    return found


def _serve(pipe: Connection) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Channels, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        pipe.send(port)
        while True:
            asked = await loop.run_in_executor(None, pipe.recv)
            if asked[0] == "bare":
                pipe.send(await _bare(port, asked[1]))
            elif asked[0] == "sell":
                _Channels.written = {"shopify": {}, "woocommerce": {}}
                pipe.send(await _sell(*asked[1:]))
            else:
                pipe.send((_Channels.written, _Channels.conflicts))

    uvloop.run(run())


class Channels:
    """The process from outside."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.url = f"http://127.0.0.1:{pipe.recv()}"

    def bare(self, requests: int) -> list[float]:
        self._pipe.send(("bare", requests))
        return self._pipe.recv()

    def sell(self, url: str, secret: str, rate: float, seconds: float, rows: list[dict], drain: float) -> Sold:
        """Post the rows; wait until the writes have come or `drain` seconds have passed without a new one."""
        self._pipe.send(("sell", url, secret, rate, seconds, rows))
        sent, answered, refused = self._pipe.recv()
        before, last = -1, time.monotonic()
        while True:
            written = self.written()
            count = sum(len(found) for found in written.values())
            if count != before:
                before, last = count, time.monotonic()
            if count >= 2 * len(sent) or time.monotonic() - last > drain:
                return Sold(sent, answered, written, refused)
            time.sleep(0.2)

    def written(self) -> dict[str, dict[int, float]]:
        self._pipe.send(("written",))
        return self._pipe.recv()[0]


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
