"""Puts plans into the operational store: one transaction for a plan with all that comes with it.

A new plan supersedes what older plans of its sync have not sent, so only the newest value of a record ever goes out; but
for what was planned from newer events than it knows (foreknowledge.py). What a superseded delivery had gathered for the same intention (its key, tries and due time) goes over to its successor.
The store lets one writing transaction in at a time, so numbers have no gaps and no approval meets a new plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, func, select, update

from reverse_etl import canonical_json, drift_store, foreknowledge, plan_findings, rule_versions
from reverse_etl import claim_statements as statements
from reverse_etl.approvals import Approval, approve, approve_within_limits, approved_by
from reverse_etl.comparison import ENGINE
from reverse_etl.delivery_states import UNSENT, UNSETTLED, State
from reverse_etl.errors import StopSync
from reverse_etl.ledger_queries import LedgerQueries
from reverse_etl.ledger_tables import ACCEPTED, DELIVERIES, DEPENDENCIES, MODEL, PLAN_INPUTS, PLANS
from reverse_etl.plan import Action, Delivery, Plan
from reverse_etl.rule_versions import ModelCode
from reverse_etl.sync import Mode, Sync

__all__ = ["Approval", "append", "approve", "approve_within_limits", "store_plan", "supersede"]

# Below SQLite's limit of parameters in one statement.
_KEYS_PER_QUERY = 5_000
_T = TypeVar("_T")
_NEWEST_NUMBER = "select max(number) from plans where sync = :sync"


def store_plan(
    engine: Engine,
    queries: LedgerQueries,
    sync: Sync,
    plan: Plan,
    now: datetime,
    inputs: bytes | None = None,
    snapshot: int | None = None,
    code: ModelCode | None = None,
    read_at: Mapping[str, datetime] | None = None,
) -> Plan:
    """Append a plan and its deliveries, superseding what older plans of the sync have not sent.

    A plan equal to the newest one of which nothing was sent is that one. Raises StopSync, with nothing stored, when one
    of its records was sent or accepted, or planned from newer events than `read_at`, after the ledger was read for this
    plan: it would be sent twice, or undone.
    """
    with engine.begin() as connection:
        newer = foreknowledge.unsent_ahead(connection, sync.name, read_at or {})
        _refuse_overtaken(connection, plan, newer)
        version = rule_versions.of_plan(connection, sync, code, now)
        same = _same_as_newest(connection, plan, version)
        if same is None:
            begun = supersede(connection, DELIVERIES.c.sync == sync.name, now, newer)
            stored = append(connection, sync, plan, now, version, snapshot, begun)
            if inputs is not None:
                statements.insert(connection, PLAN_INPUTS, [{"plan_id": stored.plan_id, "inputs": inputs}])
        else:
            people = approved_by(connection, same["plan_id"])
            stored = replace(plan, plan_id=same["plan_id"], created_at=same["created_at"], approved_by=people)
        if sync.mode is not Mode.CREATE:
            # Documents are not planned again: an edit of one is found by reading it back, and ends there.
            drift_store.keep(connection, sync.name, plan.drifts, now)
        plan_findings.report(connection, sync, stored, now)
    if same is None:
        return stored
    return replace(stored, deliveries=queries.deliveries(stored.plan_id), stored_hash=same["plan_hash"])


def _refuse_overtaken(connection: Connection, plan: Plan, newer: Collection[str]) -> None:
    follows = {delivery.record_key: delivery.follows for delivery in plan.deliveries}
    overtaken = not follows.keys().isdisjoint(newer)
    for keys in _chunks(sorted(follows)):
        in_the_air = select(DELIVERIES.c.record_key).where(
            DELIVERIES.c.sync == plan.sync, DELIVERIES.c.state.in_(UNSETTLED), DELIVERIES.c.record_key.in_(keys)
        )
        overtaken = overtaken or connection.execute(in_the_air.limit(1)).first() is not None
        last = select(ACCEPTED.c.record_key, ACCEPTED.c.delivery_id).where(
            ACCEPTED.c.sync == plan.sync, ACCEPTED.c.record_key.in_(keys)
        )
        newest = {row[0]: row[1] for row in connection.execute(last)}
        overtaken = overtaken or any(newest.get(key, "") != follows[key] for key in keys)
    if overtaken:
        raise StopSync(
            f"{plan.sync}: a push got ahead of this plan while it was made; plan again", code="plan_overtaken"
        )


def _same_as_newest(connection: Connection, plan: Plan, version: int) -> RowMapping | None:
    """The sync's newest plan when it says the same, under the same declaration, and nothing of it was begun.

    Under other SQL it is the same plan all the same: what a person approved is its content.
    """
    whole = select(PLANS).where(PLANS.c.sync == plan.sync, PLANS.c.scope == MODEL)
    row = connection.execute(whole.order_by(PLANS.c.number.desc()).limit(1)).mappings().first()
    if row is None or row["plan_status"] != "open":
        return None
    if not rule_versions.declare_the_same(connection, plan.sync, row["declaration"], version):
        return None
    says = {"plan_hash": plan.plan_hash, "skipped": _skipped(plan), "breaches": canonical_json.dumps(plan.breaches)}
    if any(row[name] != value for name, value in says.items()):
        return None
    begun = select(func.count()).where(DELIVERIES.c.plan_id == row["plan_id"], DELIVERIES.c.state.not_in(UNSENT))
    return row if not connection.execute(begun).scalar_one() else None


def append(
    connection: Connection,
    sync: Sync,
    plan: Plan,
    now: datetime,
    version: int,
    snapshot: int | None,
    begun: Mapping[str, Mapping[str, Any]],
    scope: str = MODEL,
    noted: Mapping[str, Mapping[str, Any]] | None = None,
    state: State = State.PLANNED,
) -> Plan:
    """Add a plan under the sync's next number. `begun`: what superseded deliveries gathered, by intention; `noted`:
    further columns of a delivery, by record.
    """
    [(newest,)] = statements.ask(connection, _NEWEST_NUMBER, (), sync=sync.name)
    number = (newest or 0) + 1
    plan = replace(plan, stored_hash=plan.plan_hash)
    plan_id = f"{sync.name}-{number}"
    row = _plan_row(plan, plan_id, number, now) | {"declaration": version, "snapshot": snapshot, "scope": scope}
    statements.insert(connection, PLANS, [row])
    stored, rows = [], []
    for position, delivery in enumerate(plan.deliveries, start=1):
        gathered = begun.get(delivery.intention, {})
        generation = max(delivery.key_generation, gathered.get("key_generation", 0))
        made = replace(
            delivery,
            delivery_id=f"{plan_id}/{position}",
            plan_id=plan_id,
            planned_at=now,
            state=state,
            key_generation=generation,
        )
        stored.append(made)
        more = dict((noted or {}).get(delivery.record_key, {}))
        rows.append(_delivery_row(made, sync, position, now, gathered) | more)
    statements.insert(connection, DELIVERIES, rows)
    waits = [
        {"delivery_id": made.delivery_id, "upstream_sync": upstream, "upstream_key": key}
        for made in stored
        for upstream, key in made.depends_on
    ]
    statements.insert(connection, DEPENDENCIES, waits)
    return replace(plan, plan_id=plan_id, created_at=now, deliveries=tuple(stored))


def supersede(
    connection: Connection, about: ColumnElement[bool], now: datetime, kept: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Change what is not sent to "superseded", but for the records kept; what those tried had gathered, by intention."""
    unsent = about & DELIVERIES.c.state.in_(UNSENT)
    if kept:
        unsent &= DELIVERIES.c.record_key.not_in(sorted(kept))
    names = ("intention", "key_generation", "tries", "due_at")
    tried = select(*(DELIVERIES.c[name] for name in names)).where(unsent, DELIVERIES.c.tries > 0)
    gathered = {row["intention"]: dict(row) for row in connection.execute(tried).mappings()}
    connection.execute(update(DELIVERIES).where(unsent).values(state=State.SUPERSEDED, state_at=now))
    return gathered


def _plan_row(plan: Plan, plan_id: str, number: int, now: datetime) -> dict[str, Any]:
    return {
        "plan_id": plan_id,
        "number": number,
        "sync": plan.sync,
        "plan_hash": plan.plan_hash,
        "created_at": now,
        "creates": plan.count(Action.CREATE),
        "updates": plan.count(Action.UPDATE),
        "deletes": plan.count(Action.DELETE),
        "noops": plan.noops,
        "skipped": _skipped(plan),
        "breaches": canonical_json.dumps(plan.breaches),
        "money_minor": canonical_json.dumps(plan.money_minor),
    }


def _skipped(plan: Plan) -> str:
    return canonical_json.dumps([asdict(item) for item in plan.skipped])


def _delivery_row(
    delivery: Delivery, sync: Sync, position: int, now: datetime, gathered: Mapping[str, Any]
) -> dict[str, Any]:
    shared = ("delivery_id", "plan_id", "sync", "destination", "object", "record_key", "action", "reason", "source_key")
    same = ("money_minor", "currency_code", "fingerprint", "quick", "intention", "key_generation", "idempotency_key")
    return {
        **{name: getattr(delivery, name) for name in (*shared, *same)},
        "position": position,
        "lane": int(sync.lane),
        "payload": canonical_json.dumps(delivery.payload),
        "lines": canonical_json.dumps(delivery.lines),
        "changes": canonical_json.dumps([change.as_mapping() for change in delivery.changes]),
        "engine": ENGINE,
        "state": delivery.state,
        "planned_at": now,
        "state_at": now,
        "tries": gathered.get("tries", 0),
        "due_at": gathered.get("due_at"),
    }


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _KEYS_PER_QUERY):
        yield values[start : start + _KEYS_PER_QUERY]
