"""A flash sale: many buyers on two channels for a hundred units, orders told late, and no number pushed above what is known."""

from __future__ import annotations

import json
import random
import time
from datetime import datetime

import pytest
import sqlalchemy as sa

from reverse_etl.ledger_tables import DELIVERIES
from tests.orchestration.lane.small_shop import SmallShop, record
from tests.reverse_etl.receiving_shop import ReceivingShop

UNITS = 100
SKU = "SKU-0"


class Sale:
    """Buyers and the two channels; a channel sells as long as it shows something, and tells of it a moment later."""

    def __init__(self, world: SmallShop, shops: dict[str, ReceivingShop], rng: random.Random) -> None:
        self.world, self.shops, self.rng = world, shops, rng
        # When each sale was told: by platform, as the inbox has it.
        self.told: list[tuple[str, datetime]] = []
        self.sold = 0
        self._untold: list[str] = []

    def buyer(self) -> None:
        channel = self.rng.choice(sorted(self.shops))
        shop, key = self.shops[channel], record(SKU, channel)
        if shop.stock[key] > 0:
            shop.stock[key] -= 1
            self.sold += 1
            self._untold.append(channel)
        if self._untold and self.rng.random() < 0.6:
            self.tell(self._untold.pop(0))

    def tell(self, channel: str) -> None:
        self.world.sell(channel, SKU)
        event = self.world.inbox.newest_events(1)[0]
        self.told.append((channel, event.received_at))

    def tell_all(self) -> None:
        while self._untold:
            self.tell(self._untold.pop(0))


def run(folder, buyers: int, seconds: float, seed: int) -> None:
    with ReceivingShop() as shopify, ReceivingShop() as woocommerce:
        world = SmallShop(folder, {"shopify": shopify.url, "woocommerce": woocommerce.url}, skus=1, pool=UNITS)
        shops = {"shopify": shopify, "woocommerce": woocommerce}
        for channel, shop in shops.items():
            shop.stock[record(SKU, channel)] = UNITS
        sale = Sale(world, shops, random.Random(seed))
        with world.lane() as lane:
            for _ in range(buyers):
                sale.buyer()
                time.sleep(seconds / buyers)
            sale.tell_all()
            lane.until(lane.caught_up)
        with world.ledger.reader() as connection:
            columns = (DELIVERIES.c.payload, DELIVERIES.c.made_from, DELIVERIES.c.state)
            pushed = connection.execute(sa.select(*columns)).all()
        for payload, made_from, _ in pushed:
            known = {channel: datetime.fromisoformat(at) for channel, at in json.loads(made_from).items()}
            free = UNITS - sum(1 for channel, at in sale.told if channel in known and at <= known[channel])
            assert json.loads(payload)["quantity"] <= max(free, 0), "more was pushed than was free by what was known"
        assert sale.sold >= UNITS
        assert [shop.stock[record(SKU, channel)] <= 0 for channel, shop in shops.items()] == [True, True]
        assert any(state == "accepted" for _, _, state in pushed)
        world.close()


def test_a_hundred_buyers_are_never_offered_more_than_is_known_to_be_free(tmp_path):
    run(tmp_path, 260, 1.5, seed=3)


@pytest.mark.proof
def test_five_hundred_orders_in_ten_seconds(tmp_path):
    run(tmp_path, 500, 10.0, seed=4)
