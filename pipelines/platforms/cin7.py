"""Cin7 Core → `raw_cin7`: stock by location, products and their movements, locations and purchases received.

* Version and sunset: API v2, in the path; no sunset announced. (Cin7 Omni is another product with another API.)
* Auth: two headers, account id and application key.
* Rate limit: 60 requests a minute per application, told by HTTP 503 and no header. The client counts its own requests
  and waits before the window is full; a 503 all the same (another program with the same key) is retried.
* Paging: `Page` from 1, `Limit` ≤ 1,000, `Total` in the answer.
* Cursor and its lag: products by `LastModifiedOn`, purchases by `LastUpdatedDate`, one call more for the lines of each
  changed purchase. Stock has no change filter, and a stock level is a state: it is read whole and replaced, and so are the
  movements of the products, which say how the level came to be.
* Deletes: products are deprecated, not deleted; a purchase is voided. What leaves the stock list leaves the raw table.
* Unit of money: decimal numbers; products in the account's base currency (not named), purchases in `SupplierCurrency`.

Times are UTC, with or without an offset, and filters are sent as UTC ISO 8601.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from pipelines.connector import Connector, Record, Resource
from pipelines.errors import PlatformUnavailable
from pipelines.http import TIMEOUT, Sleep, body, request
from pipelines.settings import Connection

API_VERSION = "v2"
ROOT = "/externalapi/v2"
PAGE = 1000

# Under the vendor's 60, so that a person's own request in the same minute doesn't earn us a 503.
REQUESTS_PER_WINDOW = 55
WINDOW_SECONDS = 60.0

PRODUCT_AVAILABILITY = {
    "id": "text",
    "sku": "text",
    "name": "text",
    "barcode": "text",
    "location": "text",
    "bin": "text",
    "batch": "text",
    "expiry_date": "text",
    "on_hand": "decimal",
    "allocated": "decimal",
    "available": "decimal",
    "on_order": "decimal",
    "in_transit": "decimal",
    "stock_on_hand": "decimal",
    "line_number": "bigint",
    "read_at": "timestamp",
}

PRODUCT = {
    "id": "text",
    "sku": "text",
    "name": "text",
    "category": "text",
    "brand": "text",
    "type": "text",
    "costing_method": "text",
    "default_location": "text",
    "length": "decimal",
    "width": "decimal",
    "height": "decimal",
    "weight": "decimal",
    "uom": "text",
    "weight_units": "text",
    "dimensions_units": "text",
    "barcode": "text",
    "minimum_before_reorder": "decimal",
    "reorder_quantity": "decimal",
    **{f"price_tier{tier}": "decimal" for tier in range(1, 11)},
    "price_tiers": "json",
    "average_cost": "decimal",
    "short_description": "text",
    "description": "text",
    "sellable": "bool",
    "status": "text",
    "stock_locator": "text",
    "tags": "text",
    "hs_code": "text",
    "country_of_origin": "text",
    "country_of_origin_code": "text",
    "suppliers": "json",
    "reorder_levels": "json",
    "bill_of_material": "bool",
    "bill_of_materials_products": "json",
    "bill_of_materials_services": "json",
    "drop_ship_mode": "text",
    "last_modified_on": "text",
    "attachments": "json",
    "movements": "json",
    "auto_assembly": "bool",
    "auto_disassembly": "bool",
    "quantity_to_produce": "decimal",
    **dict.fromkeys(
        ("carton_height", "carton_length", "carton_width", "carton_quantity", "carton_inner_quantity"), "decimal"
    ),
    **dict.fromkeys(("assembly_cost_estimation_method", "assembly_instruction_url", "attribute_set"), "text"),
    **dict.fromkeys(("cogs_account", "expense_account", "inventory_account", "revenue_account"), "text"),
    **dict.fromkeys(("discount_rule", "purchase_tax_rule", "sale_tax_rule", "internal_note", "pick_zones"), "text"),
    **{f"additional_attribute{number}": "text" for number in range(1, 11)},
}

PRODUCT_MOVEMENTS = {"id": "text", "sku": "text", "movements": "json"}

LOCATION = {
    "id": "text",
    "name": "text",
    "is_default": "bool",
    "is_deprecated": "bool",
    "is_staging": "bool",
    "bins": "json",
    "parent_id": "text",
    "parent_name": "text",
    "fixed_assets_location": "bool",
    "address_line1": "text",
    "address_line2": "text",
    "address_city_suburb": "text",
    "address_state_province": "text",
    "address_zip_post_code": "text",
    "address_country": "text",
    "is_co_man": "bool",
    "is_shopfloor": "bool",
    "pick_zones": "text",
    "reference_count": "bigint",
}

PURCHASE = {
    "id": "text",
    "type": "text",
    "status": "text",
    "order_number": "text",
    "order_date": "text",
    "required_by": "text",
    "last_updated_date": "text",
    "location": "text",
    "supplier": "text",
    "supplier_id": "text",
    "supplier_currency": "text",
    "base_currency": "text",
    "currency_rate": "decimal",
    "order": "json",
    "stock_received": "json",
    "invoice": "json",
    "credit_note": "json",
    "combined_receiving_status": "text",
    "combined_invoice_status": "text",
    "combined_payment_status": "text",
    "terms": "text",
    "note": "text",
    "approach": "text",
    "blind_receipt": "bool",
    "tax_rule": "text",
    "tax_calculation": "text",
    "invoice_amount": "decimal",
    "paid_amount": "decimal",
    **dict.fromkeys(("order_status", "stock_received_status", "unstock_status"), "text"),
    **dict.fromkeys(("invoice_number", "invoice_status", "invoice_date", "invoice_due_date"), "text"),
    **dict.fromkeys(("credit_note_number", "credit_note_status", "drop_ship_task_id"), "text"),
    **dict.fromkeys(("inventory_account", "contact", "phone", "related_drop_ship_sale_task"), "text"),
    **dict.fromkeys(("billing_address", "shipping_address", "additional_attributes", "attachments"), "json"),
    **dict.fromkeys(("inventory_movements", "manual_journals", "put_away"), "json"),
    "is_service_only": "bool",
}


def connect(
    connection: Connection, sleep: Sleep = time.sleep, clock: Callable[[], float] = time.monotonic
) -> httpx.Client:
    """A client of one Cin7 Core account that stays under its requests per minute."""
    return httpx.Client(
        base_url=connection.base_url,
        headers={
            "api-auth-accountid": connection.credentials["account_id_header"],
            "api-auth-applicationkey": connection.credentials["application_key"],
        },
        timeout=TIMEOUT,
        event_hooks={"request": [pace(sleep, clock)]},
    )


def pace(sleep: Sleep, clock: Callable[[], float]) -> Callable[[httpx.Request], None]:
    """A hook that holds a request back until fewer than the allowed number lie within the last minute."""
    sent: deque[float] = deque(maxlen=REQUESTS_PER_WINDOW)

    def wait(_request: httpx.Request) -> None:
        if len(sent) == REQUESTS_PER_WINDOW:
            early = sent[0] + WINDOW_SECONDS - clock()
            if early > 0:
                sleep(early)
        sent.append(clock())

    return wait


def _product_availability(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    """Stock now, with the answer's own time: the list has none, and a stock figure without a time says nothing."""
    number = 0
    for response, records in _pages(client, "/ref/productavailability", "ProductAvailabilityList", {}):
        dates = response.headers.get_list("date")
        read_at = parsedate_to_datetime(dates[-1]).astimezone(UTC) if dates else None
        # One product has a row per bin and batch, and nothing in the row is its identity: its place in the list is.
        yield [{**record, "LineNumber": number + i, "ReadAt": read_at} for i, record in enumerate(records, start=1)]
        number += len(records)


def _products(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    filters = {"IncludeDeprecated": "true", "IncludeBOM": "true", **_utc("ModifiedSince", since)}
    for _, records in _pages(client, "/product", "Products", filters):
        yield records


def _product_movements(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    """Every change of stock of every product. A movement changes no product's time, so there is no filter to trust."""
    filters = {"IncludeDeprecated": "true", "IncludeMovements": "true"}
    for _, records in _pages(client, "/product", "Products", filters):
        yield [
            {"ID": record["ID"], "SKU": record.get("SKU"), "Movements": record.get("Movements")} for record in records
        ]


def _locations(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    for _, records in _pages(client, "/ref/location", "LocationList", {}):
        yield records


def _purchases(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """Each changed purchase as its list row widened by its document, which alone has the lines."""
    for _, listed in _pages(client, "/purchaseList", "PurchaseList", _utc("UpdatedSince", since)):
        yield [{**row, **_document(client, row)} for row in listed]


def _document(client: httpx.Client, row: Record) -> Record:
    """The document of a purchase; of both kinds in one shape, a simple one's single receipt being a list of one."""
    is_advanced = str(row.get("Type") or "").startswith("Advanced")
    path = "/advanced-purchase" if is_advanced else "/purchase"
    document: Record = body(request(client, "GET", ROOT + path, params={"ID": row["ID"]}))
    receipts = document.get("StockReceived")
    return {**document, "StockReceived": [receipts] if isinstance(receipts, dict) else receipts}


def _utc(name: str, since: datetime | None) -> dict[str, str]:
    return {} if since is None else {name: since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def _pages(
    client: httpx.Client, path: str, name: str, filters: dict[str, Any]
) -> Iterator[tuple[httpx.Response, list[Record]]]:
    """Answers of a list with their records. Raises PlatformUnavailable when one page comes twice."""
    before: list[Record] = []
    page = read = 0
    while True:
        page += 1
        response = request(client, "GET", ROOT + path, params={**filters, "Page": page, "Limit": PAGE})
        answer = body(response)
        records: list[Record] = answer[name] or []
        if records and records == before:
            raise PlatformUnavailable(f"GET {path}: page {page} is page {page - 1} again")
        if records:
            yield response, records
        read += len(records)
        if not records or read >= answer["Total"]:
            return
        before = records


RESOURCES = (
    Resource(
        "product_availability",
        PRODUCT_AVAILABILITY,
        _product_availability,
        key=("line_number",),
        snapshot=True,
        required=("sku", "location", "on_hand"),
    ),
    Resource("products", PRODUCT, _products, cursor="last_modified_on", required=("sku",)),
    Resource("product_movements", PRODUCT_MOVEMENTS, _product_movements, snapshot=True, required=("sku",)),
    Resource("locations", LOCATION, _locations, snapshot=True, required=("name",)),
    Resource("purchases", PURCHASE, _purchases, cursor="last_updated_date", required=("status",)),
)

CONNECTOR = Connector("cin7", API_VERSION, ("account_id_header", "application_key"), connect, RESOURCES)
