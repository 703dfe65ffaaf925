"""What the pushing half of the fast lane costs for a few touched records: plan, two durable commits, one request, outcome.

Twenty records of fifty thousand, again and again, each time with another number; printed beside what the bare disk takes
for as many commits and what a bare request to the channel takes. Usage: partial_plan.py [ROUNDS] (default 200)
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from channels import channels

from reverse_etl import engine, settings
from reverse_etl.channel import Channel, Model, Touched
from reverse_etl.group_commit import GroupCommit

RECORDS, MODEL = 20, 50_000
SYNC = engine.sync_named("shopify__stock_levels")
PLACE = "gid://shopify/Location/70000000001"
# Store the plan with its approval and its claim, record.
COMMITS = 2


def item(number: int) -> str:
    return f"gid://shopify/InventoryItem/{number}"


def rows(start: int, quantity: int, shown: int) -> list[dict[str, Any]]:
    said = {"location_gid": PLACE, "quantity": quantity, "observed_quantity": shown, "reason": "sold"}
    of_none = {"money_minor": None, "currency_code": None}
    return [
        {**said, **of_none, "record_key": f"{key}|{PLACE}", "inventory_item_gid": key, "sku": key, "source_key": key}
        for key in map(item, range(start, start + RECORDS))
    ]


async def ours(folder: Path, url: str, rounds: int) -> list[float]:
    """Milliseconds of each round."""
    read = settings.read(
        {
            "CARTWHEEL_HOME": str(folder),
            "DESTINATIONS__SHOPIFY__BASE_URL": f"{url}/shopify",
            "DESTINATIONS__SHOPIFY__ACCESS_TOKEN": "bench-token",
            "DESTINATIONS__SHOPIFY__REQUESTS_PER_SECOND": "1000",
        },
        folder,
    )
    ledger, found = engine.open_ledger(read), []

    def clock() -> datetime:
        return datetime.now(UTC)

    readings = {f"{item(number)}|{PLACE}": rounds for number in range(MODEL)}
    async with (
        GroupCommit(ledger, clock) as commits,
        Channel(SYNC, ledger, commits, read, clock, Model(MODEL, readings, clock())) as channel,
    ):
        for at in range(rounds):
            some, now = rows(at * RECORDS % (MODEL - RECORDS), rounds - 1 - at // 2_000, rounds), clock()
            start = time.perf_counter()
            answered = await channel.push(Touched(some, {}, frozenset(), {"shopify": now}, now))
            found.append((time.perf_counter() - start) * 1000)
            assert len(answered.latencies_ms) == RECORDS, answered
    ledger.close()
    return found


def disk(folder: Path, rounds: int) -> list[float]:
    """Milliseconds of as many appended and synced kilobytes as a round has commits."""
    found = []
    with (folder / "bare").open("ab", buffering=0) as file:
        for _ in range(rounds):
            start = time.perf_counter()
            for _ in range(COMMITS):
                file.write(b"x" * 16_384)
                os.fdatasync(file.fileno())
            found.append((time.perf_counter() - start) * 1000)
    return found


def percentile(values: list[float], percent: int) -> float:
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder, channels() as hub:
        found = {
            f"push of {RECORDS} records": uvloop.run(ours(Path(folder), hub.url, rounds))[10:],
            f"{COMMITS} bare commits": disk(Path(folder), rounds),
            "a bare request": hub.bare(rounds),
        }
    for name, values in found.items():
        print(f"{name:>24} p50 {percentile(values, 50):>7.2f} ms   p99 {percentile(values, 99):>7.2f} ms")


if __name__ == "__main__":
    main()
