"""Revenue that waits for goods to leave: what is pushed makes the books' trial balance ours, month by month, in QuickBooks and in Xero."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.platforms import xero_reports
from sandbox.server import Sandbox
from tests.reverse_etl.conftest import Turn
from tests.transform import deferred_shop, pushed_books, xero_books
from tests.transform.deferred_shop import ON_FULFILMENT, ON_PAYMENT
from tests.transform.pushed_books import COMPANY, SYNCS, plans, push, refresh
from tests.transform.raw_rows import RawRows
from tests.transform.tax_worlds import Row
from tests.transform.warehouse import identities

pytestmark = pytest.mark.world

ASKED = ("i_",)
ADD_UP = (
    "assert_expected_documents_add_up",
    "assert_taxed_lines_equal_their_document",
    "assert_expected_book_movements_balance",
)
SUMMED: list[Row] = [
    {"entity_id": "*", "customer_type": kind, "booking_policy": "daily_summary"} for kind in ("consumer", "business")
]
OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 30)
DIFFERING = (
    "select * from {{ ref('fct_close_trial_balance') }} where difference_minor != 0 and period_month < '2026-12'"
)
BOOKED = """select month(documents.document_date), lines.account_number, cast(sum(lines.signed_minor) as bigint)
    from can_book_lines as lines inner join can_book_documents as documents using (document_id) group by 1, 2 having sum(lines.signed_minor) != 0"""
# Net of tax that was due with the payment, 100.00 + 84.03 + 100.00 + 100.00 + 140.00 + 100.00 + 100.00 + 50.63 wait at the end of October and
# 100.00 at the end of November; with their tax 119.00 + 100.00 + 119.00 + 119.00 + 166.60 + 119.00 + 119.00 + 60.01, and 119.00.
WAITING = {"on_payment": (-77_466, -10_000), "on_fulfilment": (-92_161, -11_900)}
# Sent in November: goods of 110.00, of which 10.00 are a discount, 140.00 three times, of which 40.00 come back twice, 100.00, 130.00 and 20.00.
EARNED = {"4000": -78_000, "4010": 1_000, "4020": 8_000, "4030": -500}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=20) as running:
        yield running


@pytest.fixture
def turn(sandbox: Sandbox, tmp_path: Path) -> Iterator[Turn]:
    with pushed_books.pushing(sandbox, tmp_path) as made:
        yield made


def reported(sandbox: Sandbox, on: date) -> dict[str, int]:
    """The month's movements in the twin's own trial balance."""
    report = xero_reports.trial_balance(xero_books.held(sandbox), on)
    rows = [row["Cells"] for section in report["Rows"] for row in section.get("Rows", ()) if row["RowType"] == "Row"]
    debits = {
        cells[0]["Value"][-5:-1]: Decimal(cells[1]["Value"] or 0) - Decimal(cells[2]["Value"] or 0) for cells in rows
    }
    return {account: int(amount * 100) for account, amount in debits.items() if amount}


full = pytest.mark.proof
CASES = [
    pytest.param("quickbooks", [], ON_PAYMENT, marks=full), pytest.param("quickbooks", [], ON_FULFILMENT, marks=full),
    pytest.param("quickbooks", SUMMED, ON_PAYMENT, marks=full), ("quickbooks", SUMMED, ON_FULFILMENT),
    ("xero", [], ON_PAYMENT), pytest.param("xero", [], ON_FULFILMENT, marks=full),
    pytest.param("xero", SUMMED, ON_PAYMENT, marks=full), pytest.param("xero", SUMMED, ON_FULFILMENT, marks=full),
]  # fmt: skip


@pytest.mark.parametrize(("books", "policies", "tax_due"), CASES)
def test_the_books_end_each_month_as_the_ledger_does(
    sandbox: Sandbox, turn: Turn, books: str, policies: list[Row], tax_due: Row
) -> None:
    def tell(rows: RawRows) -> None:
        for table, found in deferred_shop.told(*COMPANY[books]).tables.items():
            rows.rows(table, *found)
        deferred_shop.seeded(rows, *policies, tax_due=tax_due)

    refresh(sandbox, turn, books, tell)
    assert min(push(turn, books).values()) > 0
    rows = refresh(sandbox, turn, books, tell)
    assert rows.query(DIFFERING) == []
    held: dict[int, dict[str, int]] = {10: {}, 11: {}}
    for month, account, amount in rows.query(BOOKED):
        held[month][account] = amount
    # Nothing is earned in October, and what waits leaves its account when the goods leave the house.
    assert not [account for account in held[10] if account.startswith("4")]
    assert {account: amount for account, amount in held[11].items() if account.startswith("4")} == EARNED
    then, now = WAITING[tax_due["tax_due"]]
    assert (held[10]["2300"], held[10]["2300"] + held[11]["2300"]) == (then, now)
    if books == "xero":
        assert {10: reported(sandbox, OCTOBER), 11: reported(sandbox, NOVEMBER)} == held
    assert [plan.deliveries for plan in plans(turn, books)] == [()] * len(SYNCS[books])
    _explained(rows, policies)


def _explained(rows: RawRows, policies: list[Row]) -> None:
    """Nothing is unexplained on the way to the books, and every identity of documents, entries and tax holds."""
    codes = {code for (code,) in rows.query("select reason_code from {{ ref('fct_book_differences') }}")}
    assert codes == set()
    asked = [path for path in identities() if path.stem.removeprefix("assert_").startswith(ASKED)]
    for name in [path.stem for path in asked] + [*ADD_UP]:
        assert rows.singular_test(name) == [], name
