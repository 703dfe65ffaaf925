"""100,000 orders from the file drop to built marts, beside the same rows through bare DuckDB.

The baseline reads the same files with one statement each into typed tables and answers one grouped sum: the least any
loader can do. Prints seconds, orders per second, the ratio and the most memory any one process took; growth is measured
with ten times the orders. Other sizes: `python bench/file_drop_to_marts.py 50000 200000`.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

ORDERS = """
    select 'bench' as channel, 'o' || i as order_id, timestamp '2026-01-01' + to_minutes(i % 400000) as placed_at,
           'USD' as currency_code, 'c' || (i % {customers}) as customer_id
    from range({orders}) as t(i)"""
LINES = """
    select 'bench' as channel, 'o' || (i // 2) as order_id, 'l' || i as line_id, 1 + i % 3 as quantity,
           cast((500 + i % 9000) / 100 as decimal(18, 2)) as unit_price, 'USD' as currency_code, 'sku-' || (i % 500) as sku,
           cast((i % 700) / 100 as decimal(18, 2)) as tax
    from range({orders} * 2) as t(i)"""


def write_files(folder: Path, orders: int) -> None:
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name, query in (("orders", ORDERS), ("order_lines", LINES)):
            text = query.format(orders=orders, customers=max(orders // 4, 1))
            connection.execute(f"copy ({text}) to '{folder}/{name}.csv' (header)")


def bare(folder: Path, file: Path) -> float:
    started = time.perf_counter()
    with duckdb.connect(str(file)) as connection:
        for name in ("orders", "order_lines"):
            connection.execute(f"create table {name} as from read_csv('{folder}/{name}.csv')")
        connection.execute(
            "select sum(quantity * unit_price + tax) from order_lines join orders using (order_id)"
        ).fetchall()
    return time.perf_counter() - started


def ours(folder: Path, home: Path) -> tuple[float, float]:
    os.environ.update(CARTWHEEL_HOME=str(home), CARTWHEEL_WAREHOUSE=str(home / "warehouse.duckdb"))
    os.environ.update(CARTWHEEL_DBT_TARGET=str(home / "dbt" / "target"))
    from orchestration import build, environment
    from pipelines.files.load import load

    environment.prepare()
    started = time.perf_counter()
    outcome = load(folder, home / "warehouse.duckdb")
    if outcome.refused:
        raise SystemExit(f"refused: {outcome.refused}")
    loaded = time.perf_counter()
    with build.worker() as dbt:
        built = build.run((), {}, dbt)
    if not built.succeeded:
        raise SystemExit(f"build failed: {built.failures}\n{built.words}")
    return loaded - started, time.perf_counter() - loaded


def peak_mib() -> float:
    """The most memory this process or one of its children (dbt) ever held; Linux counts KiB, macOS bytes."""
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return most / 1024**2 if sys.platform == "darwin" else most / 1024


def main() -> None:
    sizes = [int(text) for text in sys.argv[1:]] or [100_000, 1_000_000]
    print(
        f"{'orders':>9} {'bare s':>7} {'load s':>7} {'build s':>8} {'load/bare':>9} {'all/bare':>9} {'orders/s':>9} {'peak MiB':>9}"
    )
    for orders in sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_files(folder / "drop", orders)
            baseline = bare(folder / "drop", folder / "bare.duckdb")
            (folder / "home").mkdir()
            load_seconds, build_seconds = ours(folder / "drop", folder / "home")
        rate = orders / (load_seconds + build_seconds)
        print(
            f"{orders:>9,} {baseline:>7.2f} {load_seconds:>7.2f} {build_seconds:>8.2f} "
            f"{load_seconds / baseline:>9.1f} {(load_seconds + build_seconds) / baseline:>9.1f} {rate:>9,.0f} {peak_mib():>9,.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
