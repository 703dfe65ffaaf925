"""What changes in a closed month becomes a row with its cause and its exact amount; what does not change leaves none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.warehouse import TRANSFORM

CLOSE = {"close_id": "main:2026-10", "entity_id": "main", "period_month": "2026-10"}
CHANGES = "select cause, row_key, amount_minor from {{ ref('fct_close_changes') }} where measure = 'net_revenue_minor' order by 2"


def frozen(key: str, amount: int, order: str = "o", refund: str | None = None) -> dict[str, Any]:
    return {
        **CLOSE, "table_name": "fct_net_revenue", "measure": "net_revenue_minor", "row_key": key, "currency_code": "USD",
        "amount_minor": amount, "order_id": order, "refund_id": refund,
    }  # fmt: skip


def today(key: str, amount: int, order: str = "o", refund: str | None = None, month: str = "2026-10") -> dict[str, Any]:
    return {
        "net_revenue_id": key, "net_revenue_minor": amount, "tax_minor": 0, "order_id": order, "refund_id": refund,
        "event_month": month, "event_type": "return" if refund else "sale",
    }  # fmt: skip


def ordered(order: str, month: str = "2026-10") -> dict[str, Any]:
    return {"order_id": order, "order_month": month, "total_minor": 0}


def world(then: list[dict[str, Any]], now: list[dict[str, Any]], orders: list[dict[str, Any]]) -> CanonicalRows:
    rows = CanonicalRows().rows("can_closes", CLOSE).rows("can_closed_amounts", *then)
    return rows.rows("fct_net_revenue", *now).rows("fct_order_reconciliation", *orders)


CASES = {
    "an order that came after the close": ([], [today("s", 900)], [ordered("o")], [("new order", "s", 900)]),
    "a refund that came after the close": (
        [frozen("s", 900)],
        [today("s", 900), today("r", -300, refund="R1")],
        [ordered("o")],
        [("late refund", "r", -300)],
    ),
    "an order with another price": (
        [frozen("s", 900)],
        [today("s", 850)],
        [ordered("o")],
        [("order edited", "s", -50)],
    ),
    "an order with one line more": (
        [frozen("s", 900)],
        [today("s", 900), today("t", 70)],
        [ordered("o")],
        [("order edited", "t", 70)],
    ),
    "an order with one line less": ([frozen("s", 900)], [], [ordered("o")], [("order edited", "s", -900)]),
    "an order that counts in another month now": (
        [frozen("s", 900)],
        [today("s", 900, month="2026-11")],
        [ordered("o")],
        [("moved to another month", "s", -900)],
    ),
    "an order that counts for another entity now": (
        [frozen("s", 900)],
        [today("s", 900) | {"entity_id": "other"}],
        [ordered("o") | {"entity_id": "other"}],
        [("mapping changed", "s", -900)],
    ),
    "an order that is gone": ([frozen("s", 900)], [], [], [("gone at the source", "s", -900)]),
    "nothing": ([frozen("s", 900)], [today("s", 900)], [ordered("o")], []),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_of_a_closed_month_is_a_row_with_its_cause(name: str) -> None:
    then, now, orders, expected = CASES[name]
    assert world(then, now, orders).query(CHANGES) == expected


@pytest.mark.parametrize("name", CASES)
def test_frozen_and_changes_make_today(name: str) -> None:
    then, now, orders, _ = CASES[name]
    identity = next((TRANSFORM / "tests").glob("assert_i_25_*.sql")).read_text().partition("}}")[2]
    assert world(then, now, orders).query(identity) == []


def test_an_open_month_has_no_changes() -> None:
    rows = world([], [today("s", 900, month="2026-11")], [ordered("o", "2026-11")])
    assert rows.query("select * from {{ ref('fct_close_changes') }}") == []


def test_a_change_is_a_difference_with_code_src_07_and_says_both_amounts() -> None:
    rows = world([frozen("s", 900)], [today("s", 850)], [ordered("o")])
    found = rows.query("select reason_code, amount_minor, evidence, bridge from {{ ref('fct_close_differences') }}")
    told = "order edited: net_revenue_minor was frozen as 900 minor units and is 850 today"
    assert found == [("SRC-07", -50, told, None)]


def expected_deposit(name: str, day: str) -> dict[str, Any]:
    return {
        "document_key": name, "document_number": name, "document_date": day, "total_minor": 900, "deposit_account_number": "1000",
        "entity_id": "main", "is_in_books": False,
    }  # fmt: skip


def test_nothing_is_written_into_a_closed_month_or_one_before_it() -> None:
    days = {"september": "2026-09-30", "october": "2026-10-31", "november": "2026-11-01"}
    rows = CanonicalRows().rows("can_closes", CLOSE)
    rows.rows("fct_expected_deposits", *(expected_deposit(name, day) for name, day in days.items()))
    assert rows.query("select distinct record_key from {{ ref('act_quickbooks__deposits') }}") == [("november",)]


def test_every_dated_document_for_the_books_is_held_back_from_a_closed_month() -> None:
    models = [
        path for books in ("quickbooks", "xero") for path in (TRANSFORM / "models/activation" / books).glob("*.sql")
    ]
    dated = [path for path in models if "document_date" in path.read_text()]
    assert len(dated) > 5
    assert [path.name for path in dated if "in_open_month(" not in path.read_text()] == []
