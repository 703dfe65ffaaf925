"""What the command line and the orchestration call: list syncs, make a plan, push it.

Reads the activation models through the connection it is given (read-only is enough) and writes the ledger only.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
from tenacity import Retrying, retry_if_exception, stop_after_attempt

from reverse_etl import comparison, destinations, event_loop, plan, plan_inputs, plan_standing, settings, staleness
from reverse_etl.breaker import breaker_of
from reverse_etl.canary import lead
from reverse_etl.client import DestinationClient
from reverse_etl.delivery_states import State
from reverse_etl.errors import ConfigurationError, DeliveryError, StopSync, Unforeseen
from reverse_etl.evidence import finding_about
from reverse_etl.feed import Feed
from reverse_etl.group_commit import GroupCommit
from reverse_etl.ledger import Ledger
from reverse_etl.plan import Plan
from reverse_etl.plan_standing import PlanStanding
from reverse_etl.push import Clock, Progress, Push, Step
from reverse_etl.rule_versions import ModelCode
from reverse_etl.settings import Settings
from reverse_etl.stops import PLANNING_CODES, PUSHING_CODES, WITHOUT_ROW, stop_finding
from reverse_etl.sync import Sync
from reverse_etl.syncs import all_syncs
from reverse_etl.tally import Tally

UPSTREAM = "waiting_for_upstream"
# A push that gets ahead of a plan leaves less to plan, so a few tries are many.
_TRIES_TO_PLAN = 3


@dataclass(frozen=True)
class PushResult:
    """What became of a push, counted in records; `stopped` says why it ended early."""

    sync: str
    plan_id: str
    accepted: int
    rejected: int
    in_doubt: int
    # Not sent, or sent and certainly without effect: a later push takes them up.
    waiting: int
    money_minor: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    stopped: str | None = None
    stopped_code: str | None = None

    @property
    def is_clean(self) -> bool:
        return not (self.rejected or self.in_doubt or self.waiting or self.stopped)

    @property
    def is_paused(self) -> bool:
        return self.stopped_code == "paused"


def now() -> datetime:
    return datetime.now(UTC)


def syncs() -> dict[str, Sync]:
    """Every declared sync by name, the most urgent lane first."""
    return all_syncs()


def sync_named(name: str) -> Sync:
    found = all_syncs().get(name)
    if found is None:
        raise ConfigurationError(f"there is no sync '{name}'; known: {', '.join(all_syncs())}", code="unknown_name")
    return found


def open_ledger(read: Settings | None = None) -> Ledger:
    """The ledger of the current settings."""
    read = read or settings.read()
    return Ledger(read.operations_url, read.home / "locks")


def make_plan(
    sync_name: str,
    warehouse: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    at: datetime | None = None,
    observed_at: datetime | None = None,
    snapshot: int | None = None,
    code: ModelCode | None = None,
    read_at: Mapping[str, datetime] | None = None,
) -> Plan:
    """Compare the activation model with the destination's state and store the plan, superseding unsent older ones.

    `observed_at` is when the destination was last read; by default the warehouse's load records are asked. `code` is
    what the model was built from, kept with the plan. `read_at` is when each platform was read: what the fast lane has
    planned from newer events is left alone.
    """
    sync, moment = sync_named(sync_name), at or now()
    with _noting(ledger, sync, moment):
        again = Retrying(stop=stop_after_attempt(_TRIES_TO_PLAN), retry=retry_if_exception(_is_overtaken), reraise=True)
        for attempt in again:
            with attempt:
                made, inputs = _derive(sync, warehouse, ledger, moment, observed_at, read_at)
                stored = ledger.store_plan(sync, made, moment, inputs, snapshot, code, read_at)
        ledger.clear(sync.name, PLANNING_CODES, "the model could be read and planned", moment)
    return stored


def derive_plan(
    sync_name: str,
    warehouse: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    at: datetime | None = None,
    observed_at: datetime | None = None,
    read_at: Mapping[str, datetime] | None = None,
) -> Plan:
    """The plan as it would be made now, stored nowhere: what a stored one is held against before it is pushed."""
    return _derive(sync_named(sync_name), warehouse, ledger, at or now(), observed_at, read_at)[0]


def push(
    wanted: Plan | str,
    ledger: Ledger,
    read: Settings,
    progress: Progress = lambda done, total: None,
    *,
    clock: Clock = now,
    step: Step = lambda label: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    fresh: Plan | None = None,
    held: Collection[str] = (),
) -> PushResult:
    """Send what a stored plan (by id or hash) holds, after settling the sync's deliveries in doubt.

    More urgent syncs of the same destination go along, but for those `held` back by whoever calls.

    Raises StopSync, with nothing sent, when the plan is unknown, superseded, stale against `fresh`, or waits for an
    approval, and when writing is not allowed or not configured.
    """
    moment = clock()
    standing, sync = _standing_of(wanted, ledger)
    plan_id = standing.plan_id
    started: dict[str, object] = {
        "run_id": uuid.uuid4().hex,
        "flow": sync.name,
        "plan_id": plan_id,
        "started_at": moment,
    }
    with _noting(ledger, sync, moment, plan_id):
        _require_sendable(standing, sync, ledger, fresh, moment)
        destination = destinations.load(sync.destination)
        ledger.doubt_unanswered(destination.name, moment)
        if not ledger.queries.due(sync.destination, [sync.name], "", 1):
            tally, calls = Tally(), 0
        else:
            connection = read.connection(destination)
            read.require_write_permission(destination, connection)
            tally, calls = event_loop.run(_run(sync, plan_id, ledger, connection, progress, clock, step, sleep, held))
    result = _result(sync, plan_id, ledger, tally, calls)
    _note_result(ledger, sync, result, tally, started, clock())
    return result


async def _run(
    sync: Sync,
    plan_id: str,
    ledger: Ledger,
    connection: settings.Connection,
    progress: Progress,
    clock: Clock,
    step: Step,
    sleep: Callable[[float], Awaitable[None]],
    held: Collection[str],
) -> tuple[Tally, int]:
    destination = destinations.load(sync.destination)
    # More urgent flows of the same destination that have something left go first: its pace is theirs too.
    chosen = {name: other for name, other in all_syncs().items() if other.destination == sync.destination}
    urgent = {name for name, other in chosen.items() if other.lane < sync.lane and name not in held}
    chosen = {name: other for name, other in chosen.items() if name == sync.name or name in urgent}
    total = sum(ledger.queries.waiting(sync.name).values())
    done = 0

    def report(batch: int) -> None:
        nonlocal done
        done += batch
        progress(min(done, total), total)

    breaker = breaker_of(ledger.engine, destination.name, clock)
    with ledger.working() as holder:
        async with (
            GroupCommit(ledger, clock) as commits,
            DestinationClient(destination, connection, breaker, sleep) as client,
        ):
            run = Push(destination, chosen, ledger, commits, client, holder, clock, report, step, sleep)
            verdict = await lead(run, sync, plan_id)
            if verdict.may_go:
                ledger.pass_canary(plan_id)
                await run.drain(Feed(ledger.queries, destination, chosen, holder))
            elif verdict.wrong is not None:
                ledger.fail_canary(plan_id, verdict.wrong, clock())
                run.tallies[sync.name].stopped = StopSync(verdict.wrong.message, code=verdict.wrong.code)
            return run.tallies[sync.name], client.calls


def _derive(
    sync: Sync,
    warehouse: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    at: datetime,
    observed_at: datetime | None,
    read_at: Mapping[str, datetime] | None,
) -> tuple[Plan, bytes]:
    if observed_at is None:
        observed_at = last_extracted(warehouse, sync.destination)
    compared = comparison.compare(warehouse, sync, ledger.queries.accepted_marks(sync.name))
    keys = [row["record_key"] for row in compared.rows] + list(compared.gone)
    memory = ledger.queries.memory(sync.name, keys, read_at)
    made = plan.make(sync, compared.records, compared.rows, memory, observed_at, at, compared.gone)
    packed = plan_inputs.pack(sync, compared.records, compared.rows, memory, observed_at, at, compared.gone)
    return made, packed


def _is_overtaken(error: BaseException) -> bool:
    return isinstance(error, StopSync) and error.code == "plan_overtaken"


def last_extracted(warehouse: duckdb.DuckDBPyConnection, platform: str) -> datetime | None:
    """When the newest load of a platform's raw tables was recorded; None when the warehouse does not say."""
    try:
        row = warehouse.execute(
            f"select max(inserted_at)::timestamptz at time zone 'UTC' from raw_{platform}._dlt_loads"
        )
        found = row.fetchone()
    except duckdb.Error:
        # A published snapshot holds no raw tables.
        return None
    return found[0].replace(tzinfo=UTC) if found and found[0] is not None else None


def _standing_of(wanted: Plan | str, ledger: Ledger) -> tuple[PlanStanding, Sync]:
    reference = wanted if isinstance(wanted, str) else wanted.plan_id
    found = plan_standing.standing(ledger.engine, reference)
    if found is None:
        raise ConfigurationError(f"there is no plan '{reference}' in the ledger: make one first", code="unknown_plan")
    return found, sync_named(found.sync)


def _require_sendable(standing: PlanStanding, sync: Sync, ledger: Ledger, fresh: Plan | None, at: datetime) -> None:
    """Approve a plan that needs nobody; refuse one that may not be sent, saying why and what to do."""
    plan_id = standing.plan_id
    newest = plan_standing.newest_plan_id(ledger.engine, sync.name)
    # Single records of the newest plan may have been planned anew from newer events; the rest of it stands.
    if standing.states.get(State.SUPERSEDED) and newest != plan_id:
        raise StopSync(f"plan {plan_id} is superseded by {newest}: read and push that", code="superseded")
    if standing.plan_status == "canary_failed":
        raise StopSync(f"the canary of plan {plan_id} failed: make a new plan and read it", code="canary_failed")
    stored = ledger.queries.plan(plan_id) if fresh is not None else None
    told = (sync.quiet_fields, sync.personal_fields)
    if stored is not None and fresh is not None and (changed := staleness.changed_since(stored, fresh, *told)):
        raise StopSync(
            f"plan {plan_id} is stale, {len(changed)} of its deliveries would be different now:"
            f" {'; '.join(changed[:10])}. Make a new plan and read it",
            code="stale_plan",
        )
    needs = plan_standing.needs_person(ledger.engine, standing, sync)
    if needs:
        raise StopSync(
            f"plan {plan_id} waits for a person: {'; '.join(needs)}. Read it, then"
            f" `cartwheel approve {plan_id} --by NAME --because TEXT`",
            code="over_limits",
        )
    if standing.states.get(State.PLANNED):
        ledger.approve_within_limits(plan_id, at)


def _result(sync: Sync, plan_id: str, ledger: Ledger, tally: Tally, calls: int) -> PushResult:
    left = ledger.queries.waiting(sync.name)
    return PushResult(
        sync=sync.name,
        plan_id=plan_id,
        accepted=tally.accepted,
        rejected=tally.rejected,
        in_doubt=left.get(State.IN_DOUBT, 0) + left.get(State.SENDING, 0),
        waiting=left.get(State.PLANNED, 0) + left.get(State.APPROVED, 0) + left.get(State.HANDED_OFF, 0),
        money_minor=dict(sorted(tally.money_minor.items())),
        calls=calls,
        stopped=str(tally.stopped) if tally.stopped else None,
        stopped_code=tally.stopped.code if tally.stopped else None,
    )


def _note_result(
    ledger: Ledger, sync: Sync, result: PushResult, tally: Tally, started: Mapping[str, object], at: datetime
) -> None:
    """The run as a row; what stopped it as an exception, or the end of those that had stopped it before."""
    findings = [
        finding_about(
            delivery,
            code=UPSTREAM,
            kind="validation",
            message=f"waits for {upstream}, which was not accepted",
            cause=upstream,
        )
        for delivery, upstream in ledger.queries.blocked(sync.name)
    ]
    if tally.stopped is not None and tally.stopped.code not in WITHOUT_ROW:
        findings.append(stop_finding(sync, tally.stopped, result.plan_id))
    if findings:
        ledger.note(findings, at)
    if tally.stopped is None:
        ledger.clear(sync.name, PUSHING_CODES, "a push got through", at)
    ledger.note_run(
        {
            **started,
            "finished_at": at,
            "accepted": result.accepted,
            "rejected": result.rejected,
            "in_doubt": result.in_doubt,
            "waiting": result.waiting,
            "requests": result.calls,
            "stopped_code": result.stopped_code,
            "stopped": result.stopped,
        }
    )


@contextmanager
def _noting(ledger: Ledger, sync: Sync, at: datetime, plan_id: str | None = None) -> Iterator[None]:
    """A refusal of a whole plan or push is an exception a person sees, then goes on to the caller."""
    try:
        yield
    except DeliveryError as error:
        if error.code not in ("superseded",):
            ledger.note([stop_finding(sync, error, plan_id)], at)
        raise
    except Exception as error:
        ledger.note([stop_finding(sync, Unforeseen(error), plan_id)], at)
        raise
