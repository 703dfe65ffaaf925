"""Dagster's eye on the fast lane: its asset, the check that it keeps up, and the sensor that does what the lane left.

The lane is a process of `cartwheel serve` and knows nothing of Dagster. The sensor reads what the lane says of itself,
reports it as a materialization without a run, and tails the same inbox with a cursor of its own: what the lane has not
confirmed in time is read, built and pushed by the batch lane. Both write through one ledger, so that is never done twice.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from orchestration import environment
from orchestration.lane import latency_chart
from orchestration.resources import OWNERS
from pipelines.intake.inbox import Inbox
from reverse_etl import engine, exception_queue, flows, lane_states
from reverse_etl.channel import FLOW
from reverse_etl.errors import Kind
from reverse_etl.exception_queue import Finding
from reverse_etl.lane_states import LaneState
from reverse_etl.ledger import Ledger

LANE = dg.AssetKey(["lane", "stock"])
KEEPS_UP = "lane_keeps_up"
BEHIND = "lane_behind"
SECONDS_BETWEEN_TICKS = 10
# What the lane has not confirmed after so long is the batch lane's; the batch lane needs minutes, so no sooner.
GRACE = timedelta(seconds=30)
# Without news the state is reported again after so long.
REPORT_ANYWAY = timedelta(minutes=5)
_CHARTED = 2_000
_AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dataclass(frozen=True)
class Cursor:
    """`asked_up_to`: the sequence up to which the batch lane was asked; `reported`: deliveries and moment last reported."""

    asked_up_to: int = 0
    deliveries: int = -1
    reported_at: str = ""

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        return cls(**json.loads(text)) if text else cls()

    def text(self) -> str:
        return json.dumps(self.__dict__)


def lane_asset() -> dg.AssetSpec:
    return dg.AssetSpec(
        key=LANE,
        group_name="lane",
        kinds={"duckdb", "sqlite"},
        owners=[OWNERS["operations"]],
        deps=[dg.AssetKey(["published", "snapshot"])],
        description=(
            "The fast lane of `cartwheel serve`: webhook → touched SKUs → every channel, within milliseconds. Reported"
            " without a run, with its lag and the time its newest deliveries took."
        ),
    )


def lane_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=LANE,
        name=KEEPS_UP,
        description="Fails when events wait and the lane is silent or has left one unconfirmed for longer than half a minute.",
    )
    def keeps_up() -> dg.AssetCheckResult:
        with closing(engine.open_ledger()) as ledger, closing(Inbox.at_home()) as inbox:
            now = datetime.now(UTC)
            state = _state(ledger)
            behind = behind_because(state, inbox.newest(), _oldest_waiting(inbox, state), now)
        return _judged(state, behind, now)

    return keeps_up


def _judged(state: LaneState | None, behind: str | None, now: datetime) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=behind is None,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"because": behind or "it keeps up", **state_metadata(state, now)},
    )


def behind_because(state: LaneState | None, newest: int, waiting_since: datetime | None, now: datetime) -> str | None:
    """Why the lane does not keep up, in a sentence; None when it does, or nothing has come in that it should have done."""
    if waiting_since is None or now - waiting_since <= GRACE:
        return None
    waited = round((now - waiting_since).total_seconds())
    if state is None:
        return f"{newest} events came in and no lane ever ran: start `cartwheel serve`"
    if state.is_silent(now):
        return f"the lane is silent since {state.beat_at:%Y-%m-%d %H:%M:%S} UTC, and an event waits for {waited} s"
    return f"an event waits for {waited} s: {state.trouble or f'{state.waiting} records are not confirmed'}"


def lane_sensor(refresh: dg.JobDefinition | dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """The safety net over the inbox, and the lane's voice in Dagster."""

    @dg.sensor(
        name="stock_lane_watch",
        job=refresh,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=(
            dg.DefaultSensorStatus.RUNNING if environment.name() == "sandbox" else dg.DefaultSensorStatus.STOPPED
        ),
        description=(
            "Reports the fast lane's state and latencies, and refreshes the warehouse for events that the lane has not"
            " confirmed in time; the changed stock tables are then pushed by their own sensors."
        ),
    )
    def stock_lane_watch(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        now, cursor = datetime.now(UTC), Cursor.read(context.cursor)
        with closing(engine.open_ledger()) as ledger, closing(Inbox.at_home()) as inbox:
            state, newest = _state(ledger), inbox.newest()
            behind = behind_because(state, newest, _oldest_waiting(inbox, state), now)
            _note(ledger, behind, now)
            cursor = _report(context.instance, ledger, state, behind, cursor, now)
            left = _left(inbox, state, cursor, now)
            paused = _paused(ledger, refresh.name)
        if left is None or paused:
            return dg.SensorResult(cursor=cursor.text(), skip_reason=paused or "The lane has confirmed what came in.")
        if context.instance.get_runs_count(dg.RunsFilter(job_name=refresh.name, statuses=_AT_WORK)):
            return dg.SensorResult(
                cursor=cursor.text(), skip_reason="A refresh is under way; it may hold what is left."
            )
        request = dg.RunRequest(run_key=f"inbox:{left}", tags={"cartwheel/inbox": str(left)})
        asked = Cursor(left, cursor.deliveries, cursor.reported_at)
        return dg.SensorResult(run_requests=[request], cursor=asked.text())

    return stock_lane_watch


def _state(ledger: Ledger) -> LaneState | None:
    with ledger.reader() as connection:
        return lane_states.state_of(connection, FLOW)


def _oldest_waiting(inbox: Inbox, state: LaneState | None) -> datetime | None:
    """When the oldest event came in that is not confirmed; None when all are."""
    after = inbox.events_after(state.sequence_confirmed if state is not None else 0, 1)
    return after[0].received_at if after else None


def _left(inbox: Inbox, state: LaneState | None, cursor: Cursor, now: datetime) -> int | None:
    """The newest event that is past its grace, neither confirmed nor asked for before; None when there is none."""
    known = max(cursor.asked_up_to, state.sequence_confirmed if state is not None else 0)
    left = inbox.newest_before(now - GRACE)
    return left if left > known else None


def _paused(ledger: Ledger, flow: str) -> str | None:
    with ledger.reader() as connection:
        return flows.paused_because(connection, flow)


def _note(ledger: Ledger, behind: str | None, now: datetime) -> None:
    """A lane that is behind is a case of the operator's queue, until it keeps up."""
    if behind is None:
        with ledger.engine.begin() as connection:
            exception_queue.close_codes(connection, None, [BEHIND], "the lane keeps up", now, destination=FLOW)
        return
    ledger.note([Finding(BEHIND, Kind.TRANSIENT, behind, destination=FLOW, cause="the stock lane is behind")], now)


def _report(
    instance: dg.DagsterInstance,
    ledger: Ledger,
    state: LaneState | None,
    behind: str | None,
    cursor: Cursor,
    now: datetime,
) -> Cursor:
    """Report the lane when it has delivered something since, or now and then; the cursor that remembers it."""
    if state is None:
        return cursor
    reported = datetime.fromisoformat(cursor.reported_at) if cursor.reported_at else None
    is_news = state.deliveries != cursor.deliveries or reported is None or now - reported > REPORT_ANYWAY
    if not is_news:
        return cursor
    with ledger.reader() as connection:
        found = lane_states.latencies(connection, now - timedelta(hours=1), _CHARTED)
    metadata = state_metadata(state, now) | chart_metadata(found)
    instance.report_runless_asset_event(dg.AssetMaterialization(LANE, metadata=metadata))
    verdict = _judged(state, behind, now)
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=LANE,
            check_name=KEEPS_UP,
            passed=verdict.passed,
            severity=verdict.severity,
            metadata=verdict.metadata,
        )
    )
    return Cursor(cursor.asked_up_to, state.deliveries, now.isoformat())


def state_metadata(state: LaneState | None, now: datetime) -> dict[str, Any]:
    """What the lane says of itself, for a person."""
    if state is None:
        return {"state": "it never ran"}
    said = "silent" if state.is_silent(now) else ("in trouble" if state.trouble else "at work")
    return {
        "state": said,
        "trouble": state.trouble or "none",
        "process": state.process_id,
        "running since": state.started_at.isoformat(),
        "last heard of": state.beat_at.isoformat(),
        "newest event seen": state.sequence_seen,
        "confirmed up to event": state.sequence_confirmed,
        "records waiting": state.waiting,
        "lag seconds": round(state.lag(now).total_seconds(), 1),
        "deliveries since its start": state.deliveries,
        "p50 milliseconds": state.p50_ms if state.p50_ms is not None else "none yet",
        "p99 milliseconds": state.p99_ms if state.p99_ms is not None else "none yet",
    }


def chart_metadata(found: list[tuple[str, int]]) -> dict[str, Any]:
    """The newest latencies of the last hour as a chart; nothing where there are none."""
    if not found:
        return {}
    by_sync: dict[str, list[int]] = {}
    for sync, latency in found:
        by_sync.setdefault(sync, []).append(latency)
    return {"latencies of the last hour": dg.MetadataValue.md(latency_chart.markdown(by_sync))}
