"""Which kept rows the numbers of some SKUs are made of, and which SKUs an event reaches.

Every stock model is computable per SKU; what it looks at is its SKU's rows, their orders, parcels and refunds, and the orders
that share a number with such a parcel (a number two orders have names neither). What stands in no list here is looked at whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set

from orchestration.lane.kept_rows import INDEXED
from orchestration.lane.workshop import Workshop


def gather(shop: Workshop, skus: Set[str]) -> None:
    """Puts into `few` the kept rows that the computed models need for these SKUs."""
    shop.put_down()
    nouns, picked = shop.nouns, shop.picked
    for name in nouns:
        if not shop.is_whole(name) and "sku" in nouns[name]:
            shop.pick(name, "sku", skus)
    for name, lines, key in (
        ("can_parcels", "can_parcel_lines", "parcel_id"),
        ("can_refunds", "can_refund_lines", "refund_id"),
    ):
        if name in nouns and lines in picked:
            _take(shop, name, key, shop.few.values(lines, key))
    by_id = {
        value
        for name in nouns
        if "order_id" in nouns[name] and name in picked
        for value in shop.few.values(name, "order_id")
    }
    _take(shop, "can_orders", "order_id", by_id)
    if "can_parcels" in picked:
        _take(shop, "can_orders", "order_key", shop.few.values("can_parcels", "order_key"))
    if shop.has_files and "can_orders" in picked:
        _take_superseding(shop)


def _take(shop: Workshop, name: str, column: str, values: Set[str]) -> None:
    """Adds the rows of a noun that a column leads to, once."""
    key = INDEXED[name][0]
    if values and column != key:
        values = shop.kept_rows.find(name, key, column, values) - shop.few.values(name, key)
    if values:
        shop.pick(name, key, values)


def _take_superseding(shop: Workshop) -> None:
    """A file's order gives way to a connector's with the same number on the same channel."""
    files = shop.few.values("can_orders", "order_id", "platform = 'files'")
    if files:
        found = shop.kept_rows.superseding(files)
        _take(shop, "can_orders", "order_id", found - shop.few.values("can_orders", "order_id"))


def reached(shop: Workshop, orders: Collection[str], parcels: Collection[str]) -> set[str]:
    """SKUs of these orders and parcels, and of the parcels and file orders that name one of the orders."""
    find = shop.kept_rows.find
    found: set[str] = set()
    if orders:
        for lines in ("can_order_lines", "can_refund_lines"):
            found |= find(lines, "sku", "order_id", orders)
        if keys := find("can_orders", "order_key", "order_id", orders) - {""}:
            parcels = {*parcels, *find("can_parcels", "parcel_id", "order_key", keys)}
    if parcels:
        found |= find("can_parcel_lines", "sku", "parcel_id", parcels)
    return found


def closed(shop: Workshop, skus: Iterable[str]) -> set[str]:
    """These SKUs, and every SKU that sets connect them with: a part's other sets claim units of it, too."""
    found, last = set[str](), set(skus)
    while last:
        found |= last
        last = {other for sku in last for other in shop.sets.get(sku, ())} - found
    return found


def all_skus(shop: Workshop) -> set[str]:
    """Every SKU a kept row names."""
    return shop.kept_rows.skus()
