"""The hard ones: each a small story with the cents it must leave, all told in one shop so that none disturbs another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story
from tests.transform.journal_entries import entry, lines, told_together
from tests.transform.journal_stories import LATER, NEXT, give_back, pay_back
from tests.transform.warehouse import TRANSFORM

GOODS = ("product", 10_000, 0, 0)


def sold(story: Story, fee: int = 0) -> None:
    """One order of 100.00 by card."""
    story.sell("a", GOODS, fee=fee)


def edited_up(story: Story) -> None:
    """Paid 100.00, then 20.00 of goods are added to it."""
    story.order("a", GOODS, ("product", 2_000, 0, 0))
    story.pay("a", 10_000)
    story.move("charge", "ch_a", 10_000)


def edited_down(story: Story) -> None:
    """Paid 100.00, then a line of 20.00 is taken off."""
    story.order("a", ("product", 8_000, 0, 0))
    story.pay("a", 10_000)
    story.move("charge", "ch_a", 10_000)


def exchanged_down(story: Story) -> None:
    """60.00 come back and 40.00 go out: the buyer gets 20.00."""
    story.order("a", ("product", 6_000, 0, 0), ("product", 4_000, 0, 0))
    story.pay("a", 6_000)
    story.move("charge", "ch_a", 6_000)
    give_back(story, ("product", 6_000, 0), amount=2_000, day=NEXT)
    pay_back(story, 2_000, day=NEXT)


def dispute(story: Story, name: str, amount: int, status: str, returned: int = 0, fee: int = 1_500) -> None:
    story.move("dispute", name, -amount, fee, day=NEXT, charge_reference="ch_a")
    story.add("disputes", dispute_id=name, platform_dispute_id=name, charge_reference="ch_a", dispute_status=status, amount_minor=amount)  # fmt: skip
    if returned:
        story.move("dispute_reversal", name, returned, day=LATER, charge_reference="ch_a")


def two_disputes(story: Story) -> None:
    sold(story)
    dispute(story, "dp1", 3_000, "open")
    dispute(story, "dp2", 4_000, "open")


def won_and_lost(story: Story) -> None:
    """Of two disputes of one charge the first is won, the second lost."""
    sold(story)
    dispute(story, "dp1", 3_000, "won", returned=3_000)
    dispute(story, "dp2", 4_000, "lost")


def open_and_lost(story: Story) -> None:
    """Of two disputes of one charge the first is open still, the second lost."""
    sold(story)
    dispute(story, "dp1", 3_000, "open")
    dispute(story, "dp2", 4_000, "lost")


def disputed_without_a_name(story: Story) -> None:
    """A payment with two cases, and movements that name the payment only: whose they are is not known."""
    open_and_lost(story)
    story.rows["processor_movements"][-1]["platform_source_id"] = "row_1"


def lost_by_its_payment(story: Story) -> None:
    """PayPal's movements name the payment, which has this one case: 25.00 of it come back."""
    sold(story)
    dispute(story, "dp1", 10_000, "lost", returned=2_500)
    for row in story.rows["processor_movements"][-2:]:
        row["platform_source_id"] = f"row {row['movement_id']}"


def partly_lost(story: Story) -> None:
    """100.00 taken, 60.00 come back with the verdict."""
    sold(story)
    dispute(story, "dp1", 10_000, "lost", returned=6_000)


def lost_twice(story: Story) -> None:
    """Refunded and disputed: the money went out both ways."""
    sold(story)
    give_back(story, ("product", 10_000, 0))
    pay_back(story, 10_000)
    dispute(story, "dp1", 10_000, "lost")


def refunded_beyond(story: Story) -> None:
    """102.00 go back for an order of 100.00."""
    sold(story)
    give_back(story, ("product", 10_000, 0), amount=10_200)
    pay_back(story, 10_200)


def refunded_in_three(story: Story) -> None:
    """A return in three parts that do not divide evenly: 33.33, 33.33 and 33.34."""
    sold(story)
    for place, amount in enumerate((3_333, 3_333, 3_334), start=1):
        story.refund("a", place, amount, 0, day=NEXT)


def two_refunds_of_one_amount(story: Story) -> None:
    """One is paid by the processor, one is still promised."""
    sold(story)
    story.refund("a", 1, 1_000, 0)
    story.refund("a", 2, 1_000, 0)
    story.rows["processor_movements"].pop()


def yen(story: Story) -> None:
    story.currency = "JPY"
    story.sell("a", ("product", 1_000, 0, 100))


def dinars(story: Story) -> None:
    """12.345 dinars and 1.234 of tax."""
    story.currency = "KWD"
    story.sell("a", ("product", 12_345, 0, 1_234))


def last_minute_of_october(story: Story) -> None:
    """23:59 in New York is 03:59 of the first of November in UTC."""
    sold(story)
    at = datetime(2026, 11, 1, 3, 59)  # noqa: DTZ001
    story.rows["orders"][0] |= {"placed_at": at, "order_date": date(2026, 10, 31)}
    story.rows["order_payments"][0]["processed_at"] = at


def the_hour_that_comes_twice(story: Story) -> None:
    """On 1 November 2026 New York has 01:30 twice: 05:30 and 06:30 UTC."""
    for number, hour in (("a", 5), ("b", 6)):
        story.sell(number, ("product", 700, 0, 0), day=date(2026, 11, 1))
        story.rows["order_payments"][-1]["processed_at"] = datetime(2026, 11, 1, hour, 30)  # noqa: DTZ001


def made_up(story: Story) -> None:
    """A test order whose test charge reached the processor."""
    story.order("a", GOODS, is_test=True)
    story.pay("a", 10_000)
    story.move("charge", "ch_a", 10_000, order_reference="a")


def paid_in_four_ways(story: Story) -> None:
    """Gift card 20.00, store credit 10.00, card 30.00, the rest of 100.00 on terms."""
    story.order("a", GOODS, payment_terms="net_30", is_b2b=True)
    story.pay("a", 2_000, "gift_card")
    story.pay("a", 1_000, "store_credit")
    story.pay("a", 3_000)
    story.move("charge", "ch_a", 3_000)


def gift_card_bought_with_a_gift_card(story: Story) -> None:
    story.order("a", ("gift_card", 5_000, 0, 0))
    story.pay("a", 5_000, "gift_card")


def gift_card_given_back(story: Story) -> None:
    story.sell("a", ("gift_card", 5_000, 0, 0))
    give_back(story, ("gift_card", 5_000, 0))
    pay_back(story, 5_000)


def tip_and_duty(story: Story) -> None:
    """100.00 of goods, 3.00 for the staff, 12.00 for customs."""
    story.sell("a", GOODS, ("tip", 300, 0, 0), ("duty", 1_200, 0, 0))


def free_order(story: Story) -> None:
    """Goods of 25.00 with all of it off: nothing to pay, and nothing open."""
    story.order("a", ("product", 2_500, 2_500, 0))


def two_captures(story: Story) -> None:
    """Authorised once for 100.00, captured as 60.00 and 40.00, each its own charge."""
    story.order("a", GOODS)
    story.pay("a", 10_000, payment_type="authorization")
    for place, amount in ((1, 6_000), (2, 4_000)):
        story.pay("a", amount, payment_type="capture", processor_reference=f"ch_{place}")
        story.move("charge", f"ch_{place}", amount)


STORIES = {
    name: told
    for name, told in list(globals().items())
    if callable(told) and getattr(told, "__module__", "") == __name__
}
HELPERS = {"sold", "dispute"}


@pytest.fixture(scope="module")
def world() -> CanonicalRows:
    return told_together({name: story for name, story in STORIES.items() if name not in HELPERS})


def differences(world: CanonicalRows, name: str) -> list[tuple[str, int]]:
    """(code, cents) between shop, processor and revenue of one story's orders; what waits for a payout is left out."""
    return world.query(
        f"""select reason_code, amount_minor from {{{{ ref('fct_differences') }}}}
            where (order_id like '{name}%' or reference like '{name}%') and bridge = 'storefront_to_bank' and reason_code not in ('TIM-01', 'BNK-04') order by 1, 2"""
    )


SALE = "je:main:{}a:captured"
# story, event, its entry
ENTRIES: list[tuple[str, str, str]] = [
    ("edited_up", SALE, "Dr 1100 100.00; Dr 1200 20.00; Cr 4000 120.00"),
    ("edited_down", SALE, "Dr 1100 100.00; Cr 4000 80.00; Cr 2330 20.00"),
    ("exchanged_down", SALE, "Dr 1100 60.00; Dr 1200 40.00; Cr 4000 100.00"),
    ("exchanged_down", "je:main:{}r:refunded", "Dr 4020 60.00; Cr 1100 20.00; Cr 1200 40.00"),
    ("won_and_lost", "je:main:{}dp2:lost", "Dr 6030 40.00; Cr 1130 40.00"),
    ("open_and_lost", "je:main:{}dp2:lost", "Dr 6030 40.00; Cr 1130 40.00"),
    ("lost_by_its_payment", "je:main:{}dp1:lost", "Dr 6030 75.00; Cr 1130 75.00"),
    ("partly_lost", "je:main:{}dp1:lost", "Dr 6030 40.00; Cr 1130 40.00"),
    ("lost_twice", "je:main:{}dp1:lost", "Dr 6030 100.00; Cr 1130 100.00"),
    ("lost_twice", "je:main:{}r:refunded", "Dr 4020 100.00; Cr 1100 100.00"),
    ("paid_in_four_ways", SALE, "Dr 2200 20.00; Dr 2210 10.00; Dr 1100 30.00; Dr 1200 40.00; Cr 4000 100.00"),
    ("gift_card_bought_with_a_gift_card", SALE, "Dr 2200 0.00"),
    ("gift_card_given_back", "je:main:{}r:refunded", "Dr 2200 50.00; Cr 1100 50.00"),
    ("tip_and_duty", SALE, "Dr 1100 115.00; Cr 4000 100.00; Cr 2340 3.00; Cr 2120 12.00"),
    ("two_captures", SALE, "Dr 1100 100.00; Cr 4000 100.00"),
    ("two_refunds_of_one_amount", "je:main:{}a-R2:refunded", "Dr 4020 10.00; Cr 2320 10.00"),
]


@pytest.mark.parametrize(
    ("story", "event", "text"), ENTRIES, ids=[f"{row[0]} {row[1].rsplit(':', 1)[1]}" for row in ENTRIES]
)
def test_the_entry_is_exactly_this(world: CanonicalRows, story: str, event: str, text: str) -> None:
    assert sum(lines(text).values()) == 0
    assert entry(world, event.format(story)) == lines(text)


# story, (code, cents) between the shop and the bank
DIFFERENCES: list[tuple[str, list[tuple[str, int]]]] = [
    ("edited_up", [("TND-07", -2_000)]),
    ("edited_down", [("TND-08", 2_000)]),
    ("two_disputes", [("DSP-01", -4_000), ("DSP-01", -3_000), ("FEE-03", -1_500), ("FEE-03", -1_500)]),
    (
        "won_and_lost",
        [("DSP-01", -3_000), ("DSP-02", 3_000), ("DSP-03", -4_000), ("FEE-03", -1_500), ("FEE-03", -1_500)],
    ),
    ("open_and_lost", [("DSP-01", -3_000), ("DSP-03", -4_000), ("FEE-03", -1_500), ("FEE-03", -1_500)]),
    ("disputed_without_a_name", [("DSP-01", -3_000), ("FEE-03", -1_500), ("FEE-03", -1_500), ("UNX-00", -4_000)]),
    ("partly_lost", [("DSP-04", -10_000), ("DSP-04", 6_000), ("FEE-03", -1_500)]),
    ("lost_by_its_payment", [("DSP-04", -10_000), ("DSP-04", 2_500), ("FEE-03", -1_500)]),
    ("lost_twice", [("DSP-05", -10_000), ("FEE-03", -1_500), ("REF-01", -10_000)]),
    ("made_up", [("SRC-04", 10_000)]),
    ("paid_in_four_ways", [("TND-01", -2_000), ("TND-02", -1_000), ("TND-03", -4_000)]),
    ("refunded_beyond", [("REF-01", -10_200)]),
    ("refunded_in_three", [("REF-01", -3_334), ("REF-01", -3_333), ("REF-01", -3_333)]),
    ("two_refunds_of_one_amount", [("REF-01", -1_000)]),
    ("free_order", []),
    ("two_captures", []),
    ("yen", []),
    ("dinars", []),
]


@pytest.mark.parametrize(("story", "expected"), DIFFERENCES, ids=[row[0] for row in DIFFERENCES])
def test_between_shop_and_bank_stands_exactly_this(
    world: CanonicalRows, story: str, expected: list[tuple[str, int]]
) -> None:
    assert differences(world, story) == expected


# story, (month, currency, net revenue, tax)
REVENUE: list[tuple[str, list[tuple[str, str, int, int]]]] = [
    ("yen", [("2026-10", "JPY", 1_000, 100)]),
    ("dinars", [("2026-10", "KWD", 12_345, 1_234)]),
    ("last_minute_of_october", [("2026-10", "USD", 10_000, 0)]),
    ("the_hour_that_comes_twice", [("2026-11", "USD", 1_400, 0)]),
    ("exchanged_down", [("2026-10", "USD", 4_000, 0)]),
    ("refunded_in_three", [("2026-10", "USD", 0, 0)]),
    ("made_up", []),
    ("gift_card_given_back", []),
    ("two_disputes", [("2026-10", "USD", 10_000, 0)]),
]


@pytest.mark.parametrize(("story", "expected"), REVENUE, ids=[row[0] for row in REVENUE])
def test_net_revenue_is_exactly_this(
    world: CanonicalRows, story: str, expected: list[tuple[str, str, int, int]]
) -> None:
    found = world.query(
        f"""select event_month, currency_code, cast(sum(net_revenue_minor) as bigint), cast(sum(tax_minor) as bigint)
            from {{{{ ref('fct_net_revenue') }}}} where order_id like '{story}%' group by 1, 2 order by 1, 2"""
    )
    assert found == expected


# story, dispute, (taken, returned, lost, at stake)
DISPUTES: list[tuple[str, str, tuple[int, int, int, int]]] = [
    ("two_disputes", "dp1", (3_000, 0, 0, 3_000)),
    ("two_disputes", "dp2", (4_000, 0, 0, 4_000)),
    ("won_and_lost", "dp1", (3_000, 3_000, 0, 0)),
    ("won_and_lost", "dp2", (4_000, 0, 4_000, 0)),
    ("open_and_lost", "dp1", (3_000, 0, 0, 3_000)),
    ("open_and_lost", "dp2", (4_000, 0, 4_000, 0)),
    ("lost_by_its_payment", "dp1", (10_000, 2_500, 7_500, 0)),
    ("partly_lost", "dp1", (10_000, 6_000, 4_000, 0)),
]


@pytest.mark.parametrize(("story", "name", "expected"), DISPUTES, ids=[f"{row[0]} {row[1]}" for row in DISPUTES])
def test_a_dispute_ends_as_exactly_this(world: CanonicalRows, story: str, name: str, expected: tuple[int, ...]) -> None:
    columns = "taken_minor, returned_minor, lost_minor, at_stake_minor"
    query = f"select {columns} from {{{{ ref('fct_disputes') }}}} where dispute_id = '{story}{name}'"
    assert world.query(query) == [expected]


@pytest.mark.parametrize(
    "name", ["codes_of_disputes_are_how_they_ended", "a_dispute_is_what_its_own_movements_moved", "disputes_cost_what_they_ended_as"]
)  # fmt: skip
def test_the_identities_of_disputes_hold_for_all_of_them_together(world: CanonicalRows, name: str) -> None:
    assert world.query((TRANSFORM / "tests" / f"assert_i_23_{name}.sql").read_text()) == []


def test_a_refund_the_processor_has_not_paid_is_told_beside_the_bridge(world: CanonicalRows) -> None:
    query = "select reason_code, amount_minor from {{ ref('fct_differences') }} where bridge is null"
    assert world.query(f"{query} and order_id = 'two_refunds_of_one_amounta'") == [("REF-03", 1_000)]


def test_what_went_back_beyond_the_order_is_owed_to_us(world: CanonicalRows) -> None:
    back: Any = entry(world, "je:main:refunded_beyondr:refunded")
    assert (back["1100"], back["4020"], sum(back.values())) == (-10_200, 10_000, 0)
