"""A home with a publication of many SKUs: the sandbox's own world read, built and published, one SKU copied many times.

The copies are made in the raw tables, so every model and the lane's start are made of them as of anything else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

from sandbox.server import CREDENTIALS, Sandbox

PLATFORMS = ("shopify", "woocommerce", "cin7", "amazon")
MODELS = (
    "+act_amazon__stock_levels",
    "+act_shopify__stock_levels",
    "+act_woocommerce__stock_levels",
    "+fct_ats_explained",
)
# Numbers of ids: no SKU of the sandbox has any like them.
FIRST = 500_000_000


def publish(home: Path, skus: int) -> dict:
    """The availability row of one SKU, as the hub tells it: what every copy has, under its own SKU.

    A home that was published before is taken as it is.
    """
    kept = home / "template.json"
    if kept.exists():
        return json.loads(kept.read_text())
    environ = _environ(home)
    with Sandbox(orders=60) as sandbox:
        environ |= sandbox.amazon_settings
        for platform in CREDENTIALS.keys() & set(PLATFORMS):
            environ[f"SOURCES__{platform.upper()}__BASE_URL"] = sandbox.base_urls[platform]
            for name, value in CREDENTIALS[platform].items():
                environ[f"SOURCES__{platform.upper()}__{name.upper()}"] = value
        _cartwheel(environ, "extract", *PLATFORMS)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        row = _copy(connection, skus)
    build(home)
    kept.write_text(json.dumps(row))
    return row


def build(home: Path) -> None:
    """Builds the stock models over what is in the raw tables, and publishes."""
    _cartwheel(_environ(home), "build", *MODELS)


def _environ(home: Path) -> dict[str, str]:
    return dict(os.environ) | {"CARTWHEEL_HOME": str(home), "CARTWHEEL_WAREHOUSE": str(home / "warehouse.duckdb")}


def _cartwheel(environ: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "published" not in done.stdout:
        raise RuntimeError(f"cartwheel {' '.join(arguments)}: {done.stdout[-1500:]}{done.stderr[:3000]}")


def _copy(connection: duckdb.DuckDBPyConnection, skus: int) -> dict:
    sku = _plain_sku(connection)
    item = connection.execute("select id from raw_shopify.inventory_items where sku = $1", [sku]).fetchone()[0]
    number = item.rpartition("/")[2]
    new = f"({FIRST} + n)::varchar"
    for table, numbers in (
        ("raw_shopify.inventory_items", ("id", "inventory_levels")),
        ("raw_shopify.product_variants", ("inventory_item",)),
        ("raw_woocommerce.products", ()),
        ("raw_amazon.listings", ()),
        ("raw_cin7.product_availability", ()),
    ):
        types = {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}
        changed = [f"'WIDE-' || ({FIRST} + n) as sku", "uuid()::varchar as _dlt_id"]
        # One place alone, so that what an event says of it is all there is.
        where = " and location = 'Newark Warehouse'" if "cin7" in table else ""
        changed += [f"replace({name}::varchar, '{number}', {new})::{types[name]} as {name}" for name in numbers]
        if "cin7" in table:
            # A line of the hub's list has a number of its own.
            changed.append(
                f"({FIRST} + row_number() over (order by n, location))::{types['line_number']} as line_number"
            )
        if "id" not in numbers and "id" in types and "cin7" not in table:
            prefix = "'gid://shopify/ProductVariant/' || " if "shopify" in table else ""
            changed.append(f"({prefix}{new})::{types['id']} as id")
        connection.execute(
            f"insert into {table} by name select * exclude (n) replace ({', '.join(changed)})"
            f" from {table} cross join (select range as n from range({skus})) where sku = $1{where}",
            [sku],
        )
    found = connection.execute(
        "select id, name, location, on_hand, allocated, available, on_order from raw_cin7.product_availability"
        " where sku = $1 and location = 'Newark Warehouse'",
        [sku],
    ).fetchone()
    names = ("ID", "Name", "Location", "OnHand", "Allocated", "Available", "OnOrder")
    return dict(zip(names, (str(found[0]), *found[1:3], *map(int, found[3:])), strict=True))


def _plain_sku(connection: duckdb.DuckDBPyConnection) -> str:
    """A SKU that WooCommerce sells as a simple product, the seller sends for Amazon, and the hub has plenty of."""
    found = connection.execute(
        "select products.sku from raw_woocommerce.products as products"
        " inner join raw_shopify.inventory_items as items using (sku)"
        " inner join raw_amazon.listings as listings using (sku)"
        " where products.type = 'simple' and products.stock_quantity > 20"
        " and listings.fulfillment_availability::varchar like '%\"DEFAULT\"%'"
        " and (select min(on_hand) from raw_cin7.product_availability as levels where levels.sku = products.sku) > 20"
        " order by products.sku limit 1"
    ).fetchone()
    return str(found[0])
