"""Xero's documents to balanced postings on the house's account numbers, held against Xero's own journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.platforms import xero_people as people
from sandbox.server import Sandbox
from tests.transform.loaded_platform import build, load
from tests.transform.loaded_platform import rows as stored
from tests.transform.raw_rows import RawRows
from tests.transform.xero_books import held, read, records

DAY = "2026-10-05"
KEY = "je:europe:woocommerce:eu:7:captured:0"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=60) as running:
        yield running


def line(amount: str, account: str = "4000", tax: str = "NONE", **more: Any) -> dict[str, Any]:
    return {"Description": "Mug", "UnitAmount": Decimal(amount), "AccountCode": account, "TaxType": tax, **more}


def invoice(number: str = "1001", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"Type": "ACCREC", "InvoiceNumber": number, "Contact": {"Name": "Kontor GmbH"}, "Date": DAY, "DueDate": DAY}
    return {**base, "LineItems": list(lines) or [line("100.00")], "Status": "AUTHORISED", **more}


def money(kind: str, reference: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"Type": kind, "Contact": {"Name": "eu customers"}, "Date": DAY, "BankAccount": {"Code": "1100"}}
    return {**base, "Reference": reference, "LineItems": list(lines), **more}


def postings(rows: RawRows) -> dict[str, list[tuple[str, int]]]:
    """(account number, signed minor units) by kind of document, after proving that all balance and equal the journal."""
    assert rows.singular_test("assert_book_documents_balance") == []
    assert rows.singular_test("assert_xero_documents_equal_its_journal") == []
    told: dict[str, list[tuple[str, int]]] = {}
    for kind, account, amount in rows.query(
        "select document_type, account_number, signed_minor from {{ ref('can_book_lines') }} "
        "inner join {{ ref('can_book_documents') }} using (document_id) order by document_date, document_id, line_number"
    ):
        told.setdefault(kind, []).append((account, amount))
    return told


def test_an_invoice_with_tax_on_top_and_one_with_tax_inside_post_alike(sandbox: Sandbox) -> None:
    books = held(sandbox)
    lines = [line("100.00", tax="OUTPUT"), line("-10.00", "4010", "OUTPUT"), line("5.00", "4030", "OUTPUT")]
    people.type_in(books, "Invoices", **invoice("1001", *lines))
    expected = [
        ("4000", -10000),
        ("4010", 1000),
        ("4030", -500),
        ("2100", -1900),
        ("2100", 190),
        ("2100", -95),
        ("1200", 11305),
    ]
    assert postings(read(sandbox)) == {"invoice": expected}
    people.edit(books, "Invoices", "1001", LineAmountTypes="Inclusive",
                LineItems=[line("119.00", tax="OUTPUT"), line("-11.90", "4010", "OUTPUT"), line("5.95", "4030", "OUTPUT")])  # fmt: skip
    assert postings(read(sandbox)) == {"invoice": expected}


def test_every_kind_of_document_posts_what_the_journal_says(sandbox: Sandbox) -> None:
    books = held(sandbox)
    people.type_in(books, "Invoices", **invoice("1001", line("100.00")))
    people.type_in(books, "CreditNotes", **invoice("", line("40.00", "4020")) | {
        "Type": "ACCRECCREDIT", "CreditNoteNumber": "1001-R1", "InvoiceNumber": None})  # fmt: skip
    account = {"Account": {"Code": "1100"}, "Date": DAY}
    people.type_in(books, "Payments", Invoice={"InvoiceNumber": "1001"}, Amount=Decimal("60.00"), **account)
    people.type_in(books, "Payments", CreditNote={"CreditNoteNumber": "1001-R1"}, Amount=Decimal("40.00"), **account)
    people.type_in(books, "BankTransactions", **money("RECEIVE", "1002", line("20.00", tax="OUTPUT")))
    people.type_in(books, "BankTransactions", **money("SPEND", "fee", line("3.58", "6000")))
    people.type_in(books, "BankTransactions", **money("SPEND", "1002-R1", line("5.00", "4020")))
    people.type_in(books, "BankTransfers", FromBankAccount={"Code": "1100"}, ToBankAccount={"Code": "1000"},
                   Amount=Decimal("50.25"), Date=DAY, Reference="payout")  # fmt: skip
    people.type_in(books, "ManualJournals", Narration="deferred", Date=DAY, Status="POSTED", JournalLines=[
        {"LineAmount": Decimal("20.00"), "AccountCode": "4000"}, {"LineAmount": Decimal("-20.00"), "AccountCode": "2300"}])  # fmt: skip
    told = postings(read(sandbox))
    assert {kind: sorted(lines) for kind, lines in told.items()} == {
        "invoice": [("1200", 10000), ("4000", -10000)],
        "credit_memo": [("1200", -4000), ("4020", 4000)],
        "payment": [("1100", -4000), ("1100", 6000), ("1200", -6000), ("1200", 4000)],
        "sales_receipt": [("1100", 2380), ("2100", -380), ("4000", -2000)],
        "expense": [("1100", -358), ("6000", 358)],
        "refund_receipt": [("1100", -500), ("4020", 500)],
        "deposit": [("1000", 5025), ("1100", -5025)],
        "journal_entry": [("2300", -2000), ("4000", 2000)],
    }


def test_our_key_is_read_from_behind_what_a_customer_wants_to_see(sandbox: Sandbox) -> None:
    books = held(sandbox)
    people.type_in(books, "Invoices", **invoice("1001", Reference=f"PO 4711 | {KEY}"))
    people.type_in(books, "Invoices", **invoice("1002", Reference="PO 4712"))
    people.type_in(books, "BankTransactions", **money("RECEIVE", KEY, line("1.00")))
    people.type_in(books, "BankTransactions", **money("RECEIVE", "1003", line("1.00")))
    query = "select document_type, document_number, memo from {{ ref('can_book_documents') }} order by 1, 2 nulls last"
    assert read(sandbox).query(query) == [
        ("invoice", "1001", KEY), ("invoice", "1002", "PO 4712"), ("sales_receipt", "1003", "1003"), ("sales_receipt", None, KEY),
    ]  # fmt: skip


def test_a_draft_is_not_in_the_books_and_a_voided_document_is_there_as_deleted(sandbox: Sandbox) -> None:
    books = held(sandbox)
    people.type_in(books, "Invoices", **invoice("1001", Status="DRAFT"))
    people.type_in(books, "Invoices", **invoice("1002"))
    people.end(books, "Invoices", "1002")
    made = people.type_in(books, "BankTransactions", **money("SPEND", "fee", line("1.00", "6000")))
    people.end(books, "BankTransactions", made["BankTransactionID"])
    rows = read(sandbox)
    query = "select document_type, is_deleted, total_minor from {{ ref('can_book_documents') }} order by 1"
    assert rows.query(query) == [("expense", True, 100), ("invoice", True, 10000)]
    postings(rows)


def test_the_entity_is_the_one_the_account_belongs_to_and_the_currency_the_organisation_s(sandbox: Sandbox) -> None:
    people.type_in(held(sandbox), "BankTransfers", FromBankAccount={"Code": "1100"}, ToBankAccount={"Code": "1000"},
                   Amount=Decimal("1.00"), Date=DAY)  # fmt: skip
    query = "select entity_id, account_id, currency_code, document_date from {{ ref('can_book_documents') }}"
    assert read(sandbox).query(query) == [("europe", "eu", "EUR", date(2026, 10, 5))]


def test_the_month_end_report_says_what_the_journal_adds_up_to(sandbox: Sandbox) -> None:
    books = held(sandbox)
    people.type_in(books, "Invoices", **invoice("0901", line("30.00"), Date="2026-09-05"))
    people.type_in(books, "Invoices", **invoice("1001", line("100.00", tax="OUTPUT")))
    rows = read(sandbox)
    told = rows.query(
        "select account_number, month_minor, year_minor from {{ ref('stg_xero__trial_balance_rows') }} "
        "inner join {{ ref('stg_xero__accounts') }} using (account_id, platform_account_id) "
        "where period_end = date '2026-10-31' order by 1"
    )
    assert told == [("1200", 11900, 14900), ("2100", -1900, -1900), ("4000", -10000, -13000)]
    journal = "select account_number, cast(sum(signed_minor) as bigint) from {{ ref('stg_xero__journal_lines') }} group by 1 order by 1"
    assert rows.query(journal) == [(account, year) for account, _, year in told]


def test_a_line_we_read_wrongly_is_found_against_the_journal(sandbox: Sandbox) -> None:
    people.type_in(held(sandbox), "Invoices", **invoice("1001", line("100.00", tax="OUTPUT")))
    rows = read(sandbox)
    rows.connection.execute(
        "update can_book_lines__xero set signed_minor = signed_minor + 1 where account_number = '4000'"
    )
    assert [row[2:] for row in rows.singular_test("assert_xero_documents_equal_its_journal")] == [
        ("4000", -9999, -10000)
    ]


@pytest.mark.dbt
def test_the_models_build_and_keep_their_contracts_over_a_real_load(sandbox: Sandbox, tmp_path: Path) -> None:
    books = held(sandbox)
    people.type_in(books, "Invoices", **invoice("1001", line("100.00", tax="OUTPUT"), Reference=f"PO 1 | {KEY}"))
    people.type_in(books, "BankTransactions", **money("SPEND", "fee", line("3.58", "6000")))
    load(tmp_path, "xero", records(sandbox), account_id="eu")
    build(tmp_path, "xero")
    told = stored(tmp_path, "select document_type, total_minor from canonical.can_book_documents__xero order by 1")
    assert [tuple(row.values()) for row in told] == [("expense", 358), ("invoice", 11900)]
