"""What a webhook of the twins says and what polling the twins reads become the same canonical rows, column by column read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from orchestration.lane import snapshot
from pipelines.connector import Notices, shape
from pipelines.extract import connector
from pipelines.intake import fetching, rows
from pipelines.intake.rows import Pointer, Told
from pipelines.settings import Connection
from sandbox.platforms import cin7_objects, woocommerce_catalogue, woocommerce_objects
from sandbox.server import CREDENTIALS, Sandbox
from sandbox.webhooks import shopify_bodies
from tests.orchestration.lane.batch import Batch, Built
from tests.orchestration.lane.inbox_events import Event

# A world read by polling beside the same world told by webhooks takes minutes; test_twins_webhooks has a sample of the latter.
pytestmark = [pytest.mark.dbt, pytest.mark.proof]

SINCE = datetime(2026, 10, 24, tzinfo=UTC)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def polled(sandbox: Sandbox, platform: str, resource: str, since: datetime | None = None) -> list[Row]:
    """Rows of a raw table as the connector reads them from the twin."""
    declared = connector(platform)
    with client(sandbox, platform) as opened:
        return [
            shape(record, declared.resource(resource), "main", Notices(), resource)
            for page in declared.resource(resource).fetch(opened, since)
            for record in page
        ]


def client(sandbox: Sandbox, platform: str) -> httpx.Client:
    connection = Connection(platform, "main", sandbox.base_urls[platform], CREDENTIALS[platform])
    return connector(platform).connect(connection)


def told(platform: str, topic: str, body: object, known: Any = lambda *_: None) -> list[Told | Pointer]:
    event = Event(1, platform, topic, json.dumps(body, default=str).encode(), sandbox_now())
    return list(rows.rows(event, known))


def sandbox_now() -> datetime:
    return datetime(2026, 11, 1, 12, tzinfo=UTC)


def raw_rows(said: list[Told | Pointer]) -> list[Row]:
    return [row for one in said if isinstance(one, Told) for row in one.rows]


def canonical(built: Built, raw: dict[str, list[Row]], mapping: str, but: tuple[str, ...] = ()) -> list[str]:
    """What a mapping makes of raw rows, as far as the stock models read it."""
    carried = snapshot.columns_read(built.models, built.columns)[f"canonical.{mapping}"]
    columns = ", ".join(f'"{name}"' for name in carried if name not in but)
    batch = Batch(built, raw, {})
    found = batch.connection.execute(f"select {columns} from canonical.{mapping} order by all").fetchall()
    batch.close()
    return [str(row) for row in found]


def test_a_shopify_order_told_is_the_order_polled(stock_models: Built, sandbox: Sandbox) -> None:
    read = polled(sandbox, "shopify", "orders", SINCE)
    numbers = {row["name"] for row in read}
    orders = [order for order in sandbox.world.orders.values() if order.number in numbers]
    assert {bool(order.refunds) for order in orders} == {True, False}
    bodies = [shopify_bodies.order(sandbox.world, order) for order in orders]
    said = [row for body in bodies for row in raw_rows(told("shopify", "orders/updated", body))]
    for mapping in (
        "can_orders__shopify",
        "can_order_lines__shopify",
        "can_refunds__shopify",
        "can_refund_lines__shopify",
    ):
        wanted = canonical(stock_models, {"raw_shopify.orders": read}, mapping)
        assert canonical(stock_models, {"raw_shopify.orders": said}, mapping) == wanted
        assert wanted


def test_a_refund_told_by_itself_is_the_refund_of_the_order(stock_models: Built, sandbox: Sandbox) -> None:
    order = next(one for one in sandbox.world.orders.values() if one.channel == "shopify" and one.refunds)
    whole = raw_rows(told("shopify", "orders/updated", shopify_bodies.order(sandbox.world, order)))
    parts = [
        told("shopify", "refunds/create", shopify_bodies.refund(sandbox.world, order, one)) for one in order.refunds
    ]
    said = [row for part in parts for row in raw_rows(part)]
    for mapping in ("can_refunds__shopify", "can_refund_lines__shopify"):
        wanted = canonical(stock_models, {"raw_shopify.orders": whole}, mapping)
        assert canonical(stock_models, {"raw_shopify.orders": said}, mapping) == wanted
        assert wanted


def test_an_order_that_is_only_named_is_read_with_what_is_left_to_ship(stock_models: Built, sandbox: Sandbox) -> None:
    order = next(one for one in sandbox.world.orders.values() if one.channel == "shopify" and one.placed_at > SINCE)
    edited = told("shopify", "orders/edited", {"order_edit": {"order_id": order.platform_id}})
    routed = {"fulfillment_order": {"id": f"gid://shopify/FulfillmentOrder/{order.platform_id + 1_000_000_000}"}}
    pointers = [*edited, *told("shopify", "fulfillment_orders/order_routing_complete", routed)]
    with client(sandbox, "shopify") as opened:
        said = [fetching.fetch(one, opened) for one in pointers if isinstance(one, Pointer)]
    assert len(said) == 2
    read = [row for row in polled(sandbox, "shopify", "orders", SINCE) if row["name"] == order.number]
    for mapping in ("can_orders__shopify", "can_fulfilment_orders__shopify"):
        wanted = canonical(stock_models, {"raw_shopify.orders": read}, mapping)
        assert wanted
        for one in said:
            assert canonical(stock_models, {"raw_shopify.orders": raw_rows(list(one))}, mapping) == wanted


def test_a_level_told_is_laid_over_the_item_that_was_read(stock_models: Built, sandbox: Sandbox) -> None:
    sku, at = "GAR-006", sandbox.world.clock.now() + timedelta(seconds=9)
    before = {row["id"]: row for row in polled(sandbox, "shopify", "inventory_items")}
    sandbox.world.shopify_available[sku, "reno"] = 3
    sandbox.world.state("shopify").setdefault("level_changes", {})[sku, "reno"] = at
    body = shopify_bodies.level(sandbox.world, sku, "reno", at)
    said = raw_rows(told("shopify", "inventory_levels/update", body, lambda _, __, key: before[key]))
    after = [row for row in polled(sandbox, "shopify", "inventory_items") if row["sku"] == sku]
    for mapping in ("can_channel_listings__shopify", "can_stock_holds__shopify"):
        wanted = canonical(stock_models, {"raw_shopify.inventory_items": after}, mapping)
        assert canonical(stock_models, {"raw_shopify.inventory_items": said}, mapping) == wanted
        assert wanted


def test_a_woocommerce_order_and_its_refunds_told_are_those_polled(stock_models: Built, sandbox: Sandbox) -> None:
    since = datetime(2026, 10, 10, tzinfo=UTC)
    read = polled(sandbox, "woocommerce", "orders", since)
    refunds = polled(sandbox, "woocommerce", "order_refunds", since)
    world = sandbox.world
    orders = [world.orders[row["number"]] for row in read]
    said = [told("woocommerce", "order.updated", woocommerce_objects.order_row(world, order)) for order in orders]
    pointers = [one for part in said for one in part if isinstance(one, Pointer)]
    with client(sandbox, "woocommerce") as opened:
        fetched = [row for one in pointers for row in raw_rows(list(fetching.fetch(one, opened)))]
    rest = {
        "raw_woocommerce.orders": [row for part in said for row in raw_rows(part)],
        "raw_woocommerce.order_refunds": fetched,
    }
    for mapping in ("orders", "order_lines", "refunds", "refund_lines"):
        name = f"can_{mapping}__woocommerce"
        wanted = canonical(
            stock_models, {"raw_woocommerce.orders": read, "raw_woocommerce.order_refunds": refunds}, name
        )
        assert canonical(stock_models, rest, name) == wanted
        assert wanted


def test_woocommerce_products_and_variations_told_are_those_polled(stock_models: Built, sandbox: Sandbox) -> None:
    world, bodies = sandbox.world, []
    for product in world.catalogue:
        if product.is_gift_card:
            continue
        bodies.append(woocommerce_catalogue.product_row(world, product))
        if product.woo_variation_id is not None:
            variation = woocommerce_catalogue.variation_row(world, product)
            bodies.append({**variation, "parent_id": product.woo_product_id, "type": "variation"})
    said: dict[str, list[Row]] = {}
    for body in bodies:
        for one in told("woocommerce", "product.updated", body):
            assert isinstance(one, Told)
            said.setdefault(one.table, []).extend(one.rows)
    assert len(said) == 2
    read = {
        f"raw_woocommerce.{name}": polled(sandbox, "woocommerce", name) for name in ("products", "product_variations")
    }
    mapping = "can_channel_listings__woocommerce"
    assert canonical(stock_models, said, mapping) == canonical(stock_models, read, mapping)


def test_a_label_behind_an_address_is_the_label_polled(stock_models: Built, sandbox: Sandbox) -> None:
    parcel = next(iter(sandbox.world.parcels.tail))
    address = f"https://ssapi.shipstation.com/shipments?batchId={parcel.parcel_id}&includeShipmentItems=False"
    [pointer] = told("shipstation", "SHIP_NOTIFY", {"resource_url": address, "resource_type": "SHIP_NOTIFY"})
    assert isinstance(pointer, Pointer)
    with client(sandbox, "shipstation") as opened:
        said = raw_rows(list(fetching.fetch(pointer, opened)))
    numbers = {row["shipment_id"] for row in said}
    assert parcel.parcel_id in numbers
    read = [row for row in polled(sandbox, "shipstation", "shipments") if row["shipment_id"] in numbers]
    for mapping in ("can_parcels__shipstation", "can_parcel_lines__shipstation"):
        wanted = canonical(stock_models, {"raw_shipstation.shipments": read}, mapping)
        assert canonical(stock_models, {"raw_shipstation.shipments": said}, mapping) == wanted


def test_stock_told_by_the_hub_is_the_stock_polled(stock_models: Built, sandbox: Sandbox) -> None:
    read = polled(sandbox, "cin7", "product_availability")
    body = [{**row, "StockOnHand": float(row["StockOnHand"])} for row in cin7_objects.availability(sandbox.world)]
    said = raw_rows(told("cin7", "Stock/AvailableStockLevelChanged", body))
    # When it was read differs, what was read does not.
    wanted = canonical(
        stock_models, {"raw_cin7.product_availability": read}, "can_stock_levels__cin7", but=("as_of_at",)
    )
    table = {"raw_cin7.product_availability": said}
    assert canonical(stock_models, table, "can_stock_levels__cin7", but=("as_of_at",)) == wanted
    assert wanted


def test_a_place_with_batches_is_read_whole(sandbox: Sandbox) -> None:
    row = {**cin7_objects.availability(sandbox.world)[0], "StockOnHand": 1, "Batch": "B-7"}
    [pointer] = told("cin7", "Stock/AvailableStockLevelChanged", [row])
    assert isinstance(pointer, Pointer)
    with client(sandbox, "cin7") as opened:
        said = raw_rows(list(fetching.fetch(pointer, opened)))
    assert {one["location"] for one in said} == {place.name for place in sandbox.world.locations}


def test_a_body_that_is_none_of_its_topic_says_so_and_stops_nothing() -> None:
    with pytest.raises(ValueError, match="orders/updated"):
        told("shopify", "orders/updated", {"id": 1})
    assert told("shopify", "app/uninstalled", {}) == []
    assert told("xero", "INVOICE.UPDATE", {}) == []
