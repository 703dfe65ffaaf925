"""Reading what an event only points at, through the connector's own client (its pace, retries and errors).

The address in a body is never followed as it stands: nobody signed it. Its path and query are asked of the account we know.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx

from pipelines.connector import Record, snake
from pipelines.errors import PlatformRefused
from pipelines.graphql import shopify as documents
from pipelines.http import body, request
from pipelines.intake.rows import Pointer, Told, in_columns
from pipelines.intake.rows import cin7 as cin7_rows
from pipelines.intake.rows import shipstation as shipstation_rows
from pipelines.intake.rows import woocommerce as woocommerce_rows
from pipelines.intake.rows.shopify import ITEMS, ORDERS, moment
from pipelines.platforms import shopify, woocommerce
from pipelines.platforms.cin7 import ROOT as CIN7_ROOT


def fetch(pointer: Pointer, client: httpx.Client) -> tuple[Told, ...]:
    """The resources a pointer leads to, as they are now; none where the platform no longer has them.

    Raises the connector's errors: PlatformUnavailable to try again, PlatformRefused for a no.
    """
    return READERS[pointer.platform, pointer.what](pointer, client)


def _shopify_order(pointer: Pointer, client: httpx.Client) -> tuple[Told, ...]:
    node = shopify.ask(client, documents.ORDER_BY_ID, id=pointer.where)["node"]
    return _told_order(client, node, pointer.account_id)


def _shopify_fulfillment_order(pointer: Pointer, client: httpx.Client) -> tuple[Told, ...]:
    node = shopify.ask(client, documents.ORDER_OF_FULFILLMENT_ORDER, id=pointer.where)["fulfillmentOrder"]
    if node is None:
        return ()
    return _shopify_order(Pointer(pointer.platform, pointer.account_id, "order", str(node["orderId"])), client)


def _told_order(client: httpx.Client, node: Record | None, account_id: str) -> tuple[Told, ...]:
    if node is None:
        return ()
    whole = shopify.whole_order(client, node)
    row = in_columns(shopify.ORDER, {snake(name): value for name, value in whole.items()}, account_id)
    return (Told(ORDERS, row["id"], (row,), moment(row["updated_at"])),)


def _shopify_inventory_item(pointer: Pointer, client: httpx.Client) -> tuple[Told, ...]:
    node = shopify.ask(client, documents.INVENTORY_ITEM_BY_ID, id=pointer.where)["node"]
    if node is None:
        return ()
    whole = shopify.whole_item(client, node)
    said = {snake(name): value for name, value in whole.items()}
    row = in_columns(shopify.INVENTORY_ITEM, said, pointer.account_id)
    return (Told(ITEMS, row["id"], (row,), None),)


def _woocommerce_order(pointer: Pointer, client: httpx.Client) -> tuple[Told, ...]:
    try:
        return (woocommerce_rows.order(body(request(client, "GET", f"orders/{pointer.where}")), pointer.account_id),)
    except PlatformRefused:
        # Deleted for good: its last state stays, here as in the tables, until the audit of the shop's own counts.
        return ()


def _woocommerce_refunds(pointer: Pointer, client: httpx.Client) -> tuple[Told, ...]:
    order_id, currency = pointer.where.split(" ")
    return tuple(
        woocommerce_rows.refund(record, order_id, currency, pointer.account_id)
        for page in woocommerce.pages(client, f"orders/{order_id}/refunds")
        for record in page
    )


def _cin7_availability(pointer: Pointer, client: httpx.Client) -> tuple[Told, ...]:
    asked = {"Page": 1, "Limit": 1000, "SKU": pointer.where}
    records = body(request(client, "GET", f"{CIN7_ROOT}/ref/productavailability", params=asked))
    rows = records["ProductAvailabilityList"] or []
    return tuple(cin7_rows.availability(rows, pointer.account_id, datetime.now(UTC)))


def _shipstation_shipments(pointer: Pointer, client: httpx.Client) -> tuple[Told, ...]:
    named = urlsplit(pointer.where)
    asked = {name: value for name, value in parse_qsl(named.query) if name.lower() != "includeshipmentitems"}
    answer = body(request(client, "GET", "/shipments", params={**asked, "includeShipmentItems": "true"}))
    return tuple(shipstation_rows.shipment(record, pointer.account_id) for record in answer["shipments"])


READERS: dict[tuple[str, str], Callable[[Pointer, httpx.Client], tuple[Told, ...]]] = {
    ("shopify", "order"): _shopify_order,
    ("shopify", "fulfillment_order"): _shopify_fulfillment_order,
    ("shopify", "inventory_item"): _shopify_inventory_item,
    ("woocommerce", "order"): _woocommerce_order,
    ("woocommerce", "refunds"): _woocommerce_refunds,
    ("cin7", "availability"): _cin7_availability,
    ("shipstation", "shipments"): _shipstation_shipments,
}
