"""Orders on terms: the invoice the books should hold, the company it is made out to, and when it is due."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows

DAY = date(2026, 10, 12)
COMPANY = {"company_name": "Riverside Inns LLC", "tax_id": "12-3456789", "po_number": "PO-77", "is_b2b": True}


def terms_order(world: CanonicalRows | None = None, *others: dict[str, Any], **more: Any) -> CanonicalRows:
    """Goods 100.00 less 10.00, shipping 5.00, tax 18.05: 113.05, sold on net 30 (DOMAIN's running example)."""
    world = world or CanonicalRows()
    order = {"order_id": "o", "order_number": "#1042", "total_minor": 11305, "tax_minor": 1805, "order_date": DAY}
    order |= {"placed_at": datetime(2026, 10, 12, 15), "payment_terms": "net_30", "order_payment_status": "pending"}
    world.rows("can_orders", order | COMPANY | more, *others)
    lines = [("1", "product", "CUP", 10000, 1000, 1710), ("2", "shipping", None, 500, 0, 95)]
    return world.rows(
        "can_order_lines",
        *(
            {"order_line_id": key, "order_id": "o", "line_type": kind, "sku": sku, "title": kind, "quantity": 1}
            | {"gross_minor": gross, "discount_minor": discount, "net_minor": gross - discount, "tax_minor": tax}
            for key, kind, sku, gross, discount, tax in lines
        ),
    )


def test_an_order_on_terms_becomes_an_invoice_that_adds_up() -> None:
    world = terms_order()
    lines = "select item_name, account_number, line_amount_minor from {{ ref('act_quickbooks__invoices') }} order by line_number"
    assert world.query(lines) == [
        ("Product", "4000", 10000),
        ("Discount", "4010", -1000),
        ("Shipping", "4030", 500),
        ("Sales tax", "2100", 1805),
    ]
    header = world.query(
        "select distinct record_key, document_number, document_date, due_date, customer_name, terms_name, customer_note,"
        " total_minor, reason, customer_key from act_quickbooks__invoices"
    )
    assert header == [
        (
            "je:main:o:captured:0",
            "#1042",
            DAY,
            date(2026, 11, 11),
            "Riverside Inns LLC",
            "Net 30",
            "Purchase order PO-77, tax id 12-3456789",
            11305,
            "Sold on 2026-10-12 on Net 30 to Riverside Inns LLC: 113.05 USD, due on 2026-11-11;"
            " the books hold no document #1042",
            "customer:main:riverside inns llc",
        )
    ]
    assert world.query("select count(*) from {{ ref('act_quickbooks__sales_receipts') }}") == [(0,)]


# Day of the invoice, terms, due on, and until when two per cent may be taken off.
DUE = [
    (date(2026, 10, 12), "net_30", date(2026, 11, 11), None),
    (date(2026, 10, 12), "eom_15", date(2026, 11, 15), None),  # end of October + 15
    (date(2026, 10, 31), "eom_15", date(2026, 11, 15), None),
    (date(2027, 2, 1), "eom_15", date(2027, 3, 15), None),  # a short month: 28 February + 15
    (date(2026, 12, 31), "net_30", date(2027, 1, 30), None),
    (date(2026, 10, 12), "2_10_net_30", date(2026, 11, 11), date(2026, 10, 22)),
    (date(2026, 10, 12), "receipt", date(2026, 10, 12), None),
]


@pytest.mark.parametrize(("day", "terms", "due", "until"), DUE)
def test_an_invoice_is_due_by_its_terms_and_not_on_its_own_day(day: date, terms: str, due: date, until: date) -> None:
    world = terms_order(payment_terms=terms, order_date=day, placed_at=datetime(day.year, day.month, day.day, 15))
    assert world.query("select due_date, discount_until from {{ ref('fct_expected_invoices') }}") == [(due, until)]


HELD_BACK = [
    ("names no company", {"company_name": None}, "no_company_name"),
    ("has terms nobody wrote down", {"payment_terms": "net_31"}, "unknown_terms"),
    ("has lines that do not add up", {"total_minor": 11306}, "lines_do_not_add_up"),
    ("was invoiced by hand", {"order_date": date(2026, 9, 30)}, "before_books_from"),
]


@pytest.mark.parametrize(("order", "reason"), [case[1:] for case in HELD_BACK], ids=[case[0] for case in HELD_BACK])
def test_an_invoice_is_held_back_with_a_reason_when_the_order(order: dict[str, Any], reason: str) -> None:
    world = terms_order(**order)
    assert world.query("select held_back_reason from {{ ref('fct_expected_invoices') }}") == [(reason,)]
    assert world.query("select count(*) from {{ ref('act_quickbooks__invoices') }}") == [(0,)]
    assert world.query("select count(*) from {{ ref('act_quickbooks__customers') }}") == [(0,)]


def test_one_name_with_two_tax_numbers_is_nobody_until_a_person_says_who() -> None:
    other = {"order_id": "p", "payment_terms": "net_30", "company_name": "RIVERSIDE INNS LLC", "tax_id": "99-0000000"}
    world = terms_order(None, other | {"order_date": DAY, "placed_at": datetime(2026, 10, 12), "total_minor": 0})
    held = "select held_back_reason from {{ ref('fct_expected_invoices') }} where order_id = 'o'"
    assert world.query(held) == [("company_is_unclear",)]


def test_what_a_gift_card_paid_comes_off_the_invoice() -> None:
    world = terms_order()
    leg = {"order_payment_id": "leg", "order_id": "o", "tender_type": "gift_card", "amount_minor": 2000}
    world.rows("can_order_payments", leg | {"processed_at": datetime(2026, 10, 12, 15)})
    assert world.query("select total_minor from {{ ref('fct_expected_invoices') }}") == [(9305,)]
    deducted = "select line_amount_minor from {{ ref('fct_expected_invoice_lines') }} where account_number = '2200'"
    assert world.query(deducted) == [(-2000,)]


@pytest.mark.parametrize(
    ("paid_at", "is_invoiced"), [(datetime(2026, 10, 12, 16), False), (datetime(2026, 11, 2, 16), True)]
)
def test_an_order_paid_by_card_at_the_till_is_a_sale_and_one_paid_weeks_later_was_invoiced(
    paid_at: datetime, is_invoiced: bool
) -> None:
    world = terms_order()
    leg = {"order_payment_id": "leg", "order_id": "o", "amount_minor": 11305, "processed_at": paid_at}
    world.rows("can_order_payments", leg)
    assert (world.query("select 1 from {{ ref('fct_expected_invoices') }}") != []) is is_invoiced


# What the books hold of the company, and what the plan would be: (display name, tax id, terms, waits for it).
BOOKED = [
    (None, ("Riverside Inns LLC", None, None, True)),
    ({}, ("Riverside Inns LLC", "12-3456789", "Net 30", False)),
    ({"terms_name": None, "tax_id": None}, ("Riverside Inns LLC", None, None, False)),
    ({"display_name": "RIVERSIDE INNS LLC"}, ("RIVERSIDE INNS LLC", "12-3456789", "Net 30", False)),
    ({"is_active": False}, ("Riverside Inns LLC", None, None, True)),
]


@pytest.mark.parametrize(("held", "expected"), BOOKED)
def test_an_invoice_waits_for_its_customer_only_while_the_books_have_none(
    held: dict[str, Any] | None, expected: tuple[Any, ...]
) -> None:
    world = terms_order()
    record = {"book_customer_id": "c", "platform": "quickbooks", "platform_customer_id": "9", "is_active": True}
    record |= {"display_name": "Riverside Inns LLC", "tax_id": "12-3456789", "terms_name": "Net 30"}
    world.rows("can_book_customers", *([] if held is None else [record | held]))
    name, tax_id, terms, waits = expected
    observed = (
        "select display_name, tax_id, terms_name, observed_tax_id, observed_terms_name"
        " from {{ ref('act_quickbooks__customers') }}"
    )
    assert world.query(observed) == [(name, "12-3456789", "Net 30", tax_id, terms)]
    invoice = world.query(
        "select distinct customer_name, customer_key is not null from {{ ref('act_quickbooks__invoices') }}"
    )
    assert invoice == [(name, waits)]


def test_an_invoice_the_books_hold_is_not_sent_again_and_keeps_its_id_for_its_payments() -> None:
    world = terms_order()
    typed = {"document_id": "d", "platform_document_id": "501", "document_type": "invoice", "document_number": "1042"}
    world.rows("can_book_documents", typed)
    assert world.query("select count(*) from {{ ref('act_quickbooks__invoices') }}") == [(0,)]
    held = "select is_in_books, platform_document_id from {{ ref('fct_expected_invoices') }}"
    assert world.query(held) == [(True, "501")]
