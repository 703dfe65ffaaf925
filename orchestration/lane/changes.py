"""Which kept rows a told raw row replaces: the house keys of the resource, by canonical mapping.

A mapping may leave a raw row out (a product that became a shelf for its variations), so what goes can not be learned from
what comes. The keys are the ones the mappings write; that they agree is proved for every platform by comparing with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipelines.intake.rows import Row, Told


@dataclass(frozen=True)
class Replaced:
    """Rows of one canonical mapping that go, by one column, before the told resource's own come."""

    mapping: str
    column: str
    keys: tuple[str, ...]


def replaced(told: Told) -> tuple[Replaced, ...]:
    """What the rows of one resource take the place of."""
    return tuple(found for row in told.rows for found in _READERS[told.table](row) if found.keys)


def version_key(told: Told) -> tuple[str, str, str, str] | None:
    """Where the kept version of a resource stands: mapping, key column, key, version column; None where nothing says one."""
    if told.table not in _VERSIONS:
        return None
    mapping, version = _VERSIONS[told.table]
    found = next(part for part in replaced(told) if part.mapping == mapping)
    return mapping, found.column, found.keys[0], version


_VERSIONS = {
    "raw_shopify.orders": ("can_orders__shopify", "updated_at"),
    "raw_woocommerce.orders": ("can_orders__woocommerce", "updated_at"),
    "raw_woocommerce.products": ("can_channel_listings__woocommerce", "updated_at"),
    "raw_woocommerce.product_variations": ("can_channel_listings__woocommerce", "updated_at"),
    "raw_cin7.product_availability": ("can_stock_levels__cin7", "as_of_at"),
    "raw_amazon.orders": ("can_orders__amazon", "updated_at"),
    "raw_amazon.listings": ("can_channel_listings__amazon", "updated_at"),
}


def number(gid: str) -> str:
    """The number in a GraphQL id."""
    return gid.rpartition("/")[2].partition("?")[0]


def _shopify_order(row: Row) -> Iterable[Replaced]:
    account = f"shopify:{row['account_id']}"
    order = (f"{account}:{number(row['id'])}",)
    if row["line_items"] is not None:
        yield Replaced("can_orders__shopify", "order_id", order)
        yield Replaced("can_order_lines__shopify", "order_id", order)
    if row["fulfillment_orders"] is not None:
        yield Replaced("can_fulfilment_orders__shopify", "order_id", order)
    refunds = tuple(f"{account}:{number(refund['id'])}" for refund in row["refunds"] or ())
    yield Replaced("can_refunds__shopify", "refund_id", refunds)
    yield Replaced("can_refund_lines__shopify", "refund_id", refunds)


def _inventory_item(row: Row) -> Iterable[Replaced]:
    item = f"shopify:{row['account_id']}:{number(row['id'])}"
    levels = tuple(f"{item}:{number(level['location']['id'])}" for level in row["inventory_levels"] or ())
    yield Replaced("can_channel_listings__shopify", "listing_id", levels)
    yield Replaced("can_stock_holds__shopify", "stock_hold_id", levels)


def _woocommerce_order(row: Row) -> Iterable[Replaced]:
    order = (f"woocommerce:{row['account_id']}:{row['id']}",)
    yield Replaced("can_orders__woocommerce", "order_id", order)
    yield Replaced("can_order_lines__woocommerce", "order_id", order)


def _woocommerce_refund(row: Row) -> Iterable[Replaced]:
    refund = (f"woocommerce:{row['account_id']}:{row['id']}",)
    yield Replaced("can_refunds__woocommerce", "refund_id", refund)
    yield Replaced("can_refund_lines__woocommerce", "refund_id", refund)


def _product(row: Row) -> Iterable[Replaced]:
    parent = f"{row['product_id']}/" if row.get("product_id") else ""
    listing = f"woocommerce:{row['account_id']}:{parent}{row['id']}"
    yield Replaced("can_channel_listings__woocommerce", "listing_id", (listing,))


def _shipment(row: Row) -> Iterable[Replaced]:
    parcel = (f"shipstation:{row['account_id']}:{row['shipment_id']}",)
    yield Replaced("can_parcels__shipstation", "parcel_id", parcel)
    yield Replaced("can_parcel_lines__shipstation", "parcel_id", parcel)


def _availability(row: Row) -> Iterable[Replaced]:
    level = f"cin7:{row['account_id']}:{row['sku']}:{row['location']}"
    yield Replaced("can_stock_levels__cin7", "stock_level_id", (level,))


def _amazon_order(row: Row) -> Iterable[Replaced]:
    order = (f"amazon:{row['account_id']}:{row['order_id']}",)
    yield Replaced("can_orders__amazon", "order_id", order)
    yield Replaced("can_order_lines__amazon", "order_id", order)
    yield Replaced("can_fulfilment_orders__amazon", "order_id", order)


def _amazon_listing(row: Row) -> Iterable[Replaced]:
    yield Replaced("can_channel_listings__amazon", "listing_id", (f"amazon:{row['account_id']}:{row['sku']}",))


_READERS: Mapping[str, Callable[[Row], Iterable[Replaced]]] = {
    "raw_shopify.orders": _shopify_order,
    "raw_shopify.inventory_items": _inventory_item,
    "raw_woocommerce.orders": _woocommerce_order,
    "raw_woocommerce.order_refunds": _woocommerce_refund,
    "raw_woocommerce.products": _product,
    "raw_woocommerce.product_variations": _product,
    "raw_shipstation.shipments": _shipment,
    "raw_cin7.product_availability": _availability,
    "raw_amazon.orders": _amazon_order,
    "raw_amazon.listings": _amazon_listing,
}

TOLD_OF = frozenset(_READERS)
