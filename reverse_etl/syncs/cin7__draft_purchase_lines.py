"""The line of each draft purchase, once the draft is there; never of a purchase that a person has taken up."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="cin7__draft_purchase_lines",
    model="act_cin7__draft_purchase_lines",
    destination="cin7",
    object="draft_purchase_line",
    mode=Mode.UPSERT,
    # The lines of a purchase are written as a whole, so a person's would be lost: what is there is looked at first.
    guard=Guard.LOOK_UP_THEN_CREATE,
    baseline=Baseline.ACCEPTED,
    lane=Lane.NOTICES,
    fields=("draft_reference", "platform_product_id", "sku", "title", "order_quantity", "unit_cost_minor", "tax_rule"),
    quiet_fields=("title", "order_quantity", "unit_cost_minor", "tax_rule"),
    depends_on={"cin7__draft_purchases": "upstream_key"},
    limits=Limits(max_deliveries=50),
)
