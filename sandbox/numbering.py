"""Turns drafts into orders: numbers in order of time per shop, payments, refunds and the ids all systems share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sandbox.baskets import Draft
from sandbox.facts import Charge, Line, Order, Product, Refund, RefundLine, Shipping, Tender

_BRANDS = ("visa", "mastercard", "amex", "discover")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_REASONS = ("Did not fit", "Changed mind", "Arrived late", "Damaged in transit", "Not as described")


def token(seed: int, *parts: object, length: int = 24) -> str:
    """An id-like text that depends on nothing but its arguments."""
    number = int.from_bytes(hashlib.sha256(":".join(map(str, (seed, *parts))).encode()).digest(), "big")
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)


def number_orders(seed: int, drafts: Sequence[Draft], products: dict[str, Product]) -> dict[str, Order]:
    """Orders by number, oldest first."""
    counts = {"shopify": 0, "woocommerce": 0}
    orders: dict[str, Order] = {}
    for draft in drafts:
        counts[draft.channel] += 1
        order = number_order(seed, draft, counts[draft.channel], products)
        orders[order.number] = order
    return orders


def number_order(seed: int, draft: Draft, count: int, products: dict[str, Product]) -> Order:
    """The draft as the count-th order of its channel."""
    person = draft.buyer
    is_shopify = draft.channel == "shopify"
    number = f"#{1000 + count}" if is_shopify else f"W-{2000 + count}"
    platform_id = 6_000_001_000 + count if is_shopify else 2000 + count
    lines = _lines(draft, platform_id, products)
    shipping: tuple[Shipping, ...] = ()
    if any(not line.is_gift_card for line in lines):
        title = "Standard" if draft.shipping else "Free shipping"
        shipping = (Shipping(platform_id * 10 + 9, title, draft.shipping, draft.shipping_tax),)
    # Some people type their address with capitals; it is the same person.
    email = person.email.title() if person.email and draft.is_guest and platform_id % 5 == 0 else person.email
    order = Order(
        number=number,
        channel=draft.channel,
        platform_id=platform_id,
        placed_at=draft.placed_at,
        updated_at=draft.placed_at + timedelta(seconds=4),
        lines=lines,
        shipping=shipping,
        tip_minor=draft.tip,
        tenders=_tenders(seed, draft, number, platform_id),
        person=person,
        email=email,
        is_guest=draft.is_guest,
        address=person.address if shipping else None,
        tax_rate_ppm=draft.rate_ppm,
        tax_title=f"{draft.region.name} state and local tax",
        payment_status={
            "card": "paid",
            "authorized": "authorized",
            "terms": "pending",
            "voided": "voided",
            "test": "paid",
        }[draft.tender],
        discount_code=draft.discount_code if any(line.discount for line in draft.lines) else None,
        cancelled_at=draft.placed_at + timedelta(hours=5) if draft.tender == "voided" else None,
        is_test=draft.tender == "test",
        is_b2b=draft.tender == "terms",
        payment_terms="net_30" if draft.tender == "terms" else None,
        story=draft.story,
    )
    return _with_refund(seed, draft, order)


def _lines(draft: Draft, platform_id: int, products: dict[str, Product]) -> tuple[Line, ...]:
    return tuple(
        Line(
            platform_id * 10 + position,
            line.sku,
            products[line.sku].title,
            line.quantity,
            line.unit_price,
            line.discount,
            line.tax,
            line.is_gift_card,
        )
        for position, line in enumerate(draft.lines, start=1)
    )


def _tenders(seed: int, draft: Draft, number: str, platform_id: int) -> tuple[Tender, ...]:
    """The legs of payment: gift card first, then the processor."""
    paid_at = draft.placed_at + timedelta(seconds=3)
    first = platform_id * 10 + 1
    if draft.tender == "test":
        return (Tender(first, "sale", "manual", "bogus", draft.total, paid_at),)
    if draft.tender == "terms":
        return ()
    legs: list[Tender] = []
    if draft.gift_card_leg:
        legs.append(Tender(first, "sale", "gift_card", "gift_card", draft.gift_card_leg, paid_at))
    charge_id, intent_id = f"ch_3{token(seed, 'charge', number)[:23]}", f"pi_3{token(seed, 'intent', number)[:23]}"
    if draft.tender in {"authorized", "voided"}:
        legs.append(Tender(first, "authorization", "card", "stripe", draft.total, paid_at, charge_id, intent_id))
        if draft.tender == "voided":
            voided_at = draft.placed_at + timedelta(hours=5)
            legs.append(
                Tender(first + 1, "void", "card", "stripe", draft.total, voided_at, charge_id, intent_id, first)
            )
    elif draft.charged:
        kind = "capture" if platform_id % 4 == 0 and draft.channel == "shopify" else "sale"
        if kind == "capture":
            legs.append(
                Tender(first + 1, "authorization", "card", "stripe", draft.charged, paid_at, charge_id, intent_id)
            )
        parent = first + 1 if kind == "capture" else None
        legs.append(Tender(first + 2, kind, "card", "stripe", draft.charged, paid_at, charge_id, intent_id, parent))
    return tuple(legs)


def _with_refund(seed: int, draft: Draft, order: Order) -> Order:
    if not draft.refunds or draft.refunded_at is None:
        return order
    leg = order.charge_tender
    if leg is None or leg.charge_id is None:
        raise ValueError(f"{order.number} has no charge to refund")
    lines = tuple(
        RefundLine(
            order.platform_id * 100 + position,
            order.lines[back.line].line_id,
            order.lines[back.line].sku,
            back.quantity,
            back.net,
            back.tax,
            is_restocked=(order.platform_id + position) % 3 != 0,
        )
        for position, back in enumerate(draft.refunds, start=1)
    )
    refund = Refund(
        refund_id=order.platform_id * 10 + 7 if order.channel == "shopify" else 90_000 + order.platform_id,
        order_number=order.number,
        sequence=1,
        created_at=draft.refunded_at,
        lines=lines,
        tender_id=order.platform_id * 10 + 8,
        stripe_refund_id=f"re_3{token(seed, 'refund', order.number)[:23]}",
        charge_id=leg.charge_id,
        reason=_REASONS[order.platform_id % len(_REASONS)],
        story=("REF-01",) if draft.is_refund_booked else ("REF-01", "BKS-11"),
    )
    is_full = refund.amount_minor == order.total_minor
    return replace(
        order,
        refunds=(refund,),
        updated_at=draft.refunded_at + timedelta(seconds=2),
        payment_status="refunded" if is_full else "partially_refunded",
    )


def charge_of(order: Order, is_foreign: bool = False) -> Charge | None:
    """The processor's side of an order's card leg."""
    leg = order.charge_tender
    if leg is None or leg.charge_id is None or leg.payment_intent_id is None:
        return None
    pick = order.platform_id + len(order.lines)
    return Charge(
        charge_id=leg.charge_id,
        payment_intent_id=leg.payment_intent_id,
        order_number=order.number,
        channel=order.channel,
        amount_minor=leg.amount_minor,
        is_captured=order.captured_minor > 0,
        created_at=leg.processed_at,
        email=order.email.lower() if order.email else None,
        billing_name=f"{order.person.first_name} {order.person.last_name}",
        card_brand=_BRANDS[pick % len(_BRANDS)],
        card_last4=f"{pick * 7919 % 10_000:04d}",
        card_country="CA" if is_foreign else "US",
        refunded_minor=order.refunded_minor,
        is_disputed="DSP-01" in order.story,
        is_voided=order.payment_status == "voided",
    )
