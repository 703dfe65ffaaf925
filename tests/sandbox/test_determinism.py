"""Same seed, same bytes; and what an operator does through the side door happens in the world."""

from __future__ import annotations

import httpx
import pytest

from sandbox.faults import Faults
from sandbox.server import CREDENTIALS, Sandbox
from sandbox.world import build_world
from tests.sandbox.shopify_client import ORDERS, PEOPLE_AND_PLACES, STOCK, post


def _bytes(seed: int, orders: int) -> list[bytes]:
    keys = CREDENTIALS["woocommerce"]
    with Sandbox(seed=seed, orders=orders) as sandbox:
        shop = sandbox.base_urls["woocommerce"] + "/wp-json/wc/v3"
        with httpx.Client(auth=(keys["consumer_key"], keys["consumer_secret"])) as client:
            return [
                post(sandbox, ORDERS, first=100, query=None).content,
                post(sandbox, STOCK, first=100).content,
                post(sandbox, PEOPLE_AND_PLACES).content,
                httpx.get(sandbox.base_urls["bank"] + "/statements/statement.csv").content,
                *(
                    client.get(shop + path).content
                    for path in ("/orders?per_page=100", "/products?per_page=100", "/customers")
                ),
            ]


@pytest.mark.parametrize("orders", [500, 5_000])
def test_the_same_seed_gives_the_same_bytes(orders: int) -> None:
    assert _bytes(7, orders) == _bytes(7, orders)


def test_another_seed_gives_another_world() -> None:
    assert _bytes(7, 500)[0] != _bytes(8, 500)[0]


def test_a_world_of_a_million_orders_is_not_a_million_objects() -> None:
    world = build_world(7, 1_000_000)
    assert len(world.orders) == 500
    assert len(world.charges) > 999_000
    assert world.charges.position(world.charges[654_321].charge_id) == 654_321


@pytest.mark.parametrize("channel", ["shopify", "woocommerce"])
def test_a_new_order_reaches_charge_balance_listing_and_allocation(sandbox: Sandbox, channel: str) -> None:
    world = sandbox.world
    sku, movements, now = "KIT-002", len(world.movements), world.clock.now()
    allocated = world.stock[(sku, "newark")].allocated
    woo, shopify = world.woo_quantity[sku], world.shopify_available[(sku, "newark")]
    answer = httpx.post(
        f"{sandbox.url}/_control/orders",
        json={"channel": channel, "sku": sku, "quantity": 2, "email": "New.Buyer@example.org"},
    )
    assert answer.status_code == 201
    order = world.orders[answer.json()["order_number"]]
    assert world.clock.now() > now
    assert order.total_minor == answer.json()["total_minor"] == world.charges[-1].amount_minor
    assert len(world.movements) == movements + 1
    assert world.movements[-1].payout_id is None
    assert world.stock[(sku, "newark")].allocated == allocated + 2
    assert world.woo_quantity[sku] == woo - (2 if channel == "woocommerce" else 0)
    assert world.shopify_available[(sku, "newark")] == shopify - (2 if channel == "shopify" else 0)


@pytest.mark.parametrize(
    "asked",
    [
        {"channel": "etsy", "sku": "KIT-001"},
        {"channel": "shopify", "sku": "NO"},
        {"sku": "KIT-001"},
        {"channel": "shopify", "sku": "KIT-001", "quantity": 0},
    ],
)
def test_an_impossible_order_is_refused(sandbox: Sandbox, asked: dict[str, object]) -> None:
    answer = httpx.post(f"{sandbox.url}/_control/orders", json=asked)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_clock_is_read_and_moved(sandbox: Sandbox) -> None:
    assert httpx.get(f"{sandbox.url}/_control/clock").json() == {"now": "2026-11-01T12:00:00Z"}
    moved = httpx.post(f"{sandbox.url}/_control/clock", json={"advance_seconds": 3600})
    assert moved.json() == {"now": "2026-11-01T13:00:00Z"}
    assert httpx.post(f"{sandbox.url}/_control/clock", json={"advance_seconds": -1}).status_code == 400


def _write(sandbox: Sandbox) -> httpx.Response:
    keys = CREDENTIALS["woocommerce"]
    return httpx.put(
        f"{sandbox.base_urls['woocommerce']}/wp-json/wc/v3/products/501",
        json={"stock_quantity": 4},
        auth=(keys["consumer_key"], keys["consumer_secret"]),
    )


@pytest.mark.parametrize(("kind", "effects"), [("request_lost", 0), ("reply_lost", 1)])
def test_a_cut_wire_looks_the_same_whether_or_not_it_was_done(sandbox: Sandbox, kind: str, effects: int) -> None:
    httpx.post(f"{sandbox.url}/_control/faults", json={"kind": kind, "platform": "woocommerce", "path": "products"})
    with pytest.raises(httpx.TransportError):
        _write(sandbox)
    assert sandbox.world.effects.count("woocommerce") == effects
    assert _write(sandbox).status_code == 200


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500), ("token_expired", 401), ("slow", 200)])
def test_armed_faults_fire_as_often_as_asked(sandbox: Sandbox, kind: str, status: int) -> None:
    armed = {"kind": kind, "platform": "woocommerce", "count": 2, "seconds": 0.01}
    httpx.post(f"{sandbox.url}/_control/faults", json=armed)
    assert [_write(sandbox).status_code for _ in range(3)] == [status, status, 200]
    (row,) = httpx.get(f"{sandbox.url}/_control/faults").json()["faults"]
    assert (row["fired"], row["remaining"]) == (2, 0)


@pytest.mark.parametrize(
    ("kind", "status", "effects"), [("500_after", 500, 1), ("garbage", 200, 1), ("503", 503, 0), ("409", 409, 0)]
)
def test_a_fault_says_whether_the_work_was_done(sandbox: Sandbox, kind: str, status: int, effects: int) -> None:
    httpx.post(f"{sandbox.url}/_control/faults", json={"kind": kind, "platform": "woocommerce"})
    before = sandbox.world.effects.count("woocommerce")
    assert _write(sandbox).status_code == status
    assert sandbox.world.effects.count("woocommerce") - before == effects


def test_an_answer_can_leave_its_last_record_out(sandbox: Sandbox) -> None:
    keys = CREDENTIALS["woocommerce"]
    simple = [product for product in sandbox.world.catalogue if product.woo_variation_id is None][:3]
    asked = {"update": [{"id": product.woo_product_id, "stock_quantity": 1} for product in simple]}
    sandbox.world.faults.arm("omit_record", "woocommerce")
    before = sandbox.world.effects.count("woocommerce")
    url = f"{sandbox.base_urls['woocommerce']}/wp-json/wc/v3/products/batch"
    answer = httpx.post(url, json=asked, auth=(keys["consumer_key"], keys["consumer_secret"]))
    assert [row["id"] for row in answer.json()["update"]] == [product.woo_product_id for product in simple[:2]]
    assert sandbox.world.effects.count("woocommerce") - before == 3


def test_a_share_of_the_requests_is_hit_and_the_same_ones_each_time() -> None:
    def hits(seed: int) -> list[int]:
        faults = Faults()
        faults.arm("503", "hubspot", share=0.2, seed=seed)
        return [number for number in range(1000) if faults.take("hubspot", "POST", "/x")]

    assert 150 < len(hits(7)) < 250
    assert hits(7) == hits(7) != hits(8)


def test_an_unknown_fault_is_refused(sandbox: Sandbox) -> None:
    assert httpx.post(f"{sandbox.url}/_control/faults", json={"kind": "flood", "platform": "*"}).status_code == 400
