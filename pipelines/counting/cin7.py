"""Products and purchases by the day (UTC) of their last change, from the totals of two lists: changed since that day, and
since the next.

Neither list can be asked for what was created, nor for one day. A record that changes while it is counted leaves its day here
later than there, which is no lack. What is read whole each time (stock, movements, locations) needs no count.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.http import body, request
from pipelines.platforms.cin7 import ROOT


def _counted(path: str, filter_name: str, **more: str) -> Callable[[httpx.Client, date], PlatformCount]:
    def since(client: httpx.Client, day: date) -> int:
        asked = {**more, filter_name: f"{day}T00:00:00Z", "Page": 1, "Limit": 1}
        return int(body(request(client, "GET", ROOT + path, params=asked))["Total"])

    def counted(client: httpx.Client, day: date) -> PlatformCount:
        return PlatformCount(since(client, day) - since(client, day + timedelta(days=1)))

    return counted


def _utc_day(column: str) -> str:
    """SQL for the day of a time in text, which is UTC where it has no offset."""
    zoned = f"{column} || case when regexp_matches({column}, '(Z|[+-]\\d\\d:?\\d\\d)$') then '' else 'Z' end"
    return f"cast(cast({zoned} as timestamptz) at time zone 'UTC' as date)"


COUNTABLE = {
    "products": Countable(
        _counted("/product", "ModifiedSince", IncludeDeprecated="true"),
        _utc_day("last_modified_on"),
    ),
    "purchases": Countable(_counted("/purchaseList", "UpdatedSince"), _utc_day("last_updated_date")),
}
