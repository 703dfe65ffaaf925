"""The ledger: the only writer of plans, deliveries and attempts. Each method is one transaction, durable when it returns.

It survives the loss of the warehouse and is asked through `ledger.queries`. Times come from the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from reverse_etl import canonical_json
from reverse_etl.comparison import ENGINE
from reverse_etl.delivery_states import TRANSITIONS, State
from reverse_etl.destination import Answer, Outcome, Result
from reverse_etl.errors import StopSync
from reverse_etl.ledger_queries import LedgerQueries
from reverse_etl.ledger_store import open_store
from reverse_etl.ledger_tables import ACCEPTED, ATTEMPTS, DELIVERIES, OUTCOMES, PLANS
from reverse_etl.plan import Action, Delivery, Plan
from reverse_etl.sync import Sync


class Purpose(StrEnum):
    WRITE = "write"
    LOOK_UP = "look_up"


@dataclass(frozen=True)
class Attempt:
    attempt_id: str
    delivery: Delivery


# What a result makes of the delivery; the two missing ones leave it in the air for the loop to send anew or release.
_STATE_AFTER = {
    Result.ACCEPTED: State.ACCEPTED,
    Result.REJECTED: State.REJECTED,
    Result.IN_DOUBT: State.IN_DOUBT,
}


class Ledger:
    def __init__(self, url: str, lock_folder: Path) -> None:
        """Open the store, making or migrating it; refuses one written by a newer program."""
        self._engine = open_store(url)
        self._lock_folder = lock_folder
        self.queries = LedgerQueries(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def pushing(self, sync: str) -> Iterator[None]:
        """Hold a sync for one pushing process; the operating system frees it when that process dies."""
        self._lock_folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._lock_folder / f"push.{sync}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StopSync(f"{sync} is being pushed by another process: wait for it", code="already_running") from None
        try:
            yield
        finally:
            lock.release()

    def store_plan(self, sync: Sync, plan: Plan, now: datetime) -> Plan:
        """Append a plan and its deliveries, superseding what older plans of the sync have not sent.

        A plan equal to the newest one that is still untouched is that one.
        """
        newest = self.queries.newest_plan(sync.name)
        untouched = newest is not None and all(delivery.state == State.PLANNED for delivery in newest.deliveries)
        if newest is not None and untouched and newest.plan_hash == plan.plan_hash:
            return replace(plan, plan_id=newest.plan_id, created_at=newest.created_at, deliveries=newest.deliveries)
        with self._engine.begin() as connection:
            number = connection.execute(select(func.max(PLANS.c.number)).where(PLANS.c.sync == sync.name)).scalar() or 0
            plan_id = f"{sync.name}-{number + 1}"
            waiting = (DELIVERIES.c.sync == sync.name) & (DELIVERIES.c.state == State.PLANNED)
            connection.execute(update(DELIVERIES).where(waiting).values(state=State.SUPERSEDED, state_at=now))
            connection.execute(insert(PLANS), [_plan_row(plan, plan_id, number + 1, now)])
            stored = tuple(
                replace(delivery, delivery_id=f"{plan_id}/{position}", plan_id=plan_id, planned_at=now)
                for position, delivery in enumerate(plan.deliveries, start=1)
            )
            if stored:
                rows = [_delivery_row(delivery, sync, at, now) for at, delivery in enumerate(stored, start=1)]
                connection.execute(insert(DELIVERIES), rows)
        return replace(plan, plan_id=plan_id, created_at=now, deliveries=stored)

    def begin_attempts(
        self, deliveries: Sequence[Delivery], purpose: Purpose, request_key: str, now: datetime
    ) -> list[Attempt]:
        """Write down that a request is about to leave, one attempt per record in it; a write makes them `sending`.

        Raises StopSync when one of them is no longer ours to send.
        """
        with self._engine.begin() as connection:
            states = _states(connection, deliveries)
            for delivery in deliveries:
                state = states[delivery.delivery_id]
                if state != State.SENDING and (purpose is Purpose.WRITE or state == State.PLANNED):
                    _move(connection, delivery, state, State.SENDING, now)
            made = _attempt_counts(connection, deliveries)
            attempts = [
                Attempt(f"{delivery.delivery_id}#{made.get(delivery.delivery_id, 0) + 1}", delivery)
                for delivery in deliveries
            ]
            shared = {"purpose": purpose, "request_key": request_key, "started_at": now}
            rows = [{"attempt_id": a.attempt_id, "delivery_id": a.delivery.delivery_id, **shared} for a in attempts]
            connection.execute(insert(ATTEMPTS), rows)
        return attempts

    def record_outcomes(
        self, attempts: Sequence[Attempt], outcomes: Mapping[str, Outcome | None], answer: Answer | None, now: datetime
    ) -> None:
        """Append what came of each attempt and move its delivery; an outcome of None is a look-up that found nothing."""
        with self._engine.begin() as connection:
            rows = [_outcome_row(attempt, outcomes[attempt.delivery.record_key], answer, now) for attempt in attempts]
            connection.execute(insert(OUTCOMES), rows)
            self._settle(connection, [attempt.delivery for attempt in attempts], outcomes, now)

    def settle(self, deliveries: Sequence[Delivery], outcomes: Mapping[str, Outcome], now: datetime) -> None:
        """Move deliveries whose outcome is known without a request, e.g. one that can not be encoded."""
        with self._engine.begin() as connection:
            states = _states(connection, deliveries)
            for delivery in deliveries:
                if states[delivery.delivery_id] == State.PLANNED:
                    _move(connection, delivery, State.PLANNED, State.SENDING, now)
            self._settle(connection, deliveries, outcomes, now)

    def doubt_unanswered(self, sync: str, now: datetime) -> int:
        """Deliveries left `sending` by a process that died become `in_doubt`; to be called under `pushing`."""
        with self._engine.begin() as connection:
            left = (DELIVERIES.c.sync == sync) & (DELIVERIES.c.state == State.SENDING)
            values = {"state": State.IN_DOUBT, "state_at": now, "code": "unanswered", "kind": "unknown"}
            return connection.execute(update(DELIVERIES).where(left).values(**values)).rowcount

    def release(self, deliveries: Sequence[Delivery], doubted: Collection[str], now: datetime) -> None:
        """Deliveries left `sending` wait for the next push: in doubt where an attempt is, else planned again."""
        with self._engine.begin() as connection:
            states = _states(connection, deliveries)
            for delivery in deliveries:
                if states[delivery.delivery_id] == State.SENDING:
                    target = State.IN_DOUBT if delivery.delivery_id in doubted else State.PLANNED
                    _move(connection, delivery, State.SENDING, target, now)

    def renew_key(self, delivery: Delivery) -> Delivery:
        """The delivery under its next idempotency key, for destinations that refuse the key of a failed attempt."""
        renewed = replace(delivery, key_generation=delivery.key_generation + 1)
        values = {"key_generation": renewed.key_generation, "idempotency_key": renewed.idempotency_key}
        with self._engine.begin() as connection:
            connection.execute(
                update(DELIVERIES).where(DELIVERIES.c.delivery_id == delivery.delivery_id).values(**values)
            )
        return renewed

    def _settle(
        self,
        connection: Connection,
        deliveries: Sequence[Delivery],
        outcomes: Mapping[str, Outcome | None],
        now: datetime,
    ) -> None:
        states = _states(connection, deliveries)
        for delivery in deliveries:
            outcome = outcomes[delivery.record_key]
            target = _STATE_AFTER.get(outcome.result) if outcome is not None else None
            if outcome is None or target is None or states[delivery.delivery_id] == target:
                continue
            said = {"kind": outcome.kind, "code": outcome.code or None, "message": outcome.message or None}
            _move(
                connection,
                delivery,
                states[delivery.delivery_id],
                target,
                now,
                said | {"destination_id": outcome.destination_id},
            )
            if target is State.ACCEPTED:
                _remember(connection, delivery, now)


def _move(
    connection: Connection,
    delivery: Delivery,
    state: str,
    target: State,
    now: datetime,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Take one step of the table of transitions; StopSync when there is no such step."""
    if target not in TRANSITIONS[State(state)]:
        raise StopSync(f"delivery {delivery.delivery_id} is {state} and can not become {target}", code="bad_transition")
    row = {"state": target, "state_at": now, **(values or {})}
    connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_id == delivery.delivery_id).values(**row))


def _remember(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Make this delivery the newest accepted one of its record."""
    record = (ACCEPTED.c.sync == delivery.sync) & (ACCEPTED.c.record_key == delivery.record_key)
    connection.execute(delete(ACCEPTED).where(record))
    stored = select(
        DELIVERIES.c.sync,
        DELIVERIES.c.record_key,
        DELIVERIES.c.delivery_id,
        DELIVERIES.c.fingerprint,
        DELIVERIES.c.quick,
        # The engine that made the quick mark, which need not be the one running now.
        DELIVERIES.c.engine,
        bindparam("accepted_at", now, ACCEPTED.c.accepted_at.type),
    ).where(DELIVERIES.c.delivery_id == delivery.delivery_id)
    connection.execute(insert(ACCEPTED).from_select([column.name for column in ACCEPTED.c], stored))


def _states(connection: Connection, deliveries: Sequence[Delivery]) -> dict[str, str]:
    ids = [delivery.delivery_id for delivery in deliveries]
    wanted = select(DELIVERIES.c.delivery_id, DELIVERIES.c.state).where(DELIVERIES.c.delivery_id.in_(ids))
    return {row[0]: row[1] for row in connection.execute(wanted.with_for_update())}


def _attempt_counts(connection: Connection, deliveries: Sequence[Delivery]) -> dict[str, int]:
    ids = [delivery.delivery_id for delivery in deliveries]
    counted = select(ATTEMPTS.c.delivery_id, func.count()).where(ATTEMPTS.c.delivery_id.in_(ids))
    return {row[0]: row[1] for row in connection.execute(counted.group_by(ATTEMPTS.c.delivery_id))}


def _plan_row(plan: Plan, plan_id: str, number: int, now: datetime) -> dict[str, Any]:
    return {
        "plan_id": plan_id,
        "number": number,
        "sync": plan.sync,
        "plan_hash": plan.plan_hash,
        "created_at": now,
        "creates": plan.count(Action.CREATE),
        "updates": plan.count(Action.UPDATE),
        "noops": plan.noops,
        "skipped": canonical_json.dumps([asdict(item) for item in plan.skipped]),
        "breaches": canonical_json.dumps(plan.breaches),
        "money_minor": canonical_json.dumps(plan.money_minor),
    }


def _delivery_row(delivery: Delivery, sync: Sync, position: int, now: datetime) -> dict[str, Any]:
    shared = ("delivery_id", "plan_id", "sync", "destination", "object", "record_key", "action", "reason", "source_key")
    same = ("money_minor", "currency_code", "fingerprint", "quick", "intention", "key_generation", "idempotency_key")
    return {
        **{name: getattr(delivery, name) for name in (*shared, *same)},
        "position": position,
        "lane": int(sync.lane),
        "payload": canonical_json.dumps(delivery.payload),
        "lines": canonical_json.dumps(delivery.lines),
        "changes": canonical_json.dumps([asdict(change) for change in delivery.changes]),
        "engine": ENGINE,
        "state": State.PLANNED,
        "planned_at": now,
        "state_at": now,
    }


def _outcome_row(attempt: Attempt, outcome: Outcome | None, answer: Answer | None, now: datetime) -> dict[str, Any]:
    return {
        "attempt_id": attempt.attempt_id,
        "result": outcome.result if outcome is not None else "absent",
        "kind": outcome.kind if outcome is not None else None,
        "code": (outcome.code or None) if outcome is not None else None,
        "message": (outcome.message or None) if outcome is not None else None,
        "http_status": answer.status if answer is not None else None,
        "provider_request_id": answer.request_id if answer is not None else None,
        "finished_at": now,
    }
