"""Companies that are invoiced, as contacts with their tax id; no person and no address goes there."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, OnDrift, Sync

SYNC = Sync(
    name="xero__contacts",
    model="act_xero__contacts",
    destination="xero",
    object="contact",
    mode=Mode.UPSERT,
    guard=Guard.NATURAL_UPSERT,
    baseline=Baseline.OBSERVED,
    lane=Lane.LEDGER,
    fields=("contact_number", "contact_name", "tax_id", "platform_contact_id"),
    # The id by which a contact that people made is found; it is theirs, and never a reason to write.
    quiet_fields=("platform_contact_id",),
    # An accountant who renames a contact had a reason: a person decides whose stands.
    on_drift=OnDrift.ASK,
    canary=1,
    batch_size=20,
    limits=Limits(max_share_changed=0.5, judged_from=50, max_deliveries=5_000),
)
