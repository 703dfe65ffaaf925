"""What clears by itself does so by a day; later it is a person's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.transform.finance_rows import Story
from tests.transform.journal_entries import told

SENT = date(2026, 10, 20)
ROWS = """select reason_code, clear_by, is_overdue, needs_a_human, suggested_action from {{ ref('fct_differences') }}
    where reason_code in ('TIM-01', 'TIM-03', 'TIM-04') and clear_by is not null and order_id is distinct from 'newest' order by all"""


def never_banked(story: Story) -> None:
    """A payout the bank never shows, with the charge that is in it."""
    story.sell("a", ("product", 10_000, 0, 0), payout="po", day=SENT)
    story.payout("po", 10_000, SENT, None)


def never_paid_out(story: Story) -> None:
    story.sell("a", ("product", 10_000, 0, 0), day=SENT)


def banked_next_month(story: Story) -> None:
    never_banked(story)
    story.rows["payouts"].clear()
    story.rows["processor_movements"].pop()
    story.payout("po", 10_000, SENT, date(2026, 11, 3))


def known(story: Callable[[Story], None], day: date) -> Callable[[Story], None]:
    """The same, and an order of that day: so far anything is known."""

    def tell(shop: Story) -> None:
        story(shop)
        shop.order("newest", ("gift_card", 1, 0, 0), day=day)

    return tell


@pytest.mark.parametrize(
    ("story", "code", "days"),
    [(never_banked, "TIM-03", 7), (never_paid_out, "TIM-01", 31)],
    ids=["not at the bank", "in no payout"],
)
def test_an_amount_is_waited_for_until_its_day_and_asked_after_from_the_next(
    story: Callable[[Story], None], code: str, days: int
) -> None:
    due = SENT + timedelta(days=days)
    seeds = {
        "clearing_times": [{"reason_code": "TIM-01", "clear_days": 31}, {"reason_code": "TIM-03", "clear_days": 7}]
    }
    assert told(known(story, due), **seeds).query(ROWS) == [(code, due, False, False, "wait")]
    late = told(known(story, due + timedelta(days=1)), **seeds).query(ROWS)
    assert late == [(code, due, True, True, "ask why it has not come")]


def test_what_came_in_a_later_month_is_not_asked_after() -> None:
    assert told(known(banked_next_month, date(2027, 3, 1))).query(ROWS) == []
