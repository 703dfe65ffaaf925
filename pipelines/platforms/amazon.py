"""Amazon Selling Partner API → `raw_amazon`: the seller's listings with their quantities, orders with their items.

* Version and sunset: Orders 2026-01-01 and Listings Items 2021-08-01; each API has its own version, neither has an end
  announced. (Orders v0 is gone from March 2027.)
* Auth: Login with Amazon. Client id, client secret and the seller's refresh token bring an access token of an hour, sent
  as `x-amz-access-token` and fetched again when it is refused (403). The seller renews the authorisation every year, the
  client secret is changed every 180 days.
* Rate limit: one token bucket per operation. searchOrders 20 calls at once, then one in three minutes; listings 5 a
  second. A 429 names no wait: we wait as long as one token takes. A page holds 100 orders, so a first load of many
  thousands takes hours, and polling more often than every three minutes only empties the burst.
* Paging: orders by `paginationToken` (a day), listings by `pageToken`, 20 to a page. A search of listings ends after a
  thousand, so it is sorted by creation and taken up again from where it ended.
* Cursor and its lag: `lastUpdatedAfter` on orders, one hour back; orders older than two years are not told. Listings are
  read whole, because no date of theirs is promised to move with the quantity.
* Deletes: a cancelled order stays with that status; a listing that is gone is dropped with the next reading.
* Unit of money: decimal text in major units beside its currency (`{"amount": "9.99", "currencyCode": "USD"}`).

There is no webhook: notifications go to a queue of the seller's own at AWS, which needs an account there. Polling it is,
here for certainty and in `pipelines.intake.polls` for speed, within one rate.
Neither buyer nor recipient is asked for: stock and books need neither, and Amazon wants them forgotten after 30 days.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from pipelines.connector import Connector, Record, Resource, moment
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.http import TIMEOUT, body, request
from pipelines.settings import Connection

API_VERSION = "orders 2026-01-01, listings 2021-08-01"
ORDERS, LISTINGS = "/orders/2026-01-01/orders", "/listings/2021-08-01/items"
INCLUDED = "PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX"
ORDERS_AT_ONCE, LISTINGS_AT_ONCE, MOST_FOUND = 100, 20, 1000
TOLD = timedelta(days=730)

# Seconds until the operation's bucket holds a token again.
_REFILL = {ORDERS: math.ceil(1 / 0.0056), LISTINGS: 1}

ORDER = {
    "order_id": "text",
    "order_aliases": "json",
    "created_time": "timestamp",
    "last_updated_time": "timestamp",
    "programs": "json",
    "associated_orders": "json",
    "sales_channel": "json",
    "buyer": "json",
    "recipient": "json",
    "proceeds": "json",
    "payment": "json",
    "tax": "json",
    "fulfillment": "json",
    "order_items": "json",
    "packages": "json",
    "fulfillment_orders": "json",
}

# `last_updated_date` stands in the summary of each store; the newest of them is added to the listing.
LISTING = {
    "sku": "text",
    "last_updated_date": "timestamp",
    "summaries": "json",
    "attributes": "json",
    "issues": "json",
    "offers": "json",
    "fulfillment_availability": "json",
    "procurement": "json",
    "relationships": "json",
    "product_types": "json",
}


class SellerAuth(httpx.Auth):
    """A seller's authorisation: whose it is, and an access token, fetched when there is none and once more when it is refused."""

    requires_response_body = True

    def __init__(self, connection: Connection) -> None:
        names = connection.credentials
        self.seller_id = names["seller_id"]
        self._url = token_url(connection.base_url)
        self._form = {"grant_type": "refresh_token"} | {
            name: names[name] for name in ("refresh_token", "client_id", "client_secret")
        }
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        for is_last in (False, True):
            if not self._token:
                answer = yield httpx.Request("POST", self._url, data=self._form)
                if answer.status_code != 200:
                    raise PlatformRefused(f"POST /auth/o2/token: HTTP {_refusal_of(answer)}")
                self._token = answer.json()["access_token"]
            request.headers["x-amz-access-token"] = self._token
            answer = yield request
            if answer.status_code not in (401, 403) or is_last:
                return
            self._token = ""


def _refusal_of(answer: httpx.Response) -> int:
    """The status of a refused token; an authorisation that has ended is a 400 there, and everywhere else a 401."""
    return 401 if answer.status_code == 400 and "invalid_grant" in answer.text else answer.status_code


def token_url(base_url: str) -> str:
    """Where tokens come from: Amazon's own host for it; anything else (a proxy, the sandbox) serves both."""
    host = urlsplit(base_url).hostname or ""
    return f"{'https://api.amazon.com' if host.endswith('.amazon.com') else base_url}/auth/o2/token"


def connect(connection: Connection) -> httpx.Client:
    """A client of one seller's account, in the stores it is configured for."""
    return httpx.Client(
        base_url=connection.base_url,
        params={"marketplaceIds": connection.credentials["marketplace_ids"].replace(" ", "")},
        auth=SellerAuth(connection),
        timeout=TIMEOUT,
        event_hooks={"response": [_a_refusal_names_its_wait]},
    )


def _a_refusal_names_its_wait(response: httpx.Response) -> None:
    if response.status_code == 429 and "Retry-After" not in response.headers:
        path = response.request.url.path
        response.headers["Retry-After"] = str(next((wait for at, wait in _REFILL.items() if at in path), 1))


def orders(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """Orders changed since then, page by page."""
    start, token = since or datetime.now(UTC) - TOLD, ""
    while True:
        found, following = orders_page(client, start, token)
        if found:
            yield found
        if not following:
            return
        token = following


def orders_page(client: httpx.Client, since: datetime, token: str) -> tuple[list[Record], str]:
    """One page of the orders changed since then, and the token of the next; both are empty where there is none."""
    asked = {
        "lastUpdatedAfter": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "includedData": INCLUDED,
        "maxResultsPerPage": str(ORDERS_AT_ONCE),
    }
    answer = body(request(client, "GET", ORDERS, params=asked | ({"paginationToken": token} if token else {})))
    following = (answer.get("pagination") or {}).get("nextToken") or ""
    if following and following == token:
        raise PlatformUnavailable(f"GET {ORDERS}: the page after this one is this one")
    return answer["orders"], following


def listings(client: httpx.Client, _: datetime | None) -> Iterator[list[Record]]:
    """All listings of the seller, oldest first; a search that ended at its limit goes on from its newest."""
    created_after: datetime | None = None
    while True:
        newest, is_cut = created_after, False
        for answer in _pages_of_listings(client, {"sortBy": "createdDate", **_after("createdAfter", created_after)}):
            newest = _newest(answer["items"], newest)
            is_cut = is_cut or answer["numberOfResults"] > MOST_FOUND
            if answer["items"]:
                yield _dated(answer["items"])
        if not is_cut:
            return
        if newest == created_after:
            raise PlatformUnavailable(f"GET {LISTINGS}: more than {MOST_FOUND} listings of one second")
        created_after = newest


def changed_listings(client: httpx.Client, since: datetime) -> Iterator[list[Record]]:
    """Listings that say they changed since then, page by page; for speed only, as none is promised to say so."""
    for answer in _pages_of_listings(client, {"sortBy": "lastUpdatedDate", **_after("lastUpdatedAfter", since)}):
        if answer["items"]:
            yield _dated(answer["items"])


def newest_listings(client: httpx.Client) -> list[Record]:
    """The listings that changed last, by their own word."""
    newest_first = {"sortBy": "lastUpdatedDate", "sortOrder": "DESC"}
    return _dated(next(_pages_of_listings(client, newest_first))["items"])


def _dated(items: list[Record]) -> list[Record]:
    return [{**item, "lastUpdatedDate": _last_updated(item)} for item in items]


def _after(name: str, moment: datetime | None) -> dict[str, str]:
    return {} if moment is None else {name: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}


def _pages_of_listings(client: httpx.Client, wanted: dict[str, str]) -> Iterator[Any]:
    asked = {
        "includedData": "summaries,issues,fulfillmentAvailability,productTypes",
        "sortOrder": "ASC",
        "pageSize": str(LISTINGS_AT_ONCE),
        **wanted,
    }
    token = ""
    while True:
        paged = asked | ({"pageToken": token} if token else {})
        answer = body(request(client, "GET", f"{LISTINGS}/{_seller_of(client)}", params=paged))
        yield answer
        following = (answer.get("pagination") or {}).get("nextToken")
        if not following or not answer["items"]:
            return
        if following == token:
            raise PlatformUnavailable(f"GET {LISTINGS}: the page after this one is this one")
        token = following


def _seller_of(client: httpx.Client) -> str:
    return client.auth.seller_id if isinstance(client.auth, SellerAuth) else "unknown"


def _last_updated(item: Record) -> str | None:
    return max((summary["lastUpdatedDate"] for summary in item.get("summaries") or []), default=None)


def _newest(items: list[Record], newest: datetime | None) -> datetime | None:
    created = [moment(summary["createdDate"]) for item in items for summary in item.get("summaries") or []]
    return max([*created, *([newest] if newest else [])], default=None)


RESOURCES = (
    # First, because `cartwheel doctor` reads one page of the first, and searches of orders are dear.
    Resource("listings", LISTING, listings, key=("sku",), snapshot=True),
    Resource(
        "orders",
        ORDER,
        orders,
        key=("order_id",),
        cursor="last_updated_time",
        required=("created_time", "sales_channel", "order_items"),
    ),
)

CONNECTOR = Connector(
    "amazon",
    API_VERSION,
    ("client_id", "client_secret", "refresh_token", "seller_id", "marketplace_ids"),
    connect,
    RESOURCES,
)
