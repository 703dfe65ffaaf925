"""T-18: split tender, split shipment, exchange, partial refund and a lost dispute, all on one order; every number to the cent."""

from __future__ import annotations

from datetime import date

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story, noon
from tests.transform.warehouse import identities

PLACED, EXCHANGED, REFUNDED, DISPUTED, SENT = (date(2026, 10, day) for day in (10, 12, 20, 22, 25))

# 90.00 + 17.10, 40.00 + 7.60 and 5.00 + 0.95 are placed; 60.00 + 11.40 come by exchange for the 40.00: 232.05 in all.
LINES = (
    ("product", 10_000, 1_000, 1_710),
    ("product", 4_000, 0, 760),
    ("product", 6_000, 0, 1_140),
    ("shipping", 500, 0, 95),
)
# Bank 100.00 − 3.20 + 40.65 − 1.48 + 23.80 − 0.99 − 23.42 − 40.65 − 15.00 = 79.71
PAID_OUT = 7_971


def everything(story: Story) -> None:
    story.order("a", *LINES, day=PLACED, order_fulfilment_status="fulfilled")
    story.pay("a", 2_000, "gift_card", day=PLACED)
    for charge, amount, fee, day in (
        ("ch_a", 10_000, 320, PLACED),
        ("ch_b", 4_065, 148, PLACED),
        ("ch_c", 2_380, 99, EXCHANGED),
    ):
        story.pay("a", amount, day=day, processor_reference=charge)
        story.move("charge", charge, amount, fee, "po", day)
    exchange(story)
    story.refund("a", 1, 2_000, 342, "po", REFUNDED)
    story.move("dispute", "dp", -4_065, 1_500, "po", DISPUTED, charge_reference="ch_b")
    story.add("disputes", dispute_id="dp", platform_dispute_id="dp", charge_reference="ch_b", dispute_status="lost", amount_minor=4_065)  # fmt: skip
    story.payout("po", PAID_OUT, SENT, SENT)
    story.add(
        "processor_balances", balance_id="b", available_minor=0, pending_minor=0, withheld_minor=0, as_of_at=noon(SENT)
    )
    shipped_in_two(story)


def exchange(story: Story) -> None:
    """The second line comes back and nothing is paid for it: the buyer owes that much less."""
    known = {"refund_id": "x", "order_id": "a"}
    story.add("refunds", refunded_at=noon(EXCHANGED), refund_date=EXCHANGED, refund_status="succeeded", tender_type="card", amount_minor=0, **known)  # fmt: skip
    story.add("refund_lines", refund_line_id="x/1", order_line_id="a/2", line_type="product", quantity=1, net_minor=4_000, tax_minor=760, restock_type="restocked", **known)  # fmt: skip


def shipped_in_two(story: Story) -> None:
    """The first parcel holds the two things first ordered, the second what came in exchange."""
    for parcel, day, places in (("p1", EXCHANGED, (1, 2)), ("p2", REFUNDED, (3,))):
        story.add("parcels", parcel_id=parcel, platform_parcel_id=parcel, order_id="a", order_number="a", shipment_status="in_transit", shipped_at=noon(day))  # fmt: skip
        for place in places:
            unit = {
                "platform": "shop",
                "account_id": "main",
                "parcel_line_id": f"{parcel}/{place}",
                "parcel_id": parcel,
            }
            story.rows["parcel_lines"].append({**unit, "sku": f"sku-{place}", "quantity": 1})


@pytest.fixture(scope="module")
def world() -> CanonicalRows:
    story, made = Story(), CanonicalRows()
    everything(story)
    for noun, rows in story.rows.items():
        made.rows(f"can_{noun}", *rows)
    return made


def test_every_identity_of_money_holds_on_it(world: CanonicalRows) -> None:
    assert {path.stem: rows for path in identities("assert_i_") if (rows := world.query(path.read_text()))} == {}


def test_its_trial_balance_is_exactly_this(world: CanonicalRows) -> None:
    balances = world.query(
        """select account_number, cast(sum(closing_minor) as bigint) from {{ ref('fct_trial_balance') }}
           where period_month = '2026-10' group by 1 having sum(closing_minor) <> 0 order by 1"""
    )
    expected = {
        "1000": 7_971,
        "2100": -3_705 + 760 + 342,
        "2200": 2_000,
        "4000": -20_000,
        "4010": 1_000,
        "4020": 4_000 + 2_000,
        "4030": -500,
        "6000": 567,
        "6010": 1_500,
        "6030": 4_065,
    }
    assert dict(balances) == expected
    assert sum(expected.values()) == 0


def test_the_way_from_its_total_to_the_bank_is_exactly_this(world: CanonicalRows) -> None:
    rows = world.query(
        """select reason_code, amount_minor from {{ ref('fct_bridge') }}
           where bridge = 'storefront_to_bank' and period_month = '2026-10' order by position"""
    )
    assert rows[0] == (None, 23_205)
    assert rows[-1] == (None, PAID_OUT)
    assert dict(rows[1:-1]) == {
        "TND-01": -2_000, "TND-07": -4_760, "REF-01": -2_342, "DSP-03": -4_065, "FEE-03": -1_500, "FEE-01": -567
    }  # fmt: skip


def test_its_net_revenue_counts_each_line_once(world: CanonicalRows) -> None:
    sums = (
        "select cast(sum(net_revenue_minor) as bigint), cast(sum(quantity) as bigint) from {{ ref('fct_net_revenue') }}"
    )
    # 90.00 + 40.00 + 60.00 + 5.00 − 40.00 − 20.00; four units sold, two given back.
    assert world.query(sums) == [(13_500, 2)]


def test_nobody_owes_anything_for_it(world: CanonicalRows) -> None:
    assert world.query("select order_id, invoiced_minor, received_minor, credited_minor, open_minor from {{ ref('fct_receivables') }}") == [
        ("a", 7_140, 2_380, 4_760, 0)
    ]  # fmt: skip


def test_its_two_parcels_hold_three_units(world: CanonicalRows) -> None:
    units = "select count(distinct parcel_id), cast(sum(quantity) as bigint) from {{ ref('fct_parcel_lines') }}"
    assert world.query(units) == [(2, 3)]
