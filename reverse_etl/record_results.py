"""What a push did, record by record, as a person reads it: the ones that did not arrive first. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, select

from reverse_etl import claim_statements as statements
from reverse_etl.delivery_states import OPEN, State
from reverse_etl.ledger_tables import ATTEMPTS, DELIVERIES, OUTCOMES, PLANS

# Below SQLite's limit of parameters in one statement.
_IDS_PER_QUERY = 5_000
_STANDING = "select delivery_id, state, kind from deliveries where delivery_id in ({ids})"
# How urgent a state is to whoever reads the table; anything else comes last.
_ORDER = {State.REJECTED: 0, State.IN_DOUBT: 1, State.SENDING: 2, State.APPROVED: 3, State.PLANNED: 4}


@dataclass(frozen=True)
class RecordResult:
    """One delivery as it stands after a push, with the destination's last word on it."""

    record_key: str
    action: str
    result: str
    message: str
    provider_request_id: str


@dataclass(frozen=True)
class RecordResults:
    """At most so many results, of how many there are."""

    shown: tuple[RecordResult, ...]
    total: int


def open_ids(connection: Connection, sync: str) -> list[str]:
    """The deliveries of a sync that a push could touch."""
    wanted = select(DELIVERIES.c.delivery_id).where(DELIVERIES.c.sync == sync, DELIVERIES.c.state.in_(OPEN))
    return list(connection.execute(wanted).scalars())


def record_results(
    connection: Connection, open_before: Sequence[str], plan_id: str, since: datetime, limit: int
) -> RecordResults:
    """What became of the deliveries that were open before a push, and of those of its plan that moved since."""
    rank = case(_ORDER, value=DELIVERIES.c.state, else_=9)
    columns = (DELIVERIES.c.delivery_id, rank.label("rank"), DELIVERIES.c.record_key)
    moved = (DELIVERIES.c.plan_id == plan_id) & (DELIVERIES.c.state_at >= since)
    found = set(connection.execute(select(*columns).where(moved, DELIVERIES.c.state != State.SUPERSEDED)).tuples())
    for start in range(0, len(open_before), _IDS_PER_QUERY):
        mine = DELIVERIES.c.delivery_id.in_(open_before[start : start + _IDS_PER_QUERY])
        found.update(connection.execute(select(*columns).where(mine, DELIVERIES.c.state != State.SUPERSEDED)).tuples())
    ranked = sorted(found, key=lambda row: (row[1], row[2]))
    shown = [row[0] for row in ranked[:limit]]
    return RecordResults(_described(connection, shown), len(ranked))


def standing_of(connection: Connection, delivery_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """State and kind of the last word on each of these deliveries."""
    return {row[0]: (row[1], row[2]) for row in statements.ask(connection, _STANDING, delivery_ids)}


def snapshot_of(connection: Connection, plan_id: str) -> int | None:
    """The published snapshot a plan was made from, None when it was made from no snapshot."""
    return connection.execute(select(PLANS.c.snapshot).where(PLANS.c.plan_id == plan_id)).scalar()


def _described(connection: Connection, delivery_ids: Sequence[str]) -> tuple[RecordResult, ...]:
    rows = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_id.in_(delivery_ids))).mappings()
    by_id = {row["delivery_id"]: row for row in rows}
    said = (
        select(ATTEMPTS.c.delivery_id, OUTCOMES.c.provider_request_id, OUTCOMES.c.message)
        .select_from(ATTEMPTS.join(OUTCOMES, OUTCOMES.c.attempt_id == ATTEMPTS.c.attempt_id))
        .where(ATTEMPTS.c.delivery_id.in_(delivery_ids))
        .order_by(OUTCOMES.c.finished_at)
    )
    last = {row["delivery_id"]: row for row in connection.execute(said).mappings()}
    return tuple(
        RecordResult(
            record_key=by_id[delivery_id]["record_key"],
            action=by_id[delivery_id]["action"],
            result=by_id[delivery_id]["state"],
            message=by_id[delivery_id]["message"]
            or (last[delivery_id]["message"] if delivery_id in last else "")
            or "",
            provider_request_id=(last[delivery_id]["provider_request_id"] if delivery_id in last else "") or "",
        )
        for delivery_id in delivery_ids
    )
