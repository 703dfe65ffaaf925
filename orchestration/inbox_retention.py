"""The nightly removal of old bodies from the inbox: an asset that says how many went and how many wait for a reading."""

from __future__ import annotations

from typing import Any

import dagster as dg

from orchestration.flow_register import EXPIRE_INBOX
from orchestration.inbox_verbs import expire_at_home
from orchestration.resources import OWNERS
from pipelines.intake import retention

KEY = dg.AssetKey(["inbox", "retention"])


def retention_asset() -> dg.AssetsDefinition:
    @dg.asset(
        key=KEY,
        group_name="lane",
        kinds={"sqlite"},
        owners=[OWNERS["operations"]],
        deps=[dg.AssetKey(["published", "snapshot"])],
        description=f"Bodies of webhooks older than {retention.SETTING} days that the warehouse has read past, removed.",
    )
    def inbox_retention() -> dg.MaterializeResult[None]:
        removed = expire_at_home(retention.days())
        said = {"events": removed.events, "bytes": removed.body_bytes, "wait for a reading": removed.waiting}
        return dg.MaterializeResult(metadata=said)

    return inbox_retention


def retention_job() -> Any:
    return dg.define_asset_job(
        EXPIRE_INBOX,
        selection=dg.AssetSelection.assets(KEY),
        description="Removes the bodies of old webhooks that the warehouse has read past; what tells a repeat stays.",
    )
