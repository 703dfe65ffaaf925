"""Days that the books hold in one document: right, with more than their orders, twice, thrown away, in another month, and not at all."""

from __future__ import annotations

from datetime import date

from tests.transform.finance_rows import Story

# The company whose consumers are booked by the day.
SUMMED = "summed"


def days_in_summary(story: Story) -> None:
    """Two orders and a refund on the first day, two on the second, one on each of the others."""
    first, second, third, fourth, fifth, last = (date(2026, 10, day) for day in (10, 11, 12, 13, 14, 31))
    story.sell("s1", ("product", 2_000, 200, 0), fee=30, day=first)
    story.sell("s2", ("product", 1_000, 0, 100), ("shipping", 500, 0, 0), fee=20, day=first)
    story.refund("s2", 1, 300, 30, day=first)
    story.sell("s3", ("product", 700, 0, 0), day=second)
    story.sell("s4", ("product", 800, 0, 0), day=second)
    for number, amount, day in (("s5", 900, third), ("s6", 650, fourth), ("s7", 610, fifth), ("s8", 590, last)):
        story.sell(number, ("product", amount, 0, 0), day=day)
    _book(story, first, ("4000", 3_000), ("4010", -200), ("4030", 500), ("2100", 100), ("6000", -50))
    _book(story, first, ("4020", -300), ("2100", -30), kind="refund_receipt")
    _book(story, second, ("4000", 1_550))
    _book(story, third, ("4000", 900))
    _book(story, third, ("4000", 900), name="copy")
    _book(story, fourth, ("4000", 650))
    story.rows["book_documents"][-1]["is_deleted"] = True
    _book(story, last, ("4000", 590), dated=date(2026, 11, 1))


def _book(
    story: Story,
    day: date,
    *postings: tuple[str, int],
    kind: str = "sales_receipt",
    name: str = "",
    dated: date | None = None,
) -> None:
    """The document of a day, with the key of its summary in the memo."""
    of = "sales" if kind == "sales_receipt" else "refunds"
    story.book(f"{of} {day}", *postings, day=dated or day, kind=kind, name=f"{of} {day} {name}".strip())
    memo = f"je:{SUMMED}:shop:consumer:1100:{story.currency}:{day}:{of}:0"
    story.rows["book_documents"][-1] |= {"memo": memo, "document_number": None}
