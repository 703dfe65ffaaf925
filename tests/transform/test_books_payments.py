"""Money received on invoices: what it settles, what it is booked against, and what is left over (J-20, J-21, J-22)."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_books_on_terms import terms_order

SETTLED = (
    "select settlement_type, amount_minor, discount_minor, applied_minor, left_over_minor"
    " from {{ ref('fct_invoice_settlements') }} order by settled_date, settlement_type, source_key"
)
LINES = (
    "select record_key, total_minor, linked_type, linked_key, line_amount_minor, invoice_key, credit_note_key"
    " from {{ ref('act_quickbooks__payments') }} order by record_key, line_number"
)
INVOICE = "je:main:o:captured:0"


def banked(*lines: tuple[str, date, int, str], **order: Any) -> CanonicalRows:
    """The order of 113.05 on terms and lines of the bank: (id, value date, amount, what it says)."""
    world = terms_order(**order)
    rows = [
        {"bank_line_id": key, "platform": "bank", "value_date": day, "amount_minor": amount, "description": said}
        for key, day, amount, said in lines
    ]
    return world.rows("can_bank_lines", *rows)


def test_a_part_paid_by_bank_is_a_payment_on_its_invoice_and_a_deposit_after_it() -> None:
    world = banked(("b", date(2026, 11, 9), 5000, "SEPA RIVERSIDE INNS INV 1042"))
    assert world.query(SETTLED) == [("received", 5000, 0, 5000, 0)]
    assert world.query(LINES) == [("je:main:b:received:0", 5000, "invoice", INVOICE, 5000, INVOICE, None)]
    deposit = (
        "select record_key, deposit_account_number, total_minor, account_number, linked_key, line_amount_minor, payment_key"
        " from {{ ref('act_quickbooks__payment_deposits') }}"
    )
    payment = "je:main:b:received:0"
    assert world.query(deposit) == [("je:main:b:banked:0", "1000", 5000, "1140", payment, 5000, payment)]


def test_two_per_cent_for_paying_early_is_a_credit_note_with_its_tax_and_the_payment_uses_it_up() -> None:
    # 113.05 x 2 % = 2.261: 2.26, of which 18.05 / 113.05 is tax: 0.36. J-21 to the cent.
    world = banked(("b", date(2026, 10, 22), 11079, "invoice #1042 less 2%"), payment_terms="2_10_net_30")
    assert world.query(SETTLED) == [("received", 11079, 226, 11079, 0)]
    note = "je:main:b:discounted:0"
    assert world.query(LINES) == [
        ("je:main:b:received:0", 11079, "invoice", INVOICE, 11305, INVOICE, None),
        ("je:main:b:received:0", 11079, "credit_memo", note, 226, None, note),
    ]
    credit = (
        "select record_key, document_number, total_minor, account_number, line_amount_minor, invoice_key"
        " from {{ ref('act_quickbooks__credit_notes') }} order by line_number"
    )
    assert world.query(credit) == [
        (note, "#1042-D1", 226, "4010", 190, INVOICE),
        (note, "#1042-D1", 226, "2100", 36, INVOICE),
    ]


@pytest.mark.parametrize(
    ("day", "amount"), [(date(2026, 10, 23), 11079), (date(2026, 10, 22), 11078), (date(2026, 10, 22), 11080)]
)
def test_a_day_late_or_a_cent_off_is_no_discount_but_a_part(day: date, amount: int) -> None:
    world = banked(("b", day, amount, "1042"), payment_terms="2_10_net_30")
    assert world.query(SETTLED) == [("received", amount, 0, amount, 0)]
    assert world.query("select count(*) from {{ ref('fct_expected_credit_notes') }}") == [(0,)]


def test_what_is_paid_beyond_the_invoice_is_owed_back_and_no_income() -> None:
    # 120.00 on 113.05: J-22.
    world = banked(("b", date(2026, 11, 9), 12000, "#1042"))
    assert world.query(SETTLED) == [("received", 12000, 0, 11305, 695)]
    lines = "select account_number, line_amount_minor from {{ ref('act_quickbooks__payment_deposits') }} order by line_number"
    assert world.query(lines) == [("1140", 11305), ("2330", 695)]
    assert world.query("select distinct total_minor from {{ ref('act_quickbooks__payments') }}") == [(11305,)]


def test_payments_settle_in_the_order_of_their_days_and_a_late_one_finds_nothing_owed() -> None:
    world = banked(
        ("c", date(2026, 11, 20), 2000, "#1042"),
        ("a", date(2026, 11, 2), 5000, "#1042"),
        ("b", date(2026, 11, 9), 6305, "#1042"),
    )
    assert world.query(SETTLED) == [
        ("received", 5000, 0, 5000, 0),
        ("received", 6305, 0, 6305, 0),
        ("received", 2000, 0, 0, 2000),
    ]
    assert world.query("select count(distinct record_key) from {{ ref('act_quickbooks__payments') }}") == [(2,)]
    last = "select account_number, linked_key from {{ ref('act_quickbooks__payment_deposits') }} where source_key = 'c'"
    assert world.query(last) == [("2330", None)]


UNNAMED = [
    ("names another number", "invoice 10421", 11305),
    ("names the number inside a longer one", "ref 91042", 11305),
    ("names nothing", "transfer", 11305),
    ("is money out", "#1042", -11305),
]


@pytest.mark.parametrize(("said", "amount"), [case[1:] for case in UNNAMED], ids=[case[0] for case in UNNAMED])
def test_a_bank_line_pays_nothing_when_it(said: str, amount: int) -> None:
    assert banked(("b", date(2026, 11, 9), amount, said)).query(SETTLED) == []


def test_a_bank_line_that_names_two_invoices_pays_neither() -> None:
    day = {"order_date": date(2026, 10, 12), "placed_at": datetime(2026, 10, 12)}
    other = {
        "order_id": "p",
        "order_number": "#1043",
        "payment_terms": "net_30",
        "company_name": "Other",
        "total_minor": 100,
    }
    world = terms_order(None, other | day)
    world.query("select 1 from {{ ref('can_order_lines') }}")
    world.connection.execute(
        "insert into can_order_lines by name select 'p' as order_id, '9' as order_line_id, 'product' as line_type,"
        " 1 as quantity, 100 as gross_minor, 0 as discount_minor, 100 as net_minor, 0 as tax_minor"
    )
    line = {"bank_line_id": "b", "value_date": date(2026, 11, 9), "amount_minor": 11405}
    world.rows("can_bank_lines", line | {"description": "1042 and 1043"})
    assert world.query("select count(*) from {{ ref('fct_expected_invoices') }}") == [(2,)]
    assert world.query(SETTLED) == []


def test_money_the_shop_was_told_of_and_the_bank_shows_is_received_once() -> None:
    world = banked(("b", date(2026, 11, 9), 11305, "#1042"))
    leg = {"order_payment_id": "leg", "order_id": "o", "tender_type": "manual", "amount_minor": 11305}
    world.rows("can_order_payments", leg | {"processed_at": datetime(2026, 11, 7, 16)})
    paid = "select source_key, bank_line_id, settled_date, bank_value_date from {{ ref('fct_invoice_settlements') }}"
    assert world.query(paid) == [("leg", "b", date(2026, 11, 7), date(2026, 11, 9))]
    assert world.query("select distinct record_key from {{ ref('act_quickbooks__payments') }}") == [
        ("je:main:leg:received:0",)
    ]


def test_a_card_that_pays_an_invoice_later_leaves_its_money_at_the_processor() -> None:
    world = terms_order()
    leg = {"order_payment_id": "leg", "order_id": "o", "amount_minor": 11305, "processed_at": datetime(2026, 11, 2, 16)}
    world.rows("can_order_payments", leg)
    held = "select deposit_account_number, total_minor from {{ ref('fct_expected_payments') }}"
    assert world.query(held) == [("1100", 11305)]
    assert world.query("select count(*) from {{ ref('fct_expected_payment_deposits') }}") == [(0,)]


def returned(**more: Any) -> CanonicalRows:
    """Goods of 40.00 with 7.60 tax go back before the invoice is paid."""
    world = terms_order(**more)
    refund = {"refund_id": "r", "order_id": "o", "amount_minor": 4760, "tender_type": "manual"}
    world.rows("can_refunds", refund | {"refunded_at": datetime(2026, 10, 20), "refund_date": date(2026, 10, 20)})
    line = {"refund_line_id": "r1", "refund_id": "r", "order_id": "o", "sku": "CUP", "quantity": 1}
    return world.rows("can_refund_lines", line | {"net_minor": 4000, "tax_minor": 760})


def test_a_refund_of_an_order_on_terms_is_a_credit_note_against_its_invoice_and_no_receipt() -> None:
    world = returned()
    credit = (
        "select record_key, document_number, account_number, line_amount_minor, invoice_key"
        " from {{ ref('act_quickbooks__credit_notes') }} order by line_number"
    )
    note = "je:main:r:refunded:0"
    assert world.query(credit) == [(note, "#1042-R1", "4020", 4000, INVOICE), (note, "#1042-R1", "2100", 760, INVOICE)]
    assert world.query("select count(*) from {{ ref('act_quickbooks__credit_memos') }}") == [(0,)]
    assert world.query(LINES) == [
        ("je:main:r:applied:0", 0, "invoice", INVOICE, 4760, INVOICE, None),
        ("je:main:r:applied:0", 0, "credit_memo", note, 4760, None, note),
    ]


def test_a_credit_is_used_up_before_money_of_a_later_day() -> None:
    world = returned()
    line = {"bank_line_id": "b", "value_date": date(2026, 11, 9), "amount_minor": 6545, "description": "#1042"}
    world.rows("can_bank_lines", line)
    assert world.query(SETTLED) == [("credited", 4760, 0, 4760, 0), ("received", 6545, 0, 6545, 0)]


# What the books hold besides: nothing, our own payment, one somebody entered.
HELD = [(None, (False, None)), ("je:main:b:received:0", (True, None)), ("entered by Ann", (False, "paid_by_hand"))]


@pytest.mark.parametrize(("memo", "expected"), HELD)
def test_a_payment_somebody_entered_on_the_invoice_holds_ours_back(memo: str | None, expected: tuple[Any, ...]) -> None:
    world = banked(("b", date(2026, 11, 9), 5000, "#1042"))
    invoice = {"document_id": "d1", "platform_document_id": "501", "document_type": "invoice", "memo": INVOICE}
    payment = {"document_id": "d2", "platform_document_id": "502", "document_type": "payment", "memo": memo}
    world.rows("can_book_documents", *([invoice] if memo is None else [invoice, payment]))
    if memo is not None:
        link = {"book_link_id": "l", "document_id": "d2", "linked_document_id": "d1", "linked_type": "invoice"}
        world.rows("can_book_links", link | {"amount_minor": 5000})
    assert world.query("select is_in_books, held_back_reason from {{ ref('fct_expected_payments') }}") == [expected]
    if memo is None:
        known = "select linked_document_id, invoice_key from {{ ref('act_quickbooks__payments') }}"
        assert world.query(known) == [("501", None)]
