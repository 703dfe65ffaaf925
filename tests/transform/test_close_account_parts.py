"""What an account differs by between ledger and books is told document by document, to the cent, whoever typed it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.finance_rows import Story, golden

NOVEMBER = date(2026, 11, 3)
Told = dict[tuple[str, str, str | None, str], int]


def told(story: Story) -> Told:
    """(month, account, number on the document, standing) → books less ledger; the sums are checked on the way."""
    warehouse = CanonicalRows(books_from="2026-01-01", as_of="2026-12-31")
    for noun, rows in story.rows.items():
        warehouse.rows(f"can_{noun}", *rows)
    assert not warehouse.query((TRANSFORM / "tests/assert_close_accounts_are_explained.sql").read_text())
    found = warehouse.query(
        """select period_month, account_number, coalesce(document_number, document_story), standing, cast(sum(difference_minor) as bigint)
           from {{ ref('fct_close_account_parts') }} group by all"""
    )
    return {(month, account, number, standing): minor for month, account, number, standing, minor in found}


def shop() -> Story:
    """One sale of 100.00 and 8.00 tax by card, which the ledger has."""
    story = Story()
    story.sell("#1", ("product", 10_000, 0, 800))
    return story


def booked(*postings: tuple[str, int], **about: object) -> Callable[[Story], None]:
    return lambda story: story.book("#1", *postings, **about)  # type: ignore[arg-type]


def twice(story: Story) -> None:
    story.book("#1", ("4000", 10_000), ("2100", 800))
    story.book("#1", ("4000", 10_000), ("2100", 800), name="again")


def by_hand(story: Story) -> None:
    story.book("#1", ("4000", 10_000), ("2100", 800))
    story.book("JE-7", ("6020", -900), kind="journal_entry", name="typed")


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        pytest.param(booked(("4000", 10_000), ("2100", 800)), {}, id="a document that posts what it should is no row"),
        pytest.param(
            lambda _: None,
            {("2026-10", "1100", "#1", "missing"): -10_800, ("2026-10", "4000", "#1", "missing"): 10_000, ("2026-10", "2100", "#1", "missing"): 800},
            id="an order nobody booked is missing on each of its accounts",
        ),
        pytest.param(
            booked(("4000", 10_800)),
            {("2026-10", "4000", "#1", "differs"): -800, ("2026-10", "2100", "#1", "differs"): 800},
            id="tax typed as revenue is on both accounts",
        ),
        pytest.param(
            twice,
            {("2026-10", "1100", "#1", "differs"): 10_800, ("2026-10", "4000", "#1", "differs"): -10_000, ("2026-10", "2100", "#1", "differs"): -800},
            id="a copy is what it posts a second time",
        ),
        pytest.param(
            booked(("4000", 10_000), ("2100", 800), day=NOVEMBER),
            {
                ("2026-10", "1100", "#1", "other_month"): -10_800, ("2026-10", "4000", "#1", "other_month"): 10_000, ("2026-10", "2100", "#1", "other_month"): 800,
                ("2026-11", "1100", "#1", "other_month"): 10_800, ("2026-11", "4000", "#1", "other_month"): -10_000, ("2026-11", "2100", "#1", "other_month"): -800,
            },
            id="a document of the wrong month is in both",
        ),
        pytest.param(
            by_hand,
            {("2026-10", "6020", "JE-7", "nobodys"): 900, ("2026-10", "1100", "JE-7", "nobodys"): -900},
            id="an entry somebody typed that books no revenue is found by its number",
        ),
    ],
)  # fmt: skip
def test_what_stands_otherwise_in_the_books(happens: Callable[[Story], None], expected: Told) -> None:
    story = shop()
    happens(story)
    assert told(story) == expected


def test_of_a_month_with_every_fault_no_cent_is_left_without_a_document() -> None:
    assert "no_document" not in {standing for *_, standing in told(golden())}
