"""What rolls forward beside the journal: cards, advances, receivables, disputes and fees, each in the words of finance."""

from __future__ import annotations

from datetime import date

import pytest

from tests.transform import journal_stories as stories
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import told

pytestmark = pytest.mark.dbt

ON_FULFILMENT = [{"entity_id": "*", "channel": "shop", "sku": "*", "policy": "on_fulfilment"}]


def test_gift_cards_are_owed_from_sale_to_use() -> None:
    def cards(story: Story) -> None:
        story.sell("sold", ("gift_card", 8_000, 0, 0), day=date(2026, 9, 30))
        stories.gift_card_redeemed(story)
        stories.give_back(story, ("product", 4_000, 760), tender="gift_card")

    world = told(cards)
    months = world.query(
        """select period_month, opening_minor, sold_minor, redeemed_minor, refunded_to_minor, closing_minor
           from {{ ref('fct_gift_card_liability') }} order by period_month"""
    )
    assert months == [("2026-09", 0, 8_000, 0, 0, 8_000), ("2026-10", 8_000, 0, -5_000, 4_760, 7_760)]


def test_store_credit_is_owed_apart() -> None:
    world = told(stories.refund_as_store_credit)
    assert world.query("select liability_type, closing_minor from {{ ref('fct_gift_card_liability') }}") == [
        ("store_credit", 4_760)
    ]


def test_what_is_paid_in_advance_is_held_without_its_tax_until_it_leaves() -> None:
    def next_month(story: Story) -> None:
        stories.preorder(story)
        story.rows["parcels"][0]["shipped_at"] = "2026-11-03 16:00:00"

    world = told(next_month, recognition_policies=ON_FULFILMENT)
    months = world.query(
        """select period_month, opening_minor, received_minor, released_minor, refunded_minor, closing_minor
           from {{ ref('fct_deferred_revenue') }} order by period_month"""
    )
    assert months == [("2026-10", 0, 9_500, 0, 0, 9_500), ("2026-11", 9_500, 0, -9_500, 0, 0)]


@pytest.mark.parametrize(
    ("as_of", "bucket"),
    [("2026-11-09", "0-30"), ("2026-11-10", "31-60"), ("2026-12-10", "61-90"), ("2027-02-01", "90+")],
)
def test_an_open_invoice_ages_from_its_sale(as_of: str, bucket: str) -> None:
    world = told(stories.part_payment)
    world.variables["as_of"] = as_of
    [row] = world.query(
        "select invoiced_minor, received_minor, credited_minor, open_minor, ageing_bucket from {{ ref('fct_receivables') }}"
    )
    assert row == (11_305, 5_000, 0, 6_305, bucket)


def test_a_capture_the_processor_does_not_know_is_still_owed() -> None:
    def ghost(story: Story) -> None:
        stories.example(story, "other")
        story.order("a", stories.GOODS, stories.SHIPPING)
        story.pay("a", 11_305)

    assert told(ghost).query("select order_id, open_minor from {{ ref('fct_receivables') }} where open_minor <> 0") == [
        ("a", 11_305)
    ]


@pytest.mark.parametrize(
    ("story", "taken", "returned", "lost", "at_stake", "fee"),
    [
        (stories.disputed, 11_305, 0, 0, 11_305, 1_500),
        (stories.dispute_won, 11_305, 11_305, 0, 0, 0),
        (stories.dispute_lost, 11_305, 0, 11_305, 0, 1_500),
    ],
)
def test_a_dispute_is_at_stake_then_back_or_lost(
    story: object, taken: int, returned: int, lost: int, at_stake: int, fee: int
) -> None:
    assert callable(story)
    [row] = told(story).query(
        "select taken_minor, returned_minor, lost_minor, at_stake_minor, fee_minor from {{ ref('fct_disputes') }}"
    )
    assert row == (taken, returned, lost, at_stake, fee)


def test_fees_have_a_rate_in_millionths_of_what_was_charged() -> None:
    def month(story: Story) -> None:
        stories.fee_with_tax(story)
        story.move("fee", "plan", -3_900)
        story.move("payout", "po", -5_000, 25, payout="po")

    # 3.57 of 113.05 = 31,578.9… millionths; 0.57 of it comes back as input tax.
    [row] = told(month).query(
        """select charged_minor, charges, charge_fee_minor, effective_rate_ppm, payout_fee_minor, platform_fee_minor,
               recoverable_tax_minor, cost_minor from {{ ref('fct_fees') }}"""
    )
    assert row == (11_305, 1, 357, 31_579, 25, 3_900, 57, 357 + 25 + 3_900 - 57)
