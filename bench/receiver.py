"""A destination that does nothing but answer: as small a server as there can be, in a process of its own.

Reads whole requests, counts them by their idempotency key, answers `{"id": n}`; so what is measured is the sender.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from contextlib import contextmanager
from multiprocessing.connection import Connection

import uvloop


class _Answering(asyncio.Protocol):
    requests = 0
    keys: set[bytes] = set()  # noqa: RUF012 - one server per process

    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            _Answering.requests += 1
            at = head.find(b"idempotency-key:")
            if at >= 0:
                _Answering.keys.add(head[at + 16 :].split(b"\r\n", 1)[0].strip())
            body = b'{"id":"%d"}' % _Answering.requests
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
            )


def _serve(pipe: Connection) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Answering, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while True:
            await loop.run_in_executor(None, pipe.recv)
            pipe.send((_Answering.requests, len(_Answering.keys)))
            _Answering.requests, _Answering.keys = 0, set()

    uvloop.run(run())


@contextmanager
def receiver():
    """(url, counted): `counted()` gives requests and different keys since it was last asked."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{ours.recv()}"

    def counted() -> tuple[int, int]:
        ours.send(os.getpid())
        return ours.recv()

    try:
        yield url, counted
    finally:
        process.kill()
        process.join()
