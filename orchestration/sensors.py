"""Sensors: a published activation table changed, or something waits and is due again; either way the sync is pushed.

Each has a cursor of its own, moved only with the run request it gave rise to. The cursor of a change is a version in the
log of publications on disk: nothing is missed between ticks or over a restart, and several publications between two
ticks make one run, for the newest. The cursor of what is due holds the moment last asked for, per sync.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from orchestration import environment, warehouse
from orchestration.activation import blocked_syncs
from reverse_etl import engine, flows
from reverse_etl.due import Due, due_syncs

SECONDS_BETWEEN_TICKS = 10
SECONDS_BETWEEN_RETRIES = 30
# A run that was asked for and changed nothing (its process died at once) is asked for again after this long, then ever
# later: what keeps failing must not fill the run list.
ASK_AGAIN = timedelta(minutes=10)
LONGEST_SILENCE = timedelta(hours=6)
_AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def _runs_by_itself() -> dg.DefaultSensorStatus:
    """From the start on the sandbox; elsewhere a person switches it on."""
    return dg.DefaultSensorStatus.RUNNING if environment.name() == "sandbox" else dg.DefaultSensorStatus.STOPPED


def change_sensor(sync: str, model: str, job: dg.JobDefinition) -> dg.SensorDefinition:
    """The sensor of one sync, for a model that changed or that a check began or ceased to put in doubt."""
    table = f"activation.{model}"

    @dg.sensor(
        name=f"{sync}_changes",
        job=job,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=_runs_by_itself(),
        description=f"Starts plan and push of {sync} when a newly published {table} differs from the one handled last.",
    )
    def changes(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        handled, seen = _cursor(context.cursor)
        newer = warehouse.publications(after=handled)
        if not newer:
            return dg.SkipReason("Nothing was published since the last look.")
        newest = newer[-1]
        mark = _mark(newest, table)
        if mark is None:
            return dg.SkipReason(f"{table} is not in snapshot {newest.version}.")
        cursor = f"{newest.version}:{mark}"
        if mark == seen:
            return dg.SensorResult(cursor=cursor, skip_reason=f"{table} is unchanged in snapshot {newest.version}.")
        request = dg.RunRequest(
            run_key=f"{sync}:{newest.version}", tags={"cartwheel/snapshot": str(newest.version), "cartwheel/sync": sync}
        )
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return changes


def _mark(published: warehouse.Publication, table: str) -> str | None:
    """What is to be handled of a table: its content, and the checks that put it in doubt; None when there is nothing."""
    content, failed = published.tables.get(table), published.doubts(table)
    if content is None and not failed:
        return None
    digest = content.digest if content is not None else ""
    if not failed:
        return digest
    names = hashlib.sha256(" ".join(check.name for check in failed).encode()).hexdigest()[:16]
    return f"{digest}!{names}"


def _cursor(text: str | None) -> tuple[int, str]:
    """Version handled last and the mark the table had then."""
    if not text:
        return 0, ""
    version, _, mark = text.partition(":")
    return int(version), mark


@dataclass(frozen=True)
class Asked:
    """A push asked for by the retry sensor: since when it was due, when it was asked for and for the how-manieth time."""

    since: datetime
    at: datetime
    times: int


def due_sensor(jobs: Mapping[str, dg.JobDefinition]) -> dg.SensorDefinition:
    """The one sensor for everything that waits and may go out again; a run of its own per sync."""

    @dg.sensor(
        name="due_deliveries",
        jobs=list(jobs.values()),
        minimum_interval_seconds=SECONDS_BETWEEN_RETRIES,
        default_status=_runs_by_itself(),
        description=(
            "Starts a push of each sync with deliveries that wait and are due again, that a dead process left behind, or"
            " that a person asked to retry."
        ),
    )
    def due_deliveries(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        now = datetime.now(UTC)
        with (
            closing(engine.open_ledger()) as ledger,
            ledger.reader() as connection,
        ):
            due = due_syncs(connection, now)
            held = {item.sync: flows.paused_because(connection, item.sync) for item in due}
        stopped = {sync for sync, why in held.items() if why} | set(blocked_syncs()) | _at_work(context.instance, due)
        asked = read_asked(context.cursor)
        wanted = to_ask([item for item in due if item.sync not in stopped], asked, now)
        if not wanted:
            return dg.SkipReason(
                f"Due: {', '.join(item.sync for item in due) or 'nothing'}; paused, at work or asked for lately."
            )
        by_sync = {item.sync: item for item in due}
        return dg.SensorResult(
            run_requests=[_request(by_sync[sync], said, jobs[sync].name) for sync, said in wanted.items()],
            cursor=write_asked({**asked, **wanted}, by_sync),
        )

    return due_deliveries


def to_ask(due: Sequence[Due], asked: Mapping[str, Asked], now: datetime) -> dict[str, Asked]:
    """For which of these a run is wanted: a moment not asked for yet, or asked for long ago without any effect."""
    wanted = {}
    for item in due:
        before = asked.get(item.sync)
        if before is None or item.since > before.since:
            wanted[item.sync] = Asked(item.since, now, 1)
        elif now - before.at >= min(ASK_AGAIN * 2 ** (before.times - 1), LONGEST_SILENCE):
            wanted[item.sync] = Asked(item.since, now, before.times + 1)
    return wanted


def read_asked(cursor: str | None) -> dict[str, Asked]:
    said = json.loads(cursor) if cursor else {}
    return {
        sync: Asked(datetime.fromisoformat(since), datetime.fromisoformat(at), times)
        for sync, (since, at, times) in said.items()
    }


def write_asked(asked: Mapping[str, Asked], due: Collection[str]) -> str:
    """The cursor: what was asked for, of the syncs that are still due."""
    kept = {sync: said for sync, said in sorted(asked.items()) if sync in due}
    return json.dumps({sync: [said.since.isoformat(), said.at.isoformat(), said.times] for sync, said in kept.items()})


def _request(due: Due, said: Asked, job: str) -> dg.RunRequest:
    """A run of the push alone; with a plan before it where a refused record is to be planned anew.

    Its key holds the moment, because Dagster never runs the same key twice.
    """
    push_only: dict[str, Any] = {} if due.replan else {"asset_selection": [dg.AssetKey(["push", due.sync])]}
    return dg.RunRequest(
        run_key=f"{due.sync}:due:{said.since.isoformat()}:{said.times}",
        job_name=job,
        tags={"cartwheel/sync": due.sync, "cartwheel/due": str(due.deliveries)},
        **push_only,
    )


def _at_work(instance: dg.DagsterInstance, due: Sequence[Due]) -> set[str]:
    """Of these, the syncs a run of which is waiting or under way: it takes up what is due by itself."""
    return {
        item.sync
        for item in due
        if instance.get_runs_count(dg.RunsFilter(job_name=f"push_{item.sync}", statuses=_AT_WORK)) > 0
    }
