"""ShipStation V1 → `raw_shipstation`: orders as the shipping tool sees them, shipments (labels) and fulfillments.

* Version and sunset: V1, no version in the path and no sunset announced; V2 is another API with other objects.
* Auth: Basic, API key and secret of the account.
* Rate limit: 40 requests a minute per key; `X-Rate-Limit-Remaining` and `-Reset` (seconds) come with each answer, and
  the client waits by itself when nothing remains.
* Paging: `page` from 1, `pageSize` ≤ 500, `pages` in the answer. No `sortBy` is sent: the default order (by id, by
  creation) is the one that an edit during the walk can't shift, so no record slips between two pages.
* Cursor and its lag: orders by `modifyDate`. Shipments by `createDate`, plus those voided since, because a void moves
  no other date. Fulfillments by `createDate` with a long lag: delivery is written to them weeks later and nothing
  filters on it.
* Deletes: none told; a cancelled order stays with that status, a voided label with `voided`.
* Unit of money: decimal numbers in the account's one currency, which no answer names.

All times are US Pacific wall clock without an offset. Raw keeps the text, staging converts, and a moment is turned
into Pacific text before it is sent as a filter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from pipelines.connector import Connector, Fetch, Record, Resource
from pipelines.errors import PlatformUnavailable
from pipelines.http import TIMEOUT, Sleep, body, request
from pipelines.settings import Connection

API_VERSION = "v1"
TIME_ZONE = "America/Los_Angeles"
PAGE = 500

# One hour for late publishing and one because autumn writes an hour of wall clock twice.
LAG = timedelta(hours=2)
DELIVERED_WITHIN = timedelta(days=45)

ORDER = {
    "order_id": "bigint",
    "order_number": "text",
    "order_key": "text",
    "order_date": "text",
    "create_date": "text",
    "modify_date": "text",
    "payment_date": "text",
    "ship_by_date": "text",
    "order_status": "text",
    "customer_id": "bigint",
    "customer_username": "text",
    "customer_email": "text",
    "bill_to": "json",
    "ship_to": "json",
    "items": "json",
    "order_total": "decimal",
    "amount_paid": "decimal",
    "tax_amount": "decimal",
    "shipping_amount": "decimal",
    "customer_notes": "text",
    "internal_notes": "text",
    "gift": "bool",
    "gift_message": "text",
    "payment_method": "text",
    "requested_shipping_service": "text",
    "carrier_code": "text",
    "service_code": "text",
    "package_code": "text",
    "confirmation": "text",
    "ship_date": "text",
    "hold_until_date": "text",
    "weight": "json",
    "dimensions": "json",
    "insurance_options": "json",
    "international_options": "json",
    "advanced_options": "json",
    "tag_ids": "json",
    "user_id": "text",
    "externally_fulfilled": "bool",
    "externally_fulfilled_by": "text",
    "label_messages": "json",
}

SHIPMENT = {
    "shipment_id": "bigint",
    "order_id": "bigint",
    "order_key": "text",
    "user_id": "text",
    "customer_email": "text",
    "order_number": "text",
    "create_date": "text",
    "ship_date": "text",
    "shipment_cost": "decimal",
    "insurance_cost": "decimal",
    "tracking_number": "text",
    "is_return_label": "bool",
    "batch_number": "text",
    "carrier_code": "text",
    "service_code": "text",
    "package_code": "text",
    "confirmation": "text",
    "warehouse_id": "bigint",
    "voided": "bool",
    "void_date": "text",
    "marketplace_notified": "bool",
    "notify_error_message": "text",
    "ship_to": "json",
    "weight": "json",
    "dimensions": "json",
    "insurance_options": "json",
    "advanced_options": "json",
    "shipment_items": "json",
    "label_data": "text",
    "form_data": "text",
}

FULFILLMENT = {
    "fulfillment_id": "bigint",
    "order_id": "bigint",
    "order_number": "text",
    "user_id": "text",
    "customer_email": "text",
    "tracking_number": "text",
    "create_date": "text",
    "ship_date": "text",
    "void_date": "text",
    "delivery_date": "text",
    "carrier_code": "text",
    "fulfillment_provider_code": "text",
    "fulfillment_service_code": "text",
    "fulfillment_fee": "decimal",
    "void_requested": "bool",
    "voided": "bool",
    "marketplace_notified": "bool",
    "notify_error_message": "text",
    "ship_to": "json",
}


def connect(connection: Connection, sleep: Sleep = time.sleep) -> httpx.Client:
    """A client of one ShipStation account that keeps to the rate the answers allow."""
    return httpx.Client(
        base_url=connection.base_url,
        auth=(connection.credentials["api_key"], connection.credentials["api_secret"]),
        timeout=TIMEOUT,
        event_hooks={"response": [pace(sleep)]},
    )


def pace(sleep: Sleep) -> Callable[[httpx.Response], None]:
    """A hook that waits for the window's end once its last request is used; a 429's wait is left to the retry."""

    def wait(response: httpx.Response) -> None:
        remaining = response.headers.get("X-Rate-Limit-Remaining", "")
        reset = response.headers.get("X-Rate-Limit-Reset", "")
        if response.status_code != 429 and remaining == "0" and reset.isdigit():
            sleep(float(reset))

    return wait


def pacific(moment: datetime) -> str:
    """A moment as the wall-clock text ShipStation filters by."""
    return moment.astimezone(ZoneInfo(TIME_ZONE)).strftime("%Y-%m-%d %H:%M:%S")


def _listed(path: str, since_names: tuple[str, ...], **always: Any) -> Fetch:
    """Reads a list once per date filter, because the vendor joins filters by "and"; whole without a date."""

    def fetch(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
        filters: list[dict[str, str]] = [{}] if since is None else [{name: pacific(since)} for name in since_names]
        for since_filter in filters:
            yield from _pages(client, path, {**always, **since_filter})

    return fetch


def _pages(client: httpx.Client, path: str, filters: dict[str, Any]) -> Iterator[list[Record]]:
    """Pages of a list. Raises PlatformUnavailable when one page comes twice."""
    before: list[Record] = []
    page = 1
    while True:
        answer = body(request(client, "GET", path, params={**filters, "page": page, "pageSize": PAGE}))
        records: list[Record] = answer[path.strip("/")]
        if records and records == before:
            raise PlatformUnavailable(f"GET {path}: page {page} is page {page - 1} again")
        if records:
            yield records
        if not records or page >= answer["pages"]:
            return
        before, page = records, page + 1


RESOURCES = (
    Resource(
        "orders",
        ORDER,
        _listed("/orders", ("modifyDateStart",)),
        key=("order_id",),
        cursor="modify_date",
        cursor_zone=TIME_ZONE,
        lag=LAG,
        required=("order_number", "order_status"),
    ),
    Resource(
        "shipments",
        SHIPMENT,
        _listed("/shipments", ("createDateStart", "voidDateStart"), includeShipmentItems="true"),
        key=("shipment_id",),
        cursor="create_date",
        cursor_zone=TIME_ZONE,
        lag=LAG,
        required=("order_number", "voided"),
    ),
    Resource(
        "fulfillments",
        FULFILLMENT,
        _listed("/fulfillments", ("createDateStart",)),
        key=("fulfillment_id",),
        cursor="create_date",
        cursor_zone=TIME_ZONE,
        lag=DELIVERED_WITHIN,
        required=("order_number", "voided"),
    ),
)

CONNECTOR = Connector("shipstation", API_VERSION, ("api_key", "api_secret"), connect, RESOURCES)
