"""Ledger entries by the day (UTC) they were initiated; disputes are listed without a count, and balances are a state."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.http import body, request
from pipelines.platforms.paypal import SEARCH


def _counted(client: httpx.Client, day: date) -> PlatformCount:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    # Both ends belong to the window, and PayPal's times are whole seconds.
    end = start + timedelta(days=1) - timedelta(seconds=1)
    asked = {"start_date": start.isoformat(), "end_date": end.isoformat(), "page_size": 1, "page": 1}
    return PlatformCount(body(request(client, "GET", SEARCH, params=asked))["total_items"])


COUNTABLE = {
    "transactions": Countable(_counted, "cast(transaction_initiation_date at time zone 'UTC' as date)"),
}
