"""All rows of the canonical mappings, newest version of each resource, a table per noun; a SKU's are found by an index.

They lie in the SQLite memory in which single SKUs are computed. An engine for columns puts a row together column by column: to
find the fifty rows behind a few SKUs took it longer than the models over them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

Rows = Iterable[Sequence[Any]]

# What stands in a list that is given as JSON, see `listed`.
LISTED = "(select value from json_each(?))"

# How a kept row is found: by the column a SKU leads to. A noun that is not here and has no SKU is looked at whole.
INDEXED = {
    "can_orders": ("order_id", "order_key"),
    "can_order_lines": ("order_id", "sku"),
    "can_refunds": ("refund_id",),
    "can_refund_lines": ("refund_id", "sku"),
    "can_fulfilment_orders": ("order_id", "sku"),
    "can_parcels": ("parcel_id", "order_key"),
    "can_parcel_lines": ("parcel_id", "sku"),
    "can_channel_listings": ("listing_id", "sku"),
    "can_stock_holds": ("stock_hold_id", "sku"),
    "can_stock_levels": ("stock_level_id", "sku"),
}


class KeptRows:
    """One per workshop; called from one thread at a time. nouns: the columns of each. A value stands as `sqlite_sql.stored` says."""

    def __init__(self, db: sqlite3.Connection, nouns: Mapping[str, Collection[str]]) -> None:
        self._db, self._nouns = db, nouns
        for name, columns in nouns.items():
            quoted = ", ".join(f'"{column}"' for column in columns)
            self._db.execute(f"create table {table(name)} ({quoted})")

    def fill(self, noun: str, rows: Rows) -> None:
        """Adds rows, in the order of the noun's columns."""
        marks = ", ".join("?" * len(self._nouns[noun]))
        self._db.executemany(f"insert into {table(noun)} values ({marks})", rows)

    def index(self, has_files: bool) -> None:
        """Once most rows are there: an index that grows with each row takes longer. has_files: `superseding` is asked."""
        by = {name: INDEXED.get(name, ("sku",) if "sku" in columns else ()) for name, columns in self._nouns.items()}
        if has_files:
            by["can_orders"] = (*by["can_orders"], "platform_order_id")
        for name, columns in by.items():
            for column in columns:
                self._db.execute(f'create index "{name}_{column}" on {table(name)} ({column})')

    def replace(self, noun: str, column: str, keys: Iterable[str], rows: Rows) -> None:
        """Puts rows in the place of those with these keys."""
        self._db.execute(f"delete from {table(noun)} where {column} in {LISTED}", [listed(keys)])
        self.fill(noun, rows)

    def find(
        self, noun: str, wanted: str, column: str, values: Iterable[str], where: str = "true", *more: Any
    ) -> set[Any]:
        """What stands in a column of the rows that another column leads to, without nulls."""
        query = f"select {wanted} from {table(noun)} where {column} in {LISTED} and {where}"
        return {value for (value,) in self._db.execute(query, [listed(values), *more]) if value is not None}

    def newest(self, noun: str, column: str, version: str, keys: Iterable[str]) -> dict[str, str]:
        """Key → the newest version of its rows, for those that have one."""
        query = f"select {column}, max({version}) from {table(noun)} where {column} in {LISTED} group by {column}"
        return {key: at for key, at in self._db.execute(query, [listed(keys)]) if at is not None}

    def superseding(self, file_orders: Iterable[str]) -> set[str]:
        """Orders of a connector with the number, on the same channel, of these that came in a file."""
        query = f"""select theirs.order_id from {table("can_orders")} as files
            inner join {table("can_orders")} as theirs
                on files.channel = theirs.channel
                and replaced(files.platform_order_id, '^.*/([^/?]+).*$', '\\1') = theirs.platform_order_id
            where files.order_id in {LISTED} and theirs.platform <> 'files'"""
        return {order for (order,) in self._db.execute(query, [listed(file_orders)])}

    def skus(self) -> set[str]:
        """Every SKU that a row names."""
        named = [name for name, columns in self._nouns.items() if "sku" in columns]
        query = " union ".join(f"select sku from {table(name)} where sku is not null" for name in named)
        return {sku for (sku,) in self._db.execute(query)}


def listed(values: Iterable[str]) -> str:
    return json.dumps(sorted(values))


def table(noun: str) -> str:
    return f'"kept.{noun}"'
