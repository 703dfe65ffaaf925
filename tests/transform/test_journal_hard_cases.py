"""Entries that need a policy, a rate, another company or a person; and what makes an entry wait."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.transform import journal_stories as stories
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import entry, lines, told

pytestmark = pytest.mark.dbt

ON_FULFILMENT = [{"entity_id": "*", "channel": "shop", "sku": "*", "policy": "on_fulfilment"}]
TWO_COMPANIES = [
    {"entity_id": name, "name": name, "time_zone": "America/New_York", "base_currency_code": "USD"} for name in ("main", "europe")
]  # fmt: skip


def exchanged(story: Story) -> None:
    """100.00 euro of a balance change into 108.00 dollars, where the books say 108.50."""
    story.move("currency_conversion", "x", -10_000, charge_reference="ch_x", currency_code="EUR", movement_id="out")
    story.move("currency_conversion", "x", 10_800, charge_reference="ch_x", movement_id="in")


def half_an_exchange(story: Story) -> None:
    exchanged(story)
    story.rows["processor_movements"].pop(0)


def rates(**days: str) -> list[dict[str, str]]:
    """Book rates of the euro in dollars: d10="1.0850" is that of 10 October."""
    return [
        {"base_currency_code": "EUR", "quote_currency_code": "USD", "rate_date": f"2026-10-{day[1:]}", "purpose": "book", "source": "us", "rate": rate}
        for day, rate in days.items()
    ]  # fmt: skip


def balances(world: CanonicalRows) -> dict[str, int]:
    """Account → what it holds at the end of October, without accounts that hold nothing."""
    return dict(
        world.query(
            """select account_number, cast(sum(base_closing_minor) as bigint) from {{ ref('fct_trial_balance') }}
               where period_month = '2026-10' group by 1 having sum(base_closing_minor) <> 0"""
        )
    )


def test_j_07b_a_lost_dispute_may_count_as_goods_given_back() -> None:
    world = told(stories.dispute_lost, dispute_policies=[{"entity_id": "main", "policy": "return"}])
    assert entry(world, "je:main:dp:lost") == lines("Dr 4020 95.00; Dr 2100 18.05; Cr 1130 113.05")
    assert world.query("select sum(net_revenue_minor) from {{ ref('fct_net_revenue') }}") == [(0,)]


def test_j_24_what_is_paid_in_advance_becomes_revenue_when_it_leaves() -> None:
    world = told(stories.preorder, recognition_policies=ON_FULFILMENT)
    assert entry(world, "je:main:txn_charge_ch_a:charge") == lines("Dr 1100 113.05; Cr 2300 95.00; Cr 2100 18.05")
    assert entry(world, "je:main:a:captured") == lines("Dr 2300 95.00; Dr 4010 10.00; Cr 4000 100.00; Cr 4030 5.00")
    assert world.query("select distinct event_date from {{ ref('fct_net_revenue') }}") == [(stories.LATER,)]


def test_j_24_tax_may_wait_for_the_goods_as_revenue_does() -> None:
    due = [{"entity_id": "*", "tax_due": "on_payment"}, {"entity_id": "main", "tax_due": "on_fulfilment"}]
    world = told(
        stories.preorder_partly_returned_before_it_left, recognition_policies=ON_FULFILMENT, advance_tax_policies=due
    )
    assert entry(world, "je:main:txn_charge_ch_a:charge") == lines("Dr 1100 113.05; Cr 2300 113.05")
    assert entry(world, "je:main:r:refunded") == lines("Dr 2300 47.60; Cr 1100 47.60")
    assert entry(world, "je:main:a:captured") == lines(
        "Dr 2300 113.05; Dr 4010 10.00; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05"
    )
    assert entry(world, "je:main:r:released") == lines("Dr 4020 40.00; Dr 2100 7.60; Cr 2300 47.60")


def test_j_25_a_preorder_that_is_cancelled_was_never_revenue() -> None:
    world = told(stories.preorder_cancelled, recognition_policies=ON_FULFILMENT)
    assert entry(world, "je:main:r:refunded") == lines("Dr 2300 95.00; Dr 2100 18.05; Cr 1100 113.05")
    assert world.query("select count(*) from {{ ref('fct_net_revenue') }}") == [(0,)]
    assert balances(world) == {}


def test_a_return_before_the_rest_left_is_revenue_and_return_on_the_day_it_leaves() -> None:
    world = told(stories.preorder_partly_returned_before_it_left, recognition_policies=ON_FULFILMENT)
    assert entry(world, "je:main:r:refunded") == lines("Dr 2300 40.00; Dr 2100 7.60; Cr 1100 47.60")
    assert entry(world, "je:main:r:released") == lines("Dr 4020 40.00; Cr 2300 40.00")
    assert balances(world) == lines(
        "Dr 1100 65.45; Dr 4010 10.00; Dr 4020 40.00; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 10.45"
    )


def test_tax_of_payments_in_advance_adds_up_to_the_tax_of_the_order() -> None:
    def in_thirds(story: Story) -> None:
        story.order("a", stories.GOODS, stories.SHIPPING)
        for day, amount in ((10, 3_768), (11, 3_768), (12, 3_769)):
            story.pay("a", amount, "gift_card", day=date(2026, 10, day))

    world = told(in_thirds, recognition_policies=ON_FULFILMENT)
    taxes = world.query(
        "select signed_minor from {{ ref('fct_journal_lines') }} where posting_key = 'tax' order by entry_date"
    )
    # 18.05 × 37.68 / 113.05 = 6.016…; × 75.36 = 12.032…; the last takes the rest.
    assert [tax for (tax,) in taxes] == [-602, -601, -602]


def test_j_27_an_order_settled_in_another_currency_realises_the_difference() -> None:
    world = told(stories.euro_order_settled_in_dollars, fx_rates=rates(d10="1.0850"))
    assert entry(world, "je:main:a:captured") == lines("Dr 1100 108.00; Dr 7000 0.50; Cr 4000 108.50")


def test_the_two_legs_of_an_exchange_are_one_entry_and_wait_together() -> None:
    world = told(exchanged, fx_rates=rates(d10="1.0850"))
    lines_of = "select currency_code, signed_base_minor from {{ ref('fct_journal_lines') }} where posting_key = 'clearing' order by 1"
    assert world.query(lines_of) == [("EUR", -10_850), ("USD", 10_800)]
    assert entry(world, "je:main:in:currency_conversion") == lines("Cr 1100 0.50; Dr 7000 0.50")
    assert world.query("select count(*) from {{ ref('fct_journal_entries') }}") == [(1,)]
    without_rate = told(exchanged, fx_rates=rates(d11="1.0850"))
    assert without_rate.query("select held_code from {{ ref('fct_journal_entries') }}") == [("CUR-03",)]


def test_half_an_exchange_stands_in_suspense() -> None:
    assert balances(told(half_an_exchange)) == lines("Dr 1100 108.00; Cr 9999 108.00")


def test_j_28_a_refund_gives_revenue_back_at_the_rate_of_its_sale() -> None:
    world = told(stories.euro_refund_settled_in_dollars, fx_rates=rates(d10="1.0800", d20="1.0900"))
    assert entry(world, "je:main:r:refunded") == lines("Dr 4020 108.00; Dr 7000 2.00; Cr 1100 110.00")


def test_j_29_a_receivable_paid_at_another_rate_is_cleared_at_its_own() -> None:
    world = told(stories.euro_receivable, fx_rates=rates(d10="1.0850", d20="1.0720"))
    assert entry(world, "je:main:line-10000:received") == lines("Dr 1000 107.20; Dr 7000 1.30; Cr 1200 108.50")


def test_j_30_a_balance_is_valued_at_the_end_of_the_month_and_back_the_day_after() -> None:
    world = told(stories.euro_balance, fx_rates=rates(d10="1.0800", d31="1.0900"))
    key = "je:main:journal:1100:stripe:main:EUR:2026-10"
    assert entry(world, f"{key}:revalued") == lines("Dr 1100 1.00; Cr 7010 1.00")
    assert entry(world, f"{key}:revaluation_reversed") == lines("Dr 7010 1.00; Cr 1100 1.00")
    assert world.query(
        f"select entry_date from {{{{ ref('fct_journal_entries') }}}} where event_id like '{key}%' order by 1"
    ) == [
        (date(2026, 10, 31),),
        (date(2026, 11, 1),),
    ]


REVALUED = "je:main:journal:1100:stripe:main:EUR:2026-10:revalued"


@pytest.mark.parametrize(
    ("story", "days", "unrated", "balance"),
    [
        # A rate of the month's last day alone: the sale itself has no worth yet, so its balance has gained nothing.
        (stories.euro_balance, {"d31": "1.0900"}, 1, 10_000),
        # One of two sales has its rate: what the other is carried at is still not 0.
        (stories.euro_balance_from_two_days, {"d10": "1.0800", "d31": "1.0900"}, 1, 15_000),
        # Both sales have theirs, the last day has none.
        (stories.euro_balance_from_two_days, {"d10": "1.0800", "d12": "1.0850"}, 0, 15_000),
    ],
)
def test_a_balance_with_a_line_nobody_can_value_gains_nothing_and_waits(
    story: Any, days: dict[str, str], unrated: int, balance: int
) -> None:
    world = told(story, fx_rates=rates(**days))
    columns = "unrated_lines, balance_minor, difference_minor"
    assert world.query(
        f"select {columns} from {{{{ ref('fct_revaluations') }}}} where period_month = '2026-10' and account_number = '1100'"
    ) == [(unrated, balance, None)]
    said = "select entry_status, held_code from {{ ref('fct_journal_entries') }} where event_id ="
    for event in (REVALUED, REVALUED.replace("revalued", "revaluation_reversed")):
        assert world.query(f"{said} '{event}'") == [("held", "CUR-03")]
    assert "7010" not in balances(world)


def test_a_balance_that_went_again_without_a_rate_is_told_and_posts_nothing() -> None:
    def gone(story: Story) -> None:
        stories.euro_balance(story)
        story.move("adjustment", "back", -10_000, day=stories.NEXT)

    world = told(gone, fx_rates=rates(d10="1.0800", d31="1.0900"))
    found = (
        "select unrated_lines, balance_minor, carried_base_minor, difference_minor from {{ ref('fct_revaluations') }}"
    )
    assert world.query(f"{found} where period_month = '2026-10' and account_number = '1100'") == [(1, 0, None, None)]
    assert entry(world, REVALUED) == {}


def test_j_43_an_exchange_is_a_return_a_sale_and_the_difference_in_cash() -> None:
    before = lines("Dr 1100 47.60; Cr 4000 40.00; Cr 2100 7.60")
    exchange = lines("Dr 4020 40.00; Dr 1100 23.80; Cr 4000 60.00; Cr 2100 3.80")
    both = {account: before.get(account, 0) + exchange.get(account, 0) for account in before | exchange}
    assert balances(told(stories.exchange)) == both


def test_a_charge_another_company_took_is_owed_between_them() -> None:
    world = told(stories.charged_by_another_company, entities=TWO_COMPANIES)
    assert entry(world, "je:main:a:captured")["1900"] == 11_305
    assert entry(world, "je:europe:txn_charge_ch_a:charge") == lines("Dr 1100 113.05; Cr 2900 113.05")


def test_a_charge_without_an_order_stands_in_suspense() -> None:
    assert balances(told(stories.charge_without_order)) == lines("Dr 1100 70.00; Cr 9999 70.00")


def test_a_second_charge_of_an_order_is_owed_back() -> None:
    assert entry(told(stories.charged_twice), "je:main:txn_charge_ch_again:charge") == lines(
        "Dr 1100 113.05; Cr 2330 113.05"
    )


@pytest.mark.parametrize(
    ("story", "seeds", "held_code", "because"),
    [
        (stories.euro_order_settled_in_dollars, {"fx_rates": rates(d11="1.0850")}, "CUR-03", "no book rate from EUR to USD"),
        (stories.unknown_movement, {}, "unmapped_account", "no posting rule of main names an account for: movement unmapped"),
        (
            stories.tip,
            {"posting_rules": [{"entity_id": "*", "posting_key": key, "detail": "*", "account_number": "1"} for key in ("sale", "clearing")]},
            "unknown_account",
            "the chart of accounts has no account 1",
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_posted_waits_and_says_why(
    story: Any, seeds: dict[str, Any], held_code: str, because: str
) -> None:
    world = told(story, **seeds)
    [(code, words)] = world.query(
        "select held_code, held_because from {{ ref('fct_journal_entries') }} where entry_status = 'held'"
    )
    assert (code, words.startswith(because)) == (held_code, True)
    assert world.query("select count(*) from {{ ref('fct_trial_balance') }}") == [(0,)]


def test_the_nearest_posting_rule_applies() -> None:
    rules = [
        {"entity_id": "*", "posting_key": "clearing", "detail": "*", "account_number": "1100"},
        {"entity_id": "*", "posting_key": "sale", "detail": "*", "account_number": "4000"},
        {"entity_id": "*", "posting_key": "sale", "detail": "tip", "account_number": "4050"},
        {"entity_id": "main", "posting_key": "sale", "detail": "*", "account_number": "2340"},
    ]
    world = told(stories.tip, posting_rules=rules)
    said = world.query("select account_number from {{ ref('fct_journal_lines') }} where posting_key = 'sale'")
    assert said == [("2340",)]


def labelled(story: Story) -> None:
    """A label of 6.40, and one that was voided on the day after."""
    known = {"platform": "shipstation", "order_id": "a", "shipped_at": "2026-10-10 16:00:00", "cost_minor": 640}
    story.add("parcels", parcel_id="kept", shipment_status="in_transit", **known)
    story.add("parcels", parcel_id="void", shipment_status="voided", voided_at="2026-10-11 16:00:00", **known)


def test_j_35_labels_are_a_cost_only_where_the_accountant_asks_for_them() -> None:
    assert told(labelled).query("select count(*) from {{ ref('fct_journal_lines') }}") == [(0,)]
    world = told(labelled, optional_recipes=[{"entity_id": "*", "recipe": "J-35", "valid_from": "2026-10-01"}])
    bought = lines("Dr 5100 6.40; Cr 2060 6.40")
    assert entry(world, "je:main:kept:label_bought") == bought
    assert entry(world, "je:main:void:label_voided") == {account: -amount for account, amount in bought.items()}
    assert balances(world) == bought
