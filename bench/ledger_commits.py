"""Durable commits per second of the ledger, against the bare store with the same durability and the bare disk.

The ledger commits twice per delivery: the claim (state, fence, lease and the attempt, before the request leaves) and its
outcome (the result, the new state, what is remembered as accepted). Alone, each is a commit; in a push, whatever waits
shares one. Beside it: single-row inserts into the same table, one commit each, through the driver alone; and a write of
one page with fdatasync, which is what a durable commit can not do without. All in turn, several rounds, best of each.
Usage: ledger_commits.py [DELIVERIES] [postgresql://...]   (default 1,000, and a SQLite file in the temporary folder)
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from planned import NOW, approved

from reverse_etl.claims import Answered, Claim, Purpose
from reverse_etl.destination import Outcome, Result
from reverse_etl.group_commit import GroupCommit
from reverse_etl.ledger import Ledger
from reverse_etl.plan import Delivery

ROUNDS = 3
AT_ONCE = (1, 8, 32)
PAGE, PAGES = b"\0" * 4096, 1_000


def claim(holder: str, item: Delivery) -> Claim:
    return Claim(holder, [item], Purpose.WRITE, lambda batch: batch[0].idempotency_key)


def outcome(attempts: list, item: Delivery) -> Answered:
    return Answered(attempts, {item.record_key: Outcome(Result.ACCEPTED, destination_id="1")})


def alone(ledger: Ledger, holder: str, deliveries: tuple[Delivery, ...]) -> None:
    """One commit after the other, each with nothing but its own claim or outcome."""
    for item in deliveries:
        (attempts,) = ledger.commit([claim(holder, item)], NOW)
        ledger.commit([outcome(attempts, item)], NOW)


async def shared(ledger: Ledger, holder: str, deliveries: tuple[Delivery, ...], at_once: int) -> None:
    """As a push does it: so many deliveries in flight, and who waits at the same time shares a commit."""
    waiting = iter(deliveries)
    async with GroupCommit(ledger, lambda: NOW) as commits:

        async def sender() -> None:
            for item in waiting:
                await commits.record(outcome(await commits.claim(claim(holder, item)), item))

        await asyncio.gather(*(sender() for _ in range(at_once)))


def bare_store(ledger: Ledger, deliveries: tuple[Delivery, ...], run: str) -> None:
    """Single rows into the ledger's own table, a commit each, by the driver alone, two for each delivery."""
    connection = ledger.engine.raw_connection()
    cursor = connection.cursor()
    mark = "?" if ledger.engine.dialect.name == "sqlite" else "%s"
    statement = (
        "insert into attempts (attempt_id, delivery_id, purpose, request_key, started_at, holder)"
        f" values ({', '.join([mark] * 6)})"
    )
    at = NOW.replace(tzinfo=None).isoformat(" ")
    for item in deliveries:
        for name in ("a", "b"):
            row = (f"{item.delivery_id}#{run}{name}", item.delivery_id, "write", item.idempotency_key, at, "bench")
            # SQLite's connection commits by itself after each statement, as open_store leaves it.
            cursor.execute(statement, row)
            connection.commit()
    connection.close()


def bare_disk(folder: str, writes: int) -> None:
    """Pages written over and over in a file that has its size already, as a log that is reused has."""
    with open(f"{folder}/probe", "wb", buffering=0) as file:
        file.write(PAGE * PAGES)
        os.fsync(file.fileno())
        for number in range(writes):
            os.pwrite(file.fileno(), PAGE, number % PAGES * len(PAGE))
            os.fdatasync(file.fileno())


def rate(commits: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return commits / (time.perf_counter() - start)


def one_round(ledger: Ledger, folder: str, deliveries: int, run: str) -> dict[str, float]:
    """Commits per second of everything once, one after the other, so that a busy moment falls on all alike."""
    commits = 2 * deliveries
    found = {"disk": rate(commits, lambda: bare_disk(folder, commits))}
    with ledger.working() as holder:
        mine = approved(ledger, deliveries, f"{run}-0")
        found["alone"] = rate(commits, lambda: alone(ledger, holder, mine))
        found["bare"] = rate(commits, lambda: bare_store(ledger, mine, run))
        for at_once in AT_ONCE:
            mine = approved(ledger, deliveries, f"{run}-{at_once}")
            found[f"{at_once} at once"] = rate(
                commits, lambda mine=mine, at_once=at_once: asyncio.run(shared(ledger, holder, mine, at_once))
            )
    return found


def main() -> None:
    deliveries = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/operations.sqlite"
        ledger = Ledger(url, Path(folder))
        # A database may hold what an earlier run left.
        begun = f"{time.time_ns():x}"
        rounds = [one_round(ledger, folder, deliveries, f"{begun}{number}") for number in range(ROUNDS)]
        store = ledger.engine.dialect.name
        ledger.close()
    best = {name: max(found[name] for found in rounds) for name in rounds[0]}
    print(f"{2 * deliveries} durable commits each, claims and outcomes; per second, best of {ROUNDS} ({store})")
    print(f"  {'':30} {'commits/s':>9} {'x bare store':>13} {'x bare disk':>12}")
    names = {"disk": "bare disk, write + fdatasync", "bare": "bare store, single-row inserts"}
    names |= {"alone": "ledger, one by one"} | {f"{n} at once": f"ledger, {n} deliveries in flight" for n in AT_ONCE}
    for name, words in names.items():
        print(f"  {words:30} {best[name]:>9.0f} {best[name] / best['bare']:>13.2f} {best[name] / best['disk']:>12.2f}")


if __name__ == "__main__":
    main()
