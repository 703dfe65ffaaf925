"""The stock models, built once by dbt for all tests here, and a small shop on two channels."""

from __future__ import annotations

import pytest

from tests.orchestration.lane.batch import Built, built_empty
from tests.orchestration.lane.small_shop import SmallShop, record
from tests.reverse_etl.receiving_shop import ReceivingShop


@pytest.fixture(scope="session")
def stock_models(tmp_path_factory: pytest.TempPathFactory) -> Built:
    home = tmp_path_factory.mktemp("stock_models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        return built_empty(home)


@pytest.fixture
def world(tmp_path):
    with ReceivingShop() as shopify, ReceivingShop() as woocommerce:
        shop = SmallShop(tmp_path, {"shopify": shopify.url, "woocommerce": woocommerce.url})
        shop.shopify, shop.woocommerce = shopify, woocommerce
        for number in range(shop.skus):
            shopify.stock[record(f"SKU-{number}", "shopify")] = shop.pool
            woocommerce.stock[str(number)] = shop.pool
        yield shop
        shop.close()
