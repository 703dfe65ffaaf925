"""Which SKUs are at risk: sales elsewhere before a channel knows, against what it holds back, by measured latency."""

# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, listing

HEARD = datetime(2026, 10, 31, 11)


def world(on_hand: int, sold_a_day: int, buffer: int = 0, **policy: Any) -> CanonicalRows:
    """Everything sold elsewhere is sold on WooCommerce; Shopify has the buffer."""
    made = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", on_hand))
    made.seed("channel_policies", {"channel": "*", "sku": "*", "share_percent": 100, "buffer": buffer, **policy})
    sold = {"order_id": "a", "channel": "woocommerce", "order_date": date(2026, 10, 29)}
    made.rows("can_orders", sold | {"order_fulfilment_status": "fulfilled", "placed_at": datetime(2026, 10, 29)})
    made.rows("can_order_lines", {"order_line_id": "a1", "order_id": "a", "sku": "CUP", "quantity": sold_a_day})
    parcel = {"parcel_id": "p", "order_id": "a", "shipment_status": "delivered", "shipped_at": datetime(2026, 10, 29)}
    made.rows("can_parcels", parcel)
    made.rows("can_parcel_lines", {"parcel_line_id": "p1", "parcel_id": "p", "sku": "CUP", "quantity": sold_a_day})
    return made.rows("can_channel_listings", listing("CUP", "BER", on_hand))


def found(made: CanonicalRows) -> list[tuple[Any, ...]]:
    return made.query(
        "select held_back, lambda_tau_thousandths, chance_ppm, hour_units, oversell_risk_status"
        " from {{ ref('fct_oversell_risks') }} where channel = 'shopify'"
    )


# 1,440 a day are 1 a minute: in 5 s 83.3 thousandths, and 78 of 100 hours within 60 ± what the table says at 1 %.
RISKS = [
    # on hand, sold a day elsewhere, buffer, held back, λτ, chance, status
    (40, 1_440, 0, 0, 84, None, "at_risk"),
    (40, 1_440, 1, 1, 84, 10_000, "at_risk"),
    (40, 1_440, 2, 2, 84, 100, "covered"),
    (400, 1_440, 0, 0, 84, None, "not_soon"),
    (2, 1_440, 2, 2, 84, 100, "sold_out"),
    (40, 0, 0, 0, 0, 100, "covered"),
]


@pytest.mark.parametrize(("on_hand", "sold", "buffer", "held_back", "expected", "chance", "status"), RISKS)
def test_a_sku_is_at_risk_when_it_may_be_sold_out_before_the_channel_knows(
    on_hand: int, sold: int, buffer: int, held_back: int, expected: int, chance: int | None, status: str
) -> None:
    ((held, thousandths, ppm, hour, said),) = found(world(on_hand, sold, buffer))
    assert (held, thousandths, ppm, said) == (held_back, expected, chance, status)
    assert hour == (0 if sold == 0 else hour)
    assert sold == 0 or 60 < hour < 90


def test_what_the_lane_measured_takes_the_place_of_what_was_assumed() -> None:
    """5 seconds are assumed; the newest day's worst hour took 900 ms, and what an older day took is over."""
    made = world(40, 1_440, oversell_target_ppm=1_000)
    assert made.query("select p99_ms, buffer from {{ ref('fct_risk_buffers') }} where channel = 'shopify'") == [
        (5_000, 2)
    ]
    assert made.query("select p99_ms, is_latency_measured from {{ ref('fct_oversell_risks') }}") == [(5_000, False)]
    measured = world(40, 1_440, oversell_target_ppm=1_000)
    hours = [(0, 300), (1, 900), *((hour, 200) for hour in range(2, 24)), (24, 60_000)]
    measured.rows(
        "can_deliveries",
        *(
            {"delivery_id": f"d{ago}", "sync": "shopify__stock_levels", "destination": "shopify"}
            | {
                "heard_at": HEARD - timedelta(hours=ago),
                "acknowledged_at": HEARD - timedelta(hours=ago, milliseconds=-ms),
            }
            for ago, ms in hours
        ),
    )
    latencies = measured.query("select channel, p99_ms, is_measured from {{ ref('dim_push_latencies') }} order by 1")
    assert latencies == [("shopify", 900, True), ("woocommerce", 5_000, False), ("woocommerce_eu", 5_000, False)]
    # 1,440 a day × 0.9 s = 15 thousandths: one unit is enough now.
    assert measured.query("select p99_ms, buffer from {{ ref('fct_risk_buffers') }} where channel = 'shopify'") == [
        (900, 1)
    ]
    assert measured.query("select p99_ms, is_latency_measured from {{ ref('fct_oversell_risks') }}") == [(900, True)]


def test_a_channel_that_is_heard_late_makes_the_others_hold_back_more() -> None:
    """1,440 a day elsewhere: every push takes 900 ms from when it was heard, and is heard at once, or a minute after the sale."""
    found = []
    for on_its_way in (0, 60):
        made = world(40, 1_440, oversell_target_ppm=1_000)
        row = {"sync": "shopify__stock_levels", "destination": "shopify", "heard_at": HEARD}
        row |= {"happened_at": HEARD - timedelta(seconds=on_its_way)}
        made.rows("can_deliveries", row | {"delivery_id": "d", "acknowledged_at": HEARD + timedelta(milliseconds=900)})
        assert made.query("select p99_ms from {{ ref('fct_push_latencies') }}") == [(900,)]
        found += made.query("select p99_ms, buffer from {{ ref('fct_risk_buffers') }} where channel = 'shopify'")
    # λτ is 0.015, then 1.015: P(more than 1) = 0.0001, P(more than 5) = 0.0006 and P(more than 4) = 0.004.
    assert found == [(900, 1), (60_900, 5)]


def test_a_marketplace_without_a_row_of_its_own_is_measured_under_its_name() -> None:
    made = world(40, 1_440)
    made.seed("channel_policies", {"channel": "amazon", "sku": "*", "share_percent": 100, "buffer": 0})
    delivery = {"delivery_id": "d", "sync": "amazon__stock_levels", "destination": "amazon", "heard_at": HEARD}
    made.rows("can_deliveries", delivery | {"acknowledged_at": HEARD + timedelta(seconds=9)})
    assert made.query("select p99_ms from {{ ref('dim_push_latencies') }} where channel = 'amazon'") == [(9_000,)]
