"""Between the storefront and the processor: paid otherwise, not at all, too much, or by nobody."""

from __future__ import annotations

from dataclasses import replace

from sandbox.facts import Order, Tender
from sandbox.mishaps.scene import Expected, Mishap, Scene


def _leg(order: Order, amount_minor: int, kind: str, gateway: str) -> tuple[Tender, ...]:
    """One leg that is not the processor's."""
    first = order.tenders[0]
    return (Tender(first.tender_id, "sale", kind, gateway, amount_minor, first.processed_at),)


def authorised_only(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft("authorized"))
    scene.charge(order)
    return [Expected(order.number, -order.total_minor)]


def by_gift_card(scene: Scene) -> list[Expected]:
    draft = scene.draft()
    draft.gift_card_leg = 1_500
    order = scene.sell(draft)
    return [Expected(order.number, -1_500)]


def by_store_credit(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft())
    order = scene.change(order, tenders=_leg(order, order.total_minor, "store_credit", "shopify_store_credit"))
    scene.book(order)
    return [Expected(order.number, -order.total_minor)]


def on_terms(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft("terms"))
    scene.book(order)
    return [Expected(order.number, -order.total_minor)]


def in_cash(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft())
    order = scene.change(order, tenders=_leg(order, order.total_minor, "manual", "cash_on_delivery"))
    scene.book(order)
    return [Expected(order.number, -order.total_minor)]


def in_part(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft())
    order = scene.change(
        order, tenders=_leg(order, order.total_minor - 700, "manual", "cash"), payment_status="pending"
    )
    scene.book(order)
    return [Expected(order.number, -700)]


def too_much(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft())
    order = scene.change(order, tenders=_leg(order, order.total_minor + 300, "manual", "bank_deposit"))
    scene.book(order)
    return [Expected(order.number, 300)]


def charge_without_order(scene: Scene) -> list[Expected]:
    charge = scene.lone_charge(4_711)
    return [Expected(charge.order_number, 4_711)]


def order_without_charge(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft())
    scene.book(order)
    return [Expected(order.number, -order.total_minor)]


def charged_twice(scene: Scene) -> list[Expected]:
    order = scene.sell()
    scene.charge(order, name="again")
    return [Expected(order.number, order.total_minor)]


def test_order_charged(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft("test"))
    scene.charge(order, 1_234)
    return [Expected(order.number, 1_234)]


def cancelled(scene: Scene) -> list[Expected]:
    order = scene.place(scene.draft("voided"))
    scene.charge(order)
    return [Expected(order.number, -order.total_minor), Expected(order.number, -order.revenue_minor)]


def tax_collected(scene: Scene) -> list[Expected]:
    order = scene.sell()
    return [Expected(order.number, -order.tax_minor)]


def gift_card_sold(scene: Scene) -> list[Expected]:
    draft = scene.draft()
    draft.lines.append(scene.gift_card_line(2_500))
    order = scene.sell(draft)
    return [Expected(order.number, -2_500)]


def tipped(scene: Scene) -> list[Expected]:
    draft = scene.draft()
    draft.tip = 400
    order = scene.sell(draft)
    return [Expected(order.number, -400)]


def refunded_in_storefront_only(scene: Scene) -> list[Expected]:
    order, refund, _ = scene.sell_and_refund()
    return [Expected(order.number, refund.amount_minor)]


def refunded_at_processor_only(scene: Scene) -> list[Expected]:
    order = scene.sell()
    charge = scene.charged(order)
    donor, refund, _ = scene.sell_and_refund()
    # The refund is paid on the first order's charge; the storefront has none there.
    lone = replace(
        refund,
        order_number=order.number,
        charge_id=charge.charge_id,
        stripe_refund_id=f"{refund.stripe_refund_id[:-1]}x",
    )
    scene.change(donor, refunds=())
    scene.pay_back(lone, charge)
    return [Expected(order.number, -lone.amount_minor)]


MISHAPS = (
    Mishap("TIM-04", "an order is authorised and never captured", authorised_only),
    Mishap("TND-01", "an order is paid in part by gift card", by_gift_card),
    Mishap("TND-02", "an order is paid by store credit", by_store_credit),
    Mishap("TND-03", "a business buys on terms", on_terms),
    Mishap("TND-04", "an order is paid in cash on delivery", in_cash),
    Mishap("TND-07", "a customer pays 7.00 too little", in_part),
    Mishap("TND-08", "a customer transfers 3.00 too much", too_much),
    Mishap("SRC-01", "somebody takes a card by telephone, without an order", charge_without_order),
    Mishap("SRC-02", "the storefront says paid, the processor knows of nothing", order_without_charge),
    Mishap("SRC-03", "one order is charged twice", charged_twice),
    Mishap("SRC-04", "a test order is charged for real", test_order_charged),
    Mishap("SRC-05", "an order is cancelled before it is captured", cancelled),
    Mishap("LIA-02", "a tip is left", tipped),
    Mishap("LIA-03", "a gift card is sold", gift_card_sold),
    Mishap("LIA-04", "tax is collected with an order", tax_collected),
    Mishap("REF-02", "somebody refunds at the processor, not in the storefront", refunded_at_processor_only),
    Mishap("REF-03", "the storefront says refunded, the processor never paid", refunded_in_storefront_only),
)
