"""Assets from syncs: per sync a plan and a push, and the job a sensor starts when the activation table changed."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import dagster as dg

from orchestration import environment
from orchestration.activation import make_plan, push_newest, refusals, spoken_money
from orchestration.resources import OWNERS
from reverse_etl import engine
from reverse_etl.plan import Action, Plan
from reverse_etl.rendering import render_text
from reverse_etl.sync import Lane, Sync

TEAMS = {Lane.STOCK: "operations", Lane.TRACKING: "operations", Lane.LEDGER: "finance", Lane.SEGMENTS: "crm"}
PLAN_ROWS_SHOWN = 40
ALL_ACCEPTED = "all_deliveries_are_accepted"


def sync_models() -> list[tuple[str, str]]:
    """(sync, activation model) of every declared sync."""
    return [(sync.name, sync.model) for sync in engine.syncs().values()]


def sync_assets() -> list[dg.AssetsDefinition]:
    return [assets for sync in engine.syncs().values() for assets in (_plan_asset(sync), _push_asset(sync))]


def push_jobs() -> dict[str, Any]:
    """Per sync the job that plans and pushes it."""
    return {
        sync.name: dg.define_asset_job(
            f"push_{sync.name}",
            selection=dg.AssetSelection.assets(["plan", sync.name], ["push", sync.name]),
            tags={"dagster/priority": str(-sync.lane)},
            description=f"Plans and pushes {sync.name}; a second run finds nothing to do.",
        )
        for sync in engine.syncs().values()
    }


def _plan_asset(sync: Sync) -> dg.AssetsDefinition:
    spec = dg.AssetSpec(
        key=["plan", sync.name],
        deps=[dg.AssetKey(["activation", sync.model]), dg.AssetKey(["published", "snapshot"])],
        group_name=f"sync/{sync.destination}",
        kinds={"python", "duckdb"},
        owners=[OWNERS[TEAMS[sync.lane]]],
        description=f"What a push of {sync.name} would change at {sync.destination}: per record and field, before → after, and why. Sends nothing.",
    )

    @dg.multi_asset(name=f"plan__{sync.name}", specs=[spec], pool=f"ledger_{sync.name}")
    def plan() -> dg.MaterializeResult:
        with closing(engine.open_ledger()) as ledger:
            made = make_plan(sync.name, ledger)
        return dg.MaterializeResult(metadata=_plan_metadata(made))

    return plan


def _plan_metadata(made: Plan) -> dict[str, Any]:
    return {
        "plan": dg.MetadataValue.path(str(environment.home() / "plans" / f"{made.plan_id}.json")),
        "plan hash": made.plan_hash,
        "records to change": len(made.deliveries),
        "create": made.count(Action.CREATE),
        "update": made.count(Action.UPDATE),
        "nothing to do": made.noops,
        "waiting or held": len(made.skipped),
        "money": spoken_money(made.money_minor),
        "limits broken": "; ".join(made.breaches) or "none",
        "changes": dg.MetadataValue.md(f"```\n{render_text(made, PLAN_ROWS_SHOWN)}\n```"),
    }


def _push_asset(sync: Sync) -> dg.AssetsDefinition:
    key = dg.AssetKey(["push", sync.name])
    spec = dg.AssetSpec(
        key=key,
        deps=[dg.AssetKey(["plan", sync.name])],
        group_name=f"sync/{sync.destination}",
        kinds={"httpx", sync.destination},
        owners=[OWNERS[TEAMS[sync.lane]]],
        description=f"Sends the newest plan of {sync.name} to {sync.destination}, each change once; the ledger keeps every attempt.",
    )
    check = dg.AssetCheckSpec(
        ALL_ACCEPTED, asset=key, description="Fails when a record was refused, or nobody knows yet whether it arrived."
    )

    @dg.multi_asset(name=f"push__{sync.name}", specs=[spec], check_specs=[check], pool=f"ledger_{sync.name}")
    def push() -> Iterator[dg.MaterializeResult]:
        with closing(engine.open_ledger()) as ledger:
            result = push_newest(sync.name, ledger)
            refused = refusals(ledger, result.plan_id) if result.rejected else []
        yield dg.MaterializeResult(
            metadata={**_push_metadata(result), "refused": "\n".join(refused) or "none"},
            check_results=[
                dg.AssetCheckResult(
                    passed=result.is_clean,
                    check_name=ALL_ACCEPTED,
                    severity=dg.AssetCheckSeverity.ERROR,
                    metadata={"rejected": result.rejected, "in doubt": result.in_doubt, "waiting": result.waiting},
                )
            ],
        )

    return push


def _push_metadata(result: engine.PushResult) -> dict[str, Any]:
    return {
        "plan": dg.MetadataValue.path(str(environment.home() / "plans" / f"{result.plan_id}.json")),
        "accepted": result.accepted,
        "rejected": result.rejected,
        "in doubt": result.in_doubt,
        "waiting": result.waiting,
        "money": spoken_money(result.money_minor),
        "requests": result.calls,
        "stopped": result.stopped or "no",
    }
