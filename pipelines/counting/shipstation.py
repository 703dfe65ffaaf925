"""Orders, shipments and fulfillments by the day they were created: a day of US Pacific time, as ShipStation writes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.http import body, request


def _counted(path: str) -> Callable[[httpx.Client, date], PlatformCount]:
    def counted(client: httpx.Client, day: date) -> PlatformCount:
        # Both ends belong to what is found; times have parts of a second.
        bounds = {"createDateStart": f"{day} 00:00:00", "createDateEnd": f"{day} 23:59:59.999999"}
        return PlatformCount(body(request(client, "GET", path, params={**bounds, "page": 1, "pageSize": 1}))["total"])

    return counted


COUNTABLE = {
    name: Countable(_counted(f"/{name}"), "cast(left(create_date, 10) as date)")
    for name in ("orders", "shipments", "fulfillments")
}
