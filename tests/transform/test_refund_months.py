"""Refunds by their own day and by the day of their order: two counts of the same cents, and a bridge between them that sums to nothing."""

from __future__ import annotations

from datetime import date

import pytest

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import told

pytestmark = pytest.mark.dbt

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 20), date(2026, 10, 10), date(2026, 11, 5)
GOODS = ("product", 10_000, 0, 1_900)


def three_orders(story: Story) -> None:
    """One of September given back in parts in October and November, one of October at once; and a refund of an order nobody read."""
    story.sell("sept", GOODS, day=SEPTEMBER)
    story.refund("sept", 1, 3_000, 570, day=OCTOBER)
    story.refund("sept", 2, 2_000, 380, day=NOVEMBER)
    story.sell("oct", GOODS, day=OCTOBER)
    story.refund("oct", 1, 1_000, 190, day=OCTOBER)
    story.refund("lost", 1, 500, 95, day=NOVEMBER)
    story.order("made up", GOODS, day=SEPTEMBER, is_test=True)


@pytest.fixture(scope="module")
def world() -> CanonicalRows:
    return told(three_orders)


def by(world: CanonicalRows, month: str) -> list[tuple[str, int, int]]:
    return world.query(
        f"""select {month}, cast(sum(net_revenue_minor) as bigint), cast(sum(tax_minor) as bigint)
            from {{{{ ref('fct_refund_months') }}}} group by 1 order by 1"""
    )


def test_refunds_have_two_months_and_the_same_cents(world: CanonicalRows) -> None:
    assert by(world, "refund_month") == [("2026-10", -4_000, -760), ("2026-11", -2_500, -475)]
    # The 5.00 of the unknown order stay in their own month.
    assert by(world, "order_month") == [("2026-09", -5_000, -950), ("2026-10", -1_000, -190), ("2026-11", -500, -95)]


def test_the_bridge_between_both_counts_sums_to_nothing_over_all_time(world: CanonicalRows) -> None:
    steps = dict(
        world.query(
            """select period_month, cast(sum(moved_minor) as bigint)
               from (
                   select order_month as period_month, moved_minor from {{ ref('fct_refund_months') }}
                   union all
                   select refund_month, -moved_minor from {{ ref('fct_refund_months') }}
               ) as steps
               group by 1"""
        )
    )
    assert steps == {"2026-09": -5_000, "2026-10": 3_000, "2026-11": 2_000}
    refunds, orders = ({month: net for month, net, _ in by(world, which)} for which in ("refund_month", "order_month"))
    assert {month: refunds.get(month, 0) + steps[month] for month in steps} == orders


def test_i_21_holds_both_counts_to_net_revenue(world: CanonicalRows) -> None:
    identity = (TRANSFORM / "tests/assert_i_21_refunds_are_the_same_both_ways.sql").read_text()
    assert world.query(identity) == []
