"""An entry the books hold changes only by another entry: reversed and posted anew, or corrected once its month is closed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.transform import journal_stories as stories
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.dbt_process import TRANSFORM
from tests.transform.finance_rows import OCTOBER, Story, noon
from tests.transform.journal_entries import entry, lines, told

pytestmark = pytest.mark.dbt

IDENTITY = TRANSFORM / "tests" / "assert_i_12_the_books_and_their_corrections_are_the_entry.sql"
SALE = "je:main:a:captured"
CONTENT = "Dr 1100 113.05; Dr 4010 10.00; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05"


def posted(story: Story, content: str = CONTENT, revision: int = 0, day: date = OCTOBER) -> None:
    """The order of the example, with its entry in the books."""
    if not story.rows["orders"]:
        stories.example(story)
    held(story, f"{SALE}:{revision}", content, day)


def held(story: Story, key: str, content: str, day: date = OCTOBER, kind: str = "journal_entry") -> None:
    """An entry in the books under its key, as a document of a kind."""
    name = f"journal {key}"
    story.add(
        "book_documents", document_id=name, platform_document_id=name, document_type=kind, document_date=day, total_minor=0,
        is_deleted=False, memo=key,
    )  # fmt: skip
    for place, (account, signed) in enumerate(lines(content).items(), start=1):
        story.add(
            "book_lines", book_line_id=f"{name}/{place}", document_id=name, line_number=place, account_number=account, signed_minor=signed
        )  # fmt: skip


def without_discount(story: Story) -> None:
    posted(story, "Dr 1100 123.05; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05")


def in_a_closed_month(story: Story) -> None:
    without_discount(story)
    story.add("closes", close_id="c", period_month="2026-10", closed_at=noon(date(2026, 11, 3)))
    for shared in ("currency_code", "platform", "account_id"):
        del story.rows["closes"][-1][shared]


def revisions(world: CanonicalRows) -> dict[tuple[str, str, date], dict[str, int]]:
    """(action, key, day) → account → signed minor units; once the identity that recomputes them holds."""
    assert world.query(IDENTITY.read_text()) == []
    found: dict[Any, dict[str, int]] = {}
    for action, key, day, account, signed in world.query(
        "select action, entry_id, entry_date, account_number, signed_minor from {{ ref('fct_journal_revisions') }}"
    ):
        found.setdefault((action, key, day), {})[account] = signed
    return found


def current(world: CanonicalRows) -> list[tuple[str]]:
    return world.query(f"select entry_id from {{{{ ref('fct_journal_entries') }}}} where event_id = '{SALE}'")


def test_an_entry_the_books_hold_as_it_is_keeps_its_number() -> None:
    world = told(posted)
    assert revisions(world) == {}
    assert current(world) == [(f"{SALE}:0",)]


def test_a_changed_entry_of_an_open_month_is_reversed_and_posted_anew() -> None:
    world = told(without_discount)
    assert revisions(world) == {
        ("reverse", f"{SALE}:1:reverse", OCTOBER): lines("Cr 1100 123.05; Dr 4000 100.00; Dr 4030 5.00; Dr 2100 18.05"),
        ("repost", f"{SALE}:1", OCTOBER): lines(CONTENT),
    }
    assert current(world) == [(f"{SALE}:1",)]
    assert entry(world, SALE) == lines(CONTENT)


def test_a_closed_month_gets_a_dated_correction_in_the_open_one() -> None:
    # The books said 123.05 in cash and no discount.
    assert revisions(told(in_a_closed_month)) == {
        ("correct", f"{SALE}:1:correct", date(2026, 11, 1)): lines("Cr 1100 10.00; Dr 4010 10.00")
    }


def test_an_entry_on_another_day_is_another_entry() -> None:
    world = told(lambda story: posted(story, day=date(2026, 10, 11)))
    assert {(action, day) for action, _, day in revisions(world)} == {
        ("reverse", date(2026, 10, 11)),
        ("repost", OCTOBER),
    }


def test_what_never_happened_is_only_reversed() -> None:
    def gone(story: Story) -> None:
        posted(story)
        for noun in ("orders", "order_lines", "order_payments", "processor_movements"):
            story.rows[noun].clear()

    assert {action for action, _, _ in revisions(told(gone))} == {"reverse"}


def test_only_the_newest_revision_in_the_books_counts() -> None:
    def twice(story: Story) -> None:
        without_discount(story)
        posted(story, revision=1)

    world = told(twice)
    assert revisions(world) == {}
    assert current(world) == [(f"{SALE}:1",)]


def test_books_that_take_no_journals_hold_an_entry_as_another_document() -> None:
    """Xero's bank transactions: what a processor keeps is read back as an expense."""

    def plan_paid(story: Story, amount: str = "39.00") -> None:
        stories.subscription_of_the_platform(story)
        held(story, "je:main:txn_fee_plan:fee:0", f"Cr 1100 {amount}; Dr 6020 {amount}", kind="expense")

    assert revisions(told(plan_paid)) == {}
    assert {action for action, _, _ in revisions(told(lambda story: plan_paid(story, "93.00")))} == {
        "reverse",
        "repost",
    }


def test_an_entry_of_a_months_end_in_the_books_is_never_revised() -> None:
    def with_a_provision(story: Story) -> None:
        posted(story)
        held(story, "je:main:journal:returns:USD:2026-10:provided:0", "Dr 4020 6.00; Cr 2310 6.00")

    assert revisions(told(with_a_provision)) == {}
