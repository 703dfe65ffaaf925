"""Between the processor and the bank: payouts that are late, returned, made by hand, and money nobody sent."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.facts import FeePart
from sandbox.mishaps.scene import Expected, Mishap, Scene


def not_at_the_bank(scene: Scene) -> list[Expected]:
    order, moved = scene.sell_and_settle()
    scene.payout((moved,), is_banked=False)
    return [Expected(order.number, -moved.net_minor)]


def banked_next_month(scene: Scene) -> list[Expected]:
    """Moved on the last day of November, at the bank in December."""
    scene.now = max(scene.now, datetime(2026, 11, 30, 15, tzinfo=UTC))
    order, moved = scene.sell_and_settle()
    scene.payout((moved,))
    return [Expected(order.number, moved.net_minor)]


def payout_fee(scene: Scene) -> list[Expected]:
    _, moved = scene.sell_and_settle()
    payout = scene.payout((moved,), (FeePart("stripe_fee", "Instant payout fee", 50),))
    return [Expected(payout.payout_id, -50)]


def payout_returned(scene: Scene) -> list[Expected]:
    """The bank sends it back; the processor has the money again."""
    _, moved = scene.sell_and_settle()
    payout = scene.payout((moved,), is_banked=False, status="failed")
    scene.move("payout_failure", payout.payout_id, payout.amount_minor, at=scene.later(hours=6))
    return [Expected(payout.payout_id, payout.amount_minor)]


def payout_by_hand(scene: Scene) -> list[Expected]:
    """Its items are not listed: what it pays out stays among what was never paid out."""
    _, moved = scene.sell_and_settle()
    payout = scene.payout((), amount_minor=moved.net_minor, is_automatic=False)
    return [Expected(payout.payout_id, payout.amount_minor)]


def unknown_deposit(scene: Scene) -> list[Expected]:
    line = scene.bank_line(9_900, "WIRE FROM NOWHERE")
    return [Expected(line.reference, 9_900)]


MISHAPS = (
    Mishap("TIM-03", "a payout is sent and not at the bank by the month's end", not_at_the_bank),
    Mishap("FEE-05", "an instant payout costs a fee", payout_fee),
    Mishap("BNK-01", "money comes to the bank that no payout explains", unknown_deposit),
    Mishap("BNK-02", "the bank returns a payout", payout_returned),
    Mishap("BNK-04", "somebody pays out by hand", payout_by_hand),
)

# Last, because the world's clock stands in December after it.
LAST = (Mishap("TIM-02", "a payment of November is at the bank in December", banked_next_month),)
