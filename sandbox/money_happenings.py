"""Money after the sale: given back, disputed, paid out; the processor's side of what happens in the shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from sandbox.facts import Dispute, Movement, Order, Payout, Refund, RefundLine
from sandbox.numbering import token
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.world import World


def order_named(world: World, number: str) -> Order:
    order = world.orders.get(number)
    if order is None:
        raise ValueError(f"no order {number!r} that anything can happen to")
    return order


def dispute_order(world: World, number: str) -> Dispute:
    """The buyer's bank takes the money back for now, and its fee."""
    order = order_named(world, number)
    leg = order.charge_tender
    charge = world.charges.find(leg.charge_id or "") if leg is not None else None
    if charge is None or charge.is_disputed:
        raise ValueError(f"{number} has no charge that can be disputed")
    now = world.clock.advance(1)
    identity = f"dp_1{token(world.seed, 'dispute', number)[:23]}"
    movement = _move(world, "dispute", identity, -charge.amount_minor, now, charge.charge_id, number)
    dispute = Dispute(
        dispute_id=identity,
        charge_id=charge.charge_id,
        payment_intent_id=charge.payment_intent_id,
        order_number=number,
        amount_minor=charge.amount_minor,
        reason="fraudulent",
        status="needs_response",
        opened_at=now,
        movement_id=movement.movement_id,
    )
    world.disputes.append(dispute)
    world.charges.replace(replace(charge, is_disputed=True))
    world.effects.record("control", "charge_disputed", charge.charge_id)
    events.dispute_opened(world, dispute)
    return dispute


def pay_out(world: World) -> Payout:
    """Everything the processor has not paid out yet goes to the bank."""
    waiting = [movement for movement in world.movements.tail if movement.payout_id is None]
    amount = sum(movement.net_minor for movement in waiting)
    if amount <= 0:
        raise ValueError("there is nothing to pay out")
    now = world.clock.advance(1)
    name = token(world.seed, "payout", len(world.payouts))[:23]
    payout = Payout(
        payout_id=f"po_1{name}",
        movement_id="",
        amount_minor=amount,
        created_at=now,
        arrival_date=now.date() + timedelta(days=2),
        status="paid",
        reference=f"STRIPE-{name[:12].upper()}",
    )
    movement = _move(world, "payout", payout.payout_id, -amount, now, payout_id=payout.payout_id)
    payout = replace(payout, movement_id=movement.movement_id)
    world.payouts.append(payout)
    for each in waiting:
        world.movements.replace(replace(each, payout_id=payout.payout_id))
    world.effects.record("control", "paid_out", payout.payout_id)
    events.payout_made(world, payout)
    return payout


def tell_of_capture(world: World) -> str:
    """PayPal tells, once more, of the newest capture in its ledger; its identity."""
    account = world.europe.paypal if world.europe is not None else None
    captures = [entry for entry in account.entries if entry.event_code == "T0006"] if account is not None else []
    if not captures:
        raise ValueError("PayPal has captured nothing here")
    entry = captures[-1]
    at = entry.initiated_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    money = {
        "currency_code": entry.currency_code,
        "value": f"{entry.amount_minor // 100}.{entry.amount_minor % 100:02d}",
    }
    resource: dict[str, object] = {
        "id": entry.transaction_id,
        "status": "COMPLETED",
        "amount": money,
        "invoice_id": entry.invoice_id,
        "final_capture": True,
        "create_time": at,
        "update_time": at,
    }
    events.paypal_changed(world, "PAYMENT.CAPTURE.COMPLETED", entry.transaction_id, resource)
    return entry.transaction_id


def give_back(world: World, order: Order, now: datetime, is_restocked: bool) -> Order:
    """The order with everything captured given back, and the processor's side of it."""
    leg = next(leg for leg in order.tenders if leg.charge_id and leg.kind in {"sale", "capture"})
    lines = tuple(
        RefundLine(order.platform_id * 100 + place, line.line_id, line.sku, line.quantity, line.net_minor,
                   line.tax_minor, is_restocked and not line.is_gift_card)
        for place, line in enumerate(order.lines, start=1)
    )  # fmt: skip
    refund = Refund(
        refund_id=order.platform_id * 10 + 7 if order.channel == "shopify" else 90_000 + order.platform_id,
        order_number=order.number,
        sequence=1,
        created_at=now,
        lines=lines,
        tender_id=order.platform_id * 10 + 8,
        stripe_refund_id=f"re_3{token(world.seed, 'refund', order.number)[:23]}",
        charge_id=leg.charge_id or "",
        reason="Changed mind",
    )
    world.refunds.append(refund)
    _move(world, "refund", refund.stripe_refund_id, -refund.amount_minor, now, refund.charge_id, order.number)
    charge = world.charges.find(refund.charge_id)
    if charge is not None:
        world.charges.replace(replace(charge, refunded_minor=charge.refunded_minor + refund.amount_minor))
    is_full = refund.amount_minor == order.total_minor
    status = "refunded" if is_full else "partially_refunded"
    return replace(order, refunds=(refund,), payment_status=status, updated_at=now)


def _move(
    world: World,
    kind: str,
    source_id: str,
    amount_minor: int,
    now: datetime,
    charge_id: str | None = None,
    order_number: str | None = None,
    payout_id: str | None = None,
) -> Movement:
    movement = Movement(
        movement_id=f"txn_5{token(world.seed, kind, source_id)[:23]}",
        kind=kind,
        amount_minor=amount_minor,
        fee_parts=(),
        occurred_at=now,
        available_at=datetime.combine(now.date() + timedelta(days=1), time(), UTC),
        source_id=source_id,
        charge_id=charge_id,
        order_number=order_number,
        payout_id=payout_id,
    )
    world.movements.append(movement)
    return movement
