"""The twins say when units were sold and when a quantity was written, by their own clock, in the order it happened."""

from __future__ import annotations

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox


@pytest.fixture
def sandbox():
    with Sandbox(orders=30) as started:
        yield started


def test_a_sale_and_the_write_that_follows_it_stand_in_order_with_what_was_shown_before(sandbox):
    sku = next(product.sku for product in sandbox.world.catalogue if product.woo_variation_id is None)
    product = sandbox.world.products[sku]
    shown = sandbox.world.woo_quantity[sku]
    sold = httpx.post(
        f"{sandbox.url}/_control/orders", json={"channel": "woocommerce", "sku": sku, "quantity": 2}
    ).json()
    keys = CREDENTIALS["woocommerce"]
    httpx.post(
        f"{sandbox.base_urls['woocommerce']}/wp-json/wc/v3/products/batch",
        json={"update": [{"id": product.woo_product_id, "stock_quantity": 5}]},
        auth=(keys["consumer_key"], keys["consumer_secret"]),
    )
    first, second = httpx.get(f"{sandbox.url}/_control/stock_log").json()["entries"]
    assert (first["what"], first["sku"], first["quantity"], first["shown"]) == ("sold", sku, 2, shown)
    assert first["order_number"] == sold["order_number"]
    assert (second["what"], second["quantity"], second["shown"]) == ("written", 5, shown - 2)
    assert first["at"] <= second["at"]
    later = httpx.get(f"{sandbox.url}/_control/stock_log", params={"after": first["number"]}).json()["entries"]
    assert later == [second]
