"""Which kept rows the numbers of some SKUs are made of, and which SKUs an event reaches.

Every stock model is computable per SKU; what it looks at is its SKU's rows, their orders, parcels and refunds, and the orders
that share a number with such a parcel (a number two orders have names neither). What stands in no list here is looked at whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set

from orchestration.lane.workshop import INDEXED, LOOKED_UP, Workshop, literal


def gather(shop: Workshop, skus: Set[str]) -> None:
    """Puts into `few` the kept rows that the computed models need for these SKUs."""
    shop.put_down()
    nouns, picked = shop.nouns, shop.picked
    for name in nouns:
        if not shop.is_whole(name) and "sku" in nouns[name]:
            named = skus & shop.named[name] if len(skus) <= LOOKED_UP else skus
            if named:
                shop.pick(name, f"sku {shop.among(named)}")
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
    if not values:
        return
    key = INDEXED[name][0]
    if column != key:
        found = shop.connection.execute(f"select {key} from kept.{name} where {column} {shop.among(values)}").fetchall()
        column, values = key, {value for (value,) in found} - shop.few.values(name, key)
        if not values:
            return
    shop.pick(name, f"{column} {shop.among(values)}")


def _take_superseding(shop: Workshop) -> None:
    """A file's order gives way to a connector's with the same number on the same channel."""
    files = shop.few.values("can_orders", "order_id", "platform = 'files'")
    if not files:
        return
    found = shop.connection.execute(
        f"""select theirs.order_id from kept.can_orders as theirs
            inner join kept.can_orders as files
                on files.channel = theirs.channel
                and regexp_replace(files.platform_order_id, '^.*/([^/?]+).*$', '\\1') = theirs.platform_order_id
            where theirs.platform <> 'files' and files.order_id {shop.among(files)}"""
    ).fetchall()
    _take(shop, "can_orders", "order_id", {order for (order,) in found} - shop.few.values("can_orders", "order_id"))


def reached(shop: Workshop, orders: Collection[str], parcels: Collection[str]) -> set[str]:
    """SKUs of these orders and parcels, and of the parcels and file orders that name one of the orders."""
    run = shop.connection.execute
    found: set[str] = set()
    if orders:
        ids = literal(sorted(orders))
        keys = [
            key
            for (key,) in run(f"select distinct order_key from kept.can_orders where order_id in {ids}").fetchall()
            if key
        ]
        found |= _skus(shop, "can_order_lines", "order_id", ids) | _skus(shop, "can_refund_lines", "order_id", ids)
        if keys:
            named = run(f"select parcel_id from kept.can_parcels where order_key in {literal(keys)}").fetchall()
            parcels = {*parcels, *(parcel for (parcel,) in named)}
    if parcels:
        found |= _skus(shop, "can_parcel_lines", "parcel_id", literal(sorted(parcels)))
    return found


def _skus(shop: Workshop, name: str, column: str, ids: str) -> set[str]:
    rows = shop.connection.execute(f"select distinct sku from kept.{name} where {column} in {ids}").fetchall()
    return {sku for (sku,) in rows if sku is not None}


def closed(shop: Workshop, skus: Iterable[str]) -> set[str]:
    """These SKUs, and every SKU that sets connect them with: a part's other sets claim units of it, too."""
    found, last = set[str](), set(skus)
    while last:
        found |= last
        last = {other for sku in last for other in shop.sets.get(sku, ())} - found
    return found


def all_skus(shop: Workshop) -> set[str]:
    """Every SKU a kept row names."""
    union = " union ".join(f"select sku from kept.{name}" for name in shop.nouns if "sku" in shop.nouns[name])
    return {sku for (sku,) in shop.connection.execute(f"select sku from ({union}) where sku is not null").fetchall()}
