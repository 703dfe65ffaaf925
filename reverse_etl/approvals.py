"""Who lets a plan go: `limits` where it breaks none, else as many different people as its declaration asks for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from reverse_etl import audit, exception_queue, plan_inputs
from reverse_etl import claim_statements as statements
from reverse_etl.delivery_states import UNSENT, State
from reverse_etl.errors import ConfigurationError, StopSync
from reverse_etl.ledger_tables import DECLARATIONS, DELIVERIES, PLANS
from reverse_etl.operations_tables import APPROVALS

LIMITS = "limits"


@dataclass(frozen=True)
class Approval:
    """Where the approval of a plan stands after somebody approved it."""

    plan_id: str
    plan_hash: str
    sync: str
    approved_by: tuple[str, ...]
    needed: int
    # Deliveries that may be sent now.
    approved: int

    @property
    def is_complete(self) -> bool:
        return len(self.approved_by) >= self.needed


def approve(connection: Connection, reference: str, by: str, because: str, now: datetime) -> Approval:
    """A person lets a plan (by id or hash) go, within the caller's transaction; audited.

    Counts different people against what the declaration asked for when the plan was made; with the last one needed its
    deliveries become `approved`. Raises ConfigurationError for an unknown plan or a missing name or reason, StopSync
    for a plan of which nothing can be sent any more.
    """
    who = _named(by, because)
    row = _plan(connection, reference)
    _require_open(connection, row)
    people = _people(connection, row)
    if who.casefold() not in {name.casefold() for name in people}:
        values = {"plan_id": row["plan_id"], "plan_hash": row["plan_hash"], "approved_by": who}
        statements.insert(connection, APPROVALS, [{**values, "because": because.strip(), "approved_at": now}])
        people = (*people, who)
    needed = _needed(connection, row)
    approved = _let_go(connection, row["plan_id"], now) if len(people) >= needed else 0
    if len(people) >= needed:
        exception_queue.close_codes(connection, row["sync"], ["over_limits"], f"approved by {', '.join(people)}", now)
    audit.append(
        connection,
        who=who,
        action="approve",
        subject=row["plan_id"],
        because=because,
        details={
            "plan_hash": row["plan_hash"],
            "breaches": json.loads(row["breaches"]),
            "people": list(people),
            "needed": needed,
            "deliveries": approved,
        },
        now=now,
    )
    return Approval(row["plan_id"], row["plan_hash"], row["sync"], people, needed, approved)


def approve_within_limits(connection: Connection, plan_id: str, now: datetime) -> bool:
    """Let a plan go that breaks no limit; False, and nothing done, when it breaks one."""
    row = _plan(connection, plan_id)
    if json.loads(row["breaches"]) or row["plan_status"] == "canary_failed":
        return False
    known = select(APPROVALS.c.approved_by).where(APPROVALS.c.plan_id == plan_id, APPROVALS.c.approved_by == LIMITS)
    if connection.execute(known).first() is None:
        note_within_limits(connection, plan_id, row["plan_hash"], now)
    _let_go(connection, plan_id, now)
    return True


def note_within_limits(connection: Connection, plan_id: str, plan_hash: str, now: datetime) -> None:
    """Write down that a plan's own limits let it go; for whoever stores its deliveries as approved from the start."""
    said = {"because": "it breaks no limit of its sync", "approved_at": now, "approved_by": LIMITS}
    statements.insert(connection, APPROVALS, [{"plan_id": plan_id, "plan_hash": plan_hash, **said}])


def approved_by(connection: Connection, plan_id: str) -> tuple[str, ...]:
    """Who let this plan go, in order; `limits` where it kept within them."""
    wanted = select(APPROVALS.c.approved_by).where(APPROVALS.c.plan_id == plan_id)
    return tuple(connection.execute(wanted.order_by(APPROVALS.c.approved_at, APPROVALS.c.approved_by)).scalars())


def _named(by: str, because: str) -> str:
    who = audit.storable(" ".join(by.split()))
    if not who or not because.strip():
        raise ConfigurationError("approve: say who does it and why (--by NAME --because TEXT)", code="no_reason")
    if who.casefold() == LIMITS:
        raise ConfigurationError(f"'{LIMITS}' is the name of a plan's own limits: give a person's", code="no_reason")
    return who


def _plan(connection: Connection, reference: str) -> RowMapping:
    """The newest plan of this id or hash."""
    wanted = select(PLANS).where((PLANS.c.plan_id == reference) | (PLANS.c.plan_hash == reference))
    newest = wanted.order_by(PLANS.c.created_at.desc(), PLANS.c.number.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    if row is None:
        raise ConfigurationError(f"there is no plan '{reference}' in the ledger: make one first", code="unknown_plan")
    return row


def _require_open(connection: Connection, row: RowMapping) -> None:
    plan_id = row["plan_id"]
    if row["plan_status"] == "canary_failed":
        raise StopSync(f"the canary of plan {plan_id} failed: make a new plan and read it", code=row["plan_status"])
    mine = select(DELIVERIES.c.state).where(DELIVERIES.c.plan_id == plan_id).distinct()
    states: set[str] = set(connection.execute(mine).scalars())
    if State.SUPERSEDED in states:
        newest = select(PLANS.c.plan_id).where(PLANS.c.sync == row["sync"]).order_by(PLANS.c.number.desc()).limit(1)
        newer = connection.execute(newest).scalar()
        raise StopSync(f"plan {plan_id} is superseded by {newer}: read and approve that", code="superseded")
    if not states & {*UNSENT}:
        raise StopSync(f"plan {plan_id} has nothing left to send", code="nothing_to_approve")


def _people(connection: Connection, row: RowMapping) -> tuple[str, ...]:
    """Who approved exactly this content, in order."""
    mine = (APPROVALS.c.plan_id == row["plan_id"]) & (APPROVALS.c.plan_hash == row["plan_hash"])
    wanted = select(APPROVALS.c.approved_by).where(mine, APPROVALS.c.approved_by != LIMITS)
    return tuple(connection.execute(wanted.order_by(APPROVALS.c.approved_at, APPROVALS.c.approved_by)).scalars())


def _needed(connection: Connection, row: RowMapping) -> int:
    wanted = select(DECLARATIONS.c.declaration).where(
        DECLARATIONS.c.sync == row["sync"], DECLARATIONS.c.version == row["declaration"]
    )
    text = connection.execute(wanted).scalar()
    # A plan of a store older than the declarations.
    return plan_inputs.read_declaration(text).limits.approvers if text is not None else 1


def _let_go(connection: Connection, plan_id: str, now: datetime) -> int:
    planned: Any = (DELIVERIES.c.plan_id == plan_id) & (DELIVERIES.c.state == State.PLANNED)
    return connection.execute(update(DELIVERIES).where(planned).values(state=State.APPROVED, state_at=now)).rowcount
