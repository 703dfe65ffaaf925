"""Whether a stored plan may be sent: its states, who approved it, and what still needs a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from reverse_etl.delivery_states import UNSENT
from reverse_etl.ledger_store import reader
from reverse_etl.ledger_tables import DELIVERIES, MODEL, PLANS
from reverse_etl.operations_tables import APPROVALS
from reverse_etl.sync import Sync

LIMITS = "limits"
# What a plan's status may say besides "open".
CANARY_FAILED, CANARY_PASSED = "canary_failed", "canary_passed"


@dataclass(frozen=True)
class PlanStanding:
    """A stored plan without its deliveries. `approved_by`: the people who approved exactly this content."""

    plan_id: str
    plan_hash: str
    sync: str
    number: int
    plan_status: str
    breaches: tuple[str, ...]
    states: Mapping[str, int]
    approved_by: tuple[str, ...]


def standing(engine: Engine, reference: str) -> PlanStanding | None:
    """The newest plan of this id or hash; None when the ledger knows none."""
    wanted = select(PLANS).where((PLANS.c.plan_id == reference) | (PLANS.c.plan_hash == reference))
    with reader(engine) as connection:
        row = connection.execute(wanted.order_by(PLANS.c.number.desc()).limit(1)).mappings().first()
        if row is None:
            return None
        mine = DELIVERIES.c.plan_id == row["plan_id"]
        counted = select(DELIVERIES.c.state, func.count()).where(mine).group_by(DELIVERIES.c.state)
        states = {item[0]: item[1] for item in connection.execute(counted)}
        approvals = (APPROVALS.c.plan_id == row["plan_id"]) & (APPROVALS.c.plan_hash == row["plan_hash"])
        people: Sequence[str] = connection.execute(select(APPROVALS.c.approved_by).where(approvals)).scalars().all()
        approved_by = tuple(sorted(name for name in people if name != LIMITS))
    return PlanStanding(
        plan_id=row["plan_id"],
        plan_hash=row["plan_hash"],
        sync=row["sync"],
        number=row["number"],
        plan_status=row["plan_status"],
        breaches=tuple(json.loads(row["breaches"])),
        states=states,
        approved_by=approved_by,
    )


def newest_plan_id(engine: Engine, sync: str) -> str | None:
    """The newest plan of all records of a sync; one of some records replaces those records' deliveries, not a plan."""
    whole = select(PLANS.c.plan_id).where(PLANS.c.sync == sync, PLANS.c.scope == MODEL)
    with reader(engine) as connection:
        return connection.execute(whole.order_by(PLANS.c.number.desc()).limit(1)).scalar()


def needs_person(engine: Engine, found: PlanStanding, sync: Sync) -> list[str]:
    """Why a plan may not go without a person; empty when nobody is needed or enough people have approved it.

    What has nothing left to send waits for nobody: there is nothing in it that a person could let go.
    """
    if len(found.approved_by) >= sync.limits.approvers or not any(found.states.get(state) for state in UNSENT):
        return []
    failed = _canary_failed_since_a_person(engine, found)
    reasons = [*found.breaches, *([f"the canary of {failed} failed"] if failed else [])]
    if reasons and found.approved_by:
        reasons.append(f"{len(found.approved_by)} of {sync.limits.approvers} people approved it")
    return reasons


def _canary_failed_since_a_person(engine: Engine, found: PlanStanding) -> str | None:
    """The newest earlier plan of the sync whose canary failed, unless a person has let a later one go since."""
    failed = select(PLANS.c.plan_id, PLANS.c.number).where(
        PLANS.c.sync == found.sync, PLANS.c.number < found.number, PLANS.c.plan_status == CANARY_FAILED
    )
    passed = (
        select(func.max(PLANS.c.number))
        .join(APPROVALS, APPROVALS.c.plan_id == PLANS.c.plan_id)
        .where(PLANS.c.sync == found.sync, APPROVALS.c.approved_by != LIMITS)
    )
    with reader(engine) as connection:
        row = connection.execute(failed.order_by(PLANS.c.number.desc()).limit(1)).first()
        if row is None:
            return None
        newest: str = row[0]
        return newest if row[1] >= (connection.execute(passed).scalar() or 0) else None
