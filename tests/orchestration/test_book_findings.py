"""An edit in the books that a read-back can not see is a case of the queue until it is corrected or accepted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import select

from orchestration import activation, book_findings, warehouse
from reverse_etl import engine, exception_actions, exception_reading
from reverse_etl.ledger import Ledger
from reverse_etl.operations_tables import EXCEPTIONS

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOVED = ("d1", "je:main:#1:captured:0", "sales_receipt", "#1", "USD", 4200, "BKS-04")
COPIED = ("d2", "je:main:#2:captured:0", "invoice", "#2", "EUR", 9680, "BKS-02")
# What a read-back finds: amount, day, month, gone.
OTHERS = [(f"d{code}", f"je:{code}", "invoice", None, "USD", 1, code) for code in ("BKS-03", "BKS-05", "TIM-11", "BKS-09")]  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    with closing(engine.open_ledger()) as opened:
        yield opened


def publish(now: datetime, *edits: tuple[object, ...]) -> None:
    with duckdb.connect(str(warehouse.path())) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(
            "create or replace table marts.fct_book_edits (document_id varchar, document_key varchar, document_type varchar,"
            " document_number varchar, currency_code varchar, amount_minor bigint, reason_code varchar)"
        )
        for edit in edits:
            connection.execute("insert into marts.fct_book_edits values (?, ?, ?, ?, ?, ?, ?)", edit)
    activation.publish(now)


def cases(ledger: Ledger) -> dict[str, tuple[str, str, int, str]]:
    """By edit: status, words and money of each case."""
    wanted = select(EXCEPTIONS).where(EXCEPTIONS.c.code == book_findings.EDITED)
    with ledger.reader() as connection:
        return {
            row["record_key"]: (row["exception_status"], row["message"], row["money_minor"], row["currency_code"])
            for row in connection.execute(wanted).mappings()
        }


def test_other_accounts_and_copies_are_cases_and_what_a_read_back_finds_is_none(ledger: Ledger) -> None:
    publish(NOW, MOVED, COPIED, *OTHERS)
    assert cases(ledger) == {
        "d1 BKS-04 4200": (
            "open",
            "The sales receipt #1 is booked on other accounts than we booked it on: 42.00 USD",
            4200,
            "USD",
        ),
        "d2 BKS-02 9680": ("open", "The invoice #2 stands in the books twice: 96.80 EUR", 9680, "EUR"),
    }


def test_what_was_corrected_in_the_books_ends_and_what_was_accepted_is_not_asked_again(ledger: Ledger) -> None:
    publish(NOW, MOVED, COPIED)
    with ledger.engine.begin() as connection:
        (found,) = [case for case in exception_reading.listed(connection, NOW) if case["record_key"].startswith("d1")]
        exception_actions.accept(connection, [found], "ann", "reclassed", NOW)
    publish(NOW + HOUR, MOVED)
    assert {key: row[0] for key, row in cases(ledger).items()} == {
        "d1 BKS-04 4200": "accepted",
        "d2 BKS-02 9680": "resolved",
    }
    # Moved once more, by another amount: that is another edit than the accepted one.
    publish(NOW + 2 * HOUR, (*MOVED[:5], 4300, MOVED[6]))
    assert cases(ledger)["d1 BKS-04 4300"][0] == "open"
