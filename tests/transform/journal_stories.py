"""What happens in a shop, one story for each recipe of the journal, told in canonical rows.

The example throughout: goods of 100.00 less 10.00, shipping of 5.00, tax of 19 % on top: 90.00 + 5.00 + 18.05 = 113.05.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.transform.finance_rows import OCTOBER, Story

NEXT, LATER = date(2026, 10, 12), date(2026, 10, 20)
GOODS = ("product", 10_000, 1_000, 1_710)
SHIPPING = ("shipping", 500, 0, 95)


def example(story: Story, number: str = "a", day: date = OCTOBER, fee: int = 0) -> None:
    """The order of the example, paid by card."""
    story.sell(number, GOODS, SHIPPING, day=day, fee=fee)


def terms(story: Story, number: str = "a") -> None:
    """The order of the example, on thirty days."""
    story.order(number, GOODS, SHIPPING, payment_terms="net_30", is_b2b=True)


def give_back(
    story: Story,
    *lines: tuple[str, int, int],
    tender: str = "card",
    amount: int | None = None,
    day: date = OCTOBER,
    **columns: Any,
) -> None:
    """A refund of (line type, net, tax) lines of order a; no movement comes with it."""
    known = {"refund_id": "r", "order_id": "a"}
    for place, (kind, net, tax) in enumerate(lines, start=1):
        story.add(
            "refund_lines", refund_line_id=f"r/{place}", line_type=kind, quantity=1, net_minor=net, tax_minor=tax,
            order_line_id=None if kind == "adjustment" else f"a/{place}", restock_type="not_restocked", **known,
        )  # fmt: skip
    paid = sum(net + tax for _, net, tax in lines) if amount is None else amount
    told = {"refunded_at": None, "processor_reference": "re_r" if tender == "card" else None} | columns
    story.add(
        "refunds", refund_date=day, refund_status="succeeded", tender_type=tender, amount_minor=paid, **known, **told
    )


def pay_back(story: Story, amount: int, fee: int = 0, day: date = OCTOBER, **columns: Any) -> None:
    """The movement of that refund."""
    story.move("refund", "re_r", -amount, fee, day=day, charge_reference="ch_a", **columns)


def refund_with_fee_back(story: Story) -> None:
    example(story)
    give_back(story, ("product", 4_000, 760))
    pay_back(story, 4_760, fee=-120)


def refund_of_goods(story: Story) -> None:
    example(story)
    give_back(story, ("product", 4_000, 760))
    pay_back(story, 4_760)


def refund_as_store_credit(story: Story) -> None:
    example(story)
    give_back(story, ("product", 4_000, 760), tender="store_credit")


def refund_onto_gift_card(story: Story) -> None:
    example(story)
    give_back(story, ("product", 4_000, 760), tender="gift_card")


def refund_less_restocking(story: Story) -> None:
    example(story)
    give_back(story, ("product", 4_000, 760), ("adjustment", -500, -95))
    pay_back(story, 4_165)


def refund_settled_later(story: Story) -> None:
    example(story)
    give_back(story, ("product", 4_000, 760))
    pay_back(story, 4_760, day=NEXT)


def refund_bounces(story: Story) -> None:
    refund_of_goods(story)
    story.move("refund_failure", "re_r", 4_760, day=NEXT)


def goodwill(story: Story) -> None:
    example(story)
    give_back(story, ("adjustment", 840, 160))
    pay_back(story, 1_000)


def shipping_refunded(story: Story) -> None:
    example(story)
    give_back(story, ("shipping", 500, 95))
    pay_back(story, 595)


def fee_with_tax(story: Story) -> None:
    example(story, fee=357)
    for place, (kind, amount) in enumerate([("charge", 300), ("tax", 57)], start=1):
        story.add(
            "processor_fees", processor_fee_id=f"fee-{place}", movement_id="txn_charge_ch_a", fee_type=kind, amount_minor=amount
        )  # fmt: skip


def disputed(story: Story, status: str = "open") -> None:
    example(story)
    story.move("dispute", "dp", -11_305, 1_500, day=NEXT, charge_reference="ch_a")
    story.add(
        "disputes", dispute_id="dp", platform_dispute_id="dp", charge_reference="ch_a", dispute_status=status, amount_minor=11_305
    )  # fmt: skip


def dispute_won(story: Story) -> None:
    disputed(story, "won")
    story.move(
        "dispute_reversal", "dp", 11_305, -1_500, day=LATER, charge_reference="ch_a", processing_fee_minor=0, dispute_fee_minor=-1_500
    )  # fmt: skip


def dispute_lost(story: Story) -> None:
    disputed(story, "lost")


def payout(story: Story) -> None:
    story.payout("po", 50_000, OCTOBER, NEXT)


def payout_fails(story: Story) -> None:
    story.move("payout_failure", "po", 50_000, payout="po")


def negative_payout(story: Story) -> None:
    story.payout("po", -8_000, OCTOBER, OCTOBER)


def instant_payout(story: Story) -> None:
    story.move("payout", "po", -50_000, 500, payout="po")


def manual_payout(story: Story) -> None:
    story.payout("po", 50_000, OCTOBER, None)
    story.rows["payouts"][0]["is_automatic"] = False


def reserve(story: Story) -> None:
    story.move("reserve_hold", "rs", -20_000)
    story.move("reserve_release", "rs", 20_000, day=NEXT)


def financing(story: Story) -> None:
    story.move("financing", "loan", -10_000)


def subscription_of_the_platform(story: Story) -> None:
    story.move("fee", "plan", -3_900)


def gift_card_sold(story: Story) -> None:
    story.sell("a", ("gift_card", 5_000, 0, 0))


def gift_card_redeemed(story: Story) -> None:
    story.order("a", GOODS, SHIPPING)
    story.pay("a", 5_000, "gift_card")
    story.pay("a", 6_305)
    story.move("charge", "ch_a", 6_305)


def tip(story: Story) -> None:
    story.sell("a", ("tip", 300, 0, 0))


def duty(story: Story) -> None:
    story.sell("a", ("duty", 1_200, 0, 0))


def banked(story: Story, amount: int, day: date = LATER, **columns: Any) -> None:
    """Money in at the bank that names order a."""
    known = {
        "bank_line_id": f"line-{amount}",
        "platform": "bank",
        "value_date": day,
        "amount_minor": amount,
        "reference": "a",
    }
    story.add("bank_lines", **known | columns)


def part_payment(story: Story) -> None:
    terms(story)
    banked(story, 5_000)


def overpaid(story: Story) -> None:
    terms(story)
    banked(story, 12_000)


def split_tender(story: Story) -> None:
    terms(story)
    story.pay("a", 2_000, "gift_card")
    story.pay("a", 4_305)
    story.move("charge", "ch_a", 4_305)


def header_rounding(story: Story) -> None:
    story.sell("a", GOODS, ("shipping", 500, 0, 94))
    story.rows["orders"][0]["tax_minor"] = 1_805


def cash_rounding(story: Story) -> None:
    story.order("a", ("product", 9_502, 0, 1_805), ("cash_rounding", -2, 0, 0))
    story.pay("a", 11_305, "manual")


def exchange(story: Story) -> None:
    """60.00 for 40.00 that come back on the same day: the buyer pays the difference."""
    story.order("a", ("product", 4_000, 0, 760), ("product", 6_000, 0, 1_140))
    story.pay("a", 4_760, processor_reference="ch_1")
    story.pay("a", 2_380, day=NEXT, processor_reference="ch_2")
    story.move("charge", "ch_1", 4_760)
    story.move("charge", "ch_2", 2_380, day=NEXT)
    give_back(story, ("product", 4_000, 760), amount=0, day=NEXT)


def preorder(story: Story, fulfilled: bool = True) -> None:
    """Paid on the tenth, sent on the twentieth, in a channel recognised on fulfilment."""
    example(story)
    story.rows["orders"][0] |= {"order_fulfilment_status": "fulfilled" if fulfilled else "unfulfilled"}
    if fulfilled:
        story.add(
            "parcels", parcel_id="p", order_id="a", shipment_status="in_transit", shipped_at="2026-10-20 16:00:00"
        )


def preorder_cancelled(story: Story) -> None:
    preorder(story, fulfilled=False)
    give_back(story, ("product", 9_000, 1_710), ("shipping", 500, 95), day=NEXT)
    pay_back(story, 11_305, day=NEXT)


def preorder_partly_returned_before_it_left(story: Story) -> None:
    preorder(story)
    give_back(story, ("product", 4_000, 760), day=NEXT)
    pay_back(story, 4_760, day=NEXT)


def euro_order_settled_in_dollars(story: Story) -> None:
    story.currency = "EUR"
    story.order("a", ("product", 10_000, 0, 0))
    story.pay("a", 10_000)
    story.move("charge", "ch_a", 10_800, currency_code="USD")


def euro_refund_settled_in_dollars(story: Story) -> None:
    euro_order_settled_in_dollars(story)
    give_back(story, ("product", 10_000, 0), day=LATER)
    pay_back(story, 11_000, day=LATER, currency_code="USD")


def euro_receivable(story: Story) -> None:
    story.currency = "EUR"
    story.order("a", ("product", 10_000, 0, 0), payment_terms="net_30")
    banked(story, 10_000)


def euro_balance(story: Story) -> None:
    story.currency = "EUR"
    story.sell("a", ("product", 10_000, 0, 0))
    story.move("fee", "later", -1, day=date(2026, 11, 2), currency_code="USD")


def euro_balance_from_two_days(story: Story) -> None:
    """A second sale of 50.00 euro, on the twelfth."""
    euro_balance(story)
    story.sell("b", ("product", 5_000, 0, 0), day=NEXT)


def charged_by_another_company(story: Story) -> None:
    example(story)
    story.rows["processor_movements"][0]["entity_id"] = "europe"


def charge_without_order(story: Story) -> None:
    story.move("charge", "ch_phone", 7_000)


def charged_twice(story: Story) -> None:
    example(story)
    story.move("charge", "ch_again", 11_305, order_reference="a")


def unknown_movement(story: Story) -> None:
    story.move("unmapped", "riddle", 1_234)
