"""Assets from syncs: per sync a plan and a push, and the job a sensor starts when there is something to do.

A push asset succeeds when the engine came to an end, whatever the destination said: refused records, a pause, a failed
check upstream and a plan that waits for a person show in its metadata and checks. It fails only for what a person must
put right in the set-up. Running it again, on purpose or by a retry, never doubles an effect: the ledger remembers.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration import push_metadata, warehouse
from orchestration.activation import BLOCKED, make_plan
from orchestration.pushing import push_newest
from orchestration.resources import OWNERS, TEAMS, destination_pool
from reverse_etl import engine, flows
from reverse_etl.errors import ConfigurationError, StopSync
from reverse_etl.ledger import Ledger
from reverse_etl.record_results import RecordResults
from reverse_etl.sync import Sync

ALL_ACCEPTED = "all_deliveries_are_accepted"
UPSTREAM_HOLDS = "checks_upstream_hold"
NOTHING_WAITS = "no_exception_is_open"
CHECKS = {
    ALL_ACCEPTED: "Fails when a record was refused, waits, or nobody knows yet whether it arrived.",
    UPSTREAM_HOLDS: "Fails when a check says that numbers this sync is made from are wrong; nothing is sent then.",
    NOTHING_WAITS: "Fails when something of this sync waits for a person: see `cartwheel exceptions`.",
}
# Both mean that the numbers have moved on since the plan was made; here nobody reads a plan before it goes.
_OUTDATED = ("stale_plan", "superseded")
# The run process may die or the store be busy; what the destination does is the ledger's to remember.
_RETRIES = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL)


@dataclass(frozen=True)
class Sent:
    """One push: its result, or why there is none; and every record it touched."""

    result: engine.PushResult | None
    refused: StopSync | None
    paused: str | None
    records: RecordResults


def sync_models() -> list[tuple[str, str]]:
    """(sync, activation model) of every declared sync."""
    return [(sync.name, sync.model) for sync in engine.syncs().values()]


def sync_assets() -> list[dg.AssetsDefinition]:
    return [assets for sync in engine.syncs().values() for assets in (_plan_asset(sync), _push_asset(sync))]


def push_jobs() -> dict[str, Any]:
    """Per sync the job that plans and pushes it; where destinations share a pool, the most urgent lane goes first."""
    return {
        sync.name: dg.define_asset_job(
            f"push_{sync.name}",
            selection=dg.AssetSelection.assets(["plan", sync.name], ["push", sync.name]),
            tags={"dagster/priority": str(-sync.lane), "dagster/max_retries": "2"},
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
            try:
                made = make_plan(sync.name, ledger)
            except StopSync as stop:
                if stop.code != BLOCKED:
                    raise
                return dg.MaterializeResult(metadata={"blocked": str(stop), "records to change": 0})
            published = warehouse.newest_publication()
            return dg.MaterializeResult(metadata=push_metadata.plan_metadata(made, sync, ledger, published))

    return plan


def _push_asset(sync: Sync) -> dg.AssetsDefinition:
    key = dg.AssetKey(["push", sync.name])
    spec = dg.AssetSpec(
        key=key,
        deps=[dg.AssetKey(["plan", sync.name])],
        group_name=f"sync/{sync.destination}",
        kinds={"aiohttp", sync.destination},
        owners=[OWNERS[TEAMS[sync.lane]]],
        description=f"Sends the newest plan of {sync.name} to {sync.destination}, each change once; the ledger keeps every attempt.",
    )
    checks = [dg.AssetCheckSpec(name, asset=key, description=meaning) for name, meaning in CHECKS.items()]

    @dg.multi_asset(
        name=f"push__{sync.name}",
        specs=[spec],
        check_specs=checks,
        pool=destination_pool(sync.destination),
        retry_policy=_RETRIES,
    )
    def push() -> Iterator[dg.MaterializeResult]:
        with closing(engine.open_ledger()) as ledger:
            try:
                pushed = push_sync(sync, ledger)
            except ConfigurationError as error:
                # Nothing changes by itself: a second try would say the same.
                raise dg.Failure(str(error), allow_retries=False) from None
            yield dg.MaterializeResult(
                metadata=_metadata(pushed, sync, ledger), check_results=_check_results(pushed, sync, ledger)
            )

    return push


def push_sync(sync: Sync, ledger: Ledger) -> Sent:
    """Send the newest plan of a sync, made anew where the numbers have moved on. A pause or a failed check sends nothing."""
    since, before = datetime.now(UTC), push_metadata.open_deliveries(ledger, sync.name)
    with ledger.reader() as connection:
        paused = flows.paused_because(connection, sync.name)
    if paused is not None:
        return Sent(None, None, paused, push_metadata.results_of(ledger, before, "", since))
    try:
        result = _push_or_replan(sync, ledger)
    except ConfigurationError:
        raise
    except StopSync as stop:
        return Sent(None, stop, None, push_metadata.results_of(ledger, before, "", since))
    records = push_metadata.results_of(ledger, before, result.plan_id, since)
    return Sent(result, None, result.stopped if result.is_paused else None, records)


def _push_or_replan(sync: Sync, ledger: Ledger) -> engine.PushResult:
    try:
        return push_newest(sync.name, ledger)
    except StopSync as stop:
        if stop.code not in _OUTDATED:
            raise
    make_plan(sync.name, ledger)
    return push_newest(sync.name, ledger)


def _metadata(pushed: Sent, sync: Sync, ledger: Ledger) -> dict[str, Any]:
    state = {"paused": pushed.paused} if pushed.paused else {}
    if pushed.refused is not None:
        state[("blocked" if pushed.refused.code == BLOCKED else "refused")] = str(pushed.refused)
    if pushed.result is None:
        return {**state, "accepted": 0, "requests": 0, **push_metadata.records_metadata(pushed.records)}
    return {**state, **push_metadata.push_metadata(pushed.result, sync, ledger, pushed.records)}


def _check_results(pushed: Sent, sync: Sync, ledger: Ledger) -> list[dg.AssetCheckResult]:
    result, blocked = pushed.result, pushed.refused is not None and pushed.refused.code == BLOCKED
    waits = pushed.records.total if result is None else result.rejected + result.in_doubt + result.waiting
    found, exceptions = push_metadata.exceptions_metadata(sync, ledger, datetime.now(UTC))
    counts = {"rejected": result.rejected, "in doubt": result.in_doubt, "waiting": result.waiting} if result else {}
    stopped = pushed.paused or (str(pushed.refused) if pushed.refused else (result.stopped if result else None))
    # A pause is somebody's will, not a fault: it warns and does not alarm.
    severity = dg.AssetCheckSeverity.WARN if pushed.paused else dg.AssetCheckSeverity.ERROR
    return [
        dg.AssetCheckResult(
            check_name=ALL_ACCEPTED,
            passed=not waits and not stopped,
            severity=severity,
            metadata={**counts, "stopped": stopped or "no"},
        ),
        dg.AssetCheckResult(
            check_name=UPSTREAM_HOLDS,
            passed=not blocked,
            metadata={"blocked": str(pushed.refused) if blocked else "no"},
        ),
        dg.AssetCheckResult(check_name=NOTHING_WAITS, passed=not found, severity=severity, metadata=exceptions),
    ]
