"""Credit notes set against their invoices in Xero: what must stand where, and what a person took off again is found at the next reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sandbox.platforms import xero_people as people
from sandbox.platforms import xero_settlements as settlements
from sandbox.platforms.xero_books import Books
from sandbox.server import Sandbox
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_books_payments import INVOICE, banked
from tests.transform.xero_books import emptied, read

NOTE = "je:europe:r:refunded:0"
ACCEPTED = {"credit_note_key": NOTE, "credit_note_number": "1001-R1", "invoice_number": "1001", "document_date": "2026-10-12", "total_minor": "4760"}  # fmt: skip
ROWS = (
    "select record_key, document_date, credit_note_number, invoice_number, total_minor, invoice_key, unbooked_credit_note_key"
    " from {{ ref('act_xero__allocations') }}"
)


def in_xero(world: CanonicalRows) -> CanonicalRows:
    """The books of the company are at Xero."""
    return world.seed("accounts", {"platform": "xero", "account_id": "eu", "entity_id": "main"})


def test_the_credit_for_paying_early_is_set_against_its_invoice_once_both_are_there() -> None:
    world = in_xero(banked(("b", date(2026, 10, 22), 11079, "invoice #1042 less 2%"), payment_terms="2_10_net_30"))
    note = "je:main:b:discounted:0"
    assert world.query(ROWS) == [(f"allocation:{note}", date(2026, 10, 22), "#1042-D1", "#1042", 226, INVOICE, note)]


def test_a_payment_without_a_credit_sets_nothing_against_anything() -> None:
    assert in_xero(banked(("b", date(2026, 11, 9), 11305, "#1042"))).query(ROWS) == []


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=60) as running:
        yield running


@pytest.fixture
def books(sandbox: Sandbox) -> Books:
    """An invoice of 113.05 and a credit note of 47.60, all of which is set against it."""
    kept = emptied(sandbox)
    people.type_in(kept, "Contacts", Name="Kontor GmbH")
    same = {"Contact": {"Name": "Kontor GmbH"}, "Status": "AUTHORISED", "Date": "2026-10-10"}
    sold = {"Description": "d", "UnitAmount": Decimal("113.05"), "AccountCode": "4000"}
    back = {"Description": "d", "UnitAmount": Decimal("47.60"), "AccountCode": "4020"}
    people.type_in(
        kept, "Invoices", Type="ACCREC", InvoiceNumber="1001", DueDate="2026-11-10", LineItems=[sold], **same
    )
    people.type_in(
        kept, "CreditNotes", Type="ACCRECCREDIT", CreditNoteNumber="1001-R1", Reference=NOTE, LineItems=[back], **same
    )
    allocate(kept, "47.60")
    return kept


def note(books: Books) -> Any:
    found = books.get("CreditNotes", "1001-R1")
    assert found is not None
    return found


def allocate(books: Books, amount: str) -> None:
    body = {"Invoice": {"InvoiceNumber": "1001"}, "Amount": Decimal(amount), "Date": "2026-10-12"}
    settlements.allocate(books, note(books), body, by_hand=True)


def differences(sandbox: Sandbox, accepted_at: datetime) -> list[tuple[Any, ...]]:
    """(code, amount) after a reading at noon of the first of November, of what the books accepted before or after it."""
    rows = read(sandbox, books_from="2026-10-01")
    rows.mapped("book_credits", "xero")
    same = {"delivery_id": "d-1", "plan_id": "p-1", "sync": "xero__allocations", "record_key": f"allocation:{NOTE}"}
    rows.rows("can_plan_changes", *[
        same | {"action": "create", "change_number": nth, "field_name": name, "after_value": value}
        for nth, (name, value) in enumerate(ACCEPTED.items(), start=1)
    ])  # fmt: skip
    rows.rows("can_deliveries", same | {
        "action": "create", "destination": "xero", "delivery_status": "accepted", "attempts": 1, "currency_code": "EUR",
        "status_changed_at": accepted_at,
    })  # fmt: skip
    return rows.query("select reason_code, amount_minor from {{ ref('fct_differences') }} where from_system = 'ledger'")


BEFORE, AFTER = datetime(2026, 11, 1, 11), datetime(2026, 11, 1, 13)  # noqa: DTZ001


def test_what_stands_as_it_was_accepted_is_no_difference(sandbox: Sandbox, books: Books) -> None:
    assert differences(sandbox, BEFORE) == []


def test_what_a_person_took_off_is_found_with_its_cents(sandbox: Sandbox, books: Books) -> None:
    people.take_off(books, "1001-R1", "1001")
    assert differences(sandbox, BEFORE) == [("BKS-09", -4_760)]


def test_what_a_person_set_to_another_amount_is_found_with_its_cents(sandbox: Sandbox, books: Books) -> None:
    people.take_off(books, "1001-R1", "1001")
    allocate(books, "40.00")
    assert differences(sandbox, BEFORE) == [("BKS-03", -760)]


def test_what_was_read_before_the_books_took_ours_says_nothing(sandbox: Sandbox, books: Books) -> None:
    people.take_off(books, "1001-R1", "1001")
    assert differences(sandbox, AFTER) == []


@pytest.mark.parametrize(
    ("amount", "why"),
    [("47.61", "exceeds what is left"), ("0.001", "two decimal places"), ("-1", "exceeds what is left")],
)
def test_the_twin_refuses_more_than_is_left_of_the_credit(books: Books, amount: str, why: str) -> None:
    people.take_off(books, "1001-R1", "1001")
    with pytest.raises(Exception, match=why):
        allocate(books, amount)


def test_the_twin_refuses_more_than_is_due_and_the_invoice_of_another_company(books: Books) -> None:
    people.take_off(books, "1001-R1", "1001")
    paid = {"Invoice": {"InvoiceNumber": "1001"}, "Account": {"Code": "1100"}, "Date": "2026-10-11", "Amount": 100}
    people.type_in(books, "Payments", **paid)
    with pytest.raises(Exception, match="what is due"):
        allocate(books, "13.06")
    allocate(books, "13.05")
    people.type_in(books, "Contacts", Name="Another")
    line = {"Description": "d", "UnitAmount": Decimal("50.00"), "AccountCode": "4000"}
    people.type_in(
        books, "Invoices", Type="ACCREC", InvoiceNumber="1002", Date="2026-10-10", DueDate="2026-11-10", LineItems=[line],
        Contact={"Name": "Another"}, Status="AUTHORISED",
    )  # fmt: skip
    body = {"Invoice": {"InvoiceNumber": "1002"}, "Amount": Decimal("1.00"), "Date": "2026-10-12"}
    with pytest.raises(Exception, match="same contact"):
        settlements.allocate(books, note(books), body, by_hand=True)
