"""Companies that are invoiced, as customers with their tax id and terms; no person and no address goes there."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, OnDrift, Sync

SYNC = Sync(
    name="quickbooks__customers",
    model="act_quickbooks__customers",
    destination="quickbooks",
    object="customer",
    mode=Mode.UPSERT,
    guard=Guard.NATURAL_UPSERT,
    baseline=Baseline.OBSERVED,
    lane=Lane.LEDGER,
    fields=("display_name", "tax_id", "terms_name"),
    # An accountant who changes terms there had a reason: a person decides whose stand.
    on_drift=OnDrift.ASK,
    canary=1,
    limits=Limits(max_share_changed=0.5, judged_from=50, max_deliveries=5_000),
)
