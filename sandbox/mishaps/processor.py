"""On the processor's balance: refunds, disputes, fees, and what nobody has a word for."""

from __future__ import annotations

from dataclasses import replace

from sandbox.facts import Dispute, FeePart, Order
from sandbox.mishaps.scene import FEE_ADDED, Expected, Mishap, Scene
from sandbox.numbering import token
from sandbox.processor_flow import DISPUTE_FEE


def refunded(scene: Scene) -> list[Expected]:
    order, refund, charge = scene.sell_and_refund()
    scene.pay_back(refund, charge)
    return [Expected(order.number, -refund.amount_minor), Expected(order.number, -refund.net_minor)]


def refund_of_an_earlier_month(scene: Scene) -> list[Expected]:
    """An order of October, quiet until now, comes back."""
    order = next(
        each for each in scene.world.orders.values()
        if each.channel == "shopify" and not each.story and not each.refunds and each.placed_at.month == 10 and each.captured_minor
    )  # fmt: skip
    donor, refund, _ = scene.sell_and_refund()
    scene.change(donor, refunds=())
    line = order.lines[0]
    back = replace(
        refund.lines[0],
        line_id=line.line_id,
        sku=line.sku,
        quantity=line.quantity,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
    )
    charge = scene.charged(order)
    moved = replace(
        refund,
        order_number=order.number,
        charge_id=charge.charge_id,
        lines=(back,),
        refund_id=order.platform_id * 10 + 7,
    )
    scene.change(order, refunds=(moved,), payment_status="partially_refunded")
    scene.pay_back(moved, charge)
    scene.book_refund(moved, order)
    return [Expected(order.number, -moved.net_minor)]


def refund_bounced(scene: Scene) -> list[Expected]:
    order, refund, charge = scene.sell_and_refund()
    scene.pay_back(refund, charge)
    scene.move("refund_failure", refund.stripe_refund_id, refund.amount_minor, charge=charge, at=scene.later(hours=3))
    return [Expected(order.number, refund.amount_minor)]


def refund_with_a_fee(scene: Scene) -> list[Expected]:
    order, refund, charge = scene.sell_and_refund()
    scene.pay_back(refund, charge, (FeePart("stripe_fee", "Refund fee", FEE_ADDED),))
    return [Expected(order.number, -FEE_ADDED)]


def processing_fee(scene: Scene) -> list[Expected]:
    order, moved = scene.sell_and_settle()
    return [Expected(order.number, -moved.fee_minor)]


def fee_above_the_contract(scene: Scene) -> list[Expected]:
    order, moved = scene.sell_and_settle()
    dearer = (*moved.fee_parts, FeePart("stripe_fee", "Premium card fee", FEE_ADDED))
    scene.world.movements.replace(replace(moved, fee_parts=dearer))
    return [Expected(order.number, FEE_ADDED)]


def charged_by_the_processor(scene: Scene) -> list[Expected]:
    moved = scene.move("fee", f"txfee_{token(scene.world.seed, scene.code)[:14]}", -1_900)
    return [Expected(moved.source_id, -1_900)]


def unknown_movement(scene: Scene) -> list[Expected]:
    moved = scene.move("contribution", f"con_{token(scene.world.seed, scene.code)[:14]}", -2_000)
    return [Expected(moved.source_id, -2_000)]


def reserve_held(scene: Scene) -> list[Expected]:
    moved = scene.move("reserve", f"rsv_{token(scene.world.seed, scene.code)[:14]}", -8_000)
    return [Expected(moved.source_id, -8_000)]


def disputed(scene: Scene) -> list[Expected]:
    order, _ = _dispute(scene, "needs_response")
    return [Expected(order.number, -order.total_minor)]


def dispute_fee(scene: Scene) -> list[Expected]:
    order, _ = _dispute(scene, "under_review")
    return [Expected(order.number, -DISPUTE_FEE)]


def dispute_won(scene: Scene) -> list[Expected]:
    order, dispute = _dispute(scene, "won")
    charge = scene.charged(order)
    scene.move("dispute_reversal", dispute.dispute_id, order.total_minor, charge=charge, at=scene.later(hours=5))
    return [Expected(order.number, order.total_minor)]


def dispute_lost(scene: Scene) -> list[Expected]:
    order, _ = _dispute(scene, "lost")
    return [Expected(order.number, -order.total_minor)]


def not_paid_out(scene: Scene) -> list[Expected]:
    order, moved = scene.sell_and_settle()
    return [Expected(order.number, -moved.net_minor)]


def _dispute(scene: Scene, status: str) -> tuple[Order, Dispute]:
    order = scene.sell()
    charge = scene.charged(order)
    scene.world.charges.replace(replace(charge, is_disputed=True))
    dispute_id = f"dp_9{token(scene.world.seed, scene.code, 'dispute')[:23]}"
    opened = scene.later(hours=1)
    fee = (FeePart("dispute_fee", "Dispute fee", DISPUTE_FEE),)
    moved = scene.move("dispute", dispute_id, -order.total_minor, fee, charge, at=opened)
    dispute = Dispute(
        dispute_id=dispute_id,
        charge_id=charge.charge_id,
        payment_intent_id=charge.payment_intent_id,
        order_number=order.number,
        amount_minor=order.total_minor,
        reason="fraudulent",
        status=status,
        opened_at=opened,
        movement_id=moved.movement_id,
    )
    scene.world.disputes.append(dispute)
    return order, dispute


MISHAPS = (
    Mishap("REF-01", "an order comes back and is refunded on both sides", refunded),
    Mishap("TIM-07", "an order of October comes back in November", refund_of_an_earlier_month),
    Mishap("REF-04", "a refund bounces and returns to the processor", refund_bounced),
    Mishap("FEE-01", "the processor takes its fee", processing_fee),
    Mishap("FEE-02", "the processor takes a fee for a refund", refund_with_a_fee),
    Mishap("FEE-03", "the processor takes a fee for a dispute", dispute_fee),
    Mishap("FEE-10", "the processor takes more of a charge than its contract says", fee_above_the_contract),
    Mishap("FEE-06", "the processor charges a subscription", charged_by_the_processor),
    Mishap("DSP-01", "a buyer's bank takes a payment back", disputed),
    Mishap("DSP-02", "a dispute is won", dispute_won),
    Mishap("DSP-03", "a dispute is lost", dispute_lost),
    Mishap("TIM-09", "the processor holds a reserve back", reserve_held),
    Mishap("TIM-01", "a payment waits for its payout", not_paid_out),
    Mishap("SRC-06", "the processor moves money in a way we have no word for", unknown_movement),
)
