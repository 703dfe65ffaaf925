"""Where the money goes: charges, refunds and a dispute move the processor's balance, payouts empty it to the bank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sandbox.facts import BankLine, Charge, Dispute, FeePart, Movement, Order, Payout, Refund
from sandbox.numbering import charge_of, token
from sandbox.processing_fees import fee_parts, foreign_cards

OCTOBER_FEES = 128_845
DISPUTE_FEE = 1_500
DISPUTED_AT = datetime(2026, 10, 20, 9, 14, 31, tzinfo=UTC)
_FIRST_PAYOUT, _LAST_PAYOUT = date(2026, 8, 3), date(2026, 10, 29)
_TAIL_BEGINS = datetime(2026, 10, 29, tzinfo=UTC)


@dataclass(frozen=True)
class Flow:
    charges: tuple[Charge, ...]
    refunds: tuple[Refund, ...]
    movements: tuple[Movement, ...]
    disputes: tuple[Dispute, ...]
    payouts: tuple[Payout, ...]
    bank_lines: tuple[BankLine, ...]


def flow(seed: int, orders: Iterable[Order], month: tuple[datetime, datetime]) -> Flow:
    """All money of the written orders; `month` is October in UTC, whose fees add up to OCTOBER_FEES."""
    orders = list(orders)
    pairs = [(order, charge) for order in orders if (charge := charge_of(order)) is not None]
    adjustable = [charge for _, charge in pairs if charge.is_captured and month[0] <= charge.created_at < month[1]]
    foreign, conversion = _foreign(adjustable)
    charges = tuple(
        replace(charge, card_country="CA") if charge.charge_id in foreign else charge for _, charge in pairs
    )
    refunds = tuple(refund for order in orders for refund in order.refunds)
    moved = [
        _charged(seed, charge, charge.charge_id in foreign, conversion) for charge in charges if charge.is_captured
    ]
    moved += [_refunded(seed, refund) for refund in refunds]
    disputes = tuple(_disputed(seed, charge) for charge in charges if charge.is_disputed)
    moved += [_dispute_movement(dispute) for dispute in disputes]
    movements, payouts = _pay_out(
        seed, sorted(moved, key=lambda movement: (movement.occurred_at, movement.movement_id))
    )
    bank_lines = tuple(bank_line(payout) for payout in payouts)
    return Flow(charges, refunds, movements, disputes, payouts, bank_lines)


def _foreign(charges: Sequence[Charge]) -> tuple[set[str], dict[str, int]]:
    """Foreign cards among every ninth charge before the tail, whose net is already spoken for."""
    choice = {c.charge_id: c.amount_minor for c in charges[4::9] if c.created_at < _TAIL_BEGINS}
    rest = {c.charge_id: c.amount_minor for c in charges if c.charge_id not in choice}
    fixed = sum(part.amount_minor for amount in rest.values() for part in fee_parts(amount))
    return foreign_cards(choice, OCTOBER_FEES - fixed)


def _available(moment: datetime) -> datetime:
    """Charges can be paid out from the start of the next day (UTC)."""
    return datetime.combine(moment.date() + timedelta(days=1), time(), UTC)


def _charged(seed: int, charge: Charge, is_foreign: bool, conversion: dict[str, int]) -> Movement:
    return Movement(
        movement_id=f"txn_3{token(seed, 'movement', charge.charge_id)[:23]}",
        kind="charge",
        amount_minor=charge.amount_minor,
        fee_parts=fee_parts(charge.amount_minor, is_foreign, conversion.get(charge.charge_id, 0)),
        occurred_at=charge.created_at,
        available_at=_available(charge.created_at),
        source_id=charge.charge_id,
        charge_id=charge.charge_id,
        order_number=charge.order_number,
        payout_id=None,
    )


def _refunded(seed: int, refund: Refund) -> Movement:
    return Movement(
        movement_id=f"txn_3{token(seed, 'movement', refund.stripe_refund_id)[:23]}",
        kind="refund",
        amount_minor=-refund.amount_minor,
        fee_parts=(),
        occurred_at=refund.created_at,
        available_at=refund.created_at,
        source_id=refund.stripe_refund_id,
        charge_id=refund.charge_id,
        order_number=refund.order_number,
        payout_id=None,
    )


def _disputed(seed: int, charge: Charge) -> Dispute:
    return Dispute(
        dispute_id=f"dp_1{token(seed, 'dispute', charge.charge_id)[:23]}",
        charge_id=charge.charge_id,
        payment_intent_id=charge.payment_intent_id,
        order_number=charge.order_number,
        amount_minor=charge.amount_minor,
        reason="product_not_received",
        status="needs_response",
        opened_at=DISPUTED_AT,
        movement_id=f"txn_1{token(seed, 'movement', 'dispute', charge.charge_id)[:23]}",
    )


def _dispute_movement(dispute: Dispute) -> Movement:
    return Movement(
        movement_id=dispute.movement_id,
        kind="dispute",
        amount_minor=-dispute.amount_minor,
        fee_parts=(FeePart("dispute_fee", "Dispute fee", DISPUTE_FEE),),
        occurred_at=dispute.opened_at,
        available_at=dispute.opened_at,
        source_id=dispute.dispute_id,
        charge_id=dispute.charge_id,
        order_number=dispute.order_number,
        payout_id=None,
    )


def _pay_out(seed: int, moved: Sequence[Movement]) -> tuple[tuple[Movement, ...], tuple[Payout, ...]]:
    """Automatic payouts on Mondays and Thursdays; each takes all that has become available."""
    waiting, done, payouts = list(moved), [], []
    day = _FIRST_PAYOUT
    while day <= _LAST_PAYOUT:
        created = datetime.combine(day, time(17, 0), UTC)
        taken = [movement for movement in waiting if max(movement.available_at, movement.occurred_at) <= created]
        amount = sum(movement.net_minor for movement in taken)
        if amount > 0:
            payout = make_payout(token(seed, "payout", day)[:23], amount, created)
            done += [replace(movement, payout_id=payout.payout_id) for movement in taken]
            waiting = [movement for movement in waiting if movement not in taken]
            payouts.append(payout)
        day += timedelta(days=3 if day.weekday() == 0 else 4)
    done += waiting + [payout_movement(payout) for payout in payouts]
    return tuple(done), tuple(payouts)


def make_payout(identity: str, amount: int, created: datetime) -> Payout:
    """A payout that reaches the bank the day after."""
    arrival = created.date() + timedelta(days=1)
    reference = f"STRIPE-{identity[-10:].upper()}"
    return Payout(f"po_1{identity}", f"txn_1p{identity[1:]}", amount, created, arrival, "paid", reference)


def payout_movement(payout: Payout) -> Movement:
    """The payout's own row in the balance."""
    return Movement(
        movement_id=payout.movement_id,
        kind="payout",
        amount_minor=-payout.amount_minor,
        fee_parts=(),
        occurred_at=payout.created_at,
        available_at=payout.created_at,
        source_id=payout.payout_id,
        charge_id=None,
        order_number=None,
        payout_id=payout.payout_id,
    )


def bank_line(payout: Payout) -> BankLine:
    """What the bank shows of it."""
    return BankLine(
        bank_line_id=f"BL{payout.arrival_date:%Y%m%d}{payout.reference[-6:]}",
        booked_on=payout.arrival_date,
        value_date=payout.arrival_date,
        amount_minor=payout.amount_minor,
        description="ACH CREDIT STRIPE TRANSFER",
        reference=payout.reference,
    )
