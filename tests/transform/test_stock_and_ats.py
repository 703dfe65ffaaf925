"""Stock by place and the number each channel is told, on hand-written rows with the arithmetic in view."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

import random
from datetime import date, datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows

COUNTED_AT = datetime(2026, 10, 31, 12)


def level(sku: str, location: str, on_hand: int, **more: Any) -> dict[str, Any]:
    row = {"stock_level_id": f"{sku}@{location}", "platform": "cin7", "sku": sku, "location_id": location}
    return row | {"on_hand": on_hand, "as_of_at": COUNTED_AT} | more


def order(order_id: str, channel: str = "shopify", **more: Any) -> dict[str, Any]:
    row = {"order_id": order_id, "order_number": f"#{order_id}", "channel": channel, "platform": channel}
    return row | {"placed_at": datetime(2026, 10, 30, 9), "order_date": date(2026, 10, 30)} | more


def line(order_id: str, sku: str, quantity: int, **more: Any) -> dict[str, Any]:
    return {"order_line_id": f"{order_id}/{sku}", "order_id": order_id, "sku": sku, "quantity": quantity} | more


@pytest.fixture
def worked_example() -> CanonicalRows:
    """BER 40 − 2 − 1 − 3 − 9 = 25, LON 12 − 4 = 8; 33 − 2 in flight − 1 held = 30; 30 − 6 hard = 24."""
    world = CanonicalRows()
    world.rows(
        "can_stock_levels",
        level("CUP", "BER", 40, damaged=2, quality_control=1),
        level("CUP", "LON", 12, reserved=4),
    )
    world.seed("stock_policies", {"sku": "CUP", "location_id": "BER", "safety": 3, "reserved": 0})
    world.seed("checkout_holds", {"sku": "CUP", "units": 1, "expires_at": "2026-10-31 12:10:00"})
    world.rows("can_orders", order("A"), order("B", order_fulfilment_status="fulfilled"))
    world.rows("can_order_lines", line("A", "CUP", 9), line("B", "CUP", 2))
    # Two units left a minute after the shelves were counted: no longer committed, not yet off the count.
    world.rows(
        "can_parcels",
        {
            "parcel_id": "p",
            "order_id": "B",
            "shipment_status": "in_transit",
            "shipped_at": datetime(2026, 10, 31, 12, 1),
        },
    )
    world.rows("can_parcel_lines", {"parcel_line_id": "p/1", "parcel_id": "p", "sku": "CUP", "quantity": 2})
    policy = {"sku": "*", "share_percent": 100, "buffer": 2, "hard_allocation": 0, "end_when": 0}
    world.seed("accounts", {"platform": "shopify", "account_id": "main", "entity_id": "main", "channel": "shopify"})
    world.seed(
        "channel_policies",
        policy | {"channel": "*"},
        policy | {"channel": "amazon", "max_listed": 10},
        policy | {"channel": "ebay", "share_percent": 20},
        policy | {"channel": "wholesale", "sku": "CUP", "share_percent": 0, "hard_allocation": 6},
    )
    return world


def test_the_worked_example_gives_its_numbers(worked_example: CanonicalRows) -> None:
    stock = worked_example.query("select location_id, committed, available from {{ ref('fct_stock') }} order by 1")
    assert stock == [("BER", 9, 25), ("LON", 0, 8)]
    offers = worked_example.query("select channel, ats, pool, hard_total, shared from {{ ref('fct_ats') }} order by 1")
    assert offers == [
        ("amazon", 10, 30, 6, 24),
        ("ebay", 4, 30, 6, 24),
        ("shopify", 22, 30, 6, 24),
        ("wholesale", 6, 30, 6, 24),
    ]


def test_the_explanation_adds_up_to_the_number(worked_example: CanonicalRows) -> None:
    sums = worked_example.query(
        "select channel, cast(sum(units) as bigint) from {{ ref('fct_ats_explained') }} group by channel order by 1"
    )
    assert sums == [("amazon", 10), ("ebay", 4), ("shopify", 22), ("wholesale", 6)]
    terms = worked_example.query(
        "select term, location_id, units from {{ ref('fct_ats_explained') }} where channel = 'shopify' order by position, 2"
    )
    assert {("damaged", "BER", -2), ("in_flight", None, -2), ("buffer", None, -2)} <= set(terms)


def test_an_explanation_adds_up_for_any_knobs() -> None:
    rng = random.Random(5)
    world = CanonicalRows()
    world.rows(
        "can_stock_levels",
        *(level(f"S{n}", place, rng.randrange(-3, 40), damaged=rng.randrange(3)) for n in range(40) for place in "ab"),
    )
    world.seed(
        "channel_policies",
        *(
            {"channel": channel, "sku": f"S{n}", "share_percent": rng.choice([0, 33, 100]), "buffer": rng.randrange(9)}
            | {
                "hard_allocation": rng.choice([0, 0, 5]),
                "max_listed": rng.choice(["", 7]),
                "end_when": rng.choice(["", 3]),
            }
            for n in range(40)
            for channel in ("shopify", "woocommerce")
        ),
    )
    wrong = world.query(
        "select a.sku, a.channel, a.ats, sum(e.units) from {{ ref('fct_ats') }} a"
        " left join {{ ref('fct_ats_explained') }} e using (sku, channel)"
        " group by all having a.ats <> coalesce(sum(e.units), 0) or a.ats < 0"
    )
    assert wrong == []


ALLOCATIONS = [
    # first day, last day, RFM's day, hard: 5 set aside, of which 2 were sold on 30 October, the newest order's day
    ("", "", "", 5),  # a standing allocation is not used up
    ("2026-10-30", "", "", 3),
    ("2026-10-01", "2026-10-29", "", 0),
    ("2026-11-01", "", "", 0),
    ("2026-10-30", "", "2026-10-15", 3),  # scoring a past day leaves stock alone
]


@pytest.mark.parametrize(("first", "last", "as_of", "hard"), ALLOCATIONS)
def test_a_dated_allocation_is_less_what_was_sold_of_it(first: str, last: str, as_of: str, hard: int) -> None:
    world = CanonicalRows(as_of=as_of).rows("can_stock_levels", level("CUP", "BER", 40))
    world.rows("can_orders", order("A")).rows("can_order_lines", line("A", "CUP", 2))
    policy = {"channel": "shopify", "sku": "CUP", "share_percent": 0, "buffer": 0, "hard_allocation": 5}
    world.seed("channel_policies", policy | {"hard_from": first, "hard_until": last})
    assert world.query("select hard, ats from {{ ref('fct_ats') }} where channel = 'shopify'") == [(hard, hard)]


def test_available_is_never_clipped() -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 1))
    world.rows("can_orders", order("A")).rows("can_order_lines", line("A", "CUP", 4))
    assert world.query("select available from {{ ref('fct_stock') }}") == [(-3,)]
    assert world.query("select ats from {{ ref('fct_ats') }} where channel = 'shopify'") == [(0,)]


COMMITTED_CASES = [
    # claim, order, ordered, shipped, refunded as (quantity, restock type), left at the storefront, committed
    ("an open order commits all", {}, 5, 0, None, None, 5),
    ("a test order commits nothing", {"is_test": True}, 5, 0, None, None, 0),
    ("a cancelled order commits nothing", {"cancelled_at": datetime(2026, 10, 30)}, 5, 0, None, None, 0),
    ("a fulfilled order commits nothing", {"order_fulfilment_status": "fulfilled"}, 5, 0, None, None, 0),
    ("a voided payment commits nothing", {"order_payment_status": "voided"}, 5, 0, None, None, 0),
    ("what has left is not committed", {}, 5, 3, None, None, 2),
    ("what was taken off before leaving is not committed", {}, 5, 3, (1, "cancelled"), None, 1),
    ("what came back after leaving frees nothing twice", {}, 5, 3, (2, "restocked"), None, 2),
    ("a refund of more than has left takes the rest off", {}, 5, 1, (3, "not_restocked"), None, 2),
    ("what the storefront has fulfilled itself is not committed", {}, 5, 0, None, 1, 1),
    ("what was only authorised is committed", {"order_payment_status": "authorized"}, 5, 0, None, None, 5),
]


@pytest.mark.parametrize(
    ("status", "ordered", "shipped", "refund", "remaining", "committed"),
    [case[1:] for case in COMMITTED_CASES],
    ids=[case[0] for case in COMMITTED_CASES],
)
def test_committed(
    status: dict[str, Any],
    ordered: int,
    shipped: int,
    refund: tuple[int, str] | None,
    remaining: int | None,
    committed: int,
) -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 10))
    world.rows("can_orders", order("A", **status)).rows("can_order_lines", line("A", "CUP", ordered))
    if shipped:
        world.rows("can_parcels", {"parcel_id": "p", "order_id": "A", "shipment_status": "delivered"})
        world.rows("can_parcel_lines", {"parcel_line_id": "1", "parcel_id": "p", "sku": "CUP", "quantity": shipped})
    if refund:
        world.rows("can_refunds", {"refund_id": "r", "order_id": "A"})
        given_back = {"refund_line_id": "r1", "refund_id": "r", "order_id": "A", "sku": "CUP"}
        world.rows("can_refund_lines", given_back | {"quantity": refund[0], "restock_type": refund[1]})
    if remaining is not None:
        world.rows("can_fulfilment_orders", {"order_id": "A", "sku": "CUP", "remaining_quantity": remaining})
    assert world.query("select committed from {{ ref('fct_stock') }}") == [(committed,)]


def test_a_unit_goes_to_the_fullest_open_place_and_unknown_goods_to_none() -> None:
    world = CanonicalRows().rows(
        "can_stock_levels", level("CUP", "BER", 3), level("CUP", "LON", 8), level("CUP", "ROM", 99, is_enabled=False)
    )
    world.rows("can_orders", order("A")).rows("can_order_lines", line("A", "CUP", 1), line("A", "GHOST", 2))
    rows = world.query("select sku, location_id, committed from {{ ref('fct_stock') }} where committed > 0 order by 1")
    assert rows == [("CUP", "LON", 1), ("GHOST", "unassigned", 2)]
    assert world.query("select distinct sku from {{ ref('fct_ats') }}") == [("CUP",)]


def test_a_place_the_storefront_has_chosen_comes_before_the_fullest() -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 3), level("CUP", "LON", 8))
    world.rows("can_orders", order("A"), order("B")).rows("can_order_lines", line("A", "CUP", 4), line("B", "CUP", 1))
    world.rows(
        "can_fulfilment_orders",
        {"order_id": "A", "sku": "CUP", "remaining_quantity": 3, "location_id": "BER"},
        {"order_id": "A", "sku": "CUP", "remaining_quantity": 1, "location_id": "LON"},
    )
    rows = world.query("select order_id, location_id, committed from {{ ref('fct_commitments') }} order by all")
    assert rows == [("A", "BER", 3), ("A", "LON", 1), ("B", "LON", 1)]


def test_two_systems_that_count_a_place_are_not_added_up_but_bins_of_one_are() -> None:
    world = CanonicalRows().rows(
        "can_stock_levels",
        level("CUP", "BER", 3, stock_level_id="bin 1"),
        level("CUP", "BER", 4, stock_level_id="bin 2"),
        level("CUP", "BER", 50, stock_level_id="old file", platform="files", as_of_at=datetime(2026, 9, 1)),
    )
    assert world.query("select on_hand, owner_platform from {{ ref('fct_stock') }}") == [(7, "cin7")]


def listing(sku: str, location: str | None, listed: int, **more: Any) -> dict[str, Any]:
    row = {"listing_id": f"{sku}@{location}", "sku": sku, "location_id": location, "listed_quantity": listed}
    return row | {"inventory_item_gid": f"item {sku}", "location_gid": f"place {location}"} | more


def test_a_shop_by_location_is_told_parts_that_add_up_to_the_channels_number() -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 12), level("CUP", "LON", 7))
    world.seed(
        "channel_policies", {"channel": "shopify", "sku": "*", "share_percent": 100, "buffer": 2, "hard_allocation": 0}
    )
    world.rows("can_channel_listings", listing("CUP", "BER", 9), listing("CUP", "LON", 14))
    rows = world.query(
        "select quantity, observed_quantity, reason from {{ ref('act_shopify__stock_levels') }} order by 1"
    )
    assert rows == [
        (5, 14, "19 free in 2 locations, buffer 2: 17 to sell, 5 of them in LON; shop shows 14"),
        (12, 9, "19 free in 2 locations, buffer 2: 17 to sell, 12 of them in BER; shop shows 9"),
    ]


def test_what_cannot_be_vouched_for_is_not_pushed() -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 12), level("MUG", "BER", 1))
    world.rows(
        "can_channel_listings",
        listing("CUP", None, 1, platform="woocommerce", channel="woocommerce", listing_id="1", platform_product_id="1"),
        listing("CUP", None, 1, platform="woocommerce", channel="woocommerce", listing_id="2", platform_product_id="2"),
        listing(
            "MUG", None, 4, platform="woocommerce", channel="woocommerce", platform_product_id="3", is_tracked=False
        ),
        listing("GHOST", None, 4, platform="woocommerce", channel="woocommerce", platform_product_id="4"),
        listing("MUG", "attic", 4),
    )
    held = world.query("select sku, held_back_reason from {{ ref('fct_listings') }} order by all")
    assert held == [
        ("CUP", "sku_listed_twice"),
        ("CUP", "sku_listed_twice"),
        ("GHOST", "sku_unknown_to_stock"),
        ("MUG", "location_not_counted"),
        ("MUG", "not_tracked"),
    ]
    assert world.query("select * from {{ ref('act_woocommerce__stock_levels') }}") == []
