"""Available-to-sell per location onto Shopify, so that the shop never sells what is not there."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="shopify__stock_levels",
    model="act_shopify__stock_levels",
    destination="shopify",
    object="stock_level",
    mode=Mode.UPSERT,
    guard=Guard.COMPARE_AND_SET,
    baseline=Baseline.OBSERVED,
    lane=Lane.STOCK,
    fields=("inventory_item_gid", "location_gid", "sku", "quantity"),
    batch_size=50,
    limits=Limits(max_share_changed=0.9, judged_from=50),
)
