"""Codes that the sandbox's platforms can not make happen, each as a row of its bridge with its cents: rates, companies, revenue that waits, cash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.transform import journal_stories as stories
from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import entry, lines, told
from tests.transform.test_journal_hard_cases import ON_FULFILMENT, TWO_COMPANIES, rates

pytestmark = pytest.mark.dbt

STOREFRONT_TO_BANK, TO_REVENUE = "storefront_to_bank", "storefront_to_net_revenue"
WORTHS = "10000 minor units of it are 10850 USD at the book rate, the charge 10800"


def sent_next_month(story: Story) -> None:
    """Paid in October, sent in November: 95.00 without tax are earned then."""
    stories.preorder(story)
    story.rows["parcels"][0]["shipped_at"] = "2026-11-03 16:00:00"


def two_exchanges(story: Story) -> None:
    """Pounds charged in euros in a company whose books are in dollars: 100.00 GBP for 115.00 EUR."""
    story.currency = "GBP"
    story.order("a", ("product", 10_000, 0, 0))
    story.pay("a", 10_000)
    story.move("charge", "ch_a", 11_500, currency_code="EUR")


Row = tuple[str, str, str, str, int]
CASES: list[tuple[str, Callable[[Story], None], dict[str, Any], list[Row]]] = [
    # code, story, seeds, rows: company, month, currency, bridge, cents
    (
        "CUR-01",
        stories.euro_order_settled_in_dollars,
        {"fx_rates": rates(d10="1.0850")},
        [("main", "2026-10", "EUR", STOREFRONT_TO_BANK, -10_000), ("main", "2026-10", "USD", STOREFRONT_TO_BANK, 10_800)],
    ),
    (
        "CUR-03",
        stories.euro_order_settled_in_dollars,
        {"fx_rates": rates(d11="1.0850")},
        [("main", "2026-10", "EUR", STOREFRONT_TO_BANK, -10_000), ("main", "2026-10", "USD", STOREFRONT_TO_BANK, 10_800)],
    ),
    (
        "CUR-03",  # the euro has its rate, the pound has none
        two_exchanges,
        {"fx_rates": rates(d10="1.0850")},
        [("main", "2026-10", "EUR", STOREFRONT_TO_BANK, 11_500), ("main", "2026-10", "GBP", STOREFRONT_TO_BANK, -10_000)],
    ),
    (
        "ENT-01",
        stories.charged_by_another_company,
        {"entities": TWO_COMPANIES},
        [("europe", "2026-10", "USD", STOREFRONT_TO_BANK, 11_305), ("main", "2026-10", "USD", STOREFRONT_TO_BANK, -11_305)],
    ),
    (
        "TIM-10",
        sent_next_month,
        {"recognition_policies": ON_FULFILMENT},
        [("main", "2026-10", "USD", TO_REVENUE, -9_500), ("main", "2026-11", "USD", TO_REVENUE, 9_500)],
    ),
    ("RND-02", stories.cash_rounding, {}, [("main", "2026-10", "USD", TO_REVENUE, 2)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "story", "seeds", "expected"), CASES, ids=[f"{row[0]} {row[1].__name__}" for row in CASES]
)
def test_the_code_is_a_row_of_its_bridge_with_its_cents(
    code: str, story: Callable[[Story], None], seeds: dict[str, Any], expected: list[Row]
) -> None:
    world = told(story, **seeds)
    found = world.query(
        f"""select entity_id, period_month, currency_code, bridge, cast(sum(amount_minor) as bigint)
            from {{{{ ref('fct_bridge') }}}} where reason_code = '{code}' group by all order by 1, 2, 3, 4"""
    )
    assert found == expected
    unexplained = "select count(*) from {{ ref('fct_differences') }} where reason_code in ('UNX-00', 'SRC-06')"
    assert world.query(unexplained) == [(0,)]


def exchanges(world: CanonicalRows) -> list[tuple[Any, ...]]:
    columns = "reason_code, leg_base_minor, charge_base_minor, exchange_minor"
    return world.query(f"select {columns} from {{{{ ref('fct_charge_exchanges') }}}}")


def test_what_an_exchange_cost_is_what_its_entry_has_on_7000() -> None:
    world = told(stories.euro_order_settled_in_dollars, fx_rates=rates(d10="1.0850"))
    # 100.00 euro at 1.0850 are 108.50 dollars; the processor gave 108.00.
    assert exchanges(world) == [("CUR-01", 10_850, 10_800, -50)]
    assert entry(world, "je:main:a:captured") == lines("Dr 1100 108.00; Dr 7000 0.50; Cr 4000 108.50")
    told_in = "select evidence from {{ ref('fct_charge_differences') }} where reason_code = 'CUR-01' and currency_code = 'USD'"
    assert world.query(told_in) == [(f"placed on 2026-10-10 in EUR; {WORTHS}",)]


def test_both_sides_of_an_exchange_may_be_foreign_to_the_books() -> None:
    pound = {"base_currency_code": "GBP", "quote_currency_code": "USD", "rate_date": "2026-10-10", "purpose": "book", "source": "us", "rate": "1.2500"}  # fmt: skip
    world = told(two_exchanges, fx_rates=[*rates(d10="1.0850"), pound])
    # 100.00 pounds are 125.00 dollars; 115.00 euros 124.775, which is 124.78 to the even neighbour.
    assert exchanges(world) == [("CUR-01", 12_500, 12_478, -22)]
    assert entry(world, "je:main:a:captured") == lines("Dr 1100 124.78; Dr 7000 0.22; Cr 4000 125.00")


@pytest.mark.parametrize("day", ["d10", "d11"])
def test_i_22_holds_with_the_rate_and_without(day: str) -> None:
    world = told(stories.euro_order_settled_in_dollars, fx_rates=rates(**{day: "1.0850"}))
    name = "assert_i_22_a_charge_in_another_currency_is_worth_its_entry"
    assert world.query((TRANSFORM / "tests" / f"{name}.sql").read_text()) == []
