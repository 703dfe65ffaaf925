"""I-29: a day with fewer records than its platform has is seen, and the newest count of a day is the one that speaks."""

from __future__ import annotations

import pytest

from tests.transform.canonical_rows import TRANSFORM
from tests.transform.raw_rows import RawRows

DAYS = """
select * from (values
    ('shopify', 'main', 'orders', date '2026-10-01', 5, 4, null, null, timestamptz '2026-10-03 03:15:00+00'),
    ('shopify', 'main', 'orders', date '2026-10-01', 5, 5, null, null, timestamptz '2026-10-03 03:16:00+00'),
    ('shopify', 'main', 'orders', date '2026-10-02', 7, 6, null, null, timestamptz '2026-10-04 03:15:00+00'),
    ('stripe', 'main', 'charges', date '2026-10-01', 3, 3, 1000.0, 1001.0, timestamptz '2026-10-03 03:15:00+00'),
    ('woocommerce', 'main', 'orders', date '2026-10-01', 1, 2, null, null, timestamptz '2026-10-03 03:15:00+00')
) as counted(platform, account_id, resource, day, platform_records, loaded_records, platform_total, loaded_total, counted_at)
"""

# A day of orders by its counts: (hours after the first, ours of 5 records), and the newest count of any day.
SHORT: list[tuple[list[tuple[int, int]], int, bool]] = [
    ([(0, 4)], 24, False),  # a day and not a second more
    ([(0, 4)], 25, True),
    ([(0, 4), (25, 4)], 25, True),
    ([(0, 4), (25, 5)], 48, False),  # whole by now
    ([(0, 4), (24, 5), (30, 4)], 48, False),  # whole in between: short for 18 hours
    ([(0, 4), (24, 5), (30, 4)], 55, True),
    ([(0, 6)], 48, False),  # deleted there: nothing is missing here
]


def built(days: str = DAYS) -> RawRows:
    rows = RawRows()
    rows.connection.execute("create schema raw_completeness")
    rows.source_table("raw_completeness", "day_counts", days)
    # A canonical table without platforms of its own: made here as it is written, not as a union of nothing.
    written = (TRANSFORM / "models/canonical/day_counts/can_day_counts.sql").read_text()
    rows.connection.execute(f"create table can_day_counts as {rows.rendered(written)}")
    rows.built.add("can_day_counts")
    rows.build("fct_loaded_counts")
    return rows


def test_a_day_that_was_completed_is_complete_and_others_say_what_is_missing() -> None:
    query = "select platform, day(counted_day), missing_records, cast(missing_total as int), is_complete from fct_loaded_counts order by all"
    assert built().query(query) == [
        ("shopify", 1, 0, 0, True),
        ("shopify", 2, 1, 0, False),
        ("stripe", 1, 0, -1, False),
        ("woocommerce", 1, -1, 0, False),
    ]


@pytest.mark.parametrize(("counts", "newest", "is_named"), SHORT)
def test_a_day_that_stays_short_for_more_than_a_day_blocks(
    counts: list[tuple[int, int]], newest: int, is_named: bool
) -> None:
    moment = "timestamptz '2026-10-03 03:15:00+00' + interval {} hour".format
    told = [f"('shopify', 'orders', date '2026-10-01', 5, {ours}, {moment(hours)})" for hours, ours in counts]
    told.append(f"('stripe', 'charges', date '2026-10-02', 1, 1, {moment(newest)})")
    columns = "platform, resource, day, platform_records, loaded_records, counted_at"
    found = built(
        f"select *, 'main' as account_id, cast(null as double) as platform_total, cast(null as double) as loaded_total"
        f" from (values {', '.join(told)}) as counted({columns})"
    ).singular_test("assert_i_29_no_day_is_short_for_long")
    assert bool(found) == is_named


def test_the_identity_names_each_day_that_differs() -> None:
    assert len(built().singular_test("assert_i_29_loaded_counts_are_the_platforms")) == 3
