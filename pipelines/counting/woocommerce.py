"""Orders by the day (UTC) they were created, from the header that counts a list's rows.

A trashed order is left out of the list and of its count, and here by its status. Refunds are listed by order alone, so no
day of them can be counted.
"""

from __future__ import annotations

from datetime import date, timedelta

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.errors import PlatformRefused
from pipelines.http import request


def _counted(client: httpx.Client, day: date) -> PlatformCount:
    # Both bounds are outside of what is found.
    bounds = {"after": f"{day - timedelta(days=1)}T23:59:59", "before": f"{day + timedelta(days=1)}T00:00:00"}
    asked = {**bounds, "dates_are_gmt": "true", "per_page": 1, "page": 1}
    total = request(client, "GET", "orders", params=asked).headers.get("X-WP-Total", "")
    if not total.isdigit():
        raise PlatformRefused("woocommerce orders: no X-WP-Total in the answer, a proxy may strip it")
    return PlatformCount(int(total))


COUNTABLE = {
    "orders": Countable(_counted, "cast(date_created_gmt at time zone 'UTC' as date)", kept="status <> 'trash'")
}
