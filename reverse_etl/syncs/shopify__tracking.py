"""Parcels that left the warehouse onto Shopify as fulfilments with tracking, so that buyers can follow them."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Mode, Sync

SYNC = Sync(
    name="shopify__tracking",
    model="act_shopify__tracking",
    destination="shopify",
    object="fulfilment",
    mode=Mode.CREATE,
    # fulfillmentCreate takes no key: what is left to fulfil is read first.
    guard=Guard.LOOK_UP_THEN_CREATE,
    baseline=Baseline.ACCEPTED,
    lane=Lane.TRACKING,
    fields=("platform_order_id", "fulfilment_order_gid", "tracking_number", "carrier"),
    line_fields=("fulfilment_order_line_gid", "line_quantity"),
)
