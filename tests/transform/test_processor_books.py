"""Everything a processor does beside sales: what is pushed makes the books' trial balance ours, in QuickBooks and in Xero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from tests.reverse_etl.conftest import Turn
from tests.transform import journal_stories as stories
from tests.transform import pushed_books
from tests.transform.finance_rows import Story, noon
from tests.transform.journal_entries import together
from tests.transform.journal_stories import give_back, pay_back
from tests.transform.pushed_books import COMPANY, SYNCS, plans, push, refresh
from tests.transform.raw_rows import RawRows
from tests.transform.tax_worlds import Row

pytestmark = pytest.mark.world

EVE, NOVEMBER, LATER = date(2026, 10, 30), date(2026, 11, 3), date(2026, 11, 20)
DIFFERING = """select period_month, account_number, ledger_minor, books_minor from {{ ref('fct_close_trial_balance') }}
    where difference_minor != 0 order by all"""
DIFFERENCE = """select strftime(document_date, '%Y-%m'), cast(sum(signed_minor) as bigint) from can_book_lines inner join can_book_documents using (document_id)
    where account_number = '6020' group by 1 order by 1"""
HELD = "select event_id, held_code from {{ ref('fct_journal_entries') }} where entry_status != 'ready'"


def payout_over_the_month(story: Story) -> None:
    story.payout("po", 50_000, EVE, NOVEMBER)


def payout_bounces_over_the_month(story: Story) -> None:
    story.payout("po", 50_000, EVE, None)
    story.rows["payouts"][0]["payout_status"] = "failed"
    story.move("payout_failure", "po", 50_000, day=NOVEMBER)


def payout_bounces_at_once(story: Story) -> None:
    story.payout("po", 50_000, stories.NEXT, None)
    story.rows["payouts"][0]["payout_status"] = "failed"
    # As PayPal tells it: the row of the return refers to that of the withdrawal.
    story.move("payout_failure", "back", 50_000, charge_reference="po", day=stories.LATER)


def refund_over_the_month(story: Story) -> None:
    stories.example(story)
    give_back(story, ("product", 4_000, 760), day=EVE)
    pay_back(story, 4_760, day=NOVEMBER)


def refund_nobody_paid_yet(story: Story) -> None:
    stories.example(story)
    give_back(story, ("product", 4_000, 760), day=EVE)


def refund_bounces_over_the_month(story: Story) -> None:
    stories.refund_of_goods(story)
    story.move("refund_failure", "re_r", 4_760, day=NOVEMBER)


def charge_without_an_order(story: Story) -> None:
    story.move("charge", "ch_lost", 8_000, 262)


def refund_without_an_order(story: Story) -> None:
    story.move("refund", "re_lost", -1_500)


def an_order_for_the_charge(story: Story) -> None:
    story.order("late", ("product", 8_000, 0, 0))
    story.pay("late", 8_000, processor_reference="ch_lost")
    charge_without_an_order(story)


def dearer(story: Story) -> None:
    story.move("fee", "plan", -4_200)


def closed(story: Story) -> None:
    story.add("closes", close_id="c", period_month="2026-10", closed_at=noon(NOVEMBER))
    for shared in ("currency_code", "platform", "account_id"):
        del story.rows["closes"][-1][shared]


def december(story: Story) -> None:
    """Something later, so that November is over."""
    stories.example(story, day=date(2026, 12, 2))


PROCESSOR: dict[str, Callable[[Story], None]] = {
    **{
        told.__name__: told
        for told in (
            stories.fee_with_tax, stories.disputed, stories.dispute_won, stories.dispute_lost, stories.payout, stories.negative_payout,
            stories.manual_payout, stories.reserve, stories.financing, stories.subscription_of_the_platform, stories.refund_of_goods,
            stories.refund_with_fee_back, stories.refund_settled_later, stories.refund_bounces, payout_over_the_month,
            payout_bounces_over_the_month, payout_bounces_at_once, refund_over_the_month, refund_nobody_paid_yet,
            refund_bounces_over_the_month, charge_without_an_order, refund_without_an_order, december,
        )
    }
}  # fmt: skip


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=20) as running:
        yield running


@pytest.fixture
def turn(sandbox: Sandbox, tmp_path: Path) -> Iterator[Turn]:
    with pushed_books.pushing(sandbox, tmp_path) as made:
        yield made


def told(books: str, **more: Callable[[Story], None]) -> Callable[[RawRows], Any]:
    """The shop's rows as those of the company whose books they are; in Europe its taxes are German ones."""
    entity, currency = COMPANY[books]
    ours: Row = {"entity_id": entity, "currency_code": currency}
    taxed = {"jurisdiction": "DE", "buyer_place": "DE", "rate_ppm": 190_000, "is_included": True}
    special = {"tax_lines": taxed, "orders": {"shipping_country_code": "DE"}} if books == "xero" else {}

    def tell(rows: RawRows) -> None:
        shop = together({f"{name} ": story for name, story in (PROCESSOR | more).items()})
        for nth, movement in enumerate(shop.rows["processor_movements"]):
            movement["platform_movement_id"] = f"txn_{nth}"
        for noun, found in shop.rows.items():
            shared = {"entity_id": entity} if noun == "closes" else ours
            rows.rows(f"can_{noun}", *[row | shared | special.get(noun, {}) for row in found])

    return tell


@pytest.mark.parametrize("books", ["quickbooks", "xero"])
def test_the_books_end_each_month_as_the_ledger_does(sandbox: Sandbox, turn: Turn, books: str) -> None:
    assert refresh(sandbox, turn, books, told(books)).query(HELD) == []
    assert min(push(turn, books).values()) > 0
    _at_rest(turn, books, refresh(sandbox, turn, books, told(books)))

    # The order of a charge that stood in suspense comes to light: what was booked is turned back, and its receipt made.
    tell = told(books, charge_without_an_order=an_order_for_the_charge)
    refresh(sandbox, turn, books, tell)
    assert sum(push(turn, books).values()) == 3
    rows = refresh(sandbox, turn, books, tell)
    _at_rest(turn, books, rows)
    assert rows.query("select sum(signed_minor) from can_book_lines where account_number = '9999'") == [(0,)]

    # The month is closed, and the processor changes a fee of it: the difference is dated in the open month.
    tell = told(
        books, charge_without_an_order=an_order_for_the_charge, subscription_of_the_platform=dearer, closed=closed
    )
    refresh(sandbox, turn, books, tell)
    assert sum(push(turn, books).values()) == 1
    rows = refresh(sandbox, turn, books, tell)
    _at_rest(turn, books, rows)
    assert rows.query(DIFFERENCE) == [("2026-10", 3_900), ("2026-11", 300)]


def _at_rest(turn: Turn, books: str, rows: RawRows) -> None:
    assert rows.query(DIFFERING) == []
    assert [plan.deliveries for plan in plans(turn, books)] == [()] * len(SYNCS[books])
