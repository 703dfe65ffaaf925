"""What the command line and the orchestration call: list syncs, make a plan, push it.

Reads the activation models through the connection it is given (read-only is enough) and writes the ledger only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from reverse_etl import comparison, destinations, plan, settings
from reverse_etl.client import DestinationClient
from reverse_etl.delivery_states import State
from reverse_etl.errors import ConfigurationError, StopSync
from reverse_etl.ledger import Ledger
from reverse_etl.plan import Delivery, Plan
from reverse_etl.push import Clock, Progress, Push, Step
from reverse_etl.settings import Settings
from reverse_etl.sync import Sync
from reverse_etl.syncs import all_syncs


@dataclass(frozen=True)
class PushResult:
    """What became of a push, counted in records; `stopped` says why it ended early."""

    sync: str
    plan_id: str
    accepted: int
    rejected: int
    in_doubt: int
    # Not sent, or sent and certainly without effect: the next push takes them up.
    waiting: int
    money_minor: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    stopped: str | None = None

    @property
    def is_clean(self) -> bool:
        return not (self.rejected or self.in_doubt or self.waiting or self.stopped)


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
) -> Plan:
    """Compare the activation model with the destination's state and store the plan, superseding unsent older ones.

    `observed_at` is when the destination was last read; by default the warehouse's load records are asked.
    """
    sync = sync_named(sync_name)
    if observed_at is None:
        observed_at = last_extracted(warehouse, sync.destination)
    compared = comparison.compare(warehouse, sync, ledger.queries.accepted_marks(sync.name))
    memory = ledger.queries.memory(sync.name, [row["record_key"] for row in compared.rows])
    made = plan.make(sync, compared.records, compared.rows, memory, observed_at)
    return ledger.store_plan(sync, made, at or now())


def push(
    wanted: Plan | str,
    ledger: Ledger,
    read: Settings,
    progress: Progress = lambda done, total: None,
    *,
    clock: Clock = now,
    step: Step = lambda label: None,
    over_limits: bool = False,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> PushResult:
    """Send what a stored plan holds, after settling the sync's deliveries in doubt.

    Raises StopSync (nothing sent) when the plan is unknown, superseded or over its limits, or writing is not allowed.
    """
    stored = _sendable(wanted, ledger, over_limits)
    sync = sync_named(stored.sync)
    destination = destinations.load(sync.destination)
    with ledger.pushing(sync.name):
        ledger.doubt_unanswered(sync.name, clock())
        doubtful = ledger.queries.unsettled(sync.name)
        planned = ledger.queries.deliveries(stored.plan_id, (State.PLANNED,))
        if not doubtful and not planned:
            return PushResult(sync.name, stored.plan_id, 0, 0, 0, 0)
        connection = read.connection(destination)
        read.require_write_permission(destination, connection)
        return asyncio.run(
            _run(sync, stored.plan_id, ledger, connection, doubtful, planned, progress, clock, step, sleep)
        )


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


def _sendable(wanted: Plan | str, ledger: Ledger, over_limits: bool) -> Plan:
    reference = wanted if isinstance(wanted, str) else wanted.plan_id
    stored = ledger.queries.plan(reference)
    if stored is None:
        raise ConfigurationError(f"there is no plan '{reference}' in the ledger: make one first", code="unknown_plan")
    if any(delivery.state == State.SUPERSEDED for delivery in stored.deliveries):
        newest = ledger.queries.newest_plan(stored.sync)
        raise StopSync(
            f"plan {stored.plan_id} is superseded by {newest.plan_id if newest else 'a newer one'}: read and push that",
            code="superseded",
        )
    if stored.breaches and not over_limits:
        raise StopSync(f"plan {stored.plan_id} breaks a limit: {'; '.join(stored.breaches)}", code="over_limits")
    return stored


async def _run(
    sync: Sync,
    plan_id: str,
    ledger: Ledger,
    connection: settings.Connection,
    doubtful: tuple[Delivery, ...],
    planned: tuple[Delivery, ...],
    progress: Progress,
    clock: Clock,
    step: Step,
    sleep: Callable[[float], Awaitable[None]],
) -> PushResult:
    destination = destinations.load(sync.destination)
    async with DestinationClient(destination, connection) as client:
        run = Push(sync, destination, ledger, client, clock, progress, step, sleep)
        await run.run(doubtful, planned)
    touched = ledger.queries.by_ids([delivery.delivery_id for delivery in (*doubtful, *planned)])
    by_state: dict[str, list[Delivery]] = {}
    for delivery in touched:
        by_state.setdefault(delivery.state, []).append(delivery)
    return PushResult(
        sync=sync.name,
        plan_id=plan_id,
        accepted=len(by_state.get(State.ACCEPTED, ())),
        rejected=len(by_state.get(State.REJECTED, ())),
        in_doubt=len(by_state.get(State.IN_DOUBT, ())),
        waiting=len(by_state.get(State.PLANNED, ())),
        money_minor=plan.money_by_currency(by_state.get(State.ACCEPTED, ())),
        calls=client.calls,
        stopped=str(run.stopped) if run.stopped else None,
    )
