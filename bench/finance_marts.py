"""The finance marts, built in full over a history of so many orders, beside the same SQL in one bare DuckDB connection.

The history is made in the canonical tables of a warehouse that dbt built empty (bench/finance_history.py). Per size: dbt builds every
model of marts/finance, journal, tax, books and close; a bare connection runs their compiled SQL in the same order; then 1,000 orders
are placed, refunded, changed and taken away, and dbt builds again. Seconds are wall clock, processor seconds beside them, for a busy machine.
Prints the models that cost most and, with several sizes, how both builds grow with the history: `--orders 100000 1000000`, which is the default.
`--memory 6GB` limits the bare connection, which then writes to disk what does not fit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import finance_history  # noqa: E402

AREAS = ("finance", "journal", "tax", "books", "close")
CHANGED = 1_000


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of processor, and the models that cost most (dbt's by the clock, the bare connection's of processor)."""

    seconds: float
    processor: float
    slowest: tuple[tuple[float, str], ...] = ()


def used(who: int) -> float:
    """Processor seconds of this process or of its ended children."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def peak_mib(who: int) -> float:
    """The most memory held so far by this process or by any one ended child; Linux counts KiB, macOS bytes."""
    return resource.getrusage(who).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def dbt(home: Path, *arguments: str) -> Cost:
    """One dbt command in a process of its own, its start included."""
    os.environ.update(CARTWHEEL_HOME=str(home), CARTWHEEL_WAREHOUSE=str(home / "warehouse.duckdb"))
    os.environ.update(CARTWHEEL_DBT_TARGET=str(home.parent / "target"))
    from orchestration import build, environment, warehouse

    environment.prepare()
    started, before = time.perf_counter(), used(resource.RUSAGE_CHILDREN)
    with build.worker() as worker:
        warehouse.ensure_raw_tables()
        built = worker.invoke(list(arguments), {})
    if not built.succeeded:
        raise SystemExit(f"dbt failed: {built.failures}\n{built.words}")
    slowest = sorted(((node.seconds, node.name) for node in built.nodes), reverse=True)[:8]
    return Cost(time.perf_counter() - started, used(resource.RUSAGE_CHILDREN) - before, tuple(slowest))


def marts(home: Path) -> Cost:
    return dbt(home, "run", "--select", *(f"path:models/marts/{area}" for area in AREAS))


def statements(target: Path) -> list[tuple[str, str]]:
    """Name and compiled SQL of every finance model, after those it reads."""
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    waiting = {
        key: node
        for key, node in nodes.items()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts" and node["fqn"][2] in AREAS
    }
    compiled = target / "compiled" / "cartwheel"
    ordered: list[tuple[str, str]] = []
    while waiting:
        ready = [key for key, node in waiting.items() if not waiting.keys() & set(node["depends_on"]["nodes"])]
        for key in ready:
            node = waiting.pop(key)
            ordered.append((node["name"], (compiled / node["original_file_path"]).read_text()))
    return ordered


def bare(file: Path, target: Path, memory: str | None) -> Cost:
    """The compiled SQL of the same models as plain statements, in the order of their dependencies."""
    models, costs = statements(target), []
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set threads = 2")
        if memory:
            connection.execute(f"set memory_limit = '{memory}'")
        started, before = time.perf_counter(), used(resource.RUSAGE_SELF)
        for name, sql in models:
            begun = used(resource.RUSAGE_SELF)
            connection.execute(f"create or replace table marts.{name} as {sql}")
            costs.append((used(resource.RUSAGE_SELF) - begun, name))
        connection.execute("checkpoint")
    most = tuple(sorted(costs, reverse=True)[:8])
    return Cost(time.perf_counter() - started, used(resource.RUSAGE_SELF) - before, most)


def measured(orders: int, empty: Path, memory: str | None) -> tuple[Cost, Cost]:
    """One size; prints its rows and returns what a full build cost, and one after some orders changed."""
    home = empty.parent / f"home{orders}"
    home.mkdir()
    file, target = home / "warehouse.duckdb", empty.parent / "target"
    shutil.copy(empty, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        finance_history.fill(connection, orders)
    full = marts(home)
    told(orders, "dbt, full", full, resource.RUSAGE_CHILDREN)
    told(orders, "bare connection", bare(file, target, memory), resource.RUSAGE_SELF)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        finance_history.change(connection, orders, CHANGED)
    changed = marts(home)
    told(orders, f"dbt, {CHANGED:,} orders changed", changed, resource.RUSAGE_CHILDREN)
    shutil.rmtree(home)
    return full, changed


def told(orders: int, what: str, cost: Cost, who: int) -> None:
    print(f"{orders:>9,} {what:<28} {cost.seconds:>8.1f} {cost.processor:>10.1f} {peak_mib(who):>9,.0f}")
    print("          most: " + ", ".join(f"{name} {seconds:.1f}" for seconds, name in cost.slowest), flush=True)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Costs of the finance marts over histories of so many orders.")
    parser.add_argument("--orders", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--memory", help="limit of the bare connection, as DuckDB reads it: 6GB")
    return parser.parse_args()


def main() -> None:
    given = asked()
    sizes = given.orders
    with tempfile.TemporaryDirectory() as temporary:
        empty = Path(temporary) / "empty" / "warehouse.duckdb"
        empty.parent.mkdir()
        # Everything once, seeds and all, so that a size only needs its rows.
        dbt(empty.parent, "seed")
        dbt(empty.parent, "run")
        start = dbt(empty.parent, "parse")
        print(f"dbt's start: {start.seconds:.1f} s, {start.processor:.1f} of the processor")
        print(f"{'orders':>9} {'':<28} {'seconds':>8} {'processor':>10} {'peak MiB':>9}")
        costs = [measured(orders, empty, given.memory) for orders in sizes]
    for (small, few), (large, many) in pairwise(zip(sizes, costs, strict=True)):
        full, changed = (
            (more.processor - start.processor) / (less.processor - start.processor)
            for less, more in zip(few, many, strict=True)
        )
        print(
            f"{large / small:.0f} x the orders, in processor time without dbt's start: {full:.1f} x a full build, "
            f"{changed:.1f} x one after {CHANGED:,} orders changed"
        )


if __name__ == "__main__":
    main()
