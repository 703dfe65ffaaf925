"""Contacts by the day (UTC) they were created, from the total of a search of that day.

A search finds no archived contact and none that was merged into another; both stay here as they were last seen, and what is
more here than there is no lack. Archived contacts are listed by nothing that counts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.http import body, request
from pipelines.platforms.hubspot import CONTACTS


def _counted(client: httpx.Client, day: date) -> PlatformCount:
    first, following = _milliseconds(day), _milliseconds(day + timedelta(days=1))
    filters = [
        {"propertyName": "createdate", "operator": "GTE", "value": str(first)},
        {"propertyName": "createdate", "operator": "LT", "value": str(following)},
    ]
    asked = {"filterGroups": [{"filters": filters}], "limit": 1}
    return PlatformCount(body(request(client, "POST", f"{CONTACTS}/search", json=asked))["total"])


def _milliseconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp() * 1000)


COUNTABLE = {
    "contacts": Countable(
        _counted,
        "cast(cast(created_at as timestamptz) at time zone 'UTC' as date)",
        kept="not coalesce(archived, false)",
    )
}
