"""Orders by the day (UTC) they were created.

`limit: null` lifts the 10,000 at which the vendor stops counting; a count that is not exact all the same is refused.
"""

from __future__ import annotations

from datetime import date, timedelta

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.errors import PlatformRefused
from pipelines.platforms.shopify import ask

_COUNT = "query count($query: String) { ordersCount(query: $query, limit: null) { count precision } }"


def _counted(client: httpx.Client, day: date) -> PlatformCount:
    within = f"created_at:>='{day}T00:00:00Z' created_at:<'{day + timedelta(days=1)}T00:00:00Z'"
    found = ask(client, _COUNT, query=within)["ordersCount"]
    if found["precision"] != "EXACT":
        raise PlatformRefused(f"shopify ordersCount: {found['count']} or more of {day}, not counted further")
    return PlatformCount(found["count"])


COUNTABLE = {"orders": Countable(_counted, "cast(created_at at time zone 'UTC' as date)")}
