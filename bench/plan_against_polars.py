"""The diff behind a plan, against polars on the same frames: seconds, ratio, peak memory.

Both sides get the desired records and what was accepted before, in memory, and must produce the changed rows. Polars
joins on the key and compares every column, the way one would write it. Ours compares marks, then makes the digests of
what is left. Printed besides: the whole plan with its deliveries, keys and hash, and reading the marks from SQLite.
The desired records lie in a DuckDB file, as the warehouse does; polars' frames are loaded before its clock starts.
Each engine runs in a process of its own, so that the peaks do not mix. Usage: plan_against_polars.py [RECORDS …]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import feather
from sqlalchemy import insert

from reverse_etl import comparison, plan
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_tables import ACCEPTED
from reverse_etl.plan import Memory
from reverse_etl.sync import Baseline, Guard, Lane, Mode, Sync

RUNS = 7
SYNC = Sync(
    name="bench__records",
    model="act_bench__records",
    destination="bench",
    object="record",
    mode=Mode.UPSERT,
    guard=Guard.NATURAL_UPSERT,
    baseline=Baseline.ACCEPTED,
    lane=Lane.SEGMENTS,
    fields=("email", "segment", "r_score", "f_score", "m_score", "net_revenue_minor", "orders_count"),
)
COMPARED = list(SYNC.fields)
CHANGED = "hash(record_key) % 100 = 0"


def write_frames(records: int, folder: str) -> None:
    """Desired and accepted records, of which one in a hundred differs, and the marks of the accepted ones."""
    connection = duckdb.connect(f"{folder}/warehouse.duckdb")
    connection.execute("create schema activation")
    connection.execute(
        f"""create table activation.act_bench__records as select 'customer'||i||'@example.com' as record_key,
        'customer'||i||'@example.com' as email, ['champions','loyal','at_risk','lost'][1 + i % 4] as segment,
        (i % 5 + 1)::bigint as r_score, (i % 3 + 1)::bigint as f_score, (i % 4 + 1)::bigint as m_score,
        (i * 37 % 100000)::bigint as net_revenue_minor, (i % 9)::bigint as orders_count, null::bigint as money_minor,
        'USD' as currency_code, 'scores moved' as reason, i::varchar as source_key from range({records}) as t(i)"""
    )
    connection.execute(
        f"""create table accepted as select * replace (case when {CHANGED} then net_revenue_minor + 1
        else net_revenue_minor end as net_revenue_minor) from activation.act_bench__records"""
    )
    marks = connection.execute(f"select {comparison._quick(SYNC)} as quick from accepted").to_arrow_table()
    connection.close()
    feather.write_feather(marks, f"{folder}/marks.arrow", compression="uncompressed")


def best(work: Callable[[], object]) -> float:
    """The fastest of several runs: the machine's other work only ever adds."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(folder: str) -> dict[str, float]:
    connection = duckdb.connect(f"{folder}/warehouse.duckdb", read_only=True)
    quick = feather.read_table(f"{folder}/marks.arrow")
    marks = comparison.Accepted(quick)
    before = peak_megabytes()
    found = comparison.changed_rows(connection, SYNC, marks).num_rows

    def whole() -> str:
        compared = comparison.compare(connection, SYNC, marks)
        return plan.make(SYNC, compared.records, compared.rows, Memory()).plan_hash

    diff = best(lambda: comparison.changed_rows(connection, SYNC, marks))
    return {
        "seconds": diff,
        "changed": found,
        "whole_plan_seconds": best(whole),
        "peak_megabytes": peak_megabytes(),
        "frames_megabytes": before,
        "marks_from_sqlite_seconds": marks_from_sqlite(quick),
    }


def marks_from_sqlite(quick: pa.Table) -> float:
    """How long the ledger takes to hand over its marks."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(f"sqlite:///{folder}/operations.sqlite", Path(folder))
        values = quick.column("quick").to_pylist()
        rows = ((SYNC.name, f"customer{at}@example.com", "p/1", "f" * 32, mark, comparison.ENGINE, "2026-11-01 12:00:00")
                for at, mark in enumerate(values))  # fmt: skip
        statement = str(insert(ACCEPTED).compile(dialect=ledger._engine.dialect))
        with ledger._engine.connect() as connection:
            raw = connection.connection.cursor()
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("BEGIN")
            raw.executemany(statement, rows)
            raw.execute("COMMIT")
        taken = best(lambda: ledger.queries.accepted_marks(SYNC.name))
        ledger.close()
    return taken


def theirs(folder: str) -> dict[str, float]:
    import polars as pl  # only here, so that the other process does not carry it

    connection = duckdb.connect(f"{folder}/warehouse.duckdb", read_only=True)
    desired = connection.execute("select * from activation.act_bench__records").pl()
    accepted = connection.execute(f"select record_key, {', '.join(COMPARED)} from accepted").pl()
    connection.close()
    before = peak_megabytes()

    def diff() -> pl.DataFrame:
        joined = desired.join(accepted, on="record_key", how="left", suffix="_accepted")
        return joined.filter(
            pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_accepted")) for name in COMPARED)
        )

    found = diff().height
    return {"seconds": best(diff), "changed": found, "peak_megabytes": peak_megabytes(), "frames_megabytes": before}


def measured(engine: str, folder: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", engine, folder]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result


def report(records: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, "--write", folder, str(records)], check=True)
        mine, polars = measured("ours", folder), measured("polars", folder)
    if mine["changed"] != polars["changed"]:
        raise SystemExit(f"the two disagree: {mine['changed']} and {polars['changed']} changed rows")
    print(f"{records:,} records, {int(mine['changed']):,} changed (best of {RUNS})")
    for name, found in (("cartwheel", mine), ("polars", polars)):
        print(
            f"  {name:10} diff {found['seconds']:.3f} s, peak {found['peak_megabytes']:.0f} MB"
            f" ({found['frames_megabytes']:.0f} MB before the first diff)"
        )
    print(f"  ratio {mine['seconds'] / polars['seconds']:.2f} (target 0.80 or less)")
    print(f"  whole plan with deliveries, keys and hash {mine['whole_plan_seconds']:.3f} s")
    print(f"  marks of all accepted records out of SQLite {mine['marks_from_sqlite_seconds']:.3f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        work = ours if sys.argv[2] == "ours" else theirs
        print(json.dumps(work(sys.argv[3])))
    elif sys.argv[1:2] == ["--write"]:
        write_frames(int(sys.argv[3]), sys.argv[2])
    else:
        for size in [int(text) for text in sys.argv[1:]] or [100_000, 1_000_000]:
            report(size)
