"""A folder of files all the way to marts: loaded in a child process that reports its peak memory, then built by dbt.

As a program (`python -m tests.pipelines.files.drop_build FOLDER WAREHOUSE`) it is that child.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.files.load import load

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class LoadReport:
    """What a load did and what it took. set_aside: (file, row, column, reason)."""

    seconds: float
    peak_bytes: int
    rows: dict[str, int]
    refused: list[str]
    set_aside: list[tuple[str, int, str, str]]


def load_in_child(folder: Path, warehouse: Path) -> LoadReport:
    """Loads a folder, bad rows set aside, in a process of its own: its peak memory is the load's alone."""
    command = [sys.executable, "-m", "tests.pipelines.files.drop_build", str(folder), str(warehouse)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the load failed:\n{done.stderr}")
    said = json.loads(done.stdout)
    return LoadReport(**said | {"set_aside": [tuple(row) for row in said["set_aside"]]})


@dataclass(frozen=True)
class Drop:
    """A drop that was loaded and built: its files, its warehouse, what the load and dbt said."""

    folder: Path
    warehouse: Path
    report: LoadReport
    failures: list[str]
    warnings: list[str]
    words: str

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def value(self, sql: str, *parameters: Any) -> Any:
        [(value,)] = self.query(sql, *parameters)
        return value


def load_and_build(folder: Path, home: Path) -> Drop:
    """Loads a folder into a home of its own and builds and tests every model, as `cartwheel build` does."""
    from orchestration import build

    warehouse = home / "warehouse.duckdb"
    report = load_in_child(folder, warehouse)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(warehouse))
        patch.setenv("CARTWHEEL_DBT_TARGET", str(home / "target"))
        with build.worker() as dbt:
            built = build.run((), {}, dbt)
    failures = built.failures or ([] if built.succeeded else ["dbt"])
    return Drop(folder, warehouse, report, failures, built.warnings, built.words)


def _peak_bytes() -> int:
    """Of this program alone: what the system keeps as a maximum may include the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _report(folder: Path, warehouse: Path) -> dict[str, Any]:
    started = time.perf_counter()
    outcome = load(folder, warehouse, set_aside=True)
    return {
        "seconds": time.perf_counter() - started,
        "peak_bytes": _peak_bytes(),
        "rows": {loaded.kind: loaded.rows for loaded in outcome.loaded},
        "refused": [str(refusal) for refusal in outcome.refused],
        "set_aside": [(fault.file, fault.row, fault.column, fault.reason) for fault in outcome.set_aside],
    }


if __name__ == "__main__":
    print(json.dumps(_report(Path(sys.argv[1]), Path(sys.argv[2]))))
