"""What a made-up shop sells, and under which policies."""

# The warehouse's times are plain UTC timestamps, so the seeds' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import datetime

from tests.orchestration.lane.told_twice import Row

SKUS = ("CUP", "BOWL", "LAMP", "RUG", "VASE", "CLOCK", "TRAY")
SETS = ("SET", "TABLE")
GIVEN: dict[str, list[Row]] = {
    "seeds.checkout_holds": [
        {"sku": "CUP", "units": 2, "expires_at": datetime(2026, 11, 1, 14)},
        {"sku": "RUG", "units": 1, "expires_at": datetime(2026, 11, 2, 3)},
    ],
    "seeds.channel_policies": [
        {"channel": "shopify", "sku": "*", "share_percent": 100, "buffer": 1, "hard_allocation": 0, "end_when": 0},
        {"channel": "amazon", "sku": "*", "share_percent": 100, "buffer": 2, "hard_allocation": 0, "max_listed": 10, "end_when": 0},
        {"channel": "woocommerce", "sku": "*", "share_percent": 50, "buffer": 2, "hard_allocation": 0, "end_when": 0},
        {
            "channel": "woocommerce", "sku": "LAMP", "share_percent": 100, "buffer": 0, "hard_allocation": 3,
            "hard_from": datetime(2026, 11, 1).date(), "hard_until": datetime(2026, 11, 2).date(), "end_when": 0,
        },
        # More set aside than there is at most times: the pool serves shopify first.
        {"channel": "shopify", "sku": "VASE", "share_percent": 100, "buffer": 1, "hard_allocation": 6, "end_when": 0},
        {"channel": "woocommerce", "sku": "VASE", "share_percent": 50, "buffer": 2, "hard_allocation": 9, "end_when": 0},
    ],
    "marts.dim_bundle_components": [
        {"bundle_sku": "SET", "component_sku": "CUP", "quantity": 2, "defined_by": "seed"},
        {"bundle_sku": "SET", "component_sku": "BOWL", "quantity": 1, "defined_by": "seed"},
        {"bundle_sku": "TABLE", "component_sku": "BOWL", "quantity": 2, "defined_by": "seed"},
        {"bundle_sku": "TABLE", "component_sku": "TRAY", "quantity": 1, "defined_by": "seed"},
    ],
    # What the hub says moved: before the counts of most histories, and one that will have moved after them.
    "canonical.can_stock_movements": [
        {"stock_movement_id": f"cin7:main:{at}", "platform": "cin7", "account_id": "main", "entity_id": "main", "sku": sku,
         "location_id": place, "movement_type": kind, "units": units, "moved_at": moved_at, "platform_document_id": f"{at}"}
        for at, (sku, place, kind, units, moved_at) in enumerate((
            ("CUP", "newark", "receipt", 40, datetime(2026, 10, 20, 9)),
            ("CUP", "newark", "adjustment", -3, datetime(2026, 11, 2, 9)),
            ("LAMP", "reno", "receipt", 12, datetime(2026, 10, 21, 9)),
        ))
    ],
}  # fmt: skip
