"""How much of a vendor's allowed rate a push uses, and how often it is told to slow down.

The receiver enforces each vendor's published limit over a sliding window and answers 429 beyond it. The sender is the
destination's own client with its own declared pace. Share = requests answered against what the tightest limit allows
in that time. Baseline, in the same run: a sender without a pace, which is what a limit
does to it. Usage: rate_share.py [SECONDS] (default 60 per destination)
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime

import httpx
import pybreaker
import uvicorn
from httpx_aiohttp import AiohttpTransport

from reverse_etl import destinations
from reverse_etl.client import DestinationClient
from reverse_etl.destination import Request
from reverse_etl.settings import Connection

# (requests, seconds) as the vendor publishes them, all to be kept; see each destination's head comment.
LIMITS = {"quickbooks": ((10, 1.0), (500, 60.0)), "hubspot": ((190, 10.0),)}
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Limited:
    """Answers 200 within the limits of its sliding windows, 429 beyond them."""

    def __init__(self, limits: tuple[tuple[int, float], ...]) -> None:
        self.limits = limits
        self.answered: deque[float] = deque()
        self.refused = 0

    async def __call__(self, scope, receive, send):
        await receive()
        now = time.monotonic()
        allowed = all(sum(1 for at in self.answered if at > now - window) < most for most, window in self.limits)
        if allowed:
            self.answered.append(now)
        self.refused += not allowed
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": 200 if allowed else 429, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    def share(self, start: float, seconds: float) -> float:
        """Of what the tightest limit allows over the whole time, how much was used."""
        return sum(1 for at in self.answered if at < start + seconds) / (seconds * self.rate)

    @property
    def rate(self) -> float:
        return min(most / window for most, window in self.limits)

    def __enter__(self) -> str:
        self._server = uvicorn.Server(uvicorn.Config(self, port=0, log_level="critical", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_) -> None:
        self._server.should_exit = True
        self._thread.join()


async def paced(name: str, url: str, until: float) -> None:
    destination = destinations.load(name)
    credentials = dict.fromkeys(destination.credential_names, "bench")
    client = DestinationClient(destination, Connection(name, url, credentials), pybreaker.CircuitBreaker())

    async def taker() -> None:
        while time.monotonic() < until:
            await client.turn()
            await client.send(Request("POST", "/", json={}))

    async with client:
        await asyncio.gather(*(taker() for _ in range(destination.pace.in_flight)))


async def unpaced(in_flight: int, url: str, until: float) -> None:
    async with httpx.AsyncClient(transport=AiohttpTransport()) as client:

        async def taker() -> None:
            while time.monotonic() < until:
                response = await client.post(url, json={})
                if response.status_code == 429:
                    await asyncio.sleep(float(response.headers["retry-after"]))

        await asyncio.gather(*(taker() for _ in range(in_flight)))


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    print(f"{seconds:.0f} s each; share of the allowed rate used, and requests refused with 429")
    print(f"{'destination':<12} {'allowed':>14} {'share':>7} {'429':>5} {'without a pace':>15} {'429':>6}")
    for name, limits in LIMITS.items():
        found = []
        for send in (paced, unpaced):
            limited = Limited(limits)
            with limited as url:
                start = time.monotonic()
                who = name if send is paced else destinations.load(name).pace.in_flight
                asyncio.run(send(who, url, start + seconds))
                found.append((limited.share(start, seconds), limited.refused))
        allowed = f"{Limited(limits).rate:.2f} / s"
        (share, refused), (bare, hit) = found
        print(f"{name:<12} {allowed:>14} {share:>7.1%} {refused:>5} {bare:>15.1%} {hit:>6}")


if __name__ == "__main__":
    main()
