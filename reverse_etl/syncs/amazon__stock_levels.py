"""Available-to-sell of the whole pool onto Amazon listings the seller sends, once for all the stores that show them."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="amazon__stock_levels",
    model="act_amazon__stock_levels",
    destination="amazon",
    object="stock_level",
    mode=Mode.UPSERT,
    # A quantity is set, not moved: the same one twice is the same stock.
    guard=Guard.NATURAL_UPSERT,
    baseline=Baseline.OBSERVED,
    lane=Lane.STOCK,
    fields=("sku", "platform_product_type", "pool_group", "quantity"),
    limits=Limits(max_share_changed=0.9, judged_from=50),
)
