"""Down at once, up with proof: whether a quantity may go to a channel now. Pure.

A number that is too high sells what is not there; one that is too low costs a sale for minutes. So a decrease goes out as
soon as it is known, and an increase needs an event that put units back (a receipt, a return, a cancellation), or two
readings that agree. The same rule keeps a sale that is not known as an order yet from being undone: the channel then
shows less than we want, and to write our number would be an increase that nothing proves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# Two looks closer together than this are one reading seen twice: an order told late would still be on its way.
READINGS_APART = timedelta(seconds=60)


@dataclass(frozen=True)
class Unproven:
    """An increase that was held back: what was wanted over what was shown, when first."""

    wanted: int
    shown: int
    at: datetime


@dataclass(frozen=True)
class Move:
    """`held`: why the quantity must not go now, None when it may; `reason`: what to say of it in the plan."""

    reason: str
    held: str | None = None
    unproven: Unproven | None = None


def move(wanted: int, shown: int | None, is_proven: bool, before: Unproven | None, at: datetime) -> Move:
    """What to do about a channel that shows one quantity and should show another."""
    if shown is None:
        return Move("first quantity on this channel")
    if wanted <= shown:
        return Move("down at once" if wanted < shown else "shown already")
    if is_proven:
        return Move("up: an event put units back")
    if before is not None and (before.wanted, before.shown) == (wanted, shown) and at - before.at >= READINGS_APART:
        return Move("up: two readings agree")
    if before is None or (before.wanted, before.shown) != (wanted, shown):
        before = Unproven(wanted, shown, at)
    held = f"{wanted} wanted, {shown} shown: nothing proves the increase, so the next reading decides"
    return Move("up without proof", held, before)
