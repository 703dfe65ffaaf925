"""WooCommerce → `raw_woocommerce`: orders, their refunds, products with variations, customers.

* Version and sunset: REST v3 (`wp-json/wc/v3`), no announced end.
* Auth: Basic over HTTPS, consumer key as user and consumer secret as password; a read key is enough.
* Rate limit: none in core; hosts and firewalls answer 429 or 503, which are waited out.
* Paging: `page` and `per_page` (100 at most); the number of pages is in `X-WP-TotalPages`. Rows change while pages are
  turned, so we sort by id ascending: an order that is edited keeps its place, and a new one comes last.
* Cursor and its lag: `modified_after` with `dates_are_gmt=true` on orders and products, one hour back. Customers have
  no such filter and are read whole; so are variations, whose stock moves without moving the product. A refund is read
  with its order: any order changed since the newest refund is asked for its refunds.
* Deletes: a trashed order is left out of the list unless asked for, and it is: from the second reading on those trashed since.
  One that was deleted for good stays as it was last seen; what is read whole drops it.
* Unit of money: decimal text in major units of the order's one currency; `price` of a line is a JSON number, read as
  Decimal. Line totals never hold tax, whatever `prices_include_tax` says.

A refund does not name its order or currency: `order_id` and `order_currency` are added from the order it was read from,
`product_id` to a variation from its product.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

from pipelines.connector import Connector, Record, Resource
from pipelines.errors import PlatformRefused
from pipelines.http import TIMEOUT, body, request
from pipelines.settings import Connection

API_VERSION = "wc/v3"
PAGE = 100

ORDER = {
    "id": "bigint",
    "parent_id": "bigint",
    "number": "text",
    "order_key": "text",
    "created_via": "text",
    "version": "text",
    "status": "text",
    "currency": "text",
    "date_created": "text",
    "date_created_gmt": "timestamp",
    "date_modified": "text",
    "date_modified_gmt": "timestamp",
    "discount_total": "text",
    "discount_tax": "text",
    "shipping_total": "text",
    "shipping_tax": "text",
    "cart_tax": "text",
    "total": "text",
    "total_tax": "text",
    "prices_include_tax": "bool",
    "customer_id": "bigint",
    "customer_ip_address": "text",
    "customer_user_agent": "text",
    "customer_note": "text",
    "billing": "json",
    "shipping": "json",
    "payment_method": "text",
    "payment_method_title": "text",
    "transaction_id": "text",
    "date_paid": "text",
    "date_paid_gmt": "timestamp",
    "date_completed": "text",
    "date_completed_gmt": "timestamp",
    "cart_hash": "text",
    "meta_data": "json",
    "line_items": "json",
    "tax_lines": "json",
    "shipping_lines": "json",
    "fee_lines": "json",
    "coupon_lines": "json",
    "gift_cards": "json",
    "refunds": "json",
    "set_paid": "bool",
    "is_editable": "bool",
    "needs_payment": "bool",
    "needs_processing": "bool",
    "payment_url": "text",
    "currency_symbol": "text",
    "links": "json",
}

REFUND = {
    "id": "bigint",
    "order_id": "bigint",
    "order_currency": "text",
    "date_created": "text",
    "date_created_gmt": "timestamp",
    "amount": "text",
    "reason": "text",
    "refunded_by": "bigint",
    "refunded_payment": "bool",
    "meta_data": "json",
    "line_items": "json",
    "shipping_lines": "json",
    "tax_lines": "json",
    "fee_lines": "json",
    "links": "json",
}

STOCKED = {
    "id": "bigint",
    **dict.fromkeys(("sku", "global_unique_id", "status", "name", "description", "permalink", "price"), "text"),
    **dict.fromkeys(("regular_price", "sale_price", "tax_status", "tax_class", "stock_status", "backorders"), "text"),
    **dict.fromkeys(("weight", "shipping_class", "date_created", "date_modified"), "text"),
    **dict.fromkeys(("date_on_sale_from", "date_on_sale_to"), "text"),
    **dict.fromkeys(("date_created_gmt", "date_modified_gmt"), "timestamp"),
    **dict.fromkeys(("date_on_sale_from_gmt", "date_on_sale_to_gmt"), "timestamp"),
    **dict.fromkeys(("stock_quantity", "low_stock_amount", "shipping_class_id", "menu_order", "parent_id"), "bigint"),
    **dict.fromkeys(("download_limit", "download_expiry"), "bigint"),
    **dict.fromkeys(("on_sale", "purchasable", "virtual", "downloadable", "backorders_allowed", "backordered"), "bool"),
    **dict.fromkeys(("cost_of_goods_sold", "downloads", "dimensions", "attributes", "meta_data", "links"), "json"),
}

PRODUCT = {
    **STOCKED,
    **dict.fromkeys(("type", "slug", "catalog_visibility", "short_description", "price_html", "external_url"), "text"),
    **dict.fromkeys(("button_text", "average_rating", "purchase_note", "post_password"), "text"),
    **dict.fromkeys(("total_sales", "rating_count"), "bigint"),
    **dict.fromkeys(("manage_stock", "featured", "sold_individually", "shipping_required"), "bool"),
    **dict.fromkeys(("shipping_taxable", "reviews_allowed", "has_options"), "bool"),
    **dict.fromkeys(("categories", "tags", "images", "brands", "variations", "default_attributes"), "json"),
    **dict.fromkeys(("related_ids", "upsell_ids", "cross_sell_ids", "grouped_products"), "json"),
}

# A variation's `manage_stock` is true, false or the word "parent".
VARIATION = {**STOCKED, "product_id": "bigint", "type": "text", "manage_stock": "text", "image": "json"}

CUSTOMER = {
    "id": "bigint",
    "date_created": "text",
    "date_created_gmt": "timestamp",
    "date_modified": "text",
    "date_modified_gmt": "timestamp",
    "email": "text",
    "first_name": "text",
    "last_name": "text",
    "role": "text",
    "username": "text",
    "billing": "json",
    "shipping": "json",
    "is_paying_customer": "bool",
    "avatar_url": "text",
    "meta_data": "json",
    "links": "json",
}


def connect(connection: Connection) -> httpx.Client:
    return httpx.Client(
        base_url=f"{connection.base_url}/wp-json/wc/v3",
        auth=(connection.credentials["consumer_key"], connection.credentials["consumer_secret"]),
        timeout=TIMEOUT,
    )


def pages(client: httpx.Client, path: str, **params: Any) -> Iterator[list[Record]]:
    """Pages of a list until the last, an empty or a repeated one."""
    seen: list[Any] | None = None
    number = 1
    while True:
        asked = {"per_page": PAGE, "page": number, "order": "asc", "orderby": "id", **params}
        response = request(client, "GET", path, params=asked)
        page = body(response)
        if not isinstance(page, list):
            raise PlatformRefused(f"woocommerce {path}: a list was expected")
        ids = [record["id"] for record in page]
        if not page or ids == seen:
            return
        yield page
        total = response.headers.get("X-WP-TotalPages", "")
        # A proxy may strip the header; then a short page is the last.
        if number >= int(total) if total.isdigit() else len(page) < PAGE:
            return
        seen, number = ids, number + 1


def since_params(since: datetime | None) -> dict[str, str]:
    if since is None:
        return {}
    return {"modified_after": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "dates_are_gmt": "true"}


def orders(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    yield from pages(client, "orders", **since_params(since))
    if since is not None:
        # Else an order we hold would stay open for ever, and its units promised. The first reading holds none.
        yield from pages(client, "orders", status="trash", **since_params(since))


def refunds(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """Refunds of the orders changed since then; one request for each order that has any."""
    for page in pages(client, "orders", **since_params(since)):
        found = [
            {**refund, "order_id": order["id"], "order_currency": order["currency"]}
            for order in page
            if order.get("refunds")
            for part in pages(client, f"orders/{order['id']}/refunds")
            for refund in part
        ]
        if found:
            yield found


def products(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    yield from pages(client, "products", **since_params(since))


def variations(client: httpx.Client, _: datetime | None) -> Iterator[list[Record]]:
    for page in pages(client, "products", type="variable"):
        for product in page:
            for part in pages(client, f"products/{product['id']}/variations"):
                yield [{**variation, "product_id": product["id"]} for variation in part]


def customers(client: httpx.Client, _: datetime | None) -> Iterator[list[Record]]:
    # Without role=all the list holds the role "customer" alone, and a buyer who is also staff is missing.
    yield from pages(client, "customers", role="all")


CONNECTOR = Connector(
    platform="woocommerce",
    api_version=API_VERSION,
    credentials=("consumer_key", "consumer_secret"),
    connect=connect,
    resources=(
        Resource("orders", ORDER, orders, cursor="date_modified_gmt", required=("currency", "total", "line_items")),
        Resource("order_refunds", REFUND, refunds, cursor="date_created_gmt", required=("order_id", "amount")),
        Resource("products", PRODUCT, products, cursor="date_modified_gmt"),
        Resource("product_variations", VARIATION, variations, snapshot=True),
        Resource("customers", CUSTOMER, customers, snapshot=True),
    ),
)
