"""The WooCommerce twin pages, filters, writes and refuses like REST v3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox

ROOT = "/wp-json/wc/v3"


def client(sandbox: Sandbox) -> httpx.Client:
    keys = CREDENTIALS["woocommerce"]
    return httpx.Client(
        base_url=sandbox.base_urls["woocommerce"] + ROOT,
        auth=(keys["consumer_key"], keys["consumer_secret"]),
        timeout=30,
    )


def every(shop: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    number = 1
    while True:
        answer = shop.get(path, params={"per_page": 100, "page": number, **params})
        assert answer.status_code == 200, answer.text
        found += answer.json()
        if number >= int(answer.headers["X-WP-TotalPages"]):
            assert len(found) == int(answer.headers["X-WP-Total"])
            return found
        number += 1


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def test_every_order_adds_up_on_the_wire(untouched: Sandbox) -> None:
    orders = every(client(untouched), "/orders", orderby="id", order="asc")
    assert len(orders) == sum(o.channel == "woocommerce" for o in untouched.world.orders.values())
    assert [o["id"] for o in orders] == sorted(o["id"] for o in orders)
    for order in orders:
        lines = [*order["line_items"], *order["shipping_lines"], *order["fee_lines"]]
        assert sum(minor(line["total"]) + minor(line["total_tax"]) for line in lines) == minor(order["total"])
        assert sum(minor(line["total_tax"]) for line in lines) == minor(order["total_tax"])
        assert (order["customer_id"] == 0) == untouched.world.orders[order["number"]].is_guest


def test_modified_after_is_read_as_gmt_only_when_told(untouched: Sandbox) -> None:
    shop = client(untouched)
    gmt = every(
        shop, "/orders", modified_after="2026-10-20T00:00:00", dates_are_gmt="true", orderby="modified", order="asc"
    )
    local = every(shop, "/orders", modified_after="2026-10-20T00:00:00", orderby="modified", order="asc")
    assert min(o["date_modified_gmt"] for o in gmt) > "2026-10-20T00:00:00"
    assert min(o["date_modified"] for o in local) > "2026-10-20T00:00:00"
    assert [o["date_modified_gmt"] for o in gmt] == sorted(o["date_modified_gmt"] for o in gmt)


def test_refunds_name_the_line_they_give_back(untouched: Sandbox) -> None:
    shop = client(untouched)
    refunded = [o for o in every(shop, "/orders") if o["refunds"]]
    assert len(refunded) >= 3
    for order in refunded:
        for refund in shop.get(f"/orders/{order['id']}/refunds").json():
            given = sum(minor(line["total"]) + minor(line["total_tax"]) for line in refund["line_items"])
            assert -given == minor(refund["amount"])
            named = {int(m["value"]) for line in refund["line_items"] for m in line["meta_data"]}
            assert named <= {line["id"] for line in order["line_items"]}


def test_stock_is_written_by_product_variation_and_batch(sandbox: Sandbox) -> None:
    shop = client(sandbox)
    products = every(shop, "/products")
    simple = next(p for p in products if p["type"] == "simple")
    parent = next(p for p in products if p["type"] == "variable")
    (variation,) = shop.get(f"/products/{parent['id']}/variations").json()
    assert shop.put(f"/products/{simple['id']}", json={"stock_quantity": 7}).json()["stock_quantity"] == 7
    path = f"/products/{parent['id']}/variations/{variation['id']}"
    assert shop.put(path, json={"stock_quantity": 8}).json()["stock_quantity"] == 8
    batch = shop.post(
        "/products/batch", json={"update": [{"id": simple["id"], "stock_quantity": 9}, {"id": 1, "stock_quantity": 2}]}
    )
    good, bad = batch.json()["update"]
    assert good["stock_quantity"] == 9
    assert bad["error"]["code"] == "woocommerce_rest_product_invalid_id"
    assert sandbox.world.effects.count("woocommerce", "stock_quantity_set", str(simple["id"])) == 2
    assert sandbox.world.effects.count("woocommerce", "stock_quantity_set", f"{parent['id']}/{variation['id']}") == 1
    changed = every(shop, "/products", modified_after="2026-11-01T12:00:00", dates_are_gmt="true")
    assert [p["id"] for p in changed if p["id"] == simple["id"]]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/orders?per_page=101", 400, "rest_invalid_param"),
        ("/orders?page=0", 400, "rest_invalid_param"),
        ("/orders?modified_after=yesterday", 400, "rest_invalid_param"),
        ("/orders/1", 404, "woocommerce_rest_shop_order_invalid_id"),
        ("/products/1", 404, "woocommerce_rest_product_invalid_id"),
    ],
)
def test_refusals_have_the_vendors_body(untouched: Sandbox, path: str, status: int, code: str) -> None:
    answer = client(untouched).get(path)
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["data"] == {"status": status}


def test_wrong_keys_are_refused(untouched: Sandbox) -> None:
    answer = httpx.get(f"{untouched.base_urls['woocommerce']}{ROOT}/orders", auth=("ck_x", "cs_x"))
    assert (answer.status_code, answer.json()["data"]["status"]) == (401, 401)


def test_pages_link_to_their_neighbours_and_end_empty(untouched: Sandbox) -> None:
    shop = client(untouched)
    middle = shop.get("/orders", params={"page": 2, "per_page": 20})
    assert 'rel="prev"' in middle.headers["Link"]
    assert 'rel="next"' in middle.headers["Link"]
    assert shop.get("/orders", params={"page": 999}).json() == []


def test_history_is_paged_by_index() -> None:
    with Sandbox(orders=300_000) as sandbox:
        answer = client(sandbox).get("/orders", params={"page": 900, "per_page": 100, "orderby": "id", "order": "asc"})
        assert int(answer.headers["X-WP-Total"]) > 99_000
        assert [o["id"] for o in answer.json()] == list(range(3_000_001 + 89_900, 3_000_001 + 90_000))
        recent = client(sandbox).get(
            "/orders", params={"modified_after": "2026-07-20T00:00:00", "dates_are_gmt": "true", "order": "asc"}
        )
        assert recent.json()[0]["date_modified_gmt"] > "2026-07-20T00:00:00"


def test_what_is_thrown_away_leaves_the_list_and_shows_when_asked_for(sandbox: Sandbox) -> None:
    shop = client(sandbox)
    before = every(shop, "/orders", orderby="id", order="asc")
    gone = before[-1]["id"]
    assert shop.delete(f"/orders/{gone}").json()["status"] == "trash"
    assert [row["id"] for row in every(shop, "/orders", orderby="id", order="asc")] == [
        row["id"] for row in before[:-1]
    ]
    assert [row["id"] for row in every(shop, "/orders", status="trash")] == [gone]
    assert shop.get(f"/orders/{gone}").json()["status"] == "trash"
    assert shop.delete(f"/orders/{gone}").status_code == 410
    assert sandbox.world.effects.count("woocommerce", "order_trashed") == 1
