"""Draft purchases of what reached its reorder point, for a person to approve in Cin7; one open draft per SKU and supplier."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="cin7__draft_purchases",
    model="act_cin7__draft_purchases",
    destination="cin7",
    object="draft_purchase",
    # Made once and then a person's: nothing below is compared but the reference, so nothing is written again.
    mode=Mode.UPSERT,
    guard=Guard.LOOK_UP_THEN_CREATE,
    baseline=Baseline.ACCEPTED,
    lane=Lane.NOTICES,
    fields=(
        "draft_reference",
        "supplier_name",
        "platform_location_id",
        "required_date",
        "sku",
        "order_quantity",
        "note",
    ),
    quiet_fields=("supplier_name", "platform_location_id", "required_date", "sku", "order_quantity", "note"),
    # Drafts bind nobody, but five thousand of money in one go is looked at before somebody authorises them unread.
    limits=Limits(max_money_minor=500_000, max_deliveries=50),
)
