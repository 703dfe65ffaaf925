"""A plan of some records only, made and stored in one transaction: what the fast lane plans for the keys an event touched.

It supersedes what is unsent of the same records and of nothing else, deletes nothing by absence, and is judged by the
limits of its sync against the whole activation model. Reading what the ledger knows and storing the plan are one
transaction, so no push can get ahead of it; where nothing is to be done, nothing is stored. What is one request and may
leave at once is claimed in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, select

from reverse_etl import claim_statements as statements
from reverse_etl import drift_store, foreknowledge, plan, plan_findings, plan_inputs, rule_versions
from reverse_etl.approvals import note_within_limits
from reverse_etl.claims import Attempt, Claim
from reverse_etl.delivery import Action, Delivery
from reverse_etl.delivery_states import UNSENT, State
from reverse_etl.drift import Drift
from reverse_etl.ledger_memory import read_told, told_of
from reverse_etl.ledger_tables import DELIVERIES, PLAN_INPUTS, RECORDS
from reverse_etl.plan import Memory, Plan, effective_before
from reverse_etl.plan_store import append, supersede
from reverse_etl.rule_versions import ModelCode
from reverse_etl.sync import Sync


@dataclass(frozen=True)
class Handed:
    """Records of one sync as its activation model has them now, handed in by whoever knows that they changed.

    `rows` are as `comparison.marked` gives them, with what the channel is known to show as `observed`, known since
    `shown_at` of the record. `heard_at` is when the oldest event behind a record came in, `happened_at` when it happened
    at its platform, `made_from` up to when each platform had been heard. `held` are records that must not be sent now, each with the reason. `records` counts the
    whole model, `changed_lately` those of it that changed within the hour (each once, quick to be looked for: there may be many).
    `claim` says of what may be sent whether it is claimed with the plan.
    """

    sync: Sync
    rows: Sequence[Mapping[str, Any]]
    records: int
    made_from: Mapping[str, datetime]
    shown_at: Mapping[str, datetime] = field(default_factory=dict)
    heard_at: Mapping[str, datetime] = field(default_factory=dict)
    happened_at: Mapping[str, datetime] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    changed_lately: Collection[str] = ()
    drifts: tuple[Drift, ...] = ()
    snapshot: int | None = None
    code: ModelCode | None = None
    claim: Callable[[Sequence[Delivery]], Claim | None] = lambda deliveries: None


class Planned(NamedTuple):
    """A plan of handed-in records, and the attempts that were written down with it."""

    plan: Plan
    attempts: Sequence[Attempt] = ()


def store(connection: Connection, handed: Handed, now: datetime) -> Plan:
    """Plan the handed-in records and store what is to be sent, approved unless a limit is broken.

    The plan has no id when nothing is to be sent and nothing waits that it would replace.
    """
    sync, keys = handed.sync, sorted(row["record_key"] for row in handed.rows)
    told = told_of(connection, sync.name, keys)
    memory = replace(
        read_told(connection, sync.name, keys, told),
        accepted_records=handed.records,
        unproven={key: reason for key, reason in handed.held.items() if key in keys},
        changed_elsewhere=len(handed.changed_lately) - sum(key in handed.changed_lately for key in keys),
    )
    rows = [_as_shown(handed, row, memory, now) for row in handed.rows]
    made = plan.make(sync, len(rows), rows, memory, now, now)
    made = replace(made, drifts=(*made.drifts, *handed.drifts))
    begun = _supersede(connection, sync, keys, now) if told.of_deliveries else {}
    if made.deliveries:
        made = _append(connection, handed, made, rows, memory, begun, now)
    if made.drifts:
        drift_store.keep(connection, sync.name, made.drifts, now, keys)
    plan_findings.report(connection, sync, made, now, keys, told.of_exceptions)
    return made


def _supersede(
    connection: Connection, sync: Sync, keys: Sequence[str], now: datetime
) -> Mapping[str, Mapping[str, Any]]:
    """What is unsent of these records is superseded; what it had gathered, by intention."""
    about = (DELIVERIES.c.sync == sync.name) & DELIVERIES.c.record_key.in_(keys)
    waits = connection.execute(select(exists().where(about, DELIVERIES.c.state.in_(UNSENT)))).scalar()
    return supersede(connection, about, now) if waits else {}


def _as_shown(handed: Handed, row: Mapping[str, Any], memory: Memory, now: datetime) -> dict[str, Any]:
    """The row with what the destination holds: what it was known to show, or what it accepted from anybody since."""
    key = row["record_key"]
    last = memory.accepted.get(key)
    shown = effective_before(handed.sync, row["observed"], last, handed.shown_at.get(key, now))
    return {**row, "observed": {name: shown[name] for name in row["observed"] if name in shown}}


def _append(
    connection: Connection,
    handed: Handed,
    made: Plan,
    rows: Sequence[Mapping[str, Any]],
    memory: Memory,
    begun: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> Plan:
    sync = handed.sync
    version = rule_versions.of_plan(connection, sync, handed.code, now)
    made_from = foreknowledge.dumps(handed.made_from)
    noted = {
        delivery.record_key: {
            "made_from": made_from,
            "heard_at": handed.heard_at.get(delivery.record_key),
            "happened_at": handed.happened_at.get(delivery.record_key),
        }
        for delivery in made.deliveries
    }
    # What breaks no limit waits for nobody.
    state = State.PLANNED if made.breaches else State.APPROVED
    stored = append(connection, sync, made, now, version, handed.snapshot, begun, RECORDS, noted, state)
    inputs = plan_inputs.pack(sync, len(rows), rows, memory, now, now)
    statements.insert(connection, PLAN_INPUTS, [{"plan_id": stored.plan_id, "inputs": inputs}])
    if not stored.breaches:
        note_within_limits(connection, stored.plan_id, stored.stored_hash, now)
    return stored


def as_delivery(sync: Sync, row: Mapping[str, Any]) -> Delivery:
    """A handed-in row as a delivery that is never sent: what a destination needs to be asked about the record."""
    return Delivery(
        sync=sync.name,
        destination=sync.destination,
        object=sync.object,
        record_key=row["record_key"],
        action=Action.UPDATE,
        payload=row["payload"],
        lines=(),
        changes=(),
        reason=row["reason"] or "",
        source_key=row["source_key"] or "",
        money_minor=None,
        currency_code=None,
        fingerprint=row["fingerprint"],
        quick=row["quick"],
        intention="",
    )
