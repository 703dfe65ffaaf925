"""T-11, a flash sale at the twins: buyers on three channels for a hundred units, orders told late, and Amazon slow to be told.

No number is pushed above what is free by what is known, and every unit sold twice is a row that names both orders. What was
sold and what was written is counted by the twins.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from orchestration.lane.known_rows import Row
from reverse_etl.ledger_tables import DELIVERIES
from sandbox.server import AMAZON_CREDENTIALS, CREDENTIALS, Sandbox
from sandbox.stock_log import SOLD, WRITTEN, Entry
from tests.orchestration.lane.small_shop import SmallShop, SmallTables
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, order

UNITS = 100
CHANNELS = ("amazon", "shopify", "woocommerce")
# Orders on their way to us: so many sales are never known yet.
UNTOLD = 5
# A simple product that all three sell.
SKU = "KIT-001"


class TwinTables(SmallTables):
    """The small shop's tables with the names one SKU has at the twins."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(0, 0)
        product, listing = sandbox.world.products[SKU], sandbox.world.amazon.listings[SKU]
        item = f"gid://shopify/InventoryItem/{product.shopify_inventory_item_id}"
        place = next(one for one in sandbox.world.locations if one.location_id == "newark")
        location = f"gid://shopify/Location/{place.shopify_id}"
        self._rows.execute("insert into stock values ($1, '0', $2, $2, $2, $2)", [SKU, UNITS])
        self._names = {
            "act_shopify__stock_levels": {
                "record_key": f"{item}|{location}", "inventory_item_gid": item, "location_gid": location,
            },
            "act_woocommerce__stock_levels": {
                "record_key": str(product.woo_product_id), "platform_product_id": str(product.woo_product_id),
            },
            "act_amazon__stock_levels": {
                "platform_product_type": listing.product_type, "pool_group": ",".join(listing.marketplace_ids),
            },
        }  # fmt: skip

    def rows(self, model: str, skus: object) -> list[Row]:
        return [{**row, **self._names[model]} for row in super().rows(model, [SKU])]

    def readings(self, sync: str) -> dict[str, int | None]:
        return {row["record_key"]: UNITS for row in self.rows(f"act_{sync}", [SKU])}


@dataclass
class Sale:
    """Buyers at the twins; a store sells as long as it shows something, and is told of a few sales later."""

    shop: SmallShop
    http: httpx.Client
    rng: random.Random
    # When each sale was told: by platform, as the inbox has it.
    told: list[tuple[str, datetime]] = field(default_factory=list)
    _untold: list[str] = field(default_factory=list)

    def buyer(self) -> None:
        channel = self.rng.choice(CHANNELS)
        asked = {"channel": channel, "sku": SKU, "quantity": 1, "only_if_shown": True}
        if self.http.post("/_control/orders", json=asked).status_code == httpx.codes.CREATED:
            self._untold.append(channel)
        self.tell(UNTOLD)

    def tell(self, but: int = 0) -> None:
        """Tell of all sales but so many."""
        while len(self._untold) > but:
            channel = self._untold.pop(0)
            self.shop.sell(channel, SKU)
            self.told.append((channel, self.shop.inbox.newest_events(1)[0].received_at))


def opened(sandbox: Sandbox, folder: Path) -> SmallShop:
    """The SKU with a hundred units, all in one place, shown by all three; nothing of it ordered before."""
    world = sandbox.world
    world.shopify_available |= {(SKU, "newark"): UNITS, (SKU, "reno"): 0}
    world.woo_quantity[SKU] = UNITS
    world.amazon.listings[SKU] = replace(world.amazon.listings[SKU], quantity=UNITS)
    world.stock_log.__init__()
    secrets = CREDENTIALS | AMAZON_CREDENTIALS
    more = {
        f"DESTINATIONS__{name.upper()}__{key.upper()}": value
        for name in CHANNELS
        for key, value in secrets[name].items()
    }
    shop = SmallShop(folder, {name: f"{sandbox.url}/{name}" for name in CHANNELS}, skus=1, pool=UNITS, more=more)
    shop.tables = TwinTables(sandbox)
    return shop


def run(folder: Path, buyers: int, seconds: float, seed: int) -> None:
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.url) as http:
        shop = opened(sandbox, folder)
        sale = Sale(shop, http, random.Random(seed))
        with shop.lane() as lane:
            for _ in range(buyers):
                sale.buyer()
                time.sleep(seconds / buyers)
            sale.tell()
            lane.until(lane.caught_up)
        entries = [entry for entry in sandbox.world.stock_log.after(0) if entry.sku == SKU]
        sold = [entry for entry in entries if entry.what == SOLD]
        assert len(sold) > UNITS, "nothing was sold twice, so nothing is proved"
        never_more_than_was_known_to_be_free(shop, sale, [entry for entry in entries if entry.what == WRITTEN])
        every_unit_sold_twice_is_a_row(sandbox, sold)
        assert len(sale.told) == len(sold)
        assert max(sandbox.world.amazon.listings[SKU].quantity, sandbox.world.woo_quantity[SKU]) <= 0
        shop.close()


def never_more_than_was_known_to_be_free(shop: SmallShop, sale: Sale, written: list[Entry]) -> None:
    with shop.ledger.reader() as connection:
        columns = (DELIVERIES.c.destination, DELIVERIES.c.payload, DELIVERIES.c.made_from)
        planned = connection.execute(sa.select(*columns)).all()
    numbers = set()
    for channel, payload, made_from in planned:
        known = {platform: datetime.fromisoformat(at) for platform, at in json.loads(made_from).items()}
        free = UNITS - sum(1 for platform, at in sale.told if platform in known and at <= known[platform])
        quantity = json.loads(payload)["quantity"]
        assert quantity <= max(free, 0), "more was pushed than was free by what was known"
        numbers.add((channel, quantity))
    assert {entry.platform for entry in written} == set(CHANNELS)
    assert {(entry.platform, entry.quantity) for entry in written} <= numbers


def every_unit_sold_twice_is_a_row(sandbox: Sandbox, sold: list[Entry]) -> None:
    """The twins' orders as canonical rows, and what the marts say of them."""
    placed = sandbox.world.orders | sandbox.world.amazon.orders
    orders = [
        order(entry.order_number, channel=entry.platform, placed_at=placed[entry.order_number].placed_at.replace(tzinfo=None))
        for entry in sold
    ]  # fmt: skip
    world = CanonicalRows().rows("can_stock_levels", level(SKU, "newark", UNITS)).seed("channels")
    world.rows("can_orders", *orders)
    world.rows("can_order_lines", *(line(one["order_id"], SKU, 1) for one in orders))
    assert world.query("select sum(short), count(*) from {{ ref('fct_oversells') }}") == [
        (len(sold) - UNITS, len(sold) - UNITS)
    ]
    names = {entry.order_number for entry in sold}
    rows = world.query(
        "select order_id, winner_order_id, placed_at, winner_placed_at, clock_resolution_seconds, decided_by, options"
        " from {{ ref('fct_oversells') }}"
    )
    for loser, winner, *said in rows:
        assert {loser, winner} <= names
        assert None not in said
    cases = world.query(
        "select message from {{ ref('fct_stock_exceptions') }} where exception_code = 'oversold_last_unit'"
    )
    assert len(cases) == len(sold) - UNITS
    assert all("Options: " in message and "decided by" in message for (message,) in cases)


def test_buyers_of_three_channels_are_never_offered_more_than_is_known_and_no_oversell_is_silent(tmp_path):
    run(tmp_path, 150, 1.5, seed=3)


@pytest.mark.proof
def test_five_hundred_orders_in_ten_seconds_for_a_hundred_units(tmp_path):
    run(tmp_path, 500, 10.0, seed=4)
