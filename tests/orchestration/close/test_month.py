"""When a month ends and from when on a reading of an account holds all of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.close.month import Account, Month, unread

STRIPE = Account("stripe", "main", "processor", timedelta(hours=24))
BOOKS = Account("xero", "eu", "books", timedelta(0))


def month(period: str, zone: str, *accounts: Account) -> Month:
    return Month("main", "Main company", "USD", period, zone, accounts)


ENDS = [
    # October in New York ends in summer time (UTC−4), in Berlin already in winter time (UTC+1).
    ("2026-10", "America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), date(2026, 10, 31)),
    ("2026-10", "Europe/Berlin", datetime(2026, 10, 31, 23, tzinfo=UTC), date(2026, 10, 31)),
    ("2026-12", "America/New_York", datetime(2027, 1, 1, 5, tzinfo=UTC), date(2026, 12, 31)),
    ("2028-02", "UTC", datetime(2028, 3, 1, tzinfo=UTC), date(2028, 2, 29)),
]


@pytest.mark.parametrize(("period", "zone", "ended_at", "last_day"), ENDS)
def test_a_month_ends_at_midnight_where_its_entity_is(
    period: str, zone: str, ended_at: datetime, last_day: date
) -> None:
    found = month(period, zone)
    assert (found.ended_at, found.last_day) == (ended_at, last_day)


def test_an_account_read_before_the_month_was_wholly_readable_is_named_with_both_moments() -> None:
    october = month("2026-10", "America/New_York", BOOKS, STRIPE)
    early = {"stripe": datetime(2026, 11, 2, 3, 59, tzinfo=UTC), "xero": datetime(2026, 11, 1, 4, tzinfo=UTC)}
    ((account, told),) = unread(october, early)
    assert account is STRIPE
    assert told == "stripe:main was read 2026-11-02 03:59 UTC; the month is readable there from 2026-11-02 04:00 UTC"
    assert unread(october, early | {"stripe": datetime(2026, 11, 2, 4, tzinfo=UTC)}) == []


def test_an_account_that_was_never_read_is_named() -> None:
    october = month("2026-10", "America/New_York", BOOKS)
    assert [told for _, told in unread(october, {})] == [
        "xero:eu was never read; the month is readable there from 2026-11-01 04:00 UTC"
    ]
