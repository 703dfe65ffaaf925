"""kill −9 of a lane under load: what was acknowledged to a platform reaches every channel, and nothing is written twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from reverse_etl.ledger_tables import DELIVERIES
from tests.orchestration.lane.small_shop import SmallShop, record
from tests.reverse_etl.receiving_shop import ReceivingShop

SALES_PER_LIFE = 12


@contextmanager
def living(folder, shopify, woocommerce, shop):
    where = [str(folder), shopify.url, woocommerce.url, str(shop.pool), shop.started_at.isoformat()]
    command = [sys.executable, "-m", "tests.orchestration.lane.lane_child", *where]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"running\n"
        yield process
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()


def kill_it(tmp_path, lives: int, seed: int) -> None:
    rng = random.Random(seed)
    with ReceivingShop() as shopify, ReceivingShop() as woocommerce:
        shop = SmallShop(tmp_path, {"shopify": shopify.url, "woocommerce": woocommerce.url}, pool=500)
        skus = [f"SKU-{number}" for number in range(shop.skus)]
        for sku in skus:
            shopify.stock[record(sku, "shopify")] = shop.pool
            woocommerce.stock[record(sku, "woocommerce")] = shop.pool
        left = dict.fromkeys(skus, 0)
        for _ in range(lives):
            with living(tmp_path, shopify, woocommerce, shop):
                for _ in range(SALES_PER_LIFE):
                    sku = rng.choice(skus)
                    left[sku] += 1
                    shop.tell("cin7", "Stock/AvailableStockLevelChanged", sku, moved=-1)
                    time.sleep(rng.uniform(0, 0.02))
        with shop.lane() as lane:
            lane.until(lane.caught_up)
            for sku in skus:
                wanted = shop.pool - left[sku]
                shown = shopify.stock[record(sku, "shopify")], woocommerce.stock[record(sku, "woocommerce")]
                assert shown == (wanted, wanted), sku
        with shop.ledger.reader() as connection:
            states = Counter(connection.execute(sa.select(DELIVERIES.c.state)).scalars())
        effects = len(shopify.effects) + len(woocommerce.effects)
        assert effects == states["accepted"]
        assert set(states) <= {"accepted", "superseded", "rejected"}
        shop.close()


def test_killed_at_any_moment_it_loses_nothing_and_doubles_nothing(tmp_path):
    kill_it(tmp_path, lives=2, seed=1)


@pytest.mark.proof
def test_killed_many_times_it_loses_nothing_and_doubles_nothing(tmp_path):
    kill_it(tmp_path, lives=40, seed=2)
