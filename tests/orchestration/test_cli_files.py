"""The file drop from the command line: what was loaded on stdout, what was not on stderr, and an exit code that says it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

CARTWHEEL = Path(sys.executable).with_name("cartwheel")
ORDERS = "channel,order_id,placed_at,currency_code\ntill,1,2026-10-01,USD\ntill,2,2026-10-02,USD\n"
LINES = "channel,order_id,line_id,quantity,unit_price,currency_code\ntill,1,a,2,3.50,USD\ntill,2,a,1,0.99,USD\n"


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "a drop [with] brackets"
    folder.mkdir()
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "order_lines.csv").write_text(LINES)
    return folder


def cartwheel(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if not key.startswith(("CARTWHEEL_", "SOURCES__"))}
    return subprocess.run(
        [str(CARTWHEEL), *arguments],
        env=known | {"CARTWHEEL_HOME": str(home / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def lines_in(home: Path) -> int:
    with duckdb.connect(str(home / "home" / "warehouse.duckdb"), read_only=True) as connection:
        return int((connection.execute("select count(*) from raw_files.order_lines").fetchone() or (0,))[0])


def test_good_files_are_counted_on_stdout_and_the_exit_code_is_nought(tmp_path: Path, drop: Path) -> None:
    done = cartwheel(tmp_path, "load", str(drop))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["orders.csv: 2 orders loaded", "order_lines.csv: 2 order_lines loaded"]


def test_a_bad_row_refuses_its_file_unless_it_may_be_set_aside(tmp_path: Path, drop: Path) -> None:
    (drop / "order_lines.csv").write_text(LINES.replace("0.99", "0.999"))
    fault = "order_lines.csv, row 2, column unit_price: '0.999' has more decimals than USD (SRC-06)"

    refused = cartwheel(tmp_path, "load", str(drop))
    assert refused.returncode == 1
    assert refused.stdout.splitlines() == ["orders.csv: 2 orders loaded"]
    assert refused.stderr.splitlines() == [fault, "Not loaded: 1 file, for the reasons above."]
    assert lines_in(tmp_path) == 0

    aside = cartwheel(tmp_path, "load", "--set-aside", str(drop))
    assert aside.returncode == 1
    assert aside.stdout.splitlines() == ["orders.csv: 2 orders loaded", "order_lines.csv: 1 order_lines loaded"]
    assert aside.stderr.splitlines()[0] == fault
    assert "raw_files.refused_rows: 1 of the rows" in aside.stderr.splitlines()[1]
    assert lines_in(tmp_path) == 1

    (drop / "order_lines.csv").write_text(LINES)
    assert cartwheel(tmp_path, "load", "--set-aside", str(drop)).returncode == 0
    assert lines_in(tmp_path) == 2


@pytest.mark.parametrize(
    "arguments", [("files", "contract", "invoices"), ("load", "no such folder")], ids=["unknown kind", "no folder"]
)
def test_a_mistake_is_one_line_on_stderr_without_a_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = cartwheel(tmp_path, *arguments)
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("cartwheel: ")
    assert arguments[-1] in done.stderr


def test_the_contract_of_one_kind_names_its_columns_only(tmp_path: Path) -> None:
    done = cartwheel(tmp_path, "files", "contract", "orders")
    assert done.returncode == 0
    assert "placed_at" in done.stdout
    assert "unit_price" not in done.stdout
