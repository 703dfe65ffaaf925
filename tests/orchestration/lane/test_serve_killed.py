"""The whole of `cartwheel serve` killed at any moment under load, and started again: webhooks in over HTTP, two shops written to.

Nothing it acknowledged is lost, both shops end with the numbers a build of everything sold would give, and each write that
took effect is one delivery of the ledger.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from pipelines.intake.inbox import Inbox
from sandbox.webhooks.notices import Notice
from sandbox.webhooks.signing import signed
from tests.orchestration.lane.batch import Batch, Built
from tests.orchestration.lane.goods import SKUS
from tests.orchestration.lane.histories import Shop
from tests.orchestration.lane.told_twice import Order, rest_order, woo_order
from tests.orchestration.lane.whole_serve import (
    SECRET,
    STOCK,
    free_port,
    kill,
    publish,
    reckoned,
    serving,
    wide_shelves,
)
from tests.reverse_etl.receiving_shop import ReceivingShop

pytestmark = [pytest.mark.dbt, pytest.mark.timeout(1_800)]
SENDERS = 3
# How long it may take to come back or to finish, on whatever machine: patience, no claim.
PATIENCE_SECONDS = 240.0


class Sales:
    """Buyers on two shops; whoever gets no answer sends the same webhook again, as vendors do."""

    def __init__(self, shop: Shop, port: int, rng: random.Random) -> None:
        self.shop, self.port, self.rng = shop, port, rng
        self.acknowledged, self.stopped = set[str](), False

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            await asyncio.gather(*(self._buyer(session) for _ in range(SENDERS)))

    async def _buyer(self, session: aiohttp.ClientSession) -> None:
        while not self.stopped:
            notice = self._sale()
            url = f"http://127.0.0.1:{self.port}/webhooks/{notice.platform}"
            while notice.event_id not in self.acknowledged:
                where, headers = signed(notice, url, SECRET, datetime.now(UTC), "http://127.0.0.1:9")
                try:
                    async with session.post(where, data=notice.body, headers=headers) as answer:
                        if answer.status == 200:
                            self.acknowledged.add(notice.event_id)
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(self.rng.uniform(0, 0.1))

    def _sale(self) -> Notice:
        shop, number = self.shop, len(self.shop.orders) + 1
        shop.now += timedelta(seconds=1)
        channel = self.rng.choice(("shopify", "woocommerce"))
        lines = {number * 10: (SKUS[number % len(SKUS)], self.rng.randint(1, 3))}
        order = Order(channel, number, shop.now, shop.now, lines, "newark")
        shop.orders.append(order)
        topic, body = ("orders/create", rest_order) if channel == "shopify" else ("order.created", woo_order)
        name = f"{channel}-{number}"
        return Notice(channel, topic, name, str(number), json.dumps(body(order)).encode(), shop.now)


class Shops:
    """Both receivers, beginning with what the published rows say they show."""

    def __init__(self, shopify: ReceivingShop, woocommerce: ReceivingShop, start: Batch) -> None:
        self.receivers = dict(zip(STOCK, (shopify, woocommerce), strict=True))
        for table, receiver in self.receivers.items():
            rows = map(json.loads, start.rows(table))
            receiver.stock.update({row["record_key"]: row["observed_quantity"] for row in rows})

    @property
    def effects(self) -> int:
        return sum(len(receiver.effects) for receiver in self.receivers.values())

    def differ_from(self, batch: Batch) -> list[tuple[str, int, int]]:
        """Records that show another number than the batch wants: (record, wanted, shown)."""
        return [
            (row["record_key"], row["quantity"], receiver.stock[row["record_key"]])
            for table, receiver in self.receivers.items()
            for row in map(json.loads, batch.rows(table))
            if row["quantity"] != receiver.stock[row["record_key"]]
        ]


async def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


async def lives(home: Path, port: int, shops: Shops, sales: Sales, kills: int, rng: random.Random) -> None:
    urls = [receiver.url for receiver in shops.receivers.values()]
    buying = asyncio.create_task(sales.run())
    for life in range(kills):
        with serving(home, port, *urls) as process:
            pushed, acknowledged = shops.effects + rng.randint(1, 8), len(sales.acknowledged) + rng.randint(1, 8)
            # It has acknowledged and pushed something in this life, and dies in the middle of more.
            await until(partial(_have_passed, shops, pushed, sales, acknowledged), "it did not come back")
            await asyncio.sleep(rng.uniform(0, 0.3))
            kill(process)
        # Nobody buys in the last life: nothing that is sold then touches again what was forgotten.
        sales.stopped = life == kills - 1
    with serving(home, port, *urls):
        await buying
        await until(lambda: confirmed(home) >= newest(home), "the lane has not confirmed what came in")


def _have_passed(shops: Shops, effects: int, sales: Sales, acknowledged: int) -> bool:
    return shops.effects >= effects and len(sales.acknowledged) >= acknowledged


def newest(home: Path) -> int:
    with closing(Inbox(f"sqlite:///{home}/inbox.sqlite")) as inbox:
        return inbox.newest()


def confirmed(home: Path) -> int:
    with closing(sqlite3.connect(home / "operations.sqlite")) as store:
        row = store.execute("select sequence_confirmed from lane_states").fetchone()
    return int(row[0]) if row is not None else 0


def killed(built: Built, home: Path, kills: int, seed: int) -> None:
    rng, shop, port = random.Random(seed), wide_shelves(seed), free_port()
    home.mkdir()
    with closing(reckoned(built, shop)) as start:
        publish(home, start)
        with ReceivingShop() as shopify, ReceivingShop() as woocommerce:
            shops, sales = Shops(shopify, woocommerce, start), Sales(shop, port, rng)
            asyncio.run(lives(home, port, shops, sales, kills, rng))
    with closing(Inbox(f"sqlite:///{home}/inbox.sqlite")) as inbox:
        kept = Counter(f"{event.platform}-{event.resource_id}" for event in inbox.events_after(0, 1_000_000))
    assert sales.acknowledged - kept.keys() == set()
    assert set(kept.values()) == {1}, "a webhook that came again made a second event"
    with closing(reckoned(built, shop)) as batch:
        assert shops.differ_from(batch) == []
    with closing(sqlite3.connect(home / "operations.sqlite")) as store:
        states = Counter(row[0] for row in store.execute("select state from deliveries"))
    assert shops.effects == states["accepted"] > 0
    assert states.keys() <= {"accepted", "superseded", "rejected"}


def test_killed_as_a_whole_it_comes_back_and_has_lost_and_doubled_nothing(stock_models: Built, tmp_path: Path) -> None:
    killed(stock_models, tmp_path / "home", kills=1, seed=1)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2, 5))
def test_killed_as_a_whole_many_times_it_has_lost_and_doubled_nothing(
    stock_models: Built, tmp_path: Path, seed: int
) -> None:
    killed(stock_models, tmp_path / "home", kills=12, seed=seed)
