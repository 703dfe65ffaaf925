"""What happens to goods before they leave, in a company that earns when they do: exchanged, taken off, given money back for.

Each is told twice: while everything still waits, and with the parcel that left on the twentieth.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.transform import test_hard_money
from tests.transform.finance_rows import Story
from tests.transform.journal_stories import LATER, NEXT, exchange, give_back, pay_back, terms


def sent(story: Story) -> None:
    """The whole order leaves."""
    story.rows["orders"][0]["order_fulfilment_status"] = "fulfilled"
    story.add("parcels", parcel_id="p", order_id="a", shipment_status="in_transit", shipped_at=f"{LATER} 16:00:00")


def exchanged_up(story: Story) -> None:
    exchange(story)


def exchanged_down(story: Story) -> None:
    test_hard_money.exchanged_down(story)


def credited_on_terms(story: Story) -> None:
    """Of an order on thirty days 40.00 of goods are taken off before it is sent."""
    terms(story)
    give_back(story, ("product", 4_000, 760), tender="terms", day=NEXT)


def taken_off_unpaid(story: Story) -> None:
    """Nothing is paid yet, and one of two things is taken off."""
    story.order("a", ("product", 4_000, 0, 0), ("product", 6_000, 0, 0), payment_terms="net_30")
    give_back(story, ("product", 4_000, 0), amount=0, day=NEXT)


def money_without_goods(story: Story) -> None:
    """5.00 go back before the goods leave, for nothing that is named."""
    story.sell("a", ("product", 10_000, 0, 0))
    give_back(story, amount=500, day=NEXT)
    pay_back(story, 500, day=NEXT)


WAITING: dict[str, Callable[[Story], None]] = {
    "up": exchanged_up,
    "down": exchanged_down,
    "terms": credited_on_terms,
    "unpaid": taken_off_unpaid,
    "money": money_without_goods,
}


def _then_sent(tell: Callable[[Story], None]) -> Callable[[Story], None]:
    def story(told: Story) -> None:
        tell(told)
        sent(told)

    return story


SENT = {name: _then_sent(tell) for name, tell in WAITING.items()}
