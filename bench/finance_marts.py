"""The finance marts, built in full over a history of so many orders, beside the same SQL in one bare DuckDB connection.

The history is made in the canonical tables of a warehouse that dbt built empty (bench/finance_history.py). Per size: dbt builds every
model of marts/finance, journal, tax, books and close; a bare connection runs their compiled SQL in the same order; then 1,000 orders
are placed, refunded, changed and taken away, and dbt builds again. Seconds are wall clock, processor seconds beside them, for a busy machine.
Prints the slowest models and, with two sizes, the growth. Default sizes 100,000 and 1,000,000; `python bench/finance_marts.py 20000`.
"""

from __future__ import annotations

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
    """Seconds by the clock and of processor, and the slowest models."""

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


def bare(file: Path, target: Path) -> Cost:
    """The compiled SQL of the same models as plain statements, in the order of their dependencies."""
    models = statements(target)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set threads = 2")
        started, before = time.perf_counter(), used(resource.RUSAGE_SELF)
        for name, sql in models:
            connection.execute(f"create or replace table marts.{name} as {sql}")
        connection.execute("checkpoint")
    return Cost(time.perf_counter() - started, used(resource.RUSAGE_SELF) - before)


def measured(orders: int, empty: Path) -> Cost:
    """One size; prints its rows and returns what a full build cost."""
    home = empty.parent / f"home{orders}"
    home.mkdir()
    file, target = home / "warehouse.duckdb", empty.parent / "target"
    shutil.copy(empty, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        finance_history.fill(connection, orders)
    full = marts(home)
    told(orders, "dbt, full", full, resource.RUSAGE_CHILDREN)
    print("          slowest: " + ", ".join(f"{name} {seconds:.1f}" for seconds, name in full.slowest))
    told(orders, "bare connection", bare(file, target), resource.RUSAGE_SELF)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        finance_history.change(connection, orders, CHANGED)
    told(orders, f"dbt, {CHANGED:,} orders changed", marts(home), resource.RUSAGE_CHILDREN)
    shutil.rmtree(home)
    return full


def told(orders: int, what: str, cost: Cost, who: int) -> None:
    print(f"{orders:>9,} {what:<28} {cost.seconds:>8.1f} {cost.processor:>10.1f} {peak_mib(who):>9,.0f}", flush=True)


def main() -> None:
    sizes = [int(text) for text in sys.argv[1:]] or [100_000, 1_000_000]
    with tempfile.TemporaryDirectory() as temporary:
        empty = Path(temporary) / "empty" / "warehouse.duckdb"
        empty.parent.mkdir()
        # Everything once, seeds and all, so that a size only needs its rows.
        dbt(empty.parent, "seed")
        dbt(empty.parent, "run")
        start = dbt(empty.parent, "parse")
        print(f"dbt's start: {start.seconds:.1f} s, {start.processor:.1f} of the processor")
        print(f"{'orders':>9} {'':<28} {'seconds':>8} {'processor':>10} {'peak MiB':>9}")
        full = [measured(orders, empty) for orders in sizes]
    for (small, first), (large, second) in pairwise(zip(sizes, full, strict=True)):
        growth = (second.processor - start.processor) / (first.processor - start.processor)
        print(
            f"{large / small:.0f} x the orders: {growth:.1f} x the processor time of a full build, dbt's start left out"
        )


if __name__ == "__main__":
    main()
