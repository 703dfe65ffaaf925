"""Segment and RFM scores onto Klaviyo profiles, so that flows can branch on them; consent is never written."""

from __future__ import annotations

from reverse_etl.sync import Baseline, Guard, Lane, Limits, Mode, OnDrift, Sync

SYNC = Sync(
    name="klaviyo__profiles",
    model="act_klaviyo__profiles",
    destination="klaviyo",
    object="profile",
    # Who leaves the segments' population takes our properties along; the record itself is not ours to delete.
    mode=Mode.MIRROR,
    guard=Guard.NATURAL_UPSERT,
    baseline=Baseline.OBSERVED,
    lane=Lane.SEGMENTS,
    fields=(
        "email",
        "segment",
        "r_score",
        "f_score",
        "m_score",
        "as_of_date",
        "net_revenue_minor",
        "orders_count",
        "rule_version",
    ),
    quiet_fields=("as_of_date", "rule_version"),
    personal_fields=("email",),
    # Nobody but us writes these properties, unless a marketer does by hand: then a person decides whose value stands.
    on_drift=OnDrift.ASK,
    canary=5,
    batch_size=1,
    limits=Limits(max_share_changed=0.6, judged_from=100, max_deletes=25, max_share_deleted=0.05),
)
