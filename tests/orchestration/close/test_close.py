"""A month of the demo's world is closed on the real warehouse and store, and stays as it was closed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration import cli, warehouse
from tests.orchestration import test_cli
from tests.transform import sandbox_warehouse

pytestmark = [pytest.mark.dbt, pytest.mark.world]
MONTH = ("close", "2026-10", "--entity", "main")
WHY = ("--by", "Ann", "--because", "the books are corrected in November")


@dataclass(frozen=True)
class Done:
    """What a verb said; a refusal is on stderr, as `main` puts it there."""

    returncode: int
    stdout: str
    stderr: str


def cartwheel(home: Path, *words: str) -> Done:
    """A verb in this process: a new one a call would cost minutes over this file."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(test_cli.OURS)]:
            patch.delenv(name)
        patch.setenv("CARTWHEEL_HOME", str(home))
        # Set by `prepare`; named here so that they are gone afterwards.
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        patch.setenv("CARTWHEEL_DBT_TARGET", str(home / "dbt" / "target"))
        done = CliRunner().invoke(cli.cartwheel, list(words), env={"COLUMNS": "300"})
    refused = "" if done.exception is None or isinstance(done.exception, SystemExit) else str(done.exception)
    return Done(done.exit_code, done.stdout, done.stderr + refused)


@pytest.fixture(scope="module")
def open_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world, published; October is open."""
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        with warehouse.writing("publish the world"):
            warehouse.publish(datetime.now(UTC))


def lines(done: Done) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(done.stdout)["lines"]
    return found


def acceptances(home: Path, month: tuple[str, ...] = MONTH) -> list[str]:
    """What a person types who accepts all that stops the close."""
    told = lines(cartwheel(home, *month, "--check", "--format", "json"))
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


def test_a_past_report_leads_to_today_to_the_cent(closed_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "later"
    shutil.copytree(closed_home, home)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        gone = connection.execute(
            "delete from marts.fct_net_revenue where event_type != 'sale' returning net_revenue_minor, event_month, entity_id"
        ).fetchall()
    publish(home)
    done = cartwheel(home, "explain", "revenue", "2026-10", "--format", "json", "--report", "main:2026-10")
    found = json.loads(done.stdout)
    assert found["reported_minor"] == {"USD": 4_083_000}
    assert {change["cause"] for change in found["changes"]} == {"order edited"}
    assert sum(change["amount_minor"] for change in found["changes"]) == -sum(
        amount for amount, month, entity in gone if (month, entity) == ("2026-10", "main")
    )
    told = cartwheel(home, "explain", "revenue", "2026-10").stdout.splitlines()
    assert told[0].endswith("by Ann: 40,830.00 USD")
    assert told[-1] == "net revenue of 2026-10, main, today: 41,892.00 USD"


def test_the_pack_lies_beside_the_frozen_rows_and_is_what_the_store_says(closed_home: Path) -> None:
    (close,) = json.loads(cartwheel(closed_home, "close", "list", "--format", "json").stdout)
    assert sorted(close["pack"]) == ["close-main-2026-10.html", "close-main-2026-10.xlsx"]
    page = (closed_home / "closes" / "main" / "2026-10" / "close-main-2026-10.html").read_text()
    assert all(figure in page for figure in ("47,000.00 USD", "43,200.00 USD", "40,830.00 USD", "44,800.00 USD"))


SEPTEMBER = ("close", "2026-09", "--entity", "main")


def test_the_second_of_two_closes_begins_with_what_the_first_ended_with(open_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "two"
    shutil.copytree(open_home, home)
    for month in (SEPTEMBER, MONTH):
        done = cartwheel(home, *month, *WHY, *acceptances(home, month))
        assert done.returncode == 0, done.stderr
    balances = "select account_number, {} from read_parquet(?) where {} != 0 order by 1"
    with duckdb.connect() as connection:
        ended, begun = (
            connection.execute(
                balances.format(side, side), [str(home / "closes/main" / period / "fct_trial_balance.parquet")]
            ).fetchall()
            for period, side in (("2026-09", "closing_minor"), ("2026-10", "opening_minor"))
        )
    assert ended == begun != []
    shown = json.loads(cartwheel(home, "close", "show", "2026-10", "--format", "json").stdout)
    assert [line["verdict"] for line in shown["checklist"] if line["check"] == "openings"] == ["pass"]


def test_a_closed_balance_that_moved_since_stops_the_next_month_with_its_amount(
    open_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "moved"
    shutil.copytree(open_home, home)
    assert cartwheel(home, *SEPTEMBER, *WHY, *acceptances(home, SEPTEMBER)).returncode == 0
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(
            "update marts.fct_trial_balance set opening_minor = opening_minor + 250"
            " where entity_id = 'main' and period_month = '2026-10' and account_number = '1200'"
        )
    publish(home)
    told = lines(cartwheel(home, *MONTH, "--check", "--format", "json"))
    moved = [(line["code"], line["verdict"], line["amount_minor"]) for line in told if line["check"] == "openings"]
    assert moved == [("opening-1200", "fails", 250)]


REFUSALS = [
    ("close 2026-13 --check", "'2026-13' is not a month such as 2026-10"),
    ("close 2026-10 --entity nobody --check", "there is no entity 'nobody' (seed entities); known: "),
    ("close 2026-10", "say why with --because, or look first with --check"),
    ("close show 2026-08", "2026-08 of main is not closed: cartwheel close list"),
    ("close 2031-01 --check", "there are no numbers of 2031-01 for entity main"),
    ("explain revenue 2026-10", "2026-10 of main is not closed: name a moment with --as-known-at"),
    ("explain revenue 2026-10 --report main:2026-09", "--report main:2026-09 is not a close of 2026-10 of main"),
    ("explain revenue 2026-10 --as-known-at soon", "is not an ISO 8601 moment such as 2026-11-03T00:00:00Z"),
    ("explain revenue 2026-10 --as-known-at 2020-01-01", "nothing was published by 2020-01-01 00:00 UTC"),
]


@pytest.mark.parametrize(("words", "said"), REFUSALS)
def test_what_can_not_be_closed_or_told_is_refused_in_words(open_home: Path, words: str, said: str) -> None:
    done = cartwheel(open_home, *words.split())
    assert done.returncode != 0
    assert said in done.stderr


def test_a_refusal_is_two_lines_and_no_traceback(open_home: Path) -> None:
    done = test_cli.cartwheel(open_home, "close", "2026-10", "--entity", "nobody", "--check")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
