"""Shopify → `raw_shopify`: orders with everything inside them, products, variants, stock by location, customers.

* Version and sunset: Admin GraphQL 2026-10; a version lives 12 months, then answers as the oldest supported one.
* Auth: `X-Shopify-Access-Token`, needs read_orders (and read_all_orders beyond 60 days), read_products, read_inventory,
  read_locations, read_customers, read_merchant_managed_fulfillment_orders.
* Rate limit: a bucket of cost points per app and shop. A throttled query is HTTP 200 with the error code THROTTLED; we
  wait until the live `restoreRate` has refilled what the query costs. No document costs more than 1,000 points.
* Paging: relay cursors. Connections inside an order are drained by queries of their own; its transactions, refunds and
  fulfilments are plain lists without a cursor, so a full list is asked for again at a longer cut.
* Cursor and its lag: `updated_at:>=` on orders, products, variants and customers, one hour back. Refunds, payments and
  fulfilments move the order's `updatedAt`. A stock level moves without moving its item, so stock and locations are
  read whole.
* Deletes: an order or product deleted in the shop is not announced here; what is read whole drops it.
* Unit of money: decimal text in major units, shop currency (what the books are kept in) beside the buyer's currency.

A connection is stored as the plain list of its nodes: paging is transport, not data.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

import httpx

from pipelines.connector import Connector, Fetch, Record, Resource
from pipelines.errors import ExtractionError, PlatformRefused
from pipelines.graphql import shopify as documents
from pipelines.http import TIMEOUT, TryAgain, body, request
from pipelines.settings import Connection

API_VERSION = "2026-10"

ORDER = {
    "id": "text",
    "name": "text",
    "created_at": "timestamp",
    "processed_at": "timestamp",
    "updated_at": "timestamp",
    "cancelled_at": "timestamp",
    "cancel_reason": "text",
    "closed_at": "timestamp",
    "test": "bool",
    "currency_code": "text",
    "presentment_currency_code": "text",
    "taxes_included": "bool",
    "email": "text",
    "phone": "text",
    "tags": "json",
    "note": "text",
    "po_number": "text",
    "source_name": "text",
    "display_financial_status": "text",
    "display_fulfillment_status": "text",
    "customer": "json",
    "shipping_address": "json",
    "billing_address": "json",
    "payment_terms": "json",
    "purchasing_entity": "json",
    "total_price_set": "json",
    "subtotal_price_set": "json",
    "total_discounts_set": "json",
    "total_tax_set": "json",
    "total_shipping_price_set": "json",
    "total_tip_received_set": "json",
    "current_total_price_set": "json",
    "total_received_set": "json",
    "total_refunded_set": "json",
    "total_outstanding_set": "json",
    "additional_fees": "json",
    **dict.fromkeys(("line_items", "shipping_lines", "transactions", "refunds"), "json"),
    **dict.fromkeys(("fulfillments", "fulfillment_orders"), "json"),
}

PRODUCT = {
    "id": "text",
    "title": "text",
    "handle": "text",
    "status": "text",
    "product_type": "text",
    "vendor": "text",
    "is_gift_card": "bool",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "hidden_by": "json",
}

PRODUCT_VARIANT = {
    "id": "text",
    "sku": "text",
    "title": "text",
    "display_name": "text",
    "barcode": "text",
    "price": "text",
    "compare_at_price": "text",
    "inventory_quantity": "bigint",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "product": "json",
    "inventory_item": "json",
}

INVENTORY_ITEM = {
    "id": "text",
    "sku": "text",
    "tracked": "bool",
    "updated_at": "timestamp",
    "unit_cost": "json",
    "inventory_levels": "json",
}

CUSTOMER = {
    "id": "text",
    "first_name": "text",
    "last_name": "text",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "state": "text",
    "tags": "json",
    "verified_email": "bool",
    "number_of_orders": "bigint",
    "amount_spent": "json",
    "default_email_address": "json",
    "default_phone_number": "json",
}

LOCATION = {
    "id": "text",
    "name": "text",
    "is_active": "bool",
    "fulfills_online_orders": "bool",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "address": "json",
}


def connect(connection: Connection) -> httpx.Client:
    return httpx.Client(
        base_url=f"{connection.base_url}/admin/api/{API_VERSION}",
        headers={"X-Shopify-Access-Token": connection.credentials["access_token"]},
        timeout=TIMEOUT,
    )


def ask(client: httpx.Client, document: str, **variables: Any) -> dict[str, Any]:
    """The `data` of one query. Waits while throttled; any other error of the answer is PlatformRefused."""
    sent = {"query": document, "variables": variables}
    answer = body(request(client, "POST", "graphql.json", json=sent, judge=throttled))
    if answer.get("errors"):
        said = "; ".join(str(error.get("message")) for error in answer["errors"])
        raise PlatformRefused(f"shopify {document.split('(', 1)[0]}: {said[:300]}")
    data: dict[str, Any] = answer["data"]
    return data


def inside(client: httpx.Client, document: str, node_id: str, **variables: Any) -> Record:
    """One node read by its id; it was listed a moment ago, so its absence is an error and not an empty answer."""
    node: Record | None = ask(client, document, id=node_id, **variables)["node"]
    if node is None:
        raise PlatformRefused(f"shopify: {node_id} was listed but can not be read")
    return node


def throttled(response: httpx.Response) -> None:
    """Raises TryAgain with the seconds until the bucket holds what the query asks for."""
    answer = body(response)
    errors = answer.get("errors") or []
    # A bad document is one string, not a list, on some versions.
    if not isinstance(errors, list) or not any(_code(error) == "THROTTLED" for error in errors):
        return
    cost = (answer.get("extensions") or {}).get("cost") or {}
    bucket = cost.get("throttleStatus") or {}
    missing = float(cost.get("requestedQueryCost") or 0) - float(bucket.get("currentlyAvailable") or 0)
    rate = float(bucket.get("restoreRate") or 0)
    raise TryAgain("THROTTLED", max(missing / rate, 0.1) if rate else None)


def _code(error: Any) -> str | None:
    return (error.get("extensions") or {}).get("code") if isinstance(error, dict) else None


def drain(client: httpx.Client, parent: str, node: Record, field: str) -> list[Record]:
    """All nodes of a connection of `node`, the first page of which is already there."""
    first = node.get(field) or {"nodes": []}

    def turn(after: str) -> Record:
        connection: Record = inside(client, documents.MORE[parent, field], node["id"], after=after)[field]
        return connection

    return [record for connection in chain([first], following(first, turn)) for record in connection["nodes"]]


def following(connection: Record, turn: Any) -> Iterator[Record]:
    """Pages after this one; a cursor that does not move ends the paging instead of asking for the same page forever."""
    seen = set()
    while (info := connection.get("pageInfo") or {}).get("hasNextPage"):
        after = info.get("endCursor")
        if after is None or after in seen:
            return
        seen.add(after)
        connection = turn(after)
        yield connection


def uncut(client: httpx.Client, order: Record, field: str) -> list[Record]:
    """A plain list of an order, asked for again at a longer cut when the first one is full."""
    first, longest, document = documents.WHOLE[field]
    found: list[Record] = order.get(field) or []
    if len(found) < first:
        return found
    found = inside(client, document, order["id"])[field]
    if len(found) >= longest:
        raise ExtractionError(
            f"shopify order {order['name']}: {longest} {field} or more, the list can not be read whole"
        )
    return found


def whole_order(client: httpx.Client, order: Record) -> Record:
    """An order with nothing cut off."""
    fulfillment_orders = drain(client, "Order", order, "fulfillmentOrders")
    return {
        **order,
        "lineItems": drain(client, "Order", order, "lineItems"),
        "shippingLines": drain(client, "Order", order, "shippingLines"),
        "transactions": uncut(client, order, "transactions"),
        "fulfillments": uncut(client, order, "fulfillments"),
        "refunds": [whole_refund(client, refund["id"]) for refund in uncut(client, order, "refunds")],
        "fulfillmentOrders": [
            {**one, "lineItems": drain(client, "FulfillmentOrder", one, "lineItems")} for one in fulfillment_orders
        ],
    }


def whole_refund(client: httpx.Client, refund_id: str) -> Record:
    refund = inside(client, documents.REFUND_BY_ID, refund_id)
    lists = ("refundLineItems", "refundShippingLines", "orderAdjustments", "transactions")
    return {**refund, **{field: drain(client, "Refund", refund, field) for field in lists}}


def whole_item(client: httpx.Client, item: Record) -> Record:
    return {**item, "inventoryLevels": drain(client, "InventoryItem", item, "inventoryLevels")}


def listing(document: str, field: str, finish: Any = lambda _, record: record, searched: bool = True) -> Fetch:
    """Pages of a root connection, changed since a moment when there is one, each record made whole by `finish`."""

    def fetch(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
        variables: dict[str, Any] = {}
        if searched:
            moment = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if since else None
            variables["query"] = f"updated_at:>='{moment}'" if moment else None

        def page(after: str | None) -> Record:
            connection: Record = ask(client, document, after=after, **variables)[field]
            return connection

        first = page(None)
        for connection in chain([first], following(first, page)):
            if connection["nodes"]:
                yield [finish(client, record) for record in connection["nodes"]]

    return fetch


CONNECTOR = Connector(
    platform="shopify",
    api_version=API_VERSION,
    credentials=("access_token",),
    connect=connect,
    sunset=date(2027, 10, 1),
    resources=(
        Resource(
            "orders",
            ORDER,
            listing(documents.ORDERS, "orders", whole_order),
            cursor="updated_at",
            required=("currency_code", "total_price_set", "line_items"),
        ),
        Resource("products", PRODUCT, listing(documents.PRODUCTS, "products"), cursor="updated_at"),
        Resource(
            "product_variants",
            PRODUCT_VARIANT,
            listing(documents.PRODUCT_VARIANTS, "productVariants"),
            cursor="updated_at",
        ),
        Resource(
            "inventory_items",
            INVENTORY_ITEM,
            listing(documents.INVENTORY_ITEMS, "inventoryItems", whole_item),
            snapshot=True,
        ),
        Resource("customers", CUSTOMER, listing(documents.CUSTOMERS, "customers"), cursor="updated_at"),
        Resource("locations", LOCATION, listing(documents.LOCATIONS, "locations", searched=False), snapshot=True),
    ),
)
