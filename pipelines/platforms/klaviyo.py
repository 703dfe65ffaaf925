"""Klaviyo → `raw_klaviyo`: profiles with their e-mail consent and our custom properties, and lists.

* Version and sunset: header `revision`; a revision lives two years (one stable, one deprecated), then is retired.
* Auth: `Authorization: Klaviyo-API-Key <private key>` (scopes `profiles:read`, `subscriptions:read`, `lists:read`).
* Rate limit: class L, 75 requests/s and 700/min; a 429 carries Retry-After.
* Paging: `page[cursor]` out of `links.next`; profiles ≤ 100 a page, lists ≤ 10.
* Cursor and its lag: `greater-than(updated,…)`. The filter is strict, so the hour of lag also keeps records of the very
  second we stopped at. A change of consent moves `updated`.
* Deletes: not told. A merged or erased profile stays in raw until it is erased here too.
* Unit of money: none of Klaviyo's own is read; `cartwheel_net_revenue` is decimal text in the books' currency.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx

from pipelines.connector import Connector, Record, Resource
from pipelines.errors import PlatformUnavailable
from pipelines.http import TIMEOUT, body, request
from pipelines.settings import Connection

API_VERSION = "2026-07-15"
SUNSET = date(2028, 7, 15)
PROFILES_PAGE = 100
LISTS_PAGE = 10

PROFILE = {
    "id": "text",
    "email": "text",
    "phone_number": "text",
    "external_id": "text",
    "first_name": "text",
    "last_name": "text",
    "organization": "text",
    "locale": "text",
    "title": "text",
    "image": "text",
    "created": "text",
    "updated": "text",
    "last_event_date": "text",
    "location": "json",
    "properties": "json",
    "subscriptions": "json",
}

LIST = {"id": "text", "name": "text", "created": "text", "updated": "text", "opt_in_process": "text"}


def connect(connection: Connection) -> httpx.Client:
    """A client of one Klaviyo account."""
    headers = {
        "Authorization": f"Klaviyo-API-Key {connection.credentials['api_key']}",
        "revision": API_VERSION,
        "Accept": "application/vnd.api+json",
    }
    return httpx.Client(base_url=connection.base_url, headers=headers, timeout=TIMEOUT)


def _profiles(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    # Consent is left out of the answer unless asked for, and a profile without it looks like one never asked.
    params = {"additional-fields[profile]": "subscriptions", "page[size]": PROFILES_PAGE, "sort": "updated"}
    if since is not None:
        params["filter"] = f"greater-than(updated,{since.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')})"
    yield from _pages(client, "/api/profiles", params)


def _lists(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    yield from _pages(client, "/api/lists", {"page[size]": LISTS_PAGE})


def _pages(client: httpx.Client, path: str, params: dict[str, Any]) -> Iterator[list[Record]]:
    """Pages of a collection. Raises PlatformUnavailable when a page names itself as the next."""
    while True:
        answer = body(request(client, "GET", path, params=params))
        if answer["data"]:
            yield [{"id": record["id"], **record["attributes"]} for record in answer["data"]]
        # Only the cursor of the link is taken: its host is the vendor's, also where we speak to another address.
        following = (answer.get("links") or {}).get("next")
        cursor = httpx.URL(following).params.get("page[cursor]") if following else None
        if cursor is None or not answer["data"]:
            return
        if cursor == params.get("page[cursor]"):
            raise PlatformUnavailable(f"GET {path}: the page at {cursor} names itself as the next")
        params = {**params, "page[cursor]": cursor}


RESOURCES = (
    Resource("profiles", PROFILE, _profiles, cursor="updated", required=("updated",)),
    Resource("lists", LIST, _lists, snapshot=True, required=("name",)),
)

CONNECTOR = Connector("klaviyo", API_VERSION, ("api_key",), connect, RESOURCES, sunset=SUNSET)
