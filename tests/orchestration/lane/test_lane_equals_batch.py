"""S-10: after any history, whatever becomes of its events on the way, the lane's numbers are the batch lane's, key by key."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.lane import snapshot
from orchestration.lane.tables import LaneTables
from tests.orchestration.lane.batch import Batch, Built
from tests.orchestration.lane.goods import GIVEN
from tests.orchestration.lane.histories import Shop
from tests.orchestration.lane.inbox_events import Event, shuffled
from tests.orchestration.lane.told_twice import Order, rest_order
from tests.transform import sandbox_warehouse
from tests.transform.warehouse import Warehouse

pytestmark = [pytest.mark.dbt, pytest.mark.world]

TABLES = (
    "activation.act_amazon__stock_levels",
    "activation.act_shopify__stock_levels",
    "activation.act_woocommerce__stock_levels",
    "marts.fct_ats_explained",
)


@pytest.fixture(scope="session")
def default_world(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return sandbox_warehouse.shared(tmp_path_factory)


def differences(built: Built, folder: Path, seed: int) -> list[str]:
    """Plays one history through both lanes; what the lane says otherwise, by table."""
    rng = random.Random(f"history {seed}")
    shop = Shop(seed)
    for _ in range(rng.randint(0, 25)):
        shop.step()
    known = {name: rows for name, rows in GIVEN.items() if name in built.columns}
    start = Batch(built, shop.raw(), known)
    read_at = dict.fromkeys(("shopify", "woocommerce", "amazon", "cin7", "shipstation"), shop.now)
    published, at_once = start.publish(folder / f"lane-{seed}.duckdb"), rng.choice((1, 3, 500))
    lane = LaneTables(published, 1, read_at, at_once, looked_through=(100, 1, 3)[seed % 3])
    start.close()
    for _ in range(rng.randint(1, 25)):
        shop.step()
    said: dict[str, dict[str, list[str]]] = {table: _by_sku(lane, table, None) for table in TABLES}
    play(lane, shop, shuffled(shop.events, rng), said, lambda: rng.choice((1, 1, 3, 10, 50)))
    # What happens last is told in order, one by one: nothing later touches the same SKU and mends what was not touched.
    play(lane, shop, shop.end(), said, lambda: 1)
    lane.close()
    batch = Batch(built, shop.raw(), known)
    wanted = {table: batch.rows(table) for table in TABLES}
    batch.close()
    return [
        f"{table}: lane {row}" if row not in wanted[table] else f"{table}: batch {row}"
        for table in TABLES
        for row in sorted(set(wanted[table]) ^ {row for rows in said[table].values() for row in rows})
    ]


def play(
    lane: LaneTables, shop: Shop, events: list[Event], said: dict[str, dict[str, list[str]]], size: Callable[[], int]
) -> None:
    """Hands events to the lane, so many at once; only of the SKUs it calls touched is looked up what it says now."""
    while events:
        at_once = size()
        some, events = events[:at_once], events[at_once:]
        touched = lane.apply(some)
        assert not touched.unreadable
        for pointer in touched.pointers:
            touched |= lane.take(shop.fetch(pointer))
        for table in TABLES:
            found = _by_sku(lane, table, touched.skus)
            said[table] = {sku: rows for sku, rows in said[table].items() if sku not in touched.skus} | found


def _by_sku(lane: LaneTables, table: str, skus: frozenset[str] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in lane.rows(table.partition(".")[2], lane.everything() if skus is None else skus):
        found.setdefault(row["sku"], []).append(json.dumps(row, default=str, sort_keys=True))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_after_any_history_the_lane_says_what_the_batch_says(stock_models: Built, tmp_path: Path, seed: int) -> None:
    assert differences(stock_models, tmp_path, seed) == []


def test_a_line_taken_off_an_order_touches_what_it_was(stock_models: Built, tmp_path: Path) -> None:
    shop = Shop(1)
    shop.orders = [Order("shopify", 1, shop.now, shop.now, {10: ("CUP", 2), 11: ("RUG", 1)}, "reno")]
    start = Batch(stock_models, shop.raw(), {})
    lane = LaneTables(start.publish(tmp_path / "lane-edited.duckdb"), 1, {})
    start.close()
    shop.now += timedelta(seconds=60)
    del shop.orders[0].lines[10]
    shop.orders[0].updated_at = shop.now
    shop.tell("shopify", "orders/updated", rest_order(shop.orders[0]))
    touched = lane.apply(shop.events)
    assert {"CUP", "RUG"} <= touched.skus
    batch = Batch(stock_models, shop.raw(), {})
    for table in TABLES:
        wanted = [row for row in batch.rows(table) if json.loads(row)["sku"] == "CUP"]
        assert sorted(_by_sku(lane, table, touched.skus)["CUP"]) == sorted(wanted)
    batch.close()
    lane.close()


def test_an_item_and_a_level_of_another_are_told_in_one_handful(stock_models: Built, tmp_path: Path) -> None:
    shop = Shop(1)
    start = Batch(stock_models, shop.raw(), {})
    lane = LaneTables(start.publish(tmp_path / "lane-items.duckdb"), 1, {})
    start.close()
    while {event.topic for event in shop.events[-2:]} != {"inventory_items/update", "inventory_levels/update"}:
        shop.now += timedelta(seconds=60)
        shop.rng.choice((shop.track, shop.list_stock))()
    play(lane, shop, shop.events, said := {table: _by_sku(lane, table, None) for table in TABLES}, lambda: 100)
    batch = Batch(stock_models, shop.raw(), {})
    for table in TABLES:
        assert sorted(row for rows in said[table].values() for row in rows) == sorted(batch.rows(table))
    batch.close()
    lane.close()


def test_a_shops_own_word_about_what_it_shows_is_told_from_all_else(stock_models: Built, tmp_path: Path) -> None:
    shop = Shop(1)
    start = Batch(stock_models, shop.raw(), {})
    lane = LaneTables(start.publish(tmp_path / "lane-shown.duckdb"), 1, {})
    start.close()
    shop.place()
    for _ in range(20):
        shop.now += timedelta(seconds=60)
        shop.list_stock()
    said = {(event.topic, tuple(platform for platform, _ in lane.apply([event]).shown)) for event in shop.events}
    lane.close()
    assert {one for one in said if one[1]} == {
        ("inventory_levels/update", ("shopify",)),
        ("product.updated", ("woocommerce",)),
    }
    assert {topic for topic, shown in said if not shown} >= {"listing.read"}


@pytest.mark.proof
@pytest.mark.parametrize("block", range(25))
def test_after_five_hundred_histories_no_key_differs(stock_models: Built, tmp_path: Path, block: int) -> None:
    for seed in range(1_000 + block * 20, 1_020 + block * 20):
        assert (seed, differences(stock_models, tmp_path, seed)) == (seed, [])
        (tmp_path / f"lane-{seed}.duckdb").unlink()


def test_the_lane_starts_where_a_whole_build_of_the_demo_world_ended(
    stock_models: Built, default_world: Warehouse, tmp_path: Path
) -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{default_world.path}' as warehouse (read_only)")
        connection.execute("use warehouse")
        snapshot.write(connection, stock_models.models, tmp_path / "lane.duckdb")
        lane = LaneTables(snapshot.load(tmp_path / "lane.duckdb"), 1, {})
        for table in TABLES:
            wanted = connection.execute(f"from warehouse.{table}").to_arrow_table().to_pylist()
            found = lane.rows(table.partition(".")[2], lane.everything())
            assert sorted(map(str, found)) == sorted(map(str, wanted))
            # The default company sells nothing at Amazon.
            assert wanted or "amazon" in table
    lane.close()
