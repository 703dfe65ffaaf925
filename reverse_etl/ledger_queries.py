"""What can be asked of the ledger; nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
)

from reverse_etl.comparison import ENGINE, Accepted
from reverse_etl.delivery import DELETED
from reverse_etl.delivery_states import OPEN, UNSETTLED, State
from reverse_etl.ledger_memory import read_memory
from reverse_etl.ledger_store import reader
from reverse_etl.ledger_tables import ACCEPTED, ATTEMPTS, DELIVERIES, DEPENDENCIES, OUTCOMES, PLANS
from reverse_etl.memory import Memory
from reverse_etl.plan import Action, Change, Delivery, Plan, Skipped

# Below SQLite's limit of parameters in one statement.
_KEYS_PER_QUERY = 5_000
_ROWS_PER_FETCH = 100_000
_MARKS_PER_FETCH = 10_000
_TYPES = dict.fromkeys(("position", "lane", "money_minor", "key_generation", "fence", "tries"), pa.int64())
_TIMES = (
    "planned_at",
    "state_at",
    "started_at",
    "finished_at",
    "leased_until",
    "due_at",
    "heard_at",
    "happened_at",
    "acknowledged_at",
)


class LedgerQueries:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accepted_marks(self, sync: str) -> Accepted:
        """Marks of all accepted records of a sync; fingerprints only when some quick marks are another engine's."""
        mine = select(ACCEPTED.c.quick).where(ACCEPTED.c.sync == sync, ACCEPTED.c.engine == ENGINE)
        foreign = select(func.count()).where(ACCEPTED.c.sync == sync, ACCEPTED.c.engine != ENGINE)
        marks = select(ACCEPTED.c.record_key, ACCEPTED.c.fingerprint).where(ACCEPTED.c.sync == sync)
        with reader(self._engine) as connection:
            quick = _columns(connection, mine, {"quick": pa.int64()})
            if not connection.execute(foreign).scalar_one():
                return Accepted(quick, keys=partial(self._accepted_keys, sync))
            known = _columns(connection, marks, {"record_key": pa.string(), "fingerprint": pa.string()})
            return Accepted(quick, known, partial(self._accepted_keys, sync))

    def _accepted_keys(self, sync: str) -> pa.Table:
        """Records the destination has accepted and not given back."""
        wanted = select(ACCEPTED.c.record_key).where(ACCEPTED.c.sync == sync, ACCEPTED.c.fingerprint != DELETED)
        with reader(self._engine) as connection:
            return _columns(connection, wanted, {"record_key": pa.string()})

    def memory(self, sync: str, record_keys: Sequence[str], read_at: Mapping[str, datetime] | None = None) -> Memory:
        """What is known about these records: last accepted, unsettled, refused, chosen, and heard of after `read_at`."""
        with reader(self._engine) as connection:
            return read_memory(connection, sync, list(_chunks(record_keys)), read_at or {})

    def plan(self, reference: str) -> Plan | None:
        """The stored plan of this id or hash, newest first, with its deliveries as they are now."""
        wanted = select(PLANS).where((PLANS.c.plan_id == reference) | (PLANS.c.plan_hash == reference))
        with reader(self._engine) as connection:
            row = connection.execute(wanted.order_by(PLANS.c.number.desc()).limit(1)).mappings().first()
        return self._plan(row) if row is not None else None

    def deliveries(
        self, plan_id: str, states: Sequence[State] = tuple(State), most: int | None = None
    ) -> tuple[Delivery, ...]:
        """Deliveries of a plan in these states, in the plan's order; at most so many."""
        wanted = select(DELIVERIES).where(DELIVERIES.c.plan_id == plan_id, DELIVERIES.c.state.in_(states))
        return self._deliveries(wanted.order_by(DELIVERIES.c.position).limit(most))

    def unsettled(self, sync: str) -> tuple[Delivery, ...]:
        """Deliveries of a sync whose effect nobody knows, oldest first."""
        wanted = select(DELIVERIES).where(DELIVERIES.c.sync == sync, DELIVERIES.c.state.in_(UNSETTLED))
        return self._deliveries(wanted.order_by(DELIVERIES.c.planned_at, DELIVERIES.c.position))

    def due(
        self,
        destination: str,
        syncs: Sequence[str],
        holder: str,
        limit: int,
        taken: Collection[str] = (),
        only: Collection[str] | None = None,
    ) -> tuple[Delivery, ...]:
        """What of these syncs may be sent and was not let go by this worker before: doubts first, then by lane and plan.

        At most `limit`, and none that is `taken`.
        """
        wanted = _sendable(destination, syncs, holder).order_by(
            case((DELIVERIES.c.state == State.IN_DOUBT, 0), else_=1),
            DELIVERIES.c.lane,
            PLANS.c.number,
            DELIVERIES.c.position,
        )
        if only is not None:
            wanted = wanted.where(DELIVERIES.c.delivery_id.in_(sorted(only)))
        with reader(self._engine) as connection:
            # The ids alone are put in order: whole rows would be, too, for a backlog of which a few are wanted.
            ids = [row[0] for row in connection.execute(wanted.limit(limit + len(taken)))]
            ids = [delivery_id for delivery_id in ids if delivery_id not in taken][:limit]
            found = {found.delivery_id: found for part in _chunks(ids) for found in _by_ids(connection, part)}
        return tuple(found[delivery_id] for delivery_id in ids)

    def waiting(self, sync: str) -> dict[str, int]:
        """How many deliveries of a sync are in each state that is not an end."""
        counted = select(DELIVERIES.c.state, func.count()).where(
            DELIVERIES.c.sync == sync, DELIVERIES.c.state.in_(OPEN)
        )
        with reader(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(counted.group_by(DELIVERIES.c.state))}

    def is_sending(self, destination: str, now: datetime) -> bool:
        """Is a request of some living worker to this destination under way?"""
        under_way = and_(DELIVERIES.c.destination == destination, DELIVERIES.c.state == State.SENDING)
        wanted = select(DELIVERIES.c.delivery_id).where(under_way, DELIVERIES.c.leased_until > now).limit(1)
        with reader(self._engine) as connection:
            return connection.execute(wanted).first() is not None

    def upstream_ids(self, delivery_ids: Sequence[str]) -> dict[str, str]:
        """The destination's ids of the documents these deliveries waited for, by record key; what gave none is left out."""
        needed = DEPENDENCIES.join(
            ACCEPTED,
            and_(
                ACCEPTED.c.sync == DEPENDENCIES.c.upstream_sync,
                ACCEPTED.c.record_key == DEPENDENCIES.c.upstream_key,
            ),
        ).join(DELIVERIES, DELIVERIES.c.delivery_id == ACCEPTED.c.delivery_id)
        wanted = select(DEPENDENCIES.c.upstream_key, DELIVERIES.c.destination_id).select_from(needed)
        chosen = wanted.where(
            DEPENDENCIES.c.delivery_id.in_(delivery_ids),
            DELIVERIES.c.destination_id.is_not(None),
            DELIVERIES.c.destination_id != "",
        )
        with reader(self._engine) as connection:
            return {row.upstream_key: row.destination_id for row in connection.execute(chosen)}

    def blocked(self, sync: str) -> tuple[tuple[Delivery, str], ...]:
        """Approved deliveries of a sync that wait for an upstream document, each with that document's key."""
        waits = and_(DELIVERIES.c.sync == sync, DELIVERIES.c.state == State.APPROVED, _is_blocked())
        keys = select(DEPENDENCIES.c.delivery_id, func.min(DEPENDENCIES.c.upstream_key).label("upstream"))
        named = keys.group_by(DEPENDENCIES.c.delivery_id).subquery()
        wanted = select(DELIVERIES, named.c.upstream).join(named, named.c.delivery_id == DELIVERIES.c.delivery_id)
        with reader(self._engine) as connection:
            rows = connection.execute(wanted.where(waits).order_by(DELIVERIES.c.position)).mappings().all()
            return tuple(zip(read_deliveries(rows), [row["upstream"] for row in rows], strict=True))

    def request_keys(self, delivery_ids: Sequence[str]) -> dict[str, str]:
        """The key under which each delivery was last written, where it was."""
        found: dict[str, str] = {}
        with reader(self._engine) as connection:
            for ids in _chunks(delivery_ids):
                wanted = select(ATTEMPTS.c.delivery_id, ATTEMPTS.c.request_key).where(
                    ATTEMPTS.c.delivery_id.in_(ids), ATTEMPTS.c.purpose == "write"
                )
                found.update((row[0], row[1]) for row in connection.execute(wanted.order_by(ATTEMPTS.c.started_at)))
        return found

    def attempts(self, delivery_id: str) -> list[dict[str, Any]]:
        """Every request made for a delivery with what came of it; result None = never heard of again."""
        wanted = _attempts_with_outcomes().where(ATTEMPTS.c.delivery_id == delivery_id)
        with reader(self._engine) as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]

    def export_arrow(self) -> dict[str, pa.Table]:
        """Deliveries and attempts as they are, for `raw_ledger` in the warehouse."""
        deliveries = select(*(column for column in DELIVERIES.c if column.name not in ("quick", "engine")))
        with reader(self._engine) as connection:
            return {
                "deliveries": _export(connection, deliveries),
                "attempts": _export(connection, _attempts_with_outcomes()),
            }

    def _deliveries(self, wanted: Select[Any]) -> tuple[Delivery, ...]:
        with reader(self._engine) as connection:
            return tuple(read_deliveries(connection.execute(wanted).mappings()))

    def _plan(self, row: RowMapping) -> Plan:
        return Plan(
            sync=row["sync"],
            deliveries=self.deliveries(row["plan_id"]),
            noops=row["noops"],
            skipped=tuple(Skipped(**{**item, "action": Action(item["action"])}) for item in json.loads(row["skipped"])),
            breaches=tuple(json.loads(row["breaches"])),
            plan_id=row["plan_id"],
            created_at=row["created_at"],
            status=row["plan_status"],
            stored_hash=row["plan_hash"],
        )


def _sendable(destination: str, syncs: Sequence[str], holder: str) -> Select[Any]:
    """Ids of deliveries; what has ended is passed over by the index, however much of it there is."""
    approved = and_(DELIVERIES.c.state == State.APPROVED, PLANS.c.plan_status != "canary_failed", not_(_is_blocked()))
    return (
        select(DELIVERIES.c.delivery_id)
        .join(PLANS, PLANS.c.plan_id == DELIVERIES.c.plan_id)
        .where(
            DELIVERIES.c.destination == destination,
            DELIVERIES.c.state.in_((State.IN_DOUBT, State.APPROVED)),
            DELIVERIES.c.sync.in_(syncs),
            or_(DELIVERIES.c.state == State.IN_DOUBT, approved),
            or_(DELIVERIES.c.holder.is_(None), DELIVERIES.c.holder != holder),
        )
    )


# The times and names of a claim are not part of what the engine works with, and each time costs its parsing. The key is
# stored beside the intention it is made of: it need not be made again.
_READ_NAMES = [
    name for name in (*(field.name for field in fields(Delivery)), "idempotency_key") if name in DELIVERIES.c
]
_READ = tuple(DELIVERIES.c[name] for name in _READ_NAMES)
_ACTIONS = {str(action): action for action in Action}


def _by_ids(connection: Connection, delivery_ids: Sequence[str]) -> list[Delivery]:
    return read_deliveries(
        connection.execute(select(*_READ).where(DELIVERIES.c.delivery_id.in_(delivery_ids))).mappings()
    )


def _is_blocked() -> ColumnElement[bool]:
    """Does a document wait for one that was never accepted? A model that knows of nothing to wait for leaves the key empty."""
    needed = DEPENDENCIES.alias("needed")
    there = exists().where(ACCEPTED.c.sync == needed.c.upstream_sync, ACCEPTED.c.record_key == needed.c.upstream_key)
    return exists().where(needed.c.delivery_id == DELIVERIES.c.delivery_id, not_(there))


def read_deliveries(stored: Iterable[RowMapping]) -> list[Delivery]:
    """Stored rows as the frozen values the engine works with. The JSON texts of all rows are read as one."""
    rows = [{name: row[name] for name in _READ_NAMES} for row in stored]
    texts = ([row[name] for row in rows] for name in ("payload", "lines", "changes"))
    opened = (json.loads(f"[{','.join(each)}]") for each in texts)
    for row, payload, lines, changes in zip(rows, *opened, strict=True):
        row["action"] = _ACTIONS[row["action"]]
        row["payload"] = payload
        row["lines"] = tuple(lines)
        row["changes"] = tuple([Change(**said) for said in changes])
    return [Delivery.of(row) for row in rows]


def _attempts_with_outcomes() -> Select[Any]:
    answered = [column for column in OUTCOMES.c if column.name != "attempt_id"]
    joined = ATTEMPTS.outerjoin(OUTCOMES, OUTCOMES.c.attempt_id == ATTEMPTS.c.attempt_id)
    return select(*ATTEMPTS.c, *answered).select_from(joined).order_by(ATTEMPTS.c.started_at, ATTEMPTS.c.attempt_id)


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _KEYS_PER_QUERY):
        yield keys[start : start + _KEYS_PER_QUERY]


def _columns(connection: Connection, wanted: Select[Any], types: dict[str, pa.DataType]) -> pa.Table:
    """A query's rows as Arrow columns, fetched in pieces: a million keys never become a million Python rows at once."""
    schema = pa.schema(list(types.items()))
    # Past SQLAlchemy's rows, straight from the driver's cursor: half the time. Not with `stream_results`: that takes the
    # first rows off the cursor beforehand.
    result = connection.execute(wanted)
    pieces = []
    while rows := result.cursor.fetchmany(_MARKS_PER_FETCH):
        columns = [
            pa.array(column, type=kind) for column, kind in zip(zip(*rows, strict=True), types.values(), strict=True)
        ]
        pieces.append(pa.record_batch(columns, schema=schema))
    return pa.Table.from_batches(pieces, schema=schema)


def _export(connection: Connection, wanted: Select[Any]) -> pa.Table:
    schema = pa.schema([(name, _arrow_type(name)) for name in wanted.selected_columns.keys()])  # noqa: SIM118
    result = connection.execute(wanted).mappings()
    pieces = []
    while rows := result.fetchmany(_ROWS_PER_FETCH):
        pieces.append(pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=schema))
    return pa.Table.from_batches(pieces, schema=schema)


def _arrow_type(name: str) -> pa.DataType:
    if name in _TIMES:
        return pa.timestamp("us", tz="UTC")
    return pa.int64() if name == "http_status" else _TYPES.get(name, pa.string())
