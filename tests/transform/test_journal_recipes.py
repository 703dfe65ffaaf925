"""Each recipe of the journal, from canonical rows to exactly its entry."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.transform import journal_stories as stories
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import entry, lines, told_together

pytestmark = pytest.mark.dbt

SALE, CHARGE, REFUND = "je:main:a:captured", "je:main:txn_charge_ch_a:charge", "je:main:r:refunded"

# Recipes that are lines of a sale's entry, never an entry of their own.
PARTS_OF_A_SALE = {"J-31": "J-01", "J-32": "J-01"}

# recipe, story, entries: event → its lines in the books' currency
RECIPES: list[tuple[str, Callable[[Story], None], dict[str, str]]] = [
    ("J-01", stories.example, {SALE: "Dr 1100 113.05; Dr 4010 10.00; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05"}),
    ("J-02", lambda story: stories.example(story, fee=358), {"je:main:txn_charge_ch_a:processor_fee": "Dr 6000 3.58; Cr 1100 3.58"}),
    ("J-02b", stories.fee_with_tax, {"je:main:txn_charge_ch_a:processor_fee": "Dr 6000 3.00; Dr 1400 0.57; Cr 1100 3.57"}),
    ("J-03", stories.refund_of_goods, {REFUND: "Dr 4020 40.00; Dr 2100 7.60; Cr 1100 47.60"}),
    ("J-03b", stories.refund_with_fee_back, {"je:main:txn_refund_re_r:processor_fee": "Dr 1100 1.20; Cr 6000 1.20"}),
    ("J-03c", stories.refund_as_store_credit, {REFUND: "Dr 4020 40.00; Dr 2100 7.60; Cr 2210 47.60"}),
    ("J-03d", stories.refund_less_restocking, {REFUND: "Dr 4020 40.00; Dr 2100 6.65; Cr 4060 5.00; Cr 1100 41.65"}),
    (
        "J-03e",
        stories.refund_settled_later,
        {
            REFUND: "Dr 4020 40.00; Dr 2100 7.60; Cr 2320 47.60",
            "je:main:txn_refund_re_r:refund": "Dr 2320 47.60; Cr 1100 47.60",
        },
    ),
    ("J-03f", stories.refund_bounces, {"je:main:txn_refund_failure_re_r:refund_failure": "Dr 1100 47.60; Cr 2320 47.60"}),
    ("J-03g", stories.goodwill, {REFUND: "Dr 4025 8.40; Dr 2100 1.60; Cr 1100 10.00"}),
    (
        "J-05",
        stories.disputed,
        {
            "je:main:txn_dispute_dp:dispute": "Dr 1130 113.05; Cr 1100 113.05",
            "je:main:txn_dispute_dp:processor_fee": "Dr 6010 15.00; Cr 1100 15.00",
        },
    ),
    (
        "J-06",
        stories.dispute_won,
        {
            "je:main:txn_dispute_reversal_dp:dispute_reversal": "Dr 1100 113.05; Cr 1130 113.05",
            "je:main:txn_dispute_reversal_dp:processor_fee": "Dr 1100 15.00; Cr 6010 15.00",
        },
    ),
    ("J-07", stories.dispute_lost, {"je:main:dp:lost": "Dr 6030 113.05; Cr 1130 113.05"}),
    (
        "J-08",
        stories.payout,
        {"je:main:txn_payout_po:payout": "Dr 1110 500.00; Cr 1100 500.00", "je:main:po:paid": "Dr 1000 500.00; Cr 1110 500.00"},
    ),
    ("J-09", stories.payout_fails, {"je:main:txn_payout_failure_po:payout_failure": "Dr 1100 500.00; Cr 1110 500.00"}),
    ("J-10", stories.negative_payout, {"je:main:txn_payout_po:payout": "Dr 1100 80.00; Cr 1000 80.00"}),
    ("J-11", stories.instant_payout, {"je:main:txn_payout_po:processor_fee": "Dr 6005 5.00; Cr 1100 5.00"}),
    (
        "J-12",
        stories.reserve,
        {
            "je:main:txn_reserve_hold_rs:reserve_hold": "Dr 1120 200.00; Cr 1100 200.00",
            "je:main:txn_reserve_release_rs:reserve_release": "Dr 1100 200.00; Cr 1120 200.00",
        },
    ),
    ("J-13", stories.gift_card_sold, {SALE: "Dr 1100 50.00; Cr 2200 50.00"}),
    (
        "J-14",
        stories.gift_card_redeemed,
        {SALE: "Dr 2200 50.00; Dr 1100 63.05; Dr 4010 10.00; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05"},
    ),
    ("J-15", stories.refund_onto_gift_card, {REFUND: "Dr 4020 40.00; Dr 2100 7.60; Cr 2200 47.60"}),
    ("J-17", stories.tip, {SALE: "Dr 1100 3.00; Cr 2340 3.00"}),
    ("J-19", stories.terms, {SALE: "Dr 1200 113.05; Dr 4010 10.00; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05"}),
    ("J-20", stories.part_payment, {"je:main:line-5000:received": "Dr 1000 50.00; Cr 1200 50.00"}),
    ("J-22", stories.overpaid, {"je:main:line-12000:received": "Dr 1000 120.00; Cr 1200 113.05; Cr 2330 6.95"}),
    (
        "J-26",
        stories.split_tender,
        {SALE: "Dr 2200 20.00; Dr 1100 43.05; Dr 1200 50.00; Dr 4010 10.00; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05"},
    ),
    ("J-31", stories.header_rounding, {SALE: "Dr 1100 113.04; Dr 4010 10.00; Dr 7090 0.01; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05"}),
    ("J-32", stories.cash_rounding, {SALE: "Dr 1140 113.05; Dr 7095 0.02; Cr 4000 95.02; Cr 2100 18.05"}),
    ("J-40", stories.financing, {"je:main:txn_financing_loan:financing": "Dr 2400 100.00; Cr 1100 100.00"}),
    ("J-41", stories.subscription_of_the_platform, {"je:main:txn_fee_plan:fee": "Dr 6020 39.00; Cr 1100 39.00"}),
    ("J-44", stories.duty, {SALE: "Dr 1100 12.00; Cr 2120 12.00"}),
    ("J-45", stories.shipping_refunded, {REFUND: "Dr 4035 5.00; Dr 2100 0.95; Cr 1100 5.95"}),
    ("J-46", stories.manual_payout, {"je:main:txn_payout_po:payout": "Dr 1110 500.00; Cr 1100 500.00"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def world() -> CanonicalRows:
    """All stories in one shop, so that no recipe disturbs another."""
    return told_together({recipe.replace("-", ""): story for recipe, story, _ in RECIPES})


@pytest.mark.parametrize(
    ("recipe", "entries"), [(recipe, entries) for recipe, _, entries in RECIPES], ids=[row[0] for row in RECIPES]
)
def test_the_recipe_makes_exactly_its_entry(world: CanonicalRows, recipe: str, entries: dict[str, str]) -> None:
    for event, text in entries.items():
        event_id = event.replace("je:main:", f"je:main:{recipe.replace('-', '')}")
        assert sum(lines(text).values()) == 0
        assert entry(world, event_id) == lines(text)
        said = world.query(
            f"select recipe, entry_status from {{{{ ref('fct_journal_entries') }}}} where event_id = '{event_id}'"
        )
        assert said == [(PARTS_OF_A_SALE.get(recipe, recipe), "ready")]
