"""SKUs that fell to their threshold, and those that came back, as lines in a mailbox: one per crossing."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, Sync

SYNC = Sync(
    name="email__low_stock_alerts",
    model="act_email__low_stock_alerts",
    destination="email",
    object="message",
    mode=Mode.UPSERT,
    guard=Guard.AT_MOST_ONCE,
    # What was said last is remembered by the ledger alone: a mailbox can not be read.
    baseline=Baseline.ACCEPTED,
    lane=Lane.NOTICES,
    fields=("sku", "alert_status", "units_left", "message"),
    # The units move with every sale; only a crossing is news.
    quiet_fields=("units_left", "message"),
    batch_size=20,
    # More crossings at once are a threshold that was typed wrong, not a bad week.
    limits=Limits(max_deliveries=100),
)
