"""Charges, refunds, disputes, payouts and balance transactions by the day (UTC) they were created, with their amounts.

Stripe counts nothing by itself: the list of a day is read again, ids and amounts only, apart from what was loaded. Amounts
are in the currency's smallest unit and added up over currencies, which says nothing but whether the two sums are equal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.http import body, request

PAGE = 100


def _counted(path: str) -> Callable[[httpx.Client, date], PlatformCount]:
    def counted(client: httpx.Client, day: date) -> PlatformCount:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        bounds = {
            "created[gte]": int(start.timestamp()),
            "created[lt]": int((start + timedelta(days=1)).timestamp()),
        }
        records, total, last = 0, 0, None
        while True:
            page = {**bounds, "limit": PAGE, **({"starting_after": last} if last else {})}
            answer = body(request(client, "GET", path, params=page))
            records += len(answer["data"])
            total += sum(record["amount"] for record in answer["data"])
            if not answer["has_more"] or not answer["data"]:
                return PlatformCount(records, Decimal(total))
            last = answer["data"][-1]["id"]

    return counted


COUNTABLE = {
    name: Countable(_counted(f"/v1/{name}"), "cast(to_timestamp(created) at time zone 'UTC' as date)", "amount")
    for name in ("charges", "refunds", "disputes", "balance_transactions", "payouts")
}
