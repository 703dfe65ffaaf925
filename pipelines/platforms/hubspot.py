"""HubSpot → `raw_hubspot`: contacts with the properties we read and write, and archived contacts.

* Version and sunset: CRM v3 object paths. HubSpot calls them legacy beside its dated paths (`/crm/objects/2026-03/…`);
  no sunset is announced.
* Auth: private-app access token as a bearer token (scope `crm.objects.contacts.read`).
* Rate limit: search 5 requests/s per account, without rate headers; a 429 is retried.
* Paging: search gives 200 rows a page and never more than 10,000 of one query, so each page starts a new query at the
  last value of the page before; `after` is used only among rows that share that value.
* Cursor and its lag: `lastmodifieddate` GTE (epoch milliseconds), ascending; the index lags by seconds, we by an hour.
* Deletes: archived contacts vanish from search. The list with `archived=true` has no filter on time: it is read whole
  and merged, and HubSpot forgets an archived contact after 90 days, we don't. Merged contacts vanish too and stay
  named in the survivor's `hs_merged_object_ids`.
* Unit of money: properties are text; `cartwheel_net_revenue` is decimal text in the books' currency.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx

from pipelines.connector import Connector, Record, Resource, moment
from pipelines.errors import PlatformUnavailable
from pipelines.http import TIMEOUT, body, request
from pipelines.settings import Connection

API_VERSION = "v3"
CONTACTS = "/crm/v3/objects/contacts"
SEARCH_PAGE = 200
LIST_PAGE = 100

# HubSpot answers 400 beyond this many rows of one query.
QUERY_ROWS = 10_000

# Unknown names are ignored by HubSpot, so a portal that lacks ours yet is read all the same.
PROPERTIES = (
    "email",
    "firstname",
    "lastname",
    "phone",
    "lifecyclestage",
    "hs_email_optout",
    "hs_merged_object_ids",
    "createdate",
    "lastmodifieddate",
    "cartwheel_segment",
    "cartwheel_r_score",
    "cartwheel_f_score",
    "cartwheel_m_score",
    "cartwheel_as_of",
    "cartwheel_net_revenue",
    "cartwheel_orders",
    "cartwheel_rule_version",
)

CONTACT = {
    "id": "text",
    "properties": "json",
    "created_at": "text",
    "updated_at": "text",
    "archived": "bool",
    "archived_at": "text",
    "url": "text",
}


def connect(connection: Connection) -> httpx.Client:
    """A client of one HubSpot portal."""
    headers = {"Authorization": f"Bearer {connection.credentials['access_token']}"}
    return httpx.Client(base_url=connection.base_url, headers=headers, timeout=TIMEOUT)


def _contacts(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """Contacts changed since, oldest change first. Raises PlatformUnavailable when the search does not move on."""
    start = 0 if since is None else int(since.timestamp() * 1000)
    after = 0
    before: list[Record] = []
    while True:
        page = _search(client, start, after)
        if page and page == before:
            raise PlatformUnavailable(f"POST {CONTACTS}/search: the page after {start} is the same page again")
        if page:
            yield page
        if len(page) < SEARCH_PAGE:
            return
        last = _modified(page[-1])
        start, after = (last, 0) if last > start else (start, after + SEARCH_PAGE)
        if after >= QUERY_ROWS:
            raise PlatformUnavailable(
                f"POST {CONTACTS}/search: over {QUERY_ROWS} contacts changed in millisecond {start}, more than it shows"
            )
        before = page


def _search(client: httpx.Client, start: int, after: int) -> list[Record]:
    query: dict[str, Any] = {
        "filterGroups": [{"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(start)}]}],
        "sorts": ["lastmodifieddate"],
        "properties": list(PROPERTIES),
        "limit": SEARCH_PAGE,
        "after": after,
    }
    found: list[Record] = body(request(client, "POST", f"{CONTACTS}/search", json=query))["results"]
    return found


def _modified(contact: Record) -> int:
    """The value the search sorts by, in epoch milliseconds."""
    return round(moment(contact["properties"].get("lastmodifieddate") or contact["updatedAt"]).timestamp() * 1000)


def _archived_contacts(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    """All archived contacts HubSpot still keeps. Raises PlatformUnavailable when the list does not move on."""
    params: dict[str, Any] = {"archived": "true", "limit": LIST_PAGE, "properties": ",".join(PROPERTIES)}
    while True:
        answer = body(request(client, "GET", CONTACTS, params=params))
        # A live contact here would be taken for a deleted one; better not to know than to be wrong about a person.
        archived = [contact for contact in answer["results"] if contact.get("archived") is True]
        if archived:
            yield archived
        after = answer.get("paging", {}).get("next", {}).get("after")
        if after is None or not answer["results"]:
            return
        if after == params.get("after"):
            raise PlatformUnavailable(f"GET {CONTACTS}: the page after {after} names itself as the next")
        params["after"] = after


RESOURCES = (
    Resource("contacts", CONTACT, _contacts, cursor="updated_at", required=("properties", "updated_at")),
    # The cursor is never sent: it only marks the table as one that keeps what HubSpot has forgotten.
    Resource("archived_contacts", CONTACT, _archived_contacts, cursor="archived_at", required=("archived_at",)),
)

CONNECTOR = Connector("hubspot", API_VERSION, ("access_token",), connect, RESOURCES)
