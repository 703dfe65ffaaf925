"""A past report leads to today's net revenue by rows, each with the cause that the warehouse gives it too."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import warehouse
from orchestration.close import explain_revenue, frozen
from orchestration.close.explain_revenue import Explained, Report
from orchestration.close.month import CloseRefused
from tests.transform.test_closed_months import CASES, ordered, today

REVENUE = (
    "net_revenue_id varchar, entity_id varchar, event_month varchar, event_date date, order_id varchar, order_number varchar,"
    " refund_id varchar, currency_code varchar, net_revenue_minor bigint"
)
ORDERS = "order_id varchar, entity_id varchar, order_month varchar"


def filled(connection: duckdb.DuckDBPyConnection, lines: list[dict[str, Any]], orders: list[dict[str, Any]]) -> None:
    """marts.fct_net_revenue and marts.fct_order_reconciliation with these rows."""
    connection.execute("create schema marts")
    for name, columns, rows in (("fct_net_revenue", REVENUE, lines), ("fct_order_reconciliation", ORDERS, orders)):
        connection.execute(f"create table marts.{name} ({columns})")
        names = [column.split()[0] for column in columns.split(", ")]
        for row in rows:
            known = {"entity_id": "main", "currency_code": "USD", "event_date": "2026-10-10"} | row
            values = [known.get(column) for column in names]
            connection.execute(f"insert into marts.{name} values ({', '.join('?' * len(names))})", values)


def reported(folder: Path, then: list[dict[str, Any]]) -> Report:
    """The files of a close whose revenue lines were these frozen amounts."""
    lines = [today(row["row_key"], row["amount_minor"], row["order_id"], row["refund_id"]) for row in then]
    with duckdb.connect() as connection:
        filled(connection, lines, [ordered(row["order_id"]) for row in then])
        for name in ("fct_net_revenue", "fct_order_reconciliation"):
            connection.execute(f"copy (from marts.{name}) to '{folder / name}.parquet' (format parquet)")
    return Report("as closed", folder=folder)


def explained(folder: Path, case: str) -> Explained:
    then, now, orders, _ = CASES[case]
    with duckdb.connect() as connection:
        filled(connection, now, orders)
        return explain_revenue.explain(connection, reported(folder, then), "main", "2026-10")


@pytest.mark.parametrize("case", CASES)
def test_each_row_has_the_cause_that_the_warehouse_gives_it(case: str, tmp_path: Path) -> None:
    found = [(change.cause, change.row_key, change.amount_minor) for change in explained(tmp_path, case).changes]
    assert sorted(found) == sorted(CASES[case][3])


@pytest.mark.parametrize("case", CASES)
def test_report_and_rows_make_today(case: str, tmp_path: Path) -> None:
    found = explained(tmp_path, case)
    total = found.reported_minor.get("USD", 0) + sum(change.amount_minor for change in found.changes)
    assert total == found.today_minor.get("USD", 0)


def published(home: Path, amount: int, moment: datetime) -> None:
    """A snapshot in which October's revenue is this."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("drop schema if exists marts cascade; create schema if not exists activation")
        filled(connection, [today("s", amount)], [ordered("o")])
    with warehouse.writing("publish"):
        warehouse.publish(moment)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five publications, of which three snapshots are kept: 900 twice, then 850, 900 again, 840."""
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    for day, amount in enumerate((870, 900, 850, 900, 840), start=1):
        published(tmp_path, amount, datetime(2026, 11, day, tzinfo=UTC))
    return tmp_path


def known(home: Path, day: int) -> Explained:
    report = explain_revenue.known_at(datetime(2026, 11, day, 12, tzinfo=UTC), home, None)
    with warehouse.reading() as connection:
        return explain_revenue.explain(connection, report, "main", "2026-10")


# Publication 2 is pruned, but 4 holds the very same rows; so the answer is exact.
@pytest.mark.parametrize(("day", "reported_minor"), [(5, 840), (4, 900), (3, 850), (2, 900)])
def test_what_was_known_at_a_moment_is_what_was_published_last(home: Path, day: int, reported_minor: int) -> None:
    found = known(home, day)
    assert (found.reported_minor, found.today_minor) == ({"USD": reported_minor}, {"USD": 840})
    assert sum(change.amount_minor for change in found.changes) == 840 - reported_minor


def test_what_is_no_longer_kept_is_refused_and_never_guessed(home: Path) -> None:
    with pytest.raises(CloseRefused, match="publication 1 of 2026-11-01T00:00 is no longer kept"):
        known(home, 1)
    with pytest.raises(CloseRefused, match="nothing was published by 2026-10-31"):
        explain_revenue.known_at(datetime(2026, 10, 31, tzinfo=UTC), home, None)


def test_a_report_bears_the_digest_that_its_close_printed(tmp_path: Path) -> None:
    found = explained(tmp_path, "nothing")
    with duckdb.connect() as connection:
        file = str(tmp_path / "fct_net_revenue.parquet")
        assert found.digest == frozen.digest_of(connection, "from read_parquet($1)", [file])[1]
    assert json.loads(json.dumps(asdict(found)))["report"] == "as closed"
