"""A month of the default world is closed on the real warehouse and store, and stays as it was closed."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from orchestration import warehouse
from tests.orchestration.test_cli import cartwheel
from tests.transform import sandbox_warehouse

pytestmark = [pytest.mark.dbt, pytest.mark.world]
MONTH = ("close", "2026-10", "--entity", "main")
WHY = ("--by", "Ann", "--because", "the books are corrected in November")


@pytest.fixture(scope="module")
def open_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default world, published; October is open."""
    home = tmp_path_factory.mktemp("open_month")
    built = sandbox_warehouse.shared(tmp_path_factory)
    shutil.copy(built.path, home / "warehouse.duckdb")
    shutil.copy(built.folder / "operations.sqlite", home / "operations.sqlite")
    publish(home)
    return home


@pytest.fixture(scope="module")
def closed_home(open_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, October closed."""
    home = tmp_path_factory.mktemp("closed_month") / "home"
    shutil.copytree(open_home, home)
    done = cartwheel(home, *MONTH, *WHY, *acceptances(home))
    assert done.returncode == 0, done.stderr
    return home


def publish(home: Path) -> None:
    from datetime import UTC, datetime

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        with warehouse.writing("publish the default world"):
            warehouse.publish(datetime.now(UTC))


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(done.stdout)["lines"]
    return found


def acceptances(home: Path) -> list[str]:
    """What a person types who accepts all that stops the close."""
    told = lines(cartwheel(home, *MONTH, "--check", "--format", "json"))
    return [word for line in told if line["acceptance"] for word in shlex.split(str(line["acceptance"]))]


def test_the_ten_steps_are_run_in_order_and_each_line_says_where_its_number_is_from(open_home: Path) -> None:
    told = lines(cartwheel(open_home, *MONTH, "--check", "--format", "json"))
    steps = [line["step"] for line in told]
    assert steps == sorted(steps, key=int)
    assert set(steps) == set(range(1, 11))
    assert all(line["told"] and line["source_table"] for line in told)
    books = {line["code"]: line["amount_minor"] for line in told if line["check"] == "I-13"}
    assert books == {
        "BKS-01": -27_500, "BKS-02": 31_500, "BKS-07": 8_650, "BKS-11": 74_200, "LIA-01": 50_000, "RND-03": 150, "TAX-04": 260_000,
    }  # fmt: skip


def test_what_stops_the_close_is_named_with_what_to_do_and_nothing_is_locked(open_home: Path) -> None:
    done = cartwheel(open_home, *MONTH, *WHY)
    assert done.returncode == 1
    assert (
        "TAX-04: 253 differences: tax booked as revenue, 2,600.00 USD. correct the documents in the books"
        in done.stderr
    )
    assert "--accept TAX-04=2600.00USD" in done.stderr
    assert cartwheel(open_home, "close", "list").stdout == "No month is closed.\n"
    assert not (open_home / "closes").exists()


def test_a_close_names_who_accepted_what_and_the_log_keeps_it(closed_home: Path) -> None:
    (close,) = json.loads(cartwheel(closed_home, "close", "list", "--format", "json").stdout)
    accepted = {signed["code"]: (signed["amount_minor"], signed["accepted_by"]) for signed in close["sign_offs"]}
    assert accepted["TAX-04"] == (260_000, "Ann")
    audited = json.loads(cartwheel(closed_home, "audit", "list", "--format", "json").stdout)[0]
    assert (audited["who"], audited["action"], audited["subject"]) == ("Ann", "close", "main:2026-10")
    assert cartwheel(closed_home, "audit", "verify").returncode == 0


def test_the_frozen_rows_are_the_published_ones(closed_home: Path) -> None:
    (close,) = json.loads(cartwheel(closed_home, "close", "list", "--format", "json").stdout)
    with duckdb.connect() as connection:
        file = closed_home / "closes" / "main" / "2026-10" / close["tables"]["fct_net_revenue"]["file"]
        total = connection.execute("select sum(net_revenue_minor) from read_parquet(?)", [str(file)]).fetchone()
    assert total == (4_083_000,)
    done = cartwheel(closed_home, "close", "verify", "2026-10")
    assert (done.returncode, "Today's numbers of the month are the frozen ones" in done.stdout) == (0, True)


def test_two_closes_of_the_same_numbers_freeze_the_same_rows(
    closed_home: Path, open_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "again"
    shutil.copytree(open_home, home)
    assert cartwheel(home, *MONTH, *WHY, *acceptances(home)).returncode == 0
    (first,), (second,) = (
        json.loads(cartwheel(one, "close", "list", "--format", "json").stdout) for one in (closed_home, home)
    )
    assert first["tables"] == second["tables"]


@pytest.mark.parametrize("arguments", [MONTH, (*MONTH, "--accept", "TAX-04=2600.00")])
def test_a_closed_month_stays_closed(closed_home: Path, arguments: tuple[str, ...]) -> None:
    done = cartwheel(closed_home, *arguments, *WHY)
    assert done.returncode == 1
    assert "a closed month stays closed" in done.stderr


@pytest.mark.parametrize("period", ["2026-09", "2026-12"])
def test_months_are_closed_one_after_the_other(closed_home: Path, period: str) -> None:
    done = cartwheel(closed_home, "close", period, *WHY)
    assert done.returncode == 1
    assert "2026-10 is the newest closed month" in done.stderr or "there are no numbers of 2026-12" in done.stderr


def test_a_frozen_file_that_somebody_changed_is_named(closed_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "tampered"
    shutil.copytree(closed_home, home)
    file = home / "closes" / "main" / "2026-10" / "fct_net_revenue.parquet"
    file.write_bytes(file.read_bytes() + b" ")
    done = cartwheel(home, "close", "verify", "2026-10")
    assert done.returncode == 1
    assert done.stderr == "fct_net_revenue.parquet is not the file that was frozen\n"


def test_a_later_number_is_told_and_the_frozen_one_stands(closed_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "later"
    shutil.copytree(closed_home, home)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("delete from marts.fct_net_revenue where event_type = 'return'")
    publish(home)
    done = cartwheel(home, "close", "verify", "2026-10")
    assert done.returncode == 0
    assert "fct_net_revenue: 1101 rows then, 1090 today, and not the same" in done.stdout


REFUSALS = [
    ("close 2026-13 --check", "'2026-13' is not a month such as 2026-10"),
    ("close 2026-10 --entity nobody --check", "there is no entity 'nobody' (seed entities); known: "),
    ("close 2026-10", "say why with --because, or look first with --check"),
    ("close show 2026-08", "2026-08 of main is not closed: cartwheel close list"),
    ("close 2031-01 --check", "there are no numbers of 2031-01 for entity main"),
]


@pytest.mark.parametrize(("words", "said"), REFUSALS)
def test_what_can_not_be_closed_is_refused_in_words(open_home: Path, words: str, said: str) -> None:
    done = cartwheel(open_home, *words.split())
    assert done.returncode != 0
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
