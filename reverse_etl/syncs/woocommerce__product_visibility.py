"""Products hidden at WooCommerce while nothing of them can be sold, and shown again; never what somebody else hid."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="woocommerce__product_visibility",
    model="act_woocommerce__product_visibility",
    destination="woocommerce",
    object="product_visibility",
    mode=Mode.UPSERT,
    # Nothing compares and sets there: whether a person was faster is looked at before each write.
    guard=Guard.LOOK_UP_THEN_CREATE,
    baseline=Baseline.OBSERVED,
    lane=Lane.NOTICES,
    fields=("platform_product_id", "visibility"),
    # At most one change of a product in an hour.
    rest_seconds=3600,
    # More products out of sight at once are a fault upstream, not a good day.
    limits=Limits(max_deliveries=200),
)
