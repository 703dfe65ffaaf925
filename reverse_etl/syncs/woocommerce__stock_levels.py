"""Available-to-sell of the whole pool onto WooCommerce products and variations."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="woocommerce__stock_levels",
    model="act_woocommerce__stock_levels",
    destination="woocommerce",
    object="stock_level",
    mode=Mode.UPSERT,
    # A quantity is set, not moved: the same one twice is the same stock.
    guard=Guard.NATURAL_UPSERT,
    baseline=Baseline.OBSERVED,
    lane=Lane.STOCK,
    fields=("platform_product_id", "platform_variant_id", "sku", "quantity"),
    batch_size=100,
    limits=Limits(max_share_changed=0.9, judged_from=50),
)
