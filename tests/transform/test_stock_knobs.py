"""What a channel may be told beyond its share: least and most, goods before they are there, and holds that end."""

# ruff: noqa: DTZ001

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, listing, order

SHOPS = ("shopify", "woocommerce")
KNOBS = [
    # claim, units there, policy, ats
    (
        "a least number is shown whatever share and buffer say",
        10,
        {"share_percent": 10, "buffer": 5, "min_listed": 4},
        4,
    ),
    ("but never more than the pool has", 3, {"share_percent": 0, "buffer": 9, "min_listed": 4}, 3),
    ("and not below what the share gives", 40, {"share_percent": 50, "buffer": 0, "min_listed": 4}, 20),
    ("a most number comes after it", 40, {"share_percent": 100, "buffer": 0, "min_listed": 9, "max_listed": 6}, 6),
    ("the end comes last", 2, {"share_percent": 100, "buffer": 0, "min_listed": 2, "end_when": 2}, 0),
]


@pytest.mark.parametrize(("units", "policy", "ats"), [case[1:] for case in KNOBS], ids=[case[0] for case in KNOBS])
def test_least_and_most(units: int, policy: dict[str, Any], ats: int) -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", units))
    world.seed("channel_policies", {"channel": "shopify", "sku": "*"} | policy)
    assert world.query("select ats from {{ ref('fct_ats') }} where channel = 'shopify'") == [(ats,)]
    assert _explained(world) == {"shopify": ats}


ALLOCATED = [
    # on hand, sold, units set aside (shopify, woocommerce), what is pushed (shopify, woocommerce)
    (5, 5, (0, 5), (0, 0)),  # the shelf is empty: nothing is left to be kept for anybody
    (5, 7, (0, 5), (0, 0)),  # more was promised than there is
    (5, 2, (0, 5), (0, 3)),  # 3 of the 5 are there, and nobody else is offered them
    (9, 0, (6, 5), (6, 3)),  # shopify comes first (seed channels); 9 − 6 are left of the 5
    (20, 0, (6, 5), (15, 14)),  # 20 − 11 are shared
]


@pytest.mark.parametrize(("on_hand", "sold", "aside", "pushed"), ALLOCATED)
def test_what_is_set_aside_is_never_pushed_beyond_what_is_there(
    on_hand: int, sold: int, aside: tuple[int, int], pushed: tuple[int, int]
) -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", on_hand))
    if sold:
        world.rows("can_orders", order("A")).rows("can_order_lines", line("A", "CUP", sold))
    policy = {"sku": "CUP", "share_percent": 100, "buffer": 0}
    world.seed(
        "channel_policies",
        *(policy | {"channel": channel, "hard_allocation": units} for channel, units in zip(SHOPS, aside, strict=True)),
    )
    woo = {"platform": "woocommerce", "channel": "woocommerce", "platform_product_id": "1"}
    world.rows("can_channel_listings", listing("CUP", "BER", 1), listing("CUP", None, 1, **woo))
    told = [
        world.query(f"select quantity from {{{{ ref('act_{shop}__stock_levels') }}}} where sku = 'CUP'")
        for shop in SHOPS
    ]
    assert told == [[(units,)] for units in pushed]
    rows = world.query(
        "select channel, cast(sum(units) as bigint) from {{ ref('fct_ats_explained') }} group by 1 having sum(units) <> 0"
    )
    assert {shop: units for shop, units in rows if shop in SHOPS} == {
        shop: units for shop, units in zip(SHOPS, pushed, strict=True) if units
    }


def _explained(world: CanonicalRows) -> dict[str, int]:
    rows = world.query(
        "select a.channel, cast(coalesce(sum(e.units), 0) as bigint) from {{ ref('fct_ats') }} as a"
        " left join {{ ref('fct_ats_explained') }} as e using (sku, channel) where a.channel = 'shopify' group by 1"
    )
    return dict(rows)


def purchase(number: str, units: int, expected: date | None, received: int = 0, **more: Any) -> dict[str, Any]:
    row = {"purchase_order_line_id": number, "platform": "cin7", "sku": "CUP", "location_id": "BER"}
    ordered = {"quantity": units, "received_quantity": received, "expected_date": expected}
    return row | ordered | {"purchase_order_status": "open", "last_received_date": None} | more


def before_it_is_there(ordered: int, *purchases: dict[str, Any]) -> CanonicalRows:
    """2 cups on the shelf; up to 10, and 80 % of what is due within 30 days of 30 October, may be sold before."""
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 2))
    world.seed("preorder_policies", {"sku": "CUP", "cap": 10, "confidence_percent": 80, "horizon_days": 30})
    world.seed("channel_policies", {"channel": "shopify", "sku": "*", "share_percent": 100, "buffer": 0})
    world.rows("can_orders", order("A")).rows("can_order_lines", line("A", "CUP", ordered))
    return world.rows("can_purchase_orders", *purchases)


PREORDERS = [
    # claim, ordered, purchases, sellable before, taken, ats
    ("80 % of 9 due is 7", 1, [purchase("1", 9, date(2026, 11, 10))], 7, 0, 8),
    ("the cap is the most", 1, [purchase("1", 90, date(2026, 11, 10))], 10, 0, 11),
    ("what has come in is not due", 1, [purchase("1", 9, date(2026, 11, 10), received=4)], 4, 0, 5),
    ("too late is not in time", 1, [purchase("1", 9, date(2026, 12, 10))], 0, 0, 1),
    ("overdue is not trusted", 1, [purchase("1", 9, date(2026, 10, 1))], 0, 0, 1),
    ("without a day it is not due", 1, [purchase("1", 9, None)], 0, 0, 1),
    ("a cancelled purchase brings nothing", 1, [purchase("1", 9, date(2026, 11, 10), purchase_order_status="cancelled")], 0, 0, 1),
    ("orders beyond the shelf take from it", 6, [purchase("1", 9, date(2026, 11, 10))], 7, 4, 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ordered", "purchases", "sellable", "taken", "ats"),
    [case[1:] for case in PREORDERS],
    ids=[case[0] for case in PREORDERS],
)
def test_what_is_on_its_way_is_sold_only_as_far_as_a_policy_trusts_it(
    ordered: int, purchases: list[dict[str, Any]], sellable: int, taken: int, ats: int
) -> None:
    world = before_it_is_there(ordered, *purchases)
    found = world.query("select sellable, taken, not_covered from {{ ref('fct_preorders') }}")
    assert found == [(sellable, taken, 0)]
    assert world.query("select ats from {{ ref('fct_ats') }} where channel = 'shopify'") == [(ats,)]
    assert _explained(world) == {"shopify": ats}
    assert world.query("select * from {{ ref('fct_oversells') }}") == []


def test_beyond_what_is_due_an_order_is_oversold_with_the_day_more_comes() -> None:
    # 2 on the shelf and 7 on the way; 12 ordered: 3 have no unit anywhere.
    world = before_it_is_there(12, purchase("1", 9, date(2026, 11, 10)))
    assert world.query("select sellable, taken, not_covered from {{ ref('fct_preorders') }}") == [(7, 7, 3)]
    found = world.query("select short, offered_split, next_expected_date from {{ ref('fct_oversells') }}")
    assert found == [(3, 9, date(2026, 11, 10))]


def test_without_a_policy_nothing_on_its_way_is_sold() -> None:
    world = before_it_is_there(1, purchase("1", 90, date(2026, 11, 10)))
    world.seed("preorder_policies", {"sku": "MUG", "cap": 10, "confidence_percent": 80, "horizon_days": 30})
    assert world.query("select ats from {{ ref('fct_ats') }} where channel = 'shopify'") == [(1,)]


def test_a_shop_by_location_shows_what_is_on_its_way_at_the_fullest() -> None:
    world = before_it_is_there(1, purchase("1", 9, date(2026, 11, 10)))
    world.rows("can_stock_levels", level("CUP", "BER", 2), level("CUP", "LON", 5))
    world.rows("can_channel_listings", listing("CUP", "BER", 0), listing("CUP", "LON", 0))
    # The order's unit is owed by LON, the fullest: 2 and 4 are free, 7 more may be sold before they are there.
    rows = world.query("select location_id, target_quantity from {{ ref('fct_listings') }} order by 1")
    assert rows == [("BER", 2), ("LON", 11)]


def test_a_hold_ends_by_itself_and_stays_as_released() -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 10))
    world.seed("channel_policies", {"channel": "shopify", "sku": "*", "share_percent": 100, "buffer": 0})
    world.seed(
        "checkout_holds",
        {"sku": "CUP", "units": 3, "held_at": "2026-10-31 11:30:00", "expires_at": "2026-10-31 12:00:00", "note": "a"},
        {"sku": "CUP", "units": 2, "held_at": "2026-10-31 11:50:00", "expires_at": "2026-10-31 12:00:01", "note": "b"},
    )
    rows = world.query(
        "select note, is_released, released_at, age_minutes from {{ ref('fct_reservations') }} order by 1"
    )
    # The shelves were counted at 12:00.
    assert rows == [("a", True, datetime(2026, 10, 31, 12), 30), ("b", False, None, 10)]
    assert world.query("select ats from {{ ref('fct_ats') }} where channel = 'shopify'") == [(8,)]


def test_measured_latency_comes_before_assumed() -> None:
    world = CanonicalRows().seed("assumed_latencies", {"channel": "*", "p99_ms": 5_000})
    at_noon = datetime(2026, 10, 31, 12)
    world.rows(
        "can_deliveries",
        *(
            {"delivery_id": f"{n}", "sync": "shopify__stock_levels", "destination": "shopify"}
            | {"heard_at": at_noon - timedelta(milliseconds=latency), "acknowledged_at": at_noon}
            for n, latency in enumerate((40, 41, 180))
        ),
    )
    rows = world.query("select channel, p99_ms, is_measured from {{ ref('dim_push_latencies') }} order by 1")
    assert [row for row in rows if row[0] in ("shopify", "woocommerce")] == [
        ("shopify", 180, True),
        ("woocommerce", 5_000, False),
    ]


def test_an_explanation_adds_up_for_any_mix_of_knobs() -> None:
    rng = random.Random(8)
    skus = [f"S{n}" for n in range(30)]
    world = CanonicalRows().rows("can_stock_levels", *(level(sku, "BER", rng.randrange(-4, 40)) for sku in skus))
    channels = ("shopify", "woocommerce")
    world.seed(
        "channel_policies",
        *(
            {"channel": channel, "sku": sku, "share_percent": rng.choice([0, 33, 100]), "buffer": rng.randrange(9)}
            | {
                "hard_allocation": rng.choice([0, 5, 30]),
                "min_listed": rng.choice(["", 6]),
                "max_listed": rng.choice(["", 7]),
            }
            | {"end_when": rng.choice(["", 3]), "oversell_target_ppm": rng.choice(["", 1_000])}
            for sku in skus
            for channel in channels
        ),
    )
    world.seed("preorder_policies", {"sku": "*", "cap": 4, "confidence_percent": 50, "horizon_days": 60})
    world.rows("can_orders", order("A"), order("B", "woocommerce"))
    world.rows("can_order_lines", *(line(rng.choice("AB"), sku, rng.randint(1, 9)) for sku in skus))
    world.rows("can_purchase_orders", *(purchase(sku, 9, date(2026, 11, 20), sku=sku) for sku in skus[::2]))
    wrong = world.query(
        "select a.sku, a.channel, a.ats, sum(e.units) from {{ ref('fct_ats') }} a"
        " left join {{ ref('fct_ats_explained') }} e using (sku, channel)"
        " group by all having a.ats <> coalesce(sum(e.units), 0) or a.ats < 0"
    )
    assert wrong == []
