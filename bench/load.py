"""Webhooks sent as fast as they are answered, or at a pace, over plain sockets: so little client that the server is what is measured."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time

SECRET = "bench-secret"
BODY_BYTES = 1_084


class _Connection(asyncio.Protocol):
    """One request at a time on a kept connection; `answer` is done with its status."""

    def __init__(self) -> None:
        self.answer: asyncio.Future | None = None
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        # Answers have no body: their end is the end of their head.
        if self.buffer.endswith(b"\r\n\r\n") and self.answer is not None:
            status, self.buffer = int(self.buffer[9:12]), b""
            answer, self.answer = self.answer, None
            answer.set_result(status)

    def connection_lost(self, error):
        if self.answer is not None:
            self.answer.set_exception(error or ConnectionError("closed"))

    def send(self, request: bytes) -> asyncio.Future:
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.answer


def requests(count: int, run: str) -> list[bytes]:
    """Signed as Shopify signs, each an event of its own, with bodies of a kilobyte."""
    made = []
    for number in range(count):
        head = f'{{"id": "{run}-{number}", "updated_at": "2026-11-01T12:00:00Z", "note": "'.encode()
        body = head + b"x" * (BODY_BYTES - len(head) - 2) + b'"}'
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
        made.append(
            f"POST /webhooks/shopify HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"X-Shopify-Topic: orders/create\r\nX-Shopify-Event-Id: {run}-{number}\r\n"
            f"X-Shopify-Hmac-Sha256: {signature}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
    return made


async def _connected(port: int, connections: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(_Connection, "127.0.0.1", port) for _ in range(connections)]
    return [protocol for _, protocol in opened]


async def as_fast_as_answered(port: int, sent: list[bytes], connections: int) -> tuple[float, float, float]:
    """(requests per second, p50 ms, p99 ms); all of them must be answered with 200."""
    waiting, latencies = iter(sent), []

    async def sender(connection: _Connection) -> None:
        for request in waiting:
            start = time.perf_counter()
            assert await connection.send(request) == 200
            latencies.append(time.perf_counter() - start)

    opened = await _connected(port, connections)
    start = time.perf_counter()
    await asyncio.gather(*(sender(connection) for connection in opened))
    seconds = time.perf_counter() - start
    _close(opened)
    return len(sent) / seconds, *percentiles(latencies)


async def at_a_pace(port: int, sent: list[bytes], per_second: float) -> tuple[float, float, float]:
    """(requests per second, p50 ms, p99 ms), measured from the moment each was due, sent or not."""
    free, latencies, waiting = await _connected(port, 256), [], set()
    everything = list(free)
    start = time.perf_counter() + 0.05

    async def one(request: bytes, due: float) -> None:
        while not free:
            await asyncio.sleep(0.0005)
        connection = free.pop()
        assert await connection.send(request) == 200
        latencies.append(time.perf_counter() - due)
        free.append(connection)

    for number, request in enumerate(sent):
        due = start + number / per_second
        if (pause := due - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        task = asyncio.create_task(one(request, due))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
    await asyncio.gather(*waiting)
    seconds = time.perf_counter() - start
    _close(everything)
    return len(sent) / seconds, *percentiles(latencies)


def _close(opened: list[_Connection]) -> None:
    for connection in opened:
        connection.transport.close()


def percentiles(latencies: list[float]) -> tuple[float, float]:
    ordered = sorted(latencies)
    return ordered[len(ordered) // 2] * 1_000, ordered[int(len(ordered) * 0.99)] * 1_000
