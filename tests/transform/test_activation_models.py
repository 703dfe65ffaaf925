"""What the books, the CRM and the e-mail tool are sent, on hand-written rows."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows

DAY = date(2026, 10, 12)


def sold_order(**more: Any) -> CanonicalRows:
    """Goods 100.00 less 10.00, shipping 5.00, tax 8.00, tip 3.00, a gift card 50.00: 156.00; by card, fee 4.82."""
    world = CanonicalRows()
    order = {
        "order_id": "o",
        "order_number": "#1042",
        "total_minor": 15600,
        "order_date": DAY,
        "placed_at": datetime(2026, 10, 12),
    }
    world.rows("can_orders", order | more)
    lines = [
        ("1", "product", "CUP", 10000, 1000, 720),
        ("2", "shipping", None, 500, 0, 80),
        ("3", "tip", None, 300, 0, 0),
        ("4", "gift_card", "GIFT", 5000, 0, 0),
    ]
    world.rows(
        "can_order_lines",
        *(
            {"order_line_id": key, "order_id": "o", "line_type": kind, "sku": sku, "title": kind, "quantity": 1}
            | {"gross_minor": gross, "discount_minor": discount, "net_minor": gross - discount, "tax_minor": tax}
            for key, kind, sku, gross, discount, tax in lines
        ),
    )
    pay(world, {"amount_minor": 15600})
    return world


def pay(world: CanonicalRows, *legs: dict[str, Any], charged_minor: int = 15600) -> None:
    at = {"processed_at": datetime(2026, 10, 12, 15), "order_id": "o", "processor_reference": "ch_1"}
    paid = [at | {"order_payment_id": f"leg {number}"} | leg for number, leg in enumerate(legs)]
    world.rows("can_order_payments", *paid)
    charge = {"movement_id": "m", "movement_type": "charge", "charge_reference": "ch_1", "amount_minor": charged_minor}
    world.rows(
        "can_processor_movements", charge | {"fee_minor": 482, "movement_date": DAY, "occurred_at": at["processed_at"]}
    )


LINES = "select item_name, account_number, line_amount_minor from {{ ref('act_quickbooks__sales_receipts') }} order by line_number"


def test_a_captured_order_without_a_document_becomes_a_receipt_that_adds_up() -> None:
    world = sold_order()
    assert world.query(LINES) == [
        ("Product", "4000", 10000),
        ("Discount", "4010", -1000),
        ("Shipping", "4030", 500),
        ("Gift card", "2200", 5000),
        ("Tip", "2340", 300),
        ("Sales tax", "2100", 800),
        ("Fee", "6000", -482),
    ]
    header = world.query(
        "select distinct record_key, document_number, document_date, memo, total_minor, reason from act_quickbooks__sales_receipts"
    )
    assert header == [
        (
            "je:main:o:captured:0",
            "#1042",
            DAY,
            "je:main:o:captured:0",
            15118,  # 156.00 less 4.82 goes to clearing
            "Captured on 2026-10-12: 156.00 USD less 4.82 fee; the books hold no document #1042",
        )
    ]


def test_the_part_paid_with_a_gift_card_comes_off_the_liability_and_not_out_of_clearing() -> None:
    world = sold_order()
    pay(
        world,
        {"amount_minor": 10600},
        {"amount_minor": 5000, "tender_type": "gift_card", "processor_reference": None},
        charged_minor=10600,
    )
    rows = world.query(LINES)
    assert ("Gift card", "2200", -5000) in rows
    assert sum(row[2] for row in rows) == 10600 - 482


BOOKED = [
    ({"document_type": "sales_receipt", "document_number": "#1042"}, True),
    ({"document_type": "invoice", "document_number": "1042"}, True),
    ({"document_type": "sales_receipt", "memo": "je:main:o:captured:0"}, True),
    ({"document_type": "sales_receipt", "document_number": "#1042", "is_deleted": True}, False),
    ({"document_type": "deposit", "document_number": "#1042"}, False),
    ({"document_type": "sales_receipt", "document_number": "#1043"}, False),
]


@pytest.mark.parametrize(("document", "known"), BOOKED)
def test_what_the_books_hold_is_not_sent_again(document: dict[str, Any], known: bool) -> None:
    world = sold_order().rows("can_book_documents", document)
    assert (world.query(LINES) == []) is known


HELD_BACK = [
    ("was never captured", {}, {"payment_type": "authorization"}, 15600, None),
    ("is a test", {"is_test": True}, {}, 15600, None),
    ("is on terms", {"payment_terms": "net_30"}, {"payment_type": "authorization"}, 15600, "on_terms"),
    ("is captured in part", {}, {"amount_minor": 100}, 100, "partly_captured"),
    ("waits for its charge", {}, {}, 0, "charge_not_seen"),
    ("has lines that do not add up", {"total_minor": 15601}, {}, 15600, "lines_do_not_add_up"),
    (
        "was booked by hand",
        {"order_date": date(2026, 9, 30)},
        {"processed_at": datetime(2026, 10, 1, 2)},
        15600,
        "before_books_from",
    ),  # 30 September in New York
]


@pytest.mark.parametrize(
    ("order", "leg", "charged", "reason"), [case[1:] for case in HELD_BACK], ids=[case[0] for case in HELD_BACK]
)
def test_an_order_is_held_back_with_a_reason_when_it(
    order: dict[str, Any], leg: dict[str, Any], charged: int, reason: str | None
) -> None:
    world = sold_order(**order)
    pay(world, {"amount_minor": 15600} | leg, charged_minor=charged)
    assert world.query(LINES) == []
    reasons = world.query("select held_back_reason from fct_expected_sales_receipts")
    assert reasons == ([(reason,)] if reason else [])


def refunded_order() -> CanonicalRows:
    """Goods 40.00 and shipping 5.00 back with 3.60 tax: 48.60; an earlier refund of 10.00 is R1."""
    world = sold_order()
    world.rows(
        "can_refunds",
        {
            "refund_id": "early",
            "order_id": "o",
            "refunded_at": datetime(2026, 10, 14),
            "refund_date": date(2026, 10, 14),
            "amount_minor": 1000,
        },
        {
            "refund_id": "late",
            "order_id": "o",
            "refunded_at": datetime(2026, 10, 15),
            "refund_date": date(2026, 10, 15),
            "amount_minor": 4860,
        },
    )
    world.rows(
        "can_refund_lines",
        {"refund_line_id": "0", "refund_id": "early", "order_id": "o", "line_type": "adjustment", "net_minor": 1000},
        {
            "refund_line_id": "1",
            "refund_id": "late",
            "order_id": "o",
            "sku": "CUP",
            "quantity": 1,
            "net_minor": 4000,
            "tax_minor": 320,
        },
        {
            "refund_line_id": "2",
            "refund_id": "late",
            "order_id": "o",
            "line_type": "shipping",
            "net_minor": 500,
            "tax_minor": 40,
        },
    )
    return world.rows("can_book_documents", {"document_type": "refund_receipt", "document_number": "#1042-R1"})


def test_a_refund_without_a_document_becomes_a_refund_receipt() -> None:
    rows = refunded_order().query(
        "select record_key, document_number, total_minor, line_number, item_name, account_number, line_amount_minor, reason"
        " from {{ ref('act_quickbooks__credit_memos') }} order by line_number"
    )
    reason = "Refunded on 2026-10-15: 48.60 USD; the books hold no document #1042-R2"
    assert rows == [
        ("je:main:late:refunded:0", "#1042-R2", 4860, 1, "Return", "4020", 4000, reason),
        ("je:main:late:refunded:0", "#1042-R2", 4860, 2, "Shipping refunded", "4035", 500, reason),
        ("je:main:late:refunded:0", "#1042-R2", 4860, 3, "Sales tax", "2100", 360, reason),
    ]


@pytest.mark.parametrize("is_booked", [False, True])
def test_a_refund_waits_for_the_receipt_of_its_sale_until_the_books_have_it(is_booked: bool) -> None:
    world = refunded_order()
    if is_booked:
        world.rows("can_book_documents", {"document_type": "sales_receipt", "document_number": "#1042"})
    receipts = world.query("select distinct record_key from {{ ref('act_quickbooks__sales_receipts') }}")
    waits_for = world.query("select distinct sales_receipt_key from {{ ref('act_quickbooks__credit_memos') }}")
    assert receipts == ([] if is_booked else [("je:main:o:captured:0",)])
    assert waits_for == (receipts or [(None,)])


PAYOUT = {"payout_id": "stripe:main:po_1", "platform": "stripe", "platform_payout_id": "po_1", "amount_minor": 50000}


@pytest.mark.parametrize(
    ("bank", "pushed"),
    [
        ({"amount_minor": 50000, "value_date": DAY, "reference": "ST-77"}, True),
        ({"amount_minor": 50001, "value_date": DAY, "reference": "ST-77"}, False),
        ({"amount_minor": 50000, "value_date": DAY, "reference": "ST-78"}, False),
        ({"amount_minor": 50000, "value_date": date(2026, 9, 30), "reference": "ST-77"}, False),
    ],
)
def test_a_payout_is_deposited_once_the_bank_has_seen_it(bank: dict[str, Any], pushed: bool) -> None:
    world = CanonicalRows().rows("can_payouts", PAYOUT | {"reference": "ST-77"})
    world.rows("can_bank_lines", {"bank_line_id": "b"} | bank)
    rows = world.query(
        "select record_key, document_date, deposit_account_number, account_number, line_amount_minor, reason"
        " from {{ ref('act_quickbooks__deposits') }}"
    )
    reason = "The bank received 500.00 USD on 2026-10-12 (ST-77); the books hold no deposit for payout po_1"
    assert rows == ([("je:main:stripe:main:po_1:paid:0", DAY, "1000", "1100", 50000, reason)] if pushed else [])


def people(**variables: Any) -> CanonicalRows:
    world = CanonicalRows(as_of="2026-10-31", **variables)
    emails = ["ann@x.com", "bob@x.com", "cy@x.com", None]
    world.rows(
        "can_orders",
        *(
            {
                "order_id": f"{n}",
                "customer_email": email,
                "total_minor": 6000,
                "placed_at": datetime(2026, 10, 19),
                "order_date": date(2026, 10, 19),
            }
            for n, email in enumerate(emails)
        ),
    )
    return world.rows(
        "fct_net_revenue",
        *({"order_id": f"{n}", "net_revenue_minor": 6000, "event_date": date(2026, 10, 19)} for n in range(4)),
    )


def test_contacts_carry_scores_the_present_value_and_a_sentence() -> None:
    world = people()
    world.rows(
        "can_contacts",
        {"contact_id": "1", "platform": "hubspot", "email": "ann@x.com", "segment": "Loyal", "r_score": 3},
        {"contact_id": "2", "platform": "hubspot", "email": "bob@x.com", "is_archived": True},
    )
    rows = world.query(
        "select record_key, segment, r_score, orders_count, net_revenue_minor, currency_code, observed_segment, observed_r_score, reason"
        " from {{ ref('act_hubspot__contacts') }} order by 1"
    )
    told = "New Customers (R5 F1 M2): last order 12 days ago (R5 reaches to 12), 1 purchase, 60.00 USD net"
    assert rows == [
        ("ann@x.com", "New Customers", 5, 1, 6000, "USD", "Loyal", 3, f"{told}; HubSpot says Loyal"),
        ("cy@x.com", "New Customers", 5, 1, 6000, "USD", None, None, f"{told}; HubSpot has no such contact"),
    ]


def test_people_who_unsubscribed_are_left_alone() -> None:
    world = people()
    world.rows(
        "can_contacts",
        {"contact_id": "1", "platform": "klaviyo", "email": "ann@x.com", "email_consent": "unsubscribed"},
        {"contact_id": "2", "platform": "klaviyo", "email": "bob@x.com", "email_consent": "subscribed"},
    )
    assert world.query("select email from {{ ref('act_klaviyo__profiles') }} order by 1") == [
        ("bob@x.com",),
        ("cy@x.com",),
    ]
