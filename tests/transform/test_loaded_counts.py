"""I-29: a day with fewer records than its platform has is seen, and the newest count of a day is the one that speaks."""

from __future__ import annotations

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


def built() -> RawRows:
    rows = RawRows()
    rows.connection.execute("create schema raw_completeness")
    rows.source_table("raw_completeness", "day_counts", DAYS)
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


def test_the_identity_names_each_day_that_differs() -> None:
    assert len(built().singular_test("assert_i_29_loaded_counts_are_the_platforms")) == 3
