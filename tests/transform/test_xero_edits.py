"""A person edits what we wrote to Xero: each change is found at the next reading, with its code and the exact cents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from sandbox.platforms import xero_people as people
from sandbox.platforms.xero_books import Books
from sandbox.server import Sandbox
from tests.transform.finance_rows import Story
from tests.transform.raw_rows import RawRows
from tests.transform.xero_books import beside, emptied, read

KEY = "je:europe:1001:captured:0"
LINES = (("4000", 10_000, 1_900, "OUTPUT"), ("4030", 500, 95, "OUTPUT"), ("6000", -200, 0, "NONE"))
# 100.00 and 5.00 of shipping with 19 % on top, less a fee of 2.00
TOTAL = 12_295


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=60) as running:
        yield running


@pytest.fixture
def books(sandbox: Sandbox) -> Books:
    """Empty books with one document in them, as our push left it."""
    kept = emptied(sandbox)
    lines = [
        {"Description": "d", "UnitAmount": Decimal(net) / 100, "AccountCode": account, "TaxType": code, "TaxAmount": Decimal(tax) / 100}
        for account, net, tax, code in LINES
    ]  # fmt: skip
    people.type_in(kept, "BankTransactions", Type="RECEIVE", Contact={"Name": "shop customers"}, Date="2026-10-10",
                   Reference=f"1001 | {KEY}", BankAccount={"Code": "1100"}, LineItems=lines)  # fmt: skip
    return kept


def mine(books: Books) -> dict[str, Any]:
    return next(row for row in books.all("BankTransactions") if row["Reference"].endswith(KEY))


def told(sandbox: Sandbox, books: Books, original: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """(edits found, differences of the bridge to the books) after a reading; `original` is the id we were given."""
    story = Story(currency="EUR")
    story.order("1001", ("product", 10_000, 0, 1_900), ("shipping", 500, 0, 95), channel="shop")
    story.pay("1001", 12_495)
    rows = beside(read(sandbox, books_from="2026-10-01"), story)
    _accepted(rows, original)
    edits = "select reason_code, amount_minor, revenue_change_minor from {{ ref('fct_book_edits') }} order by all"
    differences = "select reason_code, period_month, amount_minor from {{ ref('fct_book_differences') }} order by all"
    return rows.query(edits), rows.query(differences)


def _accepted(rows: RawRows, original: str) -> None:
    """The ledger's account of the delivery, as it is read into the warehouse."""
    header = {"document_date": "2026-10-10", "total_minor": str(TOTAL), "bank_account_number": "1100"}
    fields = [*header.items()] + [
        (f"line {place}: {name}", str(value))
        for place, (account, net, tax, code) in enumerate(LINES, start=1)
        for name, value in (("account_number", account), ("line_amount_minor", net), ("line_tax_minor", tax))
    ]
    same = {"delivery_id": "d-1", "plan_id": "p-1", "sync": "xero__receipts", "record_key": KEY, "action": "create"}
    rows.rows("can_plan_changes", *[
        {**same, "change_number": number, "field_name": field, "after_value": value}
        for number, (field, value) in enumerate(fields, start=1)
    ])  # fmt: skip
    rows.rows("can_deliveries", {
        **same, "destination": "xero", "delivery_status": "accepted", "destination_record_id": original, "attempts": 1,
    })  # fmt: skip


def edited(books: Books, **changes: Any) -> None:
    people.edit(books, "BankTransactions", mine(books)["BankTransactionID"], **changes)


def amount_edited(books: Books) -> None:
    lines = [dict(line) for line in mine(books)["LineItems"]]
    lines[0] |= {"UnitAmount": Decimal("90.00"), "TaxAmount": Decimal("17.10")}
    del lines[0]["LineAmount"]
    edited(books, LineItems=lines)


def wrong_account(books: Books) -> None:
    lines = [dict(line) for line in mine(books)["LineItems"]]
    lines[0] |= {"AccountCode": "2300", "AccountID": None}
    edited(books, LineItems=lines)


def wrong_revenue_account(books: Books) -> None:
    lines = [dict(line) for line in mine(books)["LineItems"]]
    lines[0] |= {"AccountCode": "4030", "AccountID": None}
    edited(books, LineItems=lines)


def voided(books: Books) -> None:
    people.end(books, "BankTransactions", mine(books)["BankTransactionID"])


def copied(books: Books) -> None:
    people.copy(books, "BankTransactions", mine(books)["BankTransactionID"])


def typed(books: Books) -> None:
    people.type_in(books, "ManualJournals", Narration="year end", Date="2026-10-31", Status="POSTED", JournalLines=[
        {"LineAmount": Decimal("-12.34"), "AccountCode": "4000"}, {"LineAmount": Decimal("12.34"), "AccountCode": "2300"},
    ])  # fmt: skip


CASES: dict[str, tuple[Callable[[Books], None], list[Any], list[Any]]] = {
    "untouched": (lambda books: None, [], []),
    # 11.90 less came in: 10.00 of it revenue, 1.90 tax.
    "amount": (amount_edited, [("BKS-03", 1_190, -1_000)], [("BKS-03", "2026-10", -1_000)]),
    "wrong account": (wrong_account, [("BKS-04", 10_000, -10_000)], [("BKS-04", "2026-10", -10_000)]),
    # Revenue stays revenue, so the bridge has nothing to say, and the edit is found all the same.
    "wrong revenue account": (wrong_revenue_account, [("BKS-04", 10_000, 0)], []),
    "another day": (lambda books: edited(books, Date="2026-10-20"), [("BKS-05", 12_495, 0)], []),
    "another month": (
        lambda books: edited(books, Date="2026-11-01"),
        [("TIM-11", 12_495, 0)],
        [("TIM-11", "2026-10", -10_500), ("TIM-11", "2026-11", 10_500)],
    ),
    "voided": (voided, [("BKS-09", 12_495, 0)], [("BKS-09", "2026-10", -10_500)]),
    "copied": (copied, [("BKS-02", 12_495, 0)], [("BKS-02", "2026-10", 10_500)]),
    "typed by hand": (typed, [], [("BKS-08", "2026-10", 1_234)]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_person_did_in_the_books_has_its_code_and_its_cents(sandbox: Sandbox, books: Books, case: str) -> None:
    happen, edits, differences = CASES[case]
    original = mine(books)["BankTransactionID"]
    happen(books)
    assert told(sandbox, books, original) == (edits, differences)
