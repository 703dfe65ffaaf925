"""Which syncs have something to send again, and since when: what a retry sensor asks the ledger. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, or_, select

from reverse_etl.delivery_states import State
from reverse_etl.ledger_tables import DELIVERIES, PLANS

# A delivery that was approved or left in doubt this very moment is most likely in the hands of a run that still lives.
GRACE = timedelta(minutes=1)


@dataclass(frozen=True)
class Due:
    """Something of a sync may go out again. `since` is the newest moment at which that became true.

    `replan`: a refused record may be tried anew, which needs a plan first.
    """

    sync: str
    deliveries: int
    since: datetime
    replan: bool


def due_syncs(connection: Connection, now: datetime) -> list[Due]:
    """Syncs with deliveries that wait and are due, whose sender's lease has ended, or that a person asked to retry."""
    found: dict[str, Due] = {}
    for replan, wanted in ((False, _waiting(now)), (True, _retried(now))):
        for row in connection.execute(wanted).mappings():
            sync, before = str(row["sync"]), found.get(str(row["sync"]))
            found[sync] = Due(
                sync=sync,
                deliveries=row["found"] + (before.deliveries if before else 0),
                since=max(row["since"], before.since) if before else row["since"],
                replan=replan,
            )
    return sorted(found.values(), key=lambda due: due.sync)


def _waiting(now: datetime) -> Select[Any]:
    settled = DELIVERIES.c.state_at <= now - GRACE
    approved = and_(DELIVERIES.c.state == State.APPROVED, PLANS.c.plan_status != "canary_failed")
    rests = or_(approved, DELIVERIES.c.state == State.IN_DOUBT)
    due = or_(and_(DELIVERIES.c.due_at.is_(None), settled), DELIVERIES.c.due_at <= now)
    lapsed = and_(DELIVERIES.c.state == State.SENDING, DELIVERIES.c.leased_until <= now)
    moment = func.coalesce(DELIVERIES.c.due_at, DELIVERIES.c.leased_until, DELIVERIES.c.state_at)
    return (
        select(DELIVERIES.c.sync, func.count().label("found"), func.max(moment).label("since"))
        .join(PLANS, PLANS.c.plan_id == DELIVERIES.c.plan_id)
        .where(or_(and_(rests, due), lapsed))
        .group_by(DELIVERIES.c.sync)
    )


def _retried(now: datetime) -> Select[Any]:
    """Refused deliveries that a person let go again: their `due_at`, otherwise empty at the end, says since when."""
    newer = DELIVERIES.alias("newer")
    taken_up = exists().where(
        newer.c.sync == DELIVERIES.c.sync,
        newer.c.record_key == DELIVERIES.c.record_key,
        newer.c.planned_at > DELIVERIES.c.due_at,
    )
    return (
        select(DELIVERIES.c.sync, func.count().label("found"), func.max(DELIVERIES.c.due_at).label("since"))
        .where(DELIVERIES.c.state == State.REJECTED, DELIVERIES.c.due_at <= now, ~taken_up)
        .group_by(DELIVERIES.c.sync)
    )
