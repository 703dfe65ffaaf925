"""All of UCI Online Retail (541,909 lines) through the file drop: seconds and peak memory, beside bare DuckDB.

The baseline reads the same Parquet files into typed tables without checking a value. The data set is not part of the
repository; without it the script says so and stops.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.pipelines.files import online_retail  # noqa: E402
from tests.pipelines.files.drop_build import load_in_child  # noqa: E402


def bare(folder: Path, file: Path) -> float:
    started = time.perf_counter()
    with duckdb.connect(str(file)) as connection:
        for path in sorted(folder.glob("*.parquet")):
            connection.execute(f"create table {path.stem} as from read_parquet('{path}')")
    return time.perf_counter() - started


def main() -> None:
    if not online_retail.SOURCE.exists():
        print(f"skipped: the data set is not at {online_retail.SOURCE}")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        started = time.perf_counter()
        online_retail.convert(online_retail.SOURCE, folder / "drop")
        converted = time.perf_counter() - started
        baseline = bare(folder / "drop", folder / "bare.duckdb")
        report = load_in_child(folder / "drop", folder / "warehouse.duckdb")
    lines = report.rows["order_lines"] + report.rows["refunds"]
    print(f"{'lines':>9} {'refused':>7} {'convert s':>9} {'bare s':>7} {'load s':>7} {'load/bare':>9} {'peak MiB':>9}")
    print(
        f"{lines:>9,} {len(report.set_aside):>7} {converted:>9.2f} {baseline:>7.2f} {report.seconds:>7.2f} "
        f"{report.seconds / baseline:>9.1f} {report.peak_bytes / 1024**2:>9,.0f}"
    )
    for file, row, column, reason in report.set_aside:
        print(f"  {file}, row {row}, column {column}: {reason}")


if __name__ == "__main__":
    main()
