"""A refresh in the middle of a day: what the channels sold and show, put into a home's raw tables, built and published.

The orders are those of the inbox, for all that was ordered was told; what a channel shows is its own word at that moment. It
stands for the reading by `cartwheel extract`, so a day's refresh is cheaper here by the requests of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import wide_shop
from buyers import NEWARK, Buyers
from shelves import Changed

from pipelines.intake.inbox import Inbox
from pipelines.intake.rows import Told, rows
from pipelines.intake.rows.shopify import level_changed

ORDER_KEYS = {"raw_shopify.orders": "id", "raw_woocommerce.orders": "id", "raw_amazon.orders": "order_id"}
AT_ONCE = 2_000


class Refreshes:
    """One home's, beside the channels of one day."""

    def __init__(self, home: Path, hub: Buyers) -> None:
        self._home, self._hub, self._sequence = home, hub, 0

    def refresh(self) -> int:
        """Publishes the day so far; the orders that are new in it."""
        read_at = datetime.now(UTC)
        shown = self._hub.shown()
        orders = list(self._orders())
        with duckdb.connect(str(self._home / "warehouse.duckdb")) as connection:
            connection.execute("set TimeZone = 'UTC'")
            for table, key in ORDER_KEYS.items():
                found = [_whole(row) for told in orders if told.table == table for row in told.rows]
                _replace(connection, table, key, found, read_at)
            _show(connection, shown, read_at)
            for platform in wide_shop.PLATFORMS:
                connection.execute(
                    f"insert into raw_{platform}._dlt_loads by name select * replace ($1 as load_id, $2 as inserted_at)"
                    f" from raw_{platform}._dlt_loads limit 1",
                    [_load_id(read_at), read_at],
                )
        wide_shop.build(self._home)
        return len(orders)

    def _orders(self) -> Iterator[Told]:
        with closing(Inbox(f"sqlite:///{self._home / 'inbox.sqlite'}")) as inbox:
            while events := inbox.events_after(self._sequence, AT_ONCE):
                self._sequence = events[-1].sequence
                for event in events:
                    # A level points at its item, of which nothing is known here: what is shown is asked of the channel.
                    for one in rows(event):
                        if isinstance(one, Told) and one.table in ORDER_KEYS:
                            yield one


def _whole(order: dict[str, Any]) -> dict[str, Any]:
    """With what Shopify says of a line when it is read, and not when it tells: its sum, here of one unit."""
    for line in order.get("line_items") or ():
        if "originalUnitPriceSet" in line:
            line["originalTotalSet"] = line["originalUnitPriceSet"]
    return order


def _show(connection: duckdb.DuckDBPyConnection, shown: Changed, read_at: datetime) -> None:
    skus = {channel: {f"WIDE-{number}": said for number, said in of.items()} for channel, of in shown.items()}
    items = _rows(connection, "raw_shopify.inventory_items", skus["shopify"])
    for at, item in enumerate(items):
        quantity, moment = skus["shopify"][item["sku"]]
        item["inventory_levels"] = json.loads(item["inventory_levels"])
        said = {"location_id": NEWARK, "available": quantity, "updated_at": moment.isoformat()}
        items[at] = level_changed(item, said)
    _replace(connection, "raw_shopify.inventory_items", "sku", items, read_at)
    products = _rows(connection, "raw_woocommerce.products", skus["woocommerce"])
    for product in products:
        product["stock_quantity"], product["date_modified_gmt"] = skus["woocommerce"][product["sku"]]
    _replace(connection, "raw_woocommerce.products", "sku", products, read_at)
    listings = _rows(connection, "raw_amazon.listings", skus["amazon"])
    for listing in listings:
        quantity, listing["last_updated_date"] = skus["amazon"][listing["sku"]]
        listing["fulfillment_availability"] = [{"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}]
    _replace(connection, "raw_amazon.listings", "sku", listings, read_at)


def _rows(connection: duckdb.DuckDBPyConnection, table: str, skus: Iterable[str]) -> list[dict[str, Any]]:
    found = connection.execute(f"from {table} where sku in (select unnest($1))", [list(skus)])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, found: list[dict[str, Any]], read_at: datetime
) -> None:
    """Puts rows in the place of those with their keys, as a load does."""
    if not found:
        return
    types = {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        with file.open("w") as lines:
            for row in found:
                said = {**row, "_dlt_load_id": _load_id(read_at), "_dlt_id": f"{row[key]} {read_at}"}
                plain = {name: json.loads(v) if _is_text_of(types[name], v) else v for name, v in said.items()}
                lines.write(json.dumps(plain, default=str) + "\n")
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in types.items())
        incoming = f"read_json('{file}', format = 'newline_delimited', columns = {{{columns}}})"
        connection.execute(f"delete from {table} where {key} in (select {key} from {incoming})")
        connection.execute(f"insert into {table} by name from {incoming}")


def _is_text_of(kind: str, value: Any) -> bool:
    return kind == "JSON" and isinstance(value, str)


def _load_id(read_at: datetime) -> str:
    return f"{read_at.timestamp():.6f}"
