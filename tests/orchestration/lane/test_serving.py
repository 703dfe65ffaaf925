"""How a channel is served that takes its time or answers nothing for a while: what is under way, what waits, what is put together."""

from __future__ import annotations

import sqlalchemy as sa

from reverse_etl.ledger_tables import PLANS
from tests.orchestration.lane.small_shop import record
from tests.reverse_etl.receiving_shop import is_read

SHOPIFY = "shopify__stock_levels"
# So many requests Shopify takes at once.
AT_ONCE = 4


def shopify_shows(world, *skus: str) -> list[int]:
    return [world.shopify.stock[record(sku, "shopify")] for sku in skus]


def plans(world) -> int:
    with world.ledger.reader() as connection:
        return connection.execute(sa.select(sa.func.count()).where(PLANS.c.sync == SHOPIFY)).scalar_one()


def test_the_next_change_leaves_while_a_slow_channel_still_owes_the_answer_to_the_last(world):
    world.shopify.holds_answers = True
    with world.lane() as lane:
        for sku in ("SKU-1", "SKU-2", "SKU-3"):
            world.sell("woocommerce", sku)
            lane.until(lambda sku=sku: shopify_shows(world, sku) == [19])
        world.shopify.holds_answers = False
        lane.until(lane.caught_up)
    assert [world.shopify.count("stock", record(f"SKU-{number}", "shopify")) for number in (1, 2, 3)] == [1, 1, 1]


def test_a_sku_is_never_under_way_twice_and_its_newest_number_follows_once_it_is_answered(world):
    world.shopify.holds_answers = True
    with world.lane() as lane:
        world.sell("woocommerce", "SKU-1")
        lane.until(lambda: shopify_shows(world, "SKU-1") == [19])
        world.sell("woocommerce", "SKU-1")
        world.sell("woocommerce", "SKU-1")
        world.sell("woocommerce", "SKU-2")
        lane.until(lambda: shopify_shows(world, "SKU-2") == [19])
        assert shopify_shows(world, "SKU-1") == [19]
        world.shopify.holds_answers = False
        lane.until(lambda: shopify_shows(world, "SKU-1") == [17])
        lane.until(lane.caught_up)
    assert world.shopify.count("stock", record("SKU-1", "shopify")) == 2


def test_what_comes_while_a_channel_takes_no_more_is_planned_once_with_its_last_number(world):
    world.shopify.holds_answers = True
    with world.lane() as lane:
        for number in range(AT_ONCE):
            world.sell("woocommerce", f"SKU-{number}")
            lane.until(lambda number=number: shopify_shows(world, f"SKU-{number}") == [19])
        for left in (19, 18, 17):
            world.sell("woocommerce", "SKU-4")
            lane.until(lambda left=left: world.woocommerce.stock["4"] == left)
        assert plans(world) == AT_ONCE
        world.shopify.holds_answers = False
        lane.until(lambda: shopify_shows(world, "SKU-4") == [17])
        lane.until(lane.caught_up)
    assert (plans(world), world.shopify.count("stock", record("SKU-4", "shopify"))) == (AT_ONCE + 1, 1)


def test_what_a_channel_refused_goes_out_as_soon_as_it_may_however_much_news_comes(world):
    world.shopify.faults = ["401"] * 10_000
    with world.lane() as lane:
        world.sell("woocommerce", "SKU-1")
        lane.until(lambda: "shopify" in (lane.running.state(()).trouble or ""))
        world.shopify.faults = []

        def arrives_among_news() -> bool:
            world.tell("woocommerce", "order.created", "SKU-2", moved=0)
            return shopify_shows(world, "SKU-1") == [19]

        lane.until(arrives_among_news)
        lane.until(lane.caught_up)
    assert world.shopify.count("stock", record("SKU-1", "shopify")) == 1


def test_several_numbers_that_somebody_moved_are_asked_for_side_by_side(world):
    world.shopify.holds_reads = True
    for number in (0, 1):
        world.shopify.stock[record(f"SKU-{number}", "shopify")] = 50
        # Before the lane starts, so that both are of one handful.
        world.tell("cin7", "Stock/Available", f"SKU-{number}", moved=-1)
    with world.lane() as lane:
        lane.until(lambda: sum(map(is_read, world.shopify.requests)) == 2)
        world.shopify.holds_reads = False
        lane.until(lambda: shopify_shows(world, "SKU-0", "SKU-1") == [19, 19])
        lane.until(lane.caught_up)
