"""Available to sell of every SKU on every channel, by the batch lane: dbt's build of all stock models, for 50,000 and 500,000 SKUs.

Beside it the same compiled SQL in one bare DuckDB connection over the same rows: what dbt, its contracts and its columns cost.
A run of one small model is dbt's own start, and stands apart. Four orders a SKU, a tenth of them open; two places, three
channels. Both are said in seconds of the clock and of the processor, because a machine is seldom alone.
Usage: batch_ats.py [SKUS …] (default 50000 500000)
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import lane_tables

MIB = 1024


@dataclass(frozen=True)
class Cost:
    """Seconds of the clock and of the processor."""

    clock: float
    processor: float


def cost(work: Callable[[], None], of_children: bool = False) -> Cost:
    """What a piece of work took; the processor's share of it in the children, where these do the work."""
    who = resource.RUSAGE_CHILDREN if of_children else resource.RUSAGE_SELF

    def spent() -> float:
        used = resource.getrusage(who)
        return used.ru_utime + used.ru_stime

    before, started = spent(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - started, spent() - before)


def built(models: list[str]) -> None:
    """The models by dbt, in a process that ends with it; tests are left out, as they are in the baseline."""
    from orchestration import build

    with build.worker() as dbt:
        done = build.run(models, {}, dbt, ["run"])
    if not done.succeeded:
        raise SystemExit(f"build failed: {done.failures}\n{done.words}")


def measure(skus: int, home: Path) -> None:
    from orchestration.lane import snapshot

    lane_tables.empty_home(home)
    models = snapshot.compiled()
    assert models is not None
    warehouse = str(home / "warehouse.duckdb")
    with duckdb.connect(warehouse) as connection:
        connection.execute("set TimeZone = 'UTC'")
        lane_tables.fill(connection, skus)
        # The unions of the platforms hold money as well, which nothing here is about.
        lane_tables.whole_batch(connection, [node for node in models.of("computed") if node.is_looked_through])
        stock = [node for node in models.of("computed") if not node.is_looked_through]
        bare = cost(lambda: lane_tables.whole_batch(connection, stock))
        bare_rows = connection.execute("select count(*), sum(ats) from marts.fct_ats").fetchone()
    start = cost(lambda: built(["dim_stock_clock"]), of_children=True)
    dbt = cost(lambda: built([node.table for node in stock]), of_children=True)
    with duckdb.connect(warehouse, read_only=True) as connection:
        rows = connection.execute("select count(*), sum(ats) from marts.fct_ats").fetchone()
    if rows != bare_rows:
        raise SystemExit(f"the two do not agree: {rows} and {bare_rows}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MIB
    net = Cost(dbt.clock - start.clock, dbt.processor - start.processor)
    print(
        f"{skus:>9,} {rows[0]:>10,} {bare.clock:>8.1f} {bare.processor:>8.1f} {dbt.clock:>8.1f} {dbt.processor:>8.1f}"
        f" {start.clock:>8.1f} {net.clock / bare.clock:>8.2f} {net.processor / bare.processor:>8.2f}"
        f" {skus / dbt.clock:>9,.0f} {peak:>7,.0f}",
        flush=True,
    )


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [50_000, 500_000]
    names = ("bare s", "cpu s", "dbt s", "cpu s", "start s", "x clock", "x cpu")
    print(f"{'SKUs':>9} {'ATS rows':>10} " + " ".join(f"{name:>8}" for name in names) + f" {'SKUs/s':>9} {'MiB':>7}")
    for skus in sizes:
        with tempfile.TemporaryDirectory() as folder:
            for name in ("CARTWHEEL_HOME", "CARTWHEEL_WAREHOUSE", "CARTWHEEL_DBT_TARGET"):
                os.environ.pop(name, None)
            measure(skus, Path(folder))


if __name__ == "__main__":
    main()
