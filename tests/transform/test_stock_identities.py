"""S-01 to S-14 over random counts, books, orders, refunds, sets, allocations, listings and policies, all at once."""

# ruff: noqa: DTZ001

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, listing, order
from tests.transform.test_stock_movements import moved, parcel, receipt
from tests.transform.warehouse import TRANSFORM

IDENTITIES = sorted((TRANSFORM / "tests").glob("assert_s_*.sql"))
# What an identity would hold of nothing: a shop without any of these proves it of no row.
SPOKEN_OF = {
    "an allocation the pool covers": "select 1 from {{ ref('fct_hard_allocations') }} where covered = allocated",
    "an allocation it covers in part": "select 1 from {{ ref('fct_hard_allocations') }} where covered < allocated and covered > 0",
    "an allocation nothing is left for": "select 1 from {{ ref('fct_hard_allocations') }} where covered = 0",
    "goods put back": "select 1 from {{ ref('can_refund_lines') }} where restock_type = 'restocked'",
    "money given back alone": "select 1 from {{ ref('can_refund_lines') }} where restock_type = 'not_restocked'",
}


def test_every_identity_of_stock_holds_over_random_shops() -> None:
    for seed in (1, 2):
        world = _random_shop(random.Random(seed))
        for path in IDENTITIES:
            assert world.query(path.read_text()) == [], path.stem
        for what, rows in SPOKEN_OF.items():
            assert world.query(rows), f"no random shop has {what}"


def _random_shop(rng: random.Random) -> CanonicalRows:
    skus, places = [f"S{n}" for n in range(15)], ["BER", "LON", "ROM"]
    world = CanonicalRows()
    book = [
        moved(
            n,
            rng.choice(skus),
            rng.choice(places),
            rng.choice(["adjustment", "count", "assembly"]),
            rng.randint(-3, 20),
        )
        for n in range(60)
    ]
    for n in range(100, 106):
        sku, units = rng.choice(skus), rng.randint(1, 5)
        book += [
            moved(2 * n, sku, "BER", "transfer", -units, 2, f"TR{n}"),
            moved(2 * n + 1, sku, "LON", "transfer", units, 3, f"TR{n}"),
        ]
    counts = {(sku, place): rng.choice([0, 0, 1]) for sku in skus for place in places}
    for row in book:
        counts[(row["sku"], row["location_id"])] += row["units"]
    world.rows(
        "can_stock_levels",
        *(
            level(sku, place, units, is_enabled=place != "ROM", damaged=rng.randrange(2))
            for (sku, place), units in counts.items()
        ),
    )
    world.rows("can_stock_movements", *book)
    world.seed(
        "bundle_components",
        {"bundle_sku": "B1", "component_sku": "S1", "quantity": 2},
        {"bundle_sku": "B1", "component_sku": "S2", "quantity": 1},
    )
    world.seed(
        "checkout_holds",
        {"sku": "S1", "units": 1, "expires_at": "2026-11-10 00:00:00"},
        {"sku": "B1", "units": 1, "expires_at": "2026-10-01 00:00:00"},
    )
    world.seed("preorder_policies", {"sku": "S3", "cap": 5, "confidence_percent": 50, "horizon_days": 30})
    world.rows("can_purchase_orders", receipt("1", 20) | {"sku": "S3", "expected_date": datetime(2026, 11, 9).date()})
    orders = [order(f"{n}", rng.choice(["shopify", "woocommerce"])) for n in range(40)]
    world.rows("can_orders", *orders)
    world.rows(
        "can_order_lines", *(line(row["order_id"], rng.choice([*skus, "B1"]), rng.randint(1, 4)) for row in orders)
    )
    woo = {"platform": "woocommerce", "channel": "woocommerce"}
    _given_back_at_random(world, rng, [*orders[:6]])
    policy = {"share_percent": 100, "buffer": 1}
    world.seed(
        "channel_policies",
        *({"channel": channel, "sku": "*"} | policy for channel in ("shopify", "woocommerce")),
        *(
            {"channel": channel, "sku": sku, "hard_allocation": rng.choice([1, 4, 9, 30])} | policy
            for sku in skus[::2]
            for channel in ("shopify", "woocommerce")
        ),
    )
    world.rows(
        "can_channel_listings",
        *(listing(sku, place, rng.randrange(20)) for sku in [*skus, "GHOST"] for place in ("BER", "LON")),
        *(listing(sku, None, rng.randrange(20), platform_product_id=sku, **woo) for sku in [*skus, "B1"]),
    )
    return world


def _given_back_at_random(world: CanonicalRows, rng: random.Random, orders: list[dict[str, Any]]) -> None:
    """Orders of which some units left, and of those some came back: to the shelf, or as money alone."""
    left, lines, refunds, given = [], [], [], []
    for row in orders:
        number = row["order_id"]
        ((sku, quantity),) = world.query(f"select sku, quantity from can_order_lines where order_id = '{number}'")
        parcel_row, parcel_line = parcel(f"p{number}", rng.randint(1, quantity), datetime(2026, 10, 8), sku)
        left.append(parcel_row | {"order_id": number})
        lines.append(parcel_line)
        refunds.append({"refund_id": number, "order_id": number, "refunded_at": datetime(2026, 10, 9)})
        back = {"refund_line_id": number, "refund_id": number, "order_id": number, "sku": sku}
        back["restock_type"] = "restocked" if len(given) % 2 else "not_restocked"
        given.append(back | {"quantity": rng.randint(1, parcel_line["quantity"])})
    world.rows("can_parcels", *left).rows("can_parcel_lines", *lines)
    world.rows("can_refunds", *refunds).rows("can_refund_lines", *given)
