"""The lane from the inbox to two channels over real HTTP: what goes out, what does not, and what survives what."""

from __future__ import annotations

import select
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipelines.intake.wake import Bell, Listener
from reverse_etl.exception_queue import STANDING
from reverse_etl.flows import Switch, switch
from reverse_etl.ledger_tables import ATTEMPTS, DELIVERIES, OUTCOMES, PLANS
from reverse_etl.operations_tables import DRIFTS, EXCEPTIONS
from tests.orchestration.lane.small_shop import SmallShop, record
from tests.reverse_etl.receiving_shop import ReceivingShop

DELIVERED = DELIVERIES.c.record_key, DELIVERIES.c.state


def put(world, position: Switch) -> None:
    with world.ledger.engine.begin() as connection:
        switch(connection, "stock_lane", position, "ann", "stock take", datetime.now(UTC))


def shown(world, sku: str) -> tuple[int, int]:
    return world.shopify.stock[record(sku, "shopify")], world.woocommerce.stock[record(sku, "woocommerce")]


def writes(world) -> int:
    return len(world.shopify.effects) + len(world.woocommerce.effects)


def rows_of(world, *columns: sa.Column) -> list[tuple]:
    with world.ledger.reader() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns))]


def test_a_sale_lowers_every_channel_and_each_delivery_says_how_long_it_took(world):
    with world.lane() as lane:
        world.sell("woocommerce", "SKU-1", 3)
        lane.until(lambda: shown(world, "SKU-1") == (17, 17))
        lane.until(lane.caught_up)
    times = rows_of(world, DELIVERIES.c.heard_at, DELIVERIES.c.acknowledged_at)
    assert len(times) == 2
    assert all(heard <= acknowledged for heard, acknowledged in times)
    assert shown(world, "SKU-2") == (20, 20)
    assert [state.deliveries for state in world.states][-1] in (0, 2)


HEARD_LATE = [
    # what the platform says of when it happened, how much of that the delivery counts
    (timedelta(seconds=40), timedelta(seconds=40)),  # asked every minute, as Amazon is
    (timedelta(seconds=-5), timedelta()),  # a clock ahead of ours: nothing happens after it was heard
    (timedelta(days=3), timedelta()),  # history, read for the first time
]


@pytest.mark.parametrize(("ago", "counted"), HEARD_LATE)
def test_each_delivery_says_when_what_it_follows_from_happened(world, ago, counted):
    with world.lane() as lane:
        world.tell("woocommerce", "order.created", "SKU-1", moved=-3, ago=ago)
        lane.until(lambda: shown(world, "SKU-1") == (17, 17))
        lane.until(lane.caught_up)
    times = rows_of(world, DELIVERIES.c.heard_at, DELIVERIES.c.happened_at)
    assert [heard - happened for heard, happened in times] == [counted] * 2


def test_many_changes_of_one_sku_become_few_writes_and_the_last_is_right(world):
    for _ in range(15):
        world.sell("shopify", "SKU-0")
    with world.lane() as lane:
        lane.until(lambda: shown(world, "SKU-0") == (5, 5))
    assert writes(world) < 10


@pytest.mark.parametrize("told", [(18, 19), (19, 18)], ids=["older_write_last", "in_order"])
@pytest.mark.parametrize("at_once", [True, False], ids=["at_once", "one_by_one"])
def test_our_own_write_coming_back_makes_no_further_write(world, told, at_once):
    with world.lane() as lane:
        for left in (19, 18):
            world.sell("woocommerce", "SKU-1")
            lane.until(lambda left=left: shown(world, "SKU-1") == (left, left))
        lane.until(lane.caught_up)
        before, plans = writes(world), len(rows_of(world, PLANS.c.plan_id))
        for quantity in told:
            world.tell("shopify", "inventory_levels/update", "SKU-1", shows=quantity)
            world.tell("woocommerce", "product.updated", "SKU-1", shows=quantity)
            if not at_once:
                lane.until(lane.caught_up)
        lane.until(lane.caught_up)
    assert (writes(world) - before, len(rows_of(world, PLANS.c.plan_id)) - plans) == (0, 0)
    assert rows_of(world, DRIFTS.c.record_key) == []


def test_units_sold_on_a_channel_and_not_known_as_an_order_are_not_put_back(world):
    with world.lane() as lane:
        # Two were sold on WooCommerce; its stock says so before its orders do.
        world.woocommerce.stock["1"] = 18
        world.tell("woocommerce", "product.updated", "SKU-1", shows=18)
        lane.until(lane.caught_up)
        # One is sold on Shopify: the pool says 19, which would put one of the two back.
        world.shopify.stock[record("SKU-1", "shopify")] = 19
        world.sell("shopify", "SKU-1")
        lane.until(lane.caught_up)
        assert world.woocommerce.stock["1"] == 18
        world.sell("woocommerce", "SKU-1", 2)
        lane.until(lambda: shown(world, "SKU-1") == (17, 17))


def test_an_increase_goes_with_an_event_that_put_units_back_and_not_without(world):
    with world.lane() as lane:
        world.tell("shopify", "orders/create", "SKU-1", moved=4)
        lane.until(lane.caught_up)
        assert shown(world, "SKU-1") == (20, 20)
        world.tell("shopify", "orders/cancelled", "SKU-1", moved=1)
        lane.until(lambda: shown(world, "SKU-1") == (25, 25))


def test_a_number_that_moved_between_plan_and_push_is_read_explained_and_planned_anew(world):
    with world.lane() as lane:
        # Somebody at Shopify typed 50 over it: compare-and-set refuses, and the edit is a drift.
        world.shopify.stock[record("SKU-1", "shopify")] = 50
        world.sell("woocommerce", "SKU-1")
        lane.until(lambda: shown(world, "SKU-1") == (19, 19))
        lane.until(lane.caught_up)
    assert rows_of(world, DRIFTS.c.record_key, DRIFTS.c.observed_value, DRIFTS.c.wanted_value) == [
        (record("SKU-1", "shopify"), "50", "19")
    ]
    refused = [row for row in rows_of(world, OUTCOMES.c.code) if row == ("CHANGE_FROM_QUANTITY_STALE",)]
    assert len(refused) == 1


@pytest.mark.parametrize(("typed", "drifts"), [(20, 1), (19, 0)], ids=["typed_in_again", "told_late"])
def test_what_stood_there_before_our_write_is_asked_about_when_it_is_told_again(world, typed, drifts):
    with world.lane() as lane:
        world.sell("woocommerce", "SKU-1")
        lane.until(lambda: shown(world, "SKU-1") == (19, 19))
        lane.until(lane.caught_up)
        before = writes(world)
        world.shopify.stock[record("SKU-1", "shopify")] = typed
        world.tell("shopify", "inventory_levels/update", "SKU-1", shows=20)
        lane.until(lambda: writes(world) - before == drifts)
        lane.until(lane.caught_up)
        assert shown(world, "SKU-1") == (19, 19)
    assert writes(world) - before == drifts
    assert rows_of(world, DRIFTS.c.observed_value, DRIFTS.c.wanted_value) == [("20", "19")] * drifts


def test_one_conflict_does_not_hold_up_the_others_of_its_request(world):
    with world.lane() as lane:
        world.shopify.stock[record("SKU-1", "shopify")] = 15
        world.tell("cin7", "Stock/Available", "SKU-0", moved=-2)
        for sku in ("SKU-1", "SKU-2", "SKU-3"):
            world.sell("woocommerce", sku)
        lane.until(lambda: shown(world, "SKU-2") == (19, 19) and shown(world, "SKU-3") == (19, 19))
        lane.until(lane.caught_up)
        # Five were sold at Shopify that nobody has told of yet: 19 would put four of them back.
        assert world.shopify.stock[record("SKU-1", "shopify")] == 15


def test_a_channel_that_is_down_keeps_no_other_waiting(tmp_path):
    with ReceivingShop() as woocommerce:
        shop = SmallShop(tmp_path, {"shopify": "http://127.0.0.1:9", "woocommerce": woocommerce.url})
        with shop.lane() as lane:
            for _ in range(5):
                shop.sell("shopify", "SKU-1")
            lane.until(lambda: woocommerce.stock.get("1") == 15)
            lane.until(lambda: lane.running.state(()).waiting == 1)
            assert lane.running.state(()).sequence_confirmed < shop.inbox.newest()
        shop.close()


def test_a_channel_that_refuses_for_a_while_gets_the_last_number_once(world):
    world.shopify.faults = ["503"] * 6
    with world.lane() as lane:
        for _ in range(5):
            world.sell("shopify", "SKU-1")
        lane.until(lambda: shown(world, "SKU-1") == (15, 15))
        lane.until(lane.caught_up)
    assert world.shopify.count("stock", record("SKU-1", "shopify")) == 1


def cases(world) -> set[tuple]:
    """(sync, record, code) of the exceptions that stand."""
    found = rows_of(world, EXCEPTIONS.c.sync, EXCEPTIONS.c.record_key, EXCEPTIONS.c.code, EXCEPTIONS.c.exception_status)
    return {row[:3] for row in found if row[3] in STANDING}


def test_a_channel_that_is_let_in_no_more_is_a_case_until_it_is(world):
    world.shopify.faults = ["401"] * 10_000
    locked_out = ("shopify__stock_levels", None, "auth")
    with world.lane() as lane:
        world.sell("woocommerce", "SKU-1")
        lane.until(lambda: "shopify" in (lane.running.state(()).trouble or ""))
        assert locked_out in cases(world)
        lane.until(lambda: world.woocommerce.stock["1"] == 19)
        world.shopify.faults = []
        lane.until(lambda: shown(world, "SKU-1") == (19, 19))
        lane.until(lambda: not cases(world))


def test_a_paused_lane_sends_nothing_between_two_records_and_goes_on_when_resumed(world):
    put(world, Switch.PAUSED)
    with world.lane() as lane:
        world.sell("woocommerce", "SKU-1")
        lane.until(lambda: "paused" in (lane.running.state(()).trouble or ""))
        assert (writes(world), cases(world)) == (0, set())
        put(world, Switch.ACTIVE)
        lane.until(lambda: shown(world, "SKU-1") == (19, 19))


def test_what_must_wait_for_its_turn_is_claimed_only_then_so_a_pause_still_holds_it(tmp_path):
    with ReceivingShop() as shopify:
        pace = {"DESTINATIONS__SHOPIFY__REQUESTS_PER_SECOND": "0.2"}
        shop = SmallShop(tmp_path, {"shopify": shopify.url}, more=pace)
        shopify.stock |= {record(sku, "shopify"): shop.pool for sku in ("SKU-1", "SKU-2")}
        with shop.lane() as lane:
            shop.sell("woocommerce", "SKU-1")
            lane.until(lambda: shopify.stock.get(record("SKU-1", "shopify")) == 19)
            shop.sell("woocommerce", "SKU-2")
            lane.until(lambda: (record("SKU-2", "shopify"), "approved") in rows_of(shop, *DELIVERED))
            put(shop, Switch.PAUSED)
            lane.until(lambda: "paused" in (lane.running.state(()).trouble or ""))
            assert len(shopify.effects) == 1
            put(shop, Switch.ACTIVE)
            lane.until(lambda: shopify.stock.get(record("SKU-2", "shopify")) == 19)
        claimed = ATTEMPTS.c.delivery_id == DELIVERIES.c.delivery_id
        with shop.ledger.reader() as connection:
            times = sa.select(DELIVERIES.c.record_key, DELIVERIES.c.planned_at, ATTEMPTS.c.started_at)
            found = {row[0]: row[1:] for row in connection.execute(times.where(claimed))}
        shop.close()
    assert {sku: started > planned for sku, (planned, started) in found.items()} == {
        record("SKU-1", "shopify"): False,
        record("SKU-2", "shopify"): True,
    }


def test_a_lane_that_starts_again_over_the_same_inbox_writes_nothing_twice(world):
    for sku in ("SKU-1", "SKU-2"):
        world.sell("woocommerce", sku)
    with world.lane() as lane:
        lane.until(lane.caught_up)
    before = writes(world)
    world.tables = type(world.tables)(world.skus, world.pool)
    with world.lane() as lane:
        lane.until(lane.caught_up)
    assert (before, writes(world)) == (4, 4)
    assert shown(world, "SKU-1") == (19, 19)


def test_what_an_event_only_pointed_at_is_read_again_for_tables_that_did_not_hear_of_it(world):
    read: list[str] = []

    def fetch(sku: str) -> tuple[str, int]:
        read.append(sku)
        return sku, 12

    world.tell("woocommerce", "order.updated", "SKU-1", points=1)
    with world.lane(fetch=fetch) as lane:
        lane.until(lambda: shown(world, "SKU-1") == (12, 12))
        # The next lane is told how far this one had come.
        lane.until(lambda: bool(world.states) and world.states[-1].sequence_confirmed == world.inbox.newest())
    world.tables = type(world.tables)(world.skus, world.pool)
    before = writes(world)
    with world.lane(fetch=fetch) as lane:
        lane.until(lambda: len(read) == 2 and lane.caught_up())
        # The next sale is taken from what was read, and not from what the tables began with.
        world.sell("woocommerce", "SKU-1")
        lane.until(lambda: shown(world, "SKU-1") == (11, 11))
    assert writes(world) == before + 2


def test_news_is_read_before_what_other_tables_had_read(world):
    for number in (1, 2, 3):
        world.tell("woocommerce", "order.updated", f"SKU-{number}", points=1)
    with world.lane(fetch=lambda sku: (sku, 12)) as lane:
        lane.until(lambda: shown(world, "SKU-3") == (12, 12))
        lane.until(lambda: bool(world.states) and world.states[-1].sequence_confirmed == world.inbox.newest())
    world.tables = type(world.tables)(world.skus, world.pool)
    read, may_answer = list[str](), threading.Event()

    def fetch(sku: str) -> tuple[str, int]:
        read.append(sku)
        assert may_answer.wait(120)
        return sku, 12

    with world.lane(fetch=fetch) as lane:
        lane.until(lambda: len(read) == 1)
        world.tell("woocommerce", "order.updated", "SKU-4", points=1)
        lane.until(lambda: lane.running.state(()).sequence_seen == world.inbox.newest())
        may_answer.set()
        lane.until(lambda: len(read) == 4)
    assert read == ["SKU-1", "SKU-4", "SKU-2", "SKU-3"]


def test_a_ring_while_events_are_applied_is_taken_up_once_and_keeps_the_loop_no_busier(world, tmp_path):
    taken_up: list[bool] = []

    def ring_and_look() -> None:
        bell.ring()
        # A pipe that stays readable makes the event loop turn without a pause until these events are applied.
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and select.select([listener.fileno()], [], [], 0)[0]:
            time.sleep(0.001)
        taken_up.append(not select.select([listener.fileno()], [], [], 0)[0])

    with Listener(tmp_path / "bell") as listener:
        bell = Bell(tmp_path / "bell")
        world.tables.meanwhile = ring_and_look
        with world.lane(bell=listener) as lane:
            world.sell("shopify", "SKU-1")
            lane.until(lambda: shown(world, "SKU-1") == (19, 19))
        bell.close()
    assert taken_up == [True]
