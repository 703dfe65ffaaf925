"""The fast lane's numbers for a few SKUs, beside the batch lane's for all of them: 50,000 SKUs on three channels.

The rows are made by SQL in the canonical tables of a warehouse dbt has built empty; the lane is primed from its publication.
For 1, 10 and 200 touched SKUs: an order event applied, and the rows of every pushed table computed. The baseline is the same
compiled SQL over all SKUs, table by table. Other sizes: `python bench/lane_tables.py 5000`.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.lane.models import Node

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ROUNDS = {1: 200, 10: 100, 200: 30}

# What every table is filled with; {skus} and {orders} are counts. A tenth of the orders are open.
ROWS = {
    "canonical.can_stock_levels__cin7": """
        select 'cin7:main:SKU-' || s || ':' || place as stock_level_id, 'cin7' as platform, 'main' as account_id,
            'main' as entity_id, 'SKU-' || s as sku, place as location_id, true as is_enabled, 20 + s % 80 as on_hand,
            0 as damaged, 0 as quality_control, 0 as reserved, 0 as incoming, timestamp '2026-11-01 06:00' as as_of_at
        from range({skus}) as t(s), (values ('newark'), ('reno')) as p(place)""",
    "canonical.can_channel_listings__shopify": """
        select 'shopify:main:' || s || ':' || place as listing_id, 'shopify' as platform, 'main' as account_id,
            'main' as entity_id, 'shopify' as channel, 'SKU-' || s as sku, house as location_id, '' || s as platform_product_id,
            '' || s as platform_variant_id, 'gid://shopify/InventoryItem/' || s as inventory_item_gid,
            'gid://shopify/Location/' || place as location_gid, s % 50 as listed_quantity, true as is_tracked,
            timestamp '2026-11-01 06:00' as updated_at
        from range({skus}) as t(s), (values ('70000000001', 'newark'), ('70000000002', 'reno')) as p(place, house)""",
    "canonical.can_channel_listings__woocommerce": """
        select 'woocommerce:' || account || ':' || s as listing_id, 'woocommerce' as platform, account as account_id,
            'main' as entity_id, channel, 'SKU-' || s as sku, null as location_id, '' || s as platform_product_id,
            null as platform_variant_id, null as inventory_item_gid, null as location_gid, s % 50 as listed_quantity,
            true as is_tracked, timestamp '2026-11-01 06:00' as updated_at
        from range({skus}) as t(s), (values ('main', 'woocommerce'), ('eu', 'woocommerce_eu')) as p(account, channel)""",
    "canonical.can_stock_holds__shopify": """
        select 'shopify:main:' || s || ':70000000001' as stock_hold_id, 'shopify' as platform, 'main' as account_id,
            'main' as entity_id, 'SKU-' || s as sku, 'newark' as location_id, s % 3 as damaged, 0 as quality_control,
            0 as reserved, 0 as safety
        from range({skus}) as t(s)""",
    "canonical.can_orders__shopify": """
        select 'shopify:main:' || o as order_id, 'shopify' as platform, 'main' as account_id, 'main' as entity_id,
            'shopify' as channel, '' || o as platform_order_id, '#S' || o as order_number,
            timestamp '2026-10-01' + to_minutes(o % 40000) as placed_at, date '2026-10-01' + cast(o % 31 as integer) as order_date,
            timestamp '2026-11-01 06:00' as updated_at, false as is_test, 'paid' as order_payment_status,
            case when o % 10 = 0 then 'unfulfilled' else 'fulfilled' end as order_fulfilment_status
        from range({orders}) as t(o)""",
    "canonical.can_order_lines__shopify": """
        select 'shopify:main:' || o || '-' || l as order_line_id, 'shopify:main:' || o as order_id, 'shopify' as platform,
            'main' as account_id, 'main' as entity_id, 'product' as line_type,
            'SKU-' || ((o * 7919 + l * 104729) % {skus}) as sku, 1 + o % 3 as quantity
        from range({orders}) as t(o), range(2) as u(l)""",
    "canonical.can_fulfilment_orders__shopify": """
        select 'shopify:main:' || o || '-' || l as fulfilment_order_line_id, 'shopify:main:' || o as order_id,
            'shopify' as platform, 'main' as account_id, 'SKU-' || ((o * 7919 + l * 104729) % {skus}) as sku,
            1 + o % 3 as remaining_quantity, 'newark' as location_id
        from range(0, {orders}, 10) as t(o), range(2) as u(l)""",
    "canonical.can_parcels__shipstation": """
        select 'shipstation:main:' || o as parcel_id, 'shipstation' as platform, 'main' as account_id, 'main' as entity_id,
            '' || o as platform_parcel_id, '#S' || o as order_number, 'T' || o as tracking_number, 'delivered' as shipment_status,
            timestamp '2026-10-02' + to_minutes(o % 40000) as shipped_at, timestamp '2026-11-01 06:00' as updated_at
        from range({orders}) as t(o) where o % 10 > 0""",
    "canonical.can_parcel_lines__shipstation": """
        select 'shipstation:main:' || o || ':' || l as parcel_line_id, 'shipstation:main:' || o as parcel_id,
            'shipstation' as platform, 'main' as account_id, 'SKU-' || ((o * 7919 + l * 104729) % {skus}) as sku,
            1 + o % 3 as quantity
        from range({orders}) as t(o), range(2) as u(l) where o % 10 > 0""",
}


@dataclass(frozen=True)
class Event:
    sequence: int
    body: bytes
    platform: str = "shopify"
    account_id: str = "main"
    topic: str = "orders/create"
    occurred_at: datetime = NOON
    received_at: datetime = NOON


def empty_home(folder: Path) -> None:
    """A warehouse with every stock model built, of platforms that have nothing."""
    os.environ.update(CARTWHEEL_HOME=str(folder), CARTWHEEL_WAREHOUSE=str(folder / "warehouse.duckdb"))
    os.environ.update(CARTWHEEL_DBT_TARGET=str(folder / "dbt" / "target"))
    from orchestration import build, environment

    environment.prepare()
    pushed = [path.stem for path in (ROOT / "transform").glob("models/activation/*/act_*__stock_levels.sql")]
    with build.worker() as dbt:
        built = build.run([*(f"+{name}" for name in pushed), "+fct_ats_explained"], {}, dbt)
    if not built.succeeded:
        raise SystemExit(f"build failed: {built.failures}\n{built.words}")


def fill(connection: duckdb.DuckDBPyConnection, skus: int) -> None:
    for table, query in ROWS.items():
        connection.execute(f"insert into {table} by name {query.format(skus=skus, orders=skus * 4)}")


def order_events(skus: int, keys: int, rounds: int, first: int) -> Iterator[Event]:
    """New orders, each of so many SKUs."""
    for number in range(first, first + rounds):
        lines = [
            {"id": number * 1000 + at, "sku": f"SKU-{(number * 911 + at * 17) % skus}", "quantity": 1, "gift_card": False,
             "requires_shipping": True, "price_set": {"shop_money": {"amount": "1.00", "currency_code": "USD"}}}
            for at in range(keys)
        ]  # fmt: skip
        at = (NOON + timedelta(seconds=number - first)).isoformat()
        order = {
            "id": 10_000_000 + number, "name": f"#N{number}", "created_at": at, "processed_at": at, "updated_at": at,
            "test": False, "currency": "USD", "financial_status": "paid", "fulfillment_status": None, "line_items": lines,
        }  # fmt: skip
        yield Event(number, json.dumps(order).encode())


def quantiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1000:>8.1f} {ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000:>8.1f}"


def whole_batch(connection: duckdb.DuckDBPyConnection, nodes: Iterable[Node]) -> float:
    """Seconds of these models' SQL over every SKU, in one bare connection."""
    started = time.perf_counter()
    for node in nodes:
        connection.execute(f"drop table if exists {node.name}")
        connection.execute(f"create table {node.name} as {node.sql}")
    return time.perf_counter() - started


def main() -> None:
    from orchestration.lane import snapshot

    skus = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        home, file = Path(folder), Path(folder) / "lane-000001.duckdb"
        empty_home(home)
        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            connection.execute("set TimeZone = 'UTC'")
            fill(connection, skus)
            models = snapshot.compiled()
            assert models is not None
            started = time.perf_counter()
            snapshot.write(connection, models, file)
            published = time.perf_counter() - started
            batch = whole_batch(connection, models.of("computed"))
        from orchestration.lane.tables import LaneTables

        started = time.perf_counter()
        lane = LaneTables(snapshot.load(file), 1, {})
        primed = time.perf_counter() - started
        print(f"{skus:,} SKUs, {skus * 4:,} orders, 3 channels: published {published:.1f} s, primed {primed:.1f} s")
        print(f"batch, all SKUs: {batch:.2f} s")
        print(f"{'SKUs':>5} {'apply p50':>9} {'p99 ms':>8} {'rows p50':>8} {'p99 ms':>8} {'batch / both':>12}")
        first = 1
        for keys, rounds in ROUNDS.items():
            applied, computed = [], []
            for event in order_events(skus, keys, rounds, first):
                started = time.perf_counter()
                touched = lane.apply([event])
                applied.append(time.perf_counter() - started)
                started = time.perf_counter()
                for model in lane.models:
                    lane.rows(model, touched.skus)
                computed.append(time.perf_counter() - started)
            first += rounds
            both = statistics.median(applied) + statistics.median(computed)
            print(f"{keys:>5} {quantiles(applied):>18} {quantiles(computed)} {batch / both:>12.0f}")


if __name__ == "__main__":
    main()
