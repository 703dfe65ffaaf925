"""What the processor keeps of a charge: 2.5 % + 0.30, 1.5 % more on foreign cards, and conversion on one of them."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.facts import FeePart

FIXED, RATE_PPM, FOREIGN_PPM = 30, 25_000, 15_000


def _share(amount: int, ppm: int) -> int:
    return (amount * ppm + 500_000) // 1_000_000


def standard_fee(amount: int) -> int:
    """The fee of a domestic card."""
    return _share(amount, RATE_PPM) + FIXED


def fee_parts(amount: int, is_foreign: bool = False, conversion: int = 0) -> tuple[FeePart, ...]:
    """The fee by part, as the processor lists it."""
    parts = [FeePart("stripe_fee", "Stripe processing fees", standard_fee(amount))]
    if is_foreign:
        parts.append(FeePart("stripe_fee", "Stripe international card fee", _share(amount, FOREIGN_PPM)))
    if conversion:
        parts.append(FeePart("stripe_fee", "Stripe currency conversion fee", conversion))
    return tuple(parts)


def foreign_cards(charges: Mapping[str, int], total_fee: int) -> tuple[set[str], dict[str, int]]:
    """Choose who paid with a foreign card so that all fees add up to `total_fee`.

    `charges` is charge id → amount. What no whole card can cover is the conversion fee of the dearest foreign card.
    """
    left = total_fee - sum(standard_fee(amount) for amount in charges.values())
    if left < 0:
        raise ValueError("the standard fees alone exceed the month's fees")
    foreign: set[str] = set()
    for charge_id, amount in charges.items():
        extra = _share(amount, FOREIGN_PPM)
        if 0 < extra <= left:
            foreign.add(charge_id)
            left -= extra
    dearest = max(sorted(foreign), key=lambda charge_id: charges[charge_id])
    return foreign, {dearest: left} if left else {}
