"""A sale at the marketplace all the way: order, pool, every channel's number, and back to the shops, asked of the twins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.extract import connector
from pipelines.settings import Connection
from reverse_etl.syncs import all_syncs
from sandbox.amazon_facts import BY_AMAZON, CANADA, SENT_BY_AMAZON, SENT_BY_SELLER, UNITED_STATES
from sandbox.server import AMAZON_CREDENTIALS, CREDENTIALS, Sandbox
from tests.reverse_etl.conftest import Turn, settings_for
from tests.transform.raw_rows import RawRows

pytestmark = pytest.mark.world

SYNCS = ("shopify__stock_levels", "woocommerce__stock_levels", "amazon__stock_levels")
UNIONS = {
    "orders": ("shopify", "woocommerce", "amazon"),
    "order_lines": ("shopify", "woocommerce", "amazon"),
    "refunds": ("shopify", "woocommerce"),
    "refund_lines": ("shopify", "woocommerce"),
    "fulfilment_orders": ("shopify", "amazon"),
    "channel_listings": ("shopify", "woocommerce", "amazon"),
    "stock_levels": ("cin7",),
    "stock_holds": ("shopify",),
    "parcels": ("shipstation",),
    "parcel_lines": ("shipstation",),
}
# What stock needs of each platform: first what nothing here changes, read once, then what is read anew each time.
STILL = {
    "shopify": ("orders", "product_variants"),
    "woocommerce": ("orders", "order_refunds"),
    "shipstation": ("shipments", "fulfillments"),
}
MOVING = {
    "shopify": ("inventory_items",),
    "woocommerce": ("products", "product_variations"),
    "amazon": ("orders", "listings"),
    "cin7": ("product_availability",),
}
Records = dict[tuple[str, str], list[dict[str, Any]]]


def fetched(sandbox: Sandbox, wanted: dict[str, tuple[str, ...]]) -> Records:
    """What the connectors read of these resources now."""
    known = CREDENTIALS | {"amazon": {**AMAZON_CREDENTIALS["amazon"], "marketplace_ids": f"{UNITED_STATES},{CANADA}"}}
    found: Records = {}
    for platform, names in wanted.items():
        declared = connector(platform)
        with declared.connect(Connection(platform, "main", f"{sandbox.url}/{platform}", known[platform])) as client:
            for name in names:
                pages = declared.resource(name).fetch(client, None)
                found[platform, name] = [row for page in pages for row in page]
    return found


@pytest.fixture(scope="module")
def still() -> Records:
    with Sandbox() as running:
        return fetched(running, STILL)


def turning(sandbox: Sandbox, folder: Path) -> Turn:
    made = Turn(None, folder)
    made.settings = settings_for("", folder)
    for sync in SYNCS:
        platform = all_syncs()[sync].destination
        values = {"base_url": f"{sandbox.url}/{platform}", **(CREDENTIALS | AMAZON_CREDENTIALS)[platform]}
        made.settings.values.update({f"destinations.{platform}.{name}": value for name, value in values.items()})
    return made


@dataclass
class Shop:
    """One world, and what was sent to it."""

    sandbox: Sandbox
    turn: Turn
    still: Records

    def refresh(self, without: str = "") -> RawRows:
        """What the platforms say now, mapped, and the activation tables of stock built from it."""
        rows = RawRows()
        moving = {name: tables for name, tables in MOVING.items() if name != without}
        for (platform, table), records in (self.still | fetched(self.sandbox, moving)).items():
            rows.raw(platform, table, records)
        for noun, platforms in UNIONS.items():
            rows.united(noun, *platforms)
        rows.connection.execute("create schema activation")
        for sync in SYNCS:
            rows.query(f"select 1 from {{{{ ref('act_{sync}') }}}}")
            rows.connection.execute(f"create table activation.act_{sync} as select * from act_{sync}")
        self.turn.warehouse = rows.connection
        return rows

    def push(self) -> dict[str, list[str]]:
        """Plan and push stock everywhere; the records that were accepted, by destination."""
        accepted = {}
        for sync in SYNCS:
            plan = self.turn.plan(sync)
            assert self.turn.push(plan).accepted == len(plan.deliveries)
            accepted[sync.split("__")[0]] = sorted(str(delivery.payload["sku"]) for delivery in plan.deliveries)
        return accepted

    def sell(self, **asked: Any) -> str:
        answer = httpx.post(f"{self.sandbox.url}/_control/orders", json={"channel": "amazon", **asked})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["order_number"])

    def listed_by_seller(self) -> str:
        """A SKU of which there is plenty, listed by the seller in every channel."""
        world = self.sandbox.world
        listed = [one.sku for one in world.amazon.listings.values() if one.sent_by == SENT_BY_SELLER]
        return max(listed, key=lambda one: (world.pool(one), one))


@pytest.fixture
def shop(tmp_path: Path, still: Records) -> Iterator[Shop]:
    """A world of its own, to be changed."""
    with Sandbox() as sandbox:
        made = Shop(sandbox, turning(sandbox, tmp_path), still)
        yield made
        made.turn.ledger.close()


@dataclass
class Opened:
    """The world as it opens, read once by all tests that change nothing."""

    shop: Shop
    rows: RawRows


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, still: Records) -> Iterator[Opened]:
    with Sandbox() as sandbox:
        made = Shop(sandbox, turning(sandbox, tmp_path_factory.mktemp("opened")), still)
        yield Opened(made, made.refresh())
        made.turn.ledger.close()


def pool(rows: RawRows, sku: str) -> int:
    [(units,)] = rows.query(f"select pool from {{{{ ref('fct_stock_pools') }}}} where sku = '{sku}'")
    return int(units)


def committed(rows: RawRows) -> dict[tuple[str, str], int]:
    found = rows.query("select order_number, sku, committed from {{ ref('fct_commitments') }} where channel = 'amazon'")
    return {(number, sku): units for number, sku, units in found}


def test_a_sale_at_amazon_lowers_every_other_channel_and_then_all_is_at_rest(shop: Shop) -> None:
    sku = shop.listed_by_seller()
    before = pool(shop.refresh(), sku)
    shop.push()
    effects = shop.sandbox.world.effects.count("woocommerce"), shop.sandbox.world.effects.count("shopify")

    number = shop.sell(sku=sku, quantity=3)
    rows = shop.refresh()
    assert committed(rows)[number, sku] == 3
    assert pool(rows, sku) == before - 3
    moved = shop.push()
    assert (moved["shopify"], moved["woocommerce"]) == ([sku], [sku])
    assert shop.sandbox.world.effects.count("woocommerce") - effects[0] == 1
    assert shop.sandbox.world.effects.count("shopify") - effects[1] == 1
    # Two units are the channel's buffer.
    assert shop.sandbox.world.woo_quantity[sku] == before - 3 - 2
    assert sum(units for (item, _), units in shop.sandbox.world.shopify_available.items() if item == sku) == before - 3
    # Its own store went down by three and is filled up again: there are more than the ten it may ever show.
    assert shop.sandbox.world.amazon.listings[sku].quantity == 10
    shop.refresh()
    assert shop.push() == {"shopify": [], "woocommerce": [], "amazon": []}


def test_what_amazon_sends_itself_never_touches_our_stock(opened: Opened) -> None:
    account, rows = opened.shop.sandbox.world.amazon, opened.rows
    sent = {order.number for order in account.orders.values() if order.fulfilled_by == BY_AMAZON}
    theirs = {one.sku for one in account.listings.values() if one.sent_by == SENT_BY_AMAZON}
    # Their lines bear SKUs that we count too, and an open one among them would else take four of ours.
    skus = {line.sku for number in sent for line in account.orders[number].lines}
    assert skus <= theirs & set(opened.shop.sandbox.world.products)
    assert any(account.orders[number].status == "UNSHIPPED" for number in sent)
    assert {number for number, _ in committed(rows)} & sent == set()
    held = rows.query("select distinct sku, held_back_reason from {{ ref('fct_listings') }} where channel = 'amazon'")
    assert {item for item, reason in held if reason == "not_tracked"} == theirs
    assert not theirs & {item for (item,) in rows.query("select sku from {{ ref('act_amazon__stock_levels') }}")}


def test_open_orders_owe_what_is_neither_sent_nor_cancelled(opened: Opened) -> None:
    expected = {
        (order.number, line.sku): line.quantity - line.shipped
        for order in opened.shop.sandbox.world.amazon.orders.values()
        if order.fulfilled_by != BY_AMAZON and order.status in ("PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED")
        for line in order.lines
        if not line.is_cancelled
    }
    assert committed(opened.rows) == expected
    for claim in (
        "assert_s_03_commitments_are_ordered_less_gone",
        "assert_s_03_committed_is_what_open_orders_still_owe",
    ):
        assert opened.rows.singular_test(claim) == []


def test_without_the_marketplace_every_other_number_is_what_it_was(opened: Opened) -> None:
    """Its open orders take their units off the pool; what else it brings changes nothing for anybody."""
    asked = "select sku, pool from {{ ref('fct_stock_pools') }}"
    after = dict(opened.rows.query(asked))
    before = dict(opened.shop.refresh(without="amazon").query(asked))
    owed: dict[str, int] = {}
    for (_, item), units in committed(opened.rows).items():
        owed[item] = owed.get(item, 0) + units
    assert after == {item: units - owed.get(item, 0) for item, units in before.items()}
    assert sum(owed.values()) > 0


def test_one_quantity_of_several_stores_has_one_writer(shop: Shop) -> None:
    shared = {one.sku for one in shop.sandbox.world.amazon.listings.values() if len(one.marketplace_ids) > 1}
    rows = shop.refresh()
    found = rows.query(
        "select sku, pool_group, quantity from {{ ref('act_amazon__stock_levels') }} where pool_group like '%,%'"
    )
    assert {item for item, _, _ in found} == shared
    assert {group for _, group, _ in found} == {f"{CANADA},{UNITED_STATES}"}
    # The pool is one: no store is told a share of its own, and each listing is written once.
    plan = shop.turn.plan("amazon__stock_levels")
    shop.turn.push(plan)
    assert [
        shop.sandbox.world.effects.count("amazon", natural_key=item.payload["sku"]) for item in plan.deliveries
    ] == [1] * len(plan.deliveries)
    assert shared & {item.payload["sku"] for item in plan.deliveries}


@pytest.mark.proof
def test_a_quantity_that_does_not_show_yet_is_planned_again_and_does_no_harm(shop: Shop) -> None:
    """The marketplace says `ACCEPTED` before the number counts; until then every plan finds the old one."""
    shop.refresh()
    first = shop.turn.plan("amazon__stock_levels")
    shop.sandbox.world.state("amazon")["processing_seconds"] = 600
    assert shop.turn.push(first).accepted == len(first.deliveries) > 0
    shop.refresh()
    assert shop.turn.plan("amazon__stock_levels").deliveries == (), "what was read before it was accepted says nothing"
    # Read after it was accepted, and still the old number.
    shop.turn.at += timedelta(minutes=5)
    again = shop.turn.plan("amazon__stock_levels", observed_at=shop.turn.at)
    assert [item.payload for item in again.deliveries] == [item.payload for item in first.deliveries]
    shop.turn.push(again)
    shop.sandbox.world.clock.advance(3000)
    shop.refresh()
    shop.turn.at += timedelta(minutes=5)
    assert shop.turn.plan("amazon__stock_levels", observed_at=shop.turn.at).deliveries == ()
