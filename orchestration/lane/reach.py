"""Which kept rows the numbers of some SKUs are made of, and which SKUs an event reaches.

Every stock model is computable per SKU; what it looks at is its SKU's rows, their orders, parcels and refunds, and the orders
that share a number with such a parcel (a number two orders have names neither). What stands in no list here is looked at whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set

from orchestration.lane.workshop import INDEXED, Workshop, literal

# More SKUs than this are found by a join over all rows: one pass is cheaper than as many look-ups.
LOOKED_UP = 400


def gather(shop: Workshop, skus: Set[str]) -> None:
    """Puts into `work` the kept rows that the computed models need for these SKUs."""
    shop.put_down()
    run, nouns = shop.connection.execute, shop.nouns
    is_few = len(skus) <= LOOKED_UP
    if not is_few:
        run("create or replace temp table touched as select unnest($1::varchar[]) as sku", [sorted(skus)])
    for name in nouns:
        if not shop.is_whole(name) and "sku" in nouns[name]:
            named = skus & shop.named[name] if is_few else skus
            if named:
                wanted = literal(sorted(named)) if is_few else "(select sku from touched)"
                shop.pick(name, f"sku in {wanted}")
    if "can_parcels" in nouns and "can_parcel_lines" in shop.picked:
        _take(shop, "can_parcels", "parcel_id", "select parcel_id from work.can_parcel_lines", is_few)
    if "can_refunds" in nouns and "can_refund_lines" in shop.picked:
        _take(shop, "can_refunds", "refund_id", "select refund_id from work.can_refund_lines", is_few)
    by_id = " union ".join(
        f"select order_id from work.{name}" for name in nouns if "order_id" in nouns[name] and name in shop.picked
    )
    if by_id:
        _take(shop, "can_orders", "order_id", by_id, is_few)
    if "can_parcels" in shop.picked:
        _take(shop, "can_orders", "order_key", "select order_key from work.can_parcels", is_few)
    if shop.has_files and "can_orders" in shop.picked:
        _take_superseding(shop)


def _take(shop: Workshop, name: str, column: str, ids: str, is_few: bool) -> None:
    """Adds the rows of a noun that a column leads to, once."""
    leading = f"select distinct * from ({ids}) as ids"
    if is_few:
        found = [value for (value,) in shop.connection.execute(leading).fetchall() if value is not None]
        if not found:
            return
        leading = literal(found)[1:-1]
    key = INDEXED[name][0]
    again = "" if column == key else f" and {key} not in (select {key} from work.{name})"
    shop.pick(name, f"{column} in ({leading}){again}")


def _take_superseding(shop: Workshop) -> None:
    """A file's order gives way to a connector's with the same number on the same channel."""
    shop.connection.execute(
        """insert into work.can_orders
           select theirs.* from kept.can_orders as theirs
           where theirs.platform <> 'files'
             and exists (
                 select 1 from work.can_orders as files
                 where files.platform = 'files' and files.channel = theirs.channel
                   and regexp_replace(files.platform_order_id, '^.*/([^/?]+).*$', '\\1') = theirs.platform_order_id)
             and theirs.order_id not in (select order_id from work.can_orders)"""
    )


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
