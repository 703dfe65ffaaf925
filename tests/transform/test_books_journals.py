"""Journal entries: what moved at a processor and no other document books, balanced, once."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_activation_models import sold_order
from tests.transform.test_books_on_terms import terms_order

LINES = (
    "select side, account_number, line_amount_minor from {{ ref('act_quickbooks__journal_entries') }}"
    " order by record_key, line_number"
)
MOVED = {"platform": "stripe", "occurred_at": datetime(2026, 10, 20), "movement_date": date(2026, 10, 20)}


def moved(kind: str, amount: int, world: CanonicalRows | None = None, **more: Any) -> CanonicalRows:
    movement = {"movement_id": "stripe:main:txn_1", "platform_movement_id": "txn_1", "movement_type": kind}
    fees = {"fee_minor": 0, "processing_fee_minor": 0, "dispute_fee_minor": 0}
    row = MOVED | movement | fees | {"amount_minor": amount, "net_minor": amount} | more
    return (world or CanonicalRows()).rows("can_processor_movements", row)


# Movement, its amount and fees, and its entries: its own, and that of its fee (J-02, J-03e, J-05, J-06, J-11, J-12, J-41).
ENTRIES = [
    ("dispute", -12000, {"fee_minor": 1500, "dispute_fee_minor": 1500},
     [("debit", "1130", 12000), ("credit", "1100", 12000), ("debit", "6010", 1500), ("credit", "1100", 1500)]),
    ("dispute_reversal", 12000, {}, [("credit", "1130", 12000), ("debit", "1100", 12000)]),
    ("dispute_reversal", 12000, {"fee_minor": -1500, "dispute_fee_minor": -1500},
     [("credit", "1130", 12000), ("debit", "1100", 12000), ("credit", "6010", 1500), ("debit", "1100", 1500)]),
    ("fee", -3900, {}, [("debit", "6020", 3900), ("credit", "1100", 3900)]),
    ("payout_fee", -500, {}, [("debit", "6005", 500), ("credit", "1100", 500)]),
    ("reserve_hold", -20000, {}, [("debit", "1120", 20000), ("credit", "1100", 20000)]),
    ("reserve_release", 20000, {}, [("credit", "1120", 20000), ("debit", "1100", 20000)]),
    ("refund", -4000, {"fee_minor": 30, "processing_fee_minor": 30},
     [("debit", "6000", 30), ("credit", "1100", 30), ("debit", "2320", 4000), ("credit", "1100", 4000)]),
    ("charge", 10000, {"fee_minor": 320, "processing_fee_minor": 320},
     [("credit", "9999", 10000), ("debit", "1100", 10000), ("debit", "6000", 320), ("credit", "1100", 320)]),
    ("payout", -9680, {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "amount", "fees", "entry"), ENTRIES)
def test_a_movement_no_document_books_becomes_a_balanced_entry(
    kind: str, amount: int, fees: dict[str, int], entry: list[tuple[str, str, int]]
) -> None:
    world = moved(kind, amount, **fees)
    assert world.query(LINES) == entry
    balance = "select out_of_balance from (select sum(case side when 'debit' then line_amount_minor else -line_amount_minor end)"
    assert all(
        row == (0,)
        for row in world.query(f"{balance} as out_of_balance from fct_expected_journal_lines group by document_key)")
    )


def test_the_fee_a_receipt_has_as_a_line_is_in_no_entry_and_that_of_a_card_on_an_invoice_is() -> None:
    assert sold_order().query(LINES) == []
    world = terms_order()
    leg = {"order_payment_id": "leg", "order_id": "o", "amount_minor": 11305, "processor_reference": "ch_1"}
    world.rows("can_order_payments", leg | {"processed_at": datetime(2026, 11, 2, 16)})
    fee = {
        "charge_reference": "ch_1",
        "fee_minor": 358,
        "processing_fee_minor": 358,
        "movement_date": date(2026, 11, 2),
    }
    moved("charge", 11305, world, **fee)
    assert world.query(LINES) == [("debit", "6000", 358), ("credit", "1100", 358)]


def test_money_beyond_an_invoice_that_came_by_card_is_owed_back_out_of_clearing() -> None:
    world = terms_order()
    leg = {"order_payment_id": "leg", "order_id": "o", "amount_minor": 12000, "processed_at": datetime(2026, 11, 2, 16)}
    world.rows("can_order_payments", leg)
    assert world.query(LINES) == [("debit", "1100", 695), ("credit", "2330", 695)]


@pytest.mark.parametrize(
    ("memo", "day", "sent"),
    [
        (None, date(2026, 10, 20), 2),
        ("je:main:stripe:main:txn_1:dispute:0", date(2026, 10, 20), 0),
        (None, date(2026, 9, 30), 0),
    ],
)
def test_an_entry_the_books_hold_or_that_is_from_before_them_is_not_sent(
    memo: str | None, day: date, sent: int
) -> None:
    world = moved("dispute", -12000, movement_date=day)
    if memo:
        booked = {"document_id": "d", "document_type": "journal_entry", "memo": memo, "document_date": day}
        world.rows("can_book_documents", booked)
        lines = [
            {"book_line_id": f"d/{account}", "document_id": "d", "account_number": account, "signed_minor": signed}
            for account, signed in (("1130", 12000), ("1100", -12000))
        ]
        world.rows("can_book_lines", *lines)
    assert len(world.query(LINES)) == sent
