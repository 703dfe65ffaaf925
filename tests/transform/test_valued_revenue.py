"""Net revenue in the currency of the sale, of the books and of the report over all companies: one number each, or none and why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform import journal_stories as stories
from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import told

pytestmark = pytest.mark.dbt

IDENTITY = TRANSFORM / "tests/assert_i_21_revenue_is_the_same_in_every_currency.sql"
IN_DOLLARS, IN_EURO, IN_YEN = ([{"entity_id": "*", "report_currency_code": code}] for code in ("USD", "EUR", "JPY"))


def rate(base: str, quote: str, number: str, day: str = "2026-10-31", purpose: str = "report") -> dict[str, Any]:
    return {
        "base_currency_code": base, "quote_currency_code": quote, "rate_date": day, "purpose": purpose, "source": "a bank", "rate": number,
    }  # fmt: skip


def booked(number: str, day: str = "2026-10-10") -> dict[str, Any]:
    """What a euro is worth in the books on a day."""
    return rate("EUR", "USD", number, day, "book")


def values(world: CanonicalRows) -> list[tuple[Any, ...]]:
    """Sale, books, report and the reason why not, row by row; the identity holds over them."""
    assert world.query(IDENTITY.read_text()) == []
    return world.query(
        "select net_revenue_minor, book_minor, report_minor, reason_code from {{ ref('fct_valued_revenue') }} order by event_date, net_revenue_id"
    )


def euro_order(story: Story) -> None:
    """Three lines of 33.33 euro, in books kept in dollars."""
    story.currency = "EUR"
    story.order("a", *[("product", 3_333, 0, 0)] * 3, payment_terms="net_30")


def test_a_sale_in_the_books_own_currency_needs_no_rate() -> None:
    world = told(stories.example, fx_rates=[booked("1.08")], report_policies=IN_DOLLARS)
    assert {(sale == books == report, reason) for sale, books, report, reason in values(world)} == {(True, None)}


def test_a_foreign_sale_has_the_ledgers_amount_and_the_month_has_the_reports_rate() -> None:
    world = told(
        stories.euro_order_settled_in_dollars, fx_rates=[booked("1.0850"), rate("EUR", "USD", "1.10")], report_policies=IN_DOLLARS
    )  # fmt: skip
    assert values(world) == [(10_000, 10_850, 10_850, None)]


def test_a_refund_is_worth_what_its_sale_was_in_the_books() -> None:
    rates = [booked("1.0800"), booked("1.0900", "2026-10-20")]
    world = told(stories.euro_refund_settled_in_dollars, fx_rates=rates, report_policies=IN_DOLLARS)
    assert values(world) == [(10_000, 10_800, 10_800, None), (-10_000, -10_800, -10_800, None)]


def test_what_an_entry_rounds_away_stands_on_one_row() -> None:
    """3 x 33.33 at 1.0850 are 36.16 each, 108.48 together; the entry is 99.99 at 1.0850, 108.49."""
    world = told(euro_order, fx_rates=[booked("1.0850")], report_policies=IN_DOLLARS)
    assert values(world) == [(3_333, 3_617, 3_617, None), (3_333, 3_616, 3_616, None), (3_333, 3_616, 3_616, None)]
    assert world.query("select remainder_minor from {{ ref('fct_valued_revenue') }} where remainder_minor <> 0") == [
        (1,)
    ]


@pytest.mark.parametrize("published", [rate("EUR", "USD", "1.2500"), rate("USD", "EUR", "0.8000")])
def test_a_rate_may_be_quoted_either_way_round(published: dict[str, Any]) -> None:
    world = told(stories.example, fx_rates=[published], report_policies=IN_EURO)
    assert [(books, report) for _, books, report, _ in values(world)] == [(9_000, 7_200), (500, 400)]


def test_a_report_in_a_currency_without_cents_is_in_whole_units() -> None:
    """90.00 at 150.25 are 13,522.5 yen: half goes to the even one."""
    world = told(stories.example, fx_rates=[rate("USD", "JPY", "150.25")], report_policies=IN_YEN)
    assert [(books, report) for _, books, report, _ in values(world)] == [(9_000, 13_522), (500, 751)]


def test_a_month_whose_rate_nobody_stored_waits_and_says_so() -> None:
    september = rate("EUR", "USD", "1.10", "2026-09-30")
    world = told(stories.example, fx_rates=[september], report_policies=IN_EURO)
    assert {(report, reason) for _, _, report, reason in values(world)} == {(None, "CUR-03")}


def test_a_sale_whose_entry_waits_for_a_rate_has_no_amount_anywhere_else() -> None:
    world = told(euro_order, fx_rates=[rate("EUR", "USD", "1.10")], report_policies=IN_EURO)
    assert values(world) == [(3_333, None, None, "CUR-03")] * 3


def test_the_rate_of_another_purpose_is_no_rate() -> None:
    world = told(stories.example, fx_rates=[rate("EUR", "USD", "1.10", purpose="book")], report_policies=IN_EURO)
    assert {report for _, _, report, _ in values(world)} == {None}


def test_a_company_nobody_asks_a_report_of_has_none_and_lacks_nothing() -> None:
    world = told(stories.example, report_policies=[{"entity_id": "other", "report_currency_code": "USD"}])
    assert {(report, reason) for _, _, report, reason in values(world)} == {(None, None)}
