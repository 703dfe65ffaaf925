"""What changed after its month was closed, and who corrects it: we with the difference, or a person where the difference alone proves nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story

KEY = "je:main:a:captured:0"
LATER = date(2026, 11, 1)
CLOSE = {"close_id": "main:2026-10", "entity_id": "main", "period_month": "2026-10"}
EXPECTED = (
    "select document_key, document_date, clearing_minor, held_back_reason from {{ ref('fct_expected_corrections') }}"
)
LINES = """select account_number, cast(sum(case side when 'debit' then line_amount_minor else -line_amount_minor end) as bigint)
    from {{ ref('act_quickbooks__journal_entries') }} where memo like '%:correct' group by 1 order by 1"""


def held(
    *postings: tuple[str, int], memo: str | None = KEY, number: str = "a", day: date = date(2026, 10, 10)
) -> list[dict[str, Any]]:
    """A document of the books of (account, credit) postings, the rest debited to clearing."""
    story = Story()
    story.book(number, *postings, day=day, kind="sales_receipt", name=f"doc {memo} {number}")
    story.rows["book_documents"][0]["memo"] = memo
    return [*story.rows["book_documents"], *story.rows["book_lines"]]


def shop(*documents: list[dict[str, Any]], cause: str = "order edited", **columns: Any) -> CanonicalRows:
    """An order of October that is 100.00 today and was closed as 90.00, beside these documents."""
    story = Story()
    story.sell("a", ("product", 10_000, 0, 0))
    story.rows["orders"][0] |= columns
    if "payment_terms" in columns:
        del story.rows["order_payments"]
    rows = CanonicalRows(books_from="2026-10-01").rows("can_closes", CLOSE)
    for noun, told in story.rows.items():
        rows.rows(f"can_{noun}", *told)
    changed = {
        "table_name": "fct_net_revenue",
        "measure": "net_revenue_minor",
        "row_key": "sale:a/1",
        "order_id": "a",
        "cause": cause,
    }
    rows.rows(
        "fct_close_changes", CLOSE | changed | {"frozen_minor": 9_000, "today_minor": 10_000, "amount_minor": 1_000}
    )
    found = [row for document in documents for row in document]
    rows.rows("can_book_documents", *[row for row in found if "document_type" in row])
    return rows.rows("can_book_lines", *[row for row in found if "document_type" not in row])


WAS = held(("4000", 9_000))
FIRST = held(("4000", 600), memo="je:main:a:captured:1:correct", number="a-C1", day=LATER)
SECOND = held(("4000", 400), memo="je:main:a:captured:2:correct", number="a-C2", day=LATER)


def test_the_difference_is_dated_in_the_open_month() -> None:
    rows = shop(WAS)
    assert rows.query(EXPECTED) == [("je:main:a:captured:1:correct", LATER, 1_000, None)]
    assert rows.query(LINES) == [("1100", 1_000), ("4000", -1_000)]


def test_what_was_corrected_already_is_not_corrected_again() -> None:
    assert shop(WAS, FIRST, SECOND).query(EXPECTED) == []
    again = shop(WAS, FIRST)
    assert again.query(EXPECTED) == [("je:main:a:captured:2:correct", LATER, 400, None)]


def test_an_order_that_came_late_is_written_whole() -> None:
    assert shop(cause="new order").query(LINES) == [("1100", 10_000), ("4000", -10_000)]


PERSONS = [
    ("typed by hand", [held(("4000", 9_000), memo=None)], {}, "typed_by_hand"),
    ("not paid in full any more", [WAS], {"total_minor": 12_000}, "lines_do_not_add_up"),
    ("on terms", [WAS], {"payment_terms": "net_30", "company_name": "Hotel"}, "on_terms"),
]


@pytest.mark.parametrize(
    ("documents", "columns", "reason"), [case[1:] for case in PERSONS], ids=[case[0] for case in PERSONS]
)
def test_a_difference_that_proves_nothing_is_a_persons(
    documents: list[list[dict[str, Any]]], columns: dict[str, Any], reason: str
) -> None:
    rows = shop(*documents, **columns)
    assert [row[-1] for row in rows.query(EXPECTED)] == [reason]
    assert rows.query(LINES) == []


def test_an_order_of_a_summary_is_a_persons_and_one_that_came_late_is_not() -> None:
    summed = {"entity_id": "*", "customer_type": "consumer", "booking_policy": "daily_summary"}
    for cause, reason in (("order edited", "in_a_summary"), ("new order", None)):
        rows = shop(cause=cause).seed("book_policies", summed)
        assert [row[-1] for row in rows.query(EXPECTED)] == [reason]
