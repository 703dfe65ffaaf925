"""Deliveries per second with key, limiter, breaker and write-ahead, against httpx with none of these.

Three senders post the same bodies to the same small server (receiver.py, a process of its own), one record a request:
httpx with its default pool, httpx over its faster transport, and a push as the engine runs it: claimed and written
ahead in a durable commit before each request, the outcome recorded after it. The receiver's own count says that each
key arrived once. Processor time of the sending process is printed beside the rates: on a machine with other work it is
what can be compared. Usage: push_throughput.py [DELIVERIES] (default 4,000)
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from httpx_aiohttp import AiohttpTransport
from planned import NOW, SYNC, approved
from receiver import receiver

from reverse_etl import event_loop
from reverse_etl.answers import accepted, at, complete, raise_for_error
from reverse_etl.breaker import breaker_of
from reverse_etl.client import DestinationClient
from reverse_etl.destination import Destination, Pace, Request, Write
from reverse_etl.feed import Feed
from reverse_etl.group_commit import GroupCommit
from reverse_etl.ledger import Ledger
from reverse_etl.push import Push
from reverse_etl.settings import Connection

IN_FLIGHT = (4, 8, 16, 32, 64)
WRITE = Write(
    encode=lambda batch, key, references: Request(
        "POST", "/records", json=dict(batch[0].payload), headers={"Idempotency-Key": key}
    ),
    decode=lambda batch, answer: _decode(batch, answer),
    owns=frozenset({"email", "segment", "net_revenue_minor"}),
)


def _decode(batch, answer):
    raise_for_error(answer, {})
    return complete(batch, {batch[0].record_key: accepted(at(answer.body, "id"))})


def destination(in_flight: int) -> Destination:
    # A pace that never binds: the limiter works, and is not what is measured.
    pace = Pace(requests=1_000_000, seconds=1.0, in_flight=in_flight)
    return Destination("bench", (), lambda credentials: {"Authorization": "Bearer bench"}, {"record": WRITE}, pace)


async def bare(url: str, bodies: list[dict], in_flight: int, transport) -> float:
    """Requests per second of httpx alone: no key kept, no limiter, nothing written down."""
    waiting = iter(bodies)
    async with httpx.AsyncClient(transport=transport, timeout=30) as client:

        async def taker() -> None:
            for body in waiting:
                response = await client.post(
                    f"{url}/records",
                    content=json.dumps(body).encode(),
                    headers={"Content-Type": "application/json", "Authorization": "Bearer bench"},
                )
                response.json()

        start = time.perf_counter()
        await asyncio.gather(*(taker() for _ in range(in_flight)))
    return len(bodies) / (time.perf_counter() - start)


async def ours(url: str, ledger: Ledger, in_flight: int, deliveries: int) -> float:
    """Deliveries per second of a push."""
    target = destination(in_flight)
    breaker = breaker_of(ledger.engine, "bench", lambda: NOW)
    with ledger.working() as holder:
        async with (
            GroupCommit(ledger, lambda: NOW) as commits,
            DestinationClient(target, Connection("bench", url, {}), breaker) as client,
        ):
            run = Push(target, {SYNC.name: SYNC}, ledger, commits, client, holder, lambda: NOW, lambda n: None,
                       lambda label: None)  # fmt: skip
            start = time.perf_counter()
            await run.drain(Feed(ledger.queries, target, {SYNC.name: SYNC}, holder))
            taken = time.perf_counter() - start
    assert run.tallies[SYNC.name].accepted == deliveries, run.tallies
    return deliveries / taken


def timed(requests: int, work: Callable[[], float]) -> tuple[float, float]:
    """The rate that the work says it had, and milliseconds of processor time for each of its requests."""
    before = time.process_time()
    rate = work()
    return rate, (time.process_time() - before) / requests * 1_000


def main() -> None:
    deliveries = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    print(f"{deliveries} deliveries, one a request; requests per second, and milliseconds of processor time for each")
    print(
        f"{'in flight':>9} {'httpx':>7} {'httpx, aiohttp':>15} {'push':>7} {'x httpx':>8} {'x aiohttp':>9}"
        f" {'aiohttp ms':>10} {'push ms':>8}"
    )
    with receiver() as (url, counted), tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(f"sqlite:///{folder}/operations.sqlite", Path(folder))
        for in_flight in IN_FLIGHT:
            bodies = [dict(item.payload) for item in approved(ledger, deliveries, f"{in_flight:04}")]
            few = bodies[: max(500, deliveries // 8)]
            slow = asyncio.run(bare(url, few, in_flight, httpx.AsyncHTTPTransport()))
            fast, fast_ms = timed(
                deliveries,
                lambda: asyncio.run(bare(url, bodies, in_flight, AiohttpTransport())),  # noqa: B023
            )
            counted()
            mine, mine_ms = timed(deliveries, lambda: event_loop.run(ours(url, ledger, in_flight, deliveries)))  # noqa: B023
            requests, keys = counted()
            assert requests == keys == deliveries, (requests, keys)
            print(
                f"{in_flight:>9} {slow:>7.0f} {fast:>15.0f} {mine:>7.0f} {mine / slow:>8.1f} {mine / fast:>9.2f}"
                f" {fast_ms:>10.2f} {mine_ms:>8.2f}",
                flush=True,
            )
        ledger.close()


if __name__ == "__main__":
    main()
