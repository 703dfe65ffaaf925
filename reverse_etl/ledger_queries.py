"""What can be asked of the ledger; nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, RowMapping, Select, func, select

from reverse_etl.comparison import ENGINE, Accepted
from reverse_etl.delivery_states import UNSETTLED, State
from reverse_etl.ledger_tables import ACCEPTED, ATTEMPTS, DELIVERIES, OUTCOMES, PLANS
from reverse_etl.plan import Action, Change, Delivery, LastAccepted, Memory, Plan, Skipped

# Below SQLite's limit of parameters in one statement.
_KEYS_PER_QUERY = 5_000
_ROWS_PER_FETCH = 100_000
_TYPES = {"position": pa.int64(), "lane": pa.int64(), "money_minor": pa.int64(), "key_generation": pa.int64()}
_TIMES = ("planned_at", "state_at", "started_at", "finished_at")


class LedgerQueries:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accepted_marks(self, sync: str) -> Accepted:
        """Marks of all accepted records of a sync; fingerprints only when some quick marks are another engine's."""
        mine = select(ACCEPTED.c.quick).where(ACCEPTED.c.sync == sync, ACCEPTED.c.engine == ENGINE)
        foreign = select(func.count()).where(ACCEPTED.c.sync == sync, ACCEPTED.c.engine != ENGINE)
        marks = select(ACCEPTED.c.record_key, ACCEPTED.c.fingerprint).where(ACCEPTED.c.sync == sync)
        with self._reading() as connection:
            quick = _columns(connection, mine, {"quick": pa.int64()})
            if not connection.execute(foreign).scalar_one():
                return Accepted(quick)
            return Accepted(quick, _columns(connection, marks, {"record_key": pa.string(), "fingerprint": pa.string()}))

    def memory(self, sync: str, record_keys: Sequence[str]) -> Memory:
        """What is known about these records: last accepted, unsettled, refused keys."""
        accepted: dict[str, LastAccepted] = {}
        unsettled: set[str] = set()
        refused: dict[str, int] = {}
        with self._reading() as connection:
            for keys in _chunks(record_keys):
                accepted.update(_last_accepted(connection, sync, keys))
                unsettled.update(connection.execute(_unsettled_keys(sync, keys)).scalars())
                refused.update((row[0], row[1]) for row in connection.execute(_refused(sync, keys)))
            total = connection.execute(select(func.count()).where(ACCEPTED.c.sync == sync)).scalar_one()
        return Memory(accepted, unsettled, refused, total)

    def plan(self, reference: str) -> Plan | None:
        """The stored plan of this id or hash, newest first, with its deliveries as they are now."""
        wanted = select(PLANS).where((PLANS.c.plan_id == reference) | (PLANS.c.plan_hash == reference))
        with self._reading() as connection:
            row = connection.execute(wanted.order_by(PLANS.c.number.desc()).limit(1)).mappings().first()
        return self._plan(row) if row is not None else None

    def newest_plan(self, sync: str) -> Plan | None:
        wanted = select(PLANS).where(PLANS.c.sync == sync).order_by(PLANS.c.number.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(wanted).mappings().first()
        return self._plan(row) if row is not None else None

    def deliveries(self, plan_id: str, states: Sequence[State] = tuple(State)) -> tuple[Delivery, ...]:
        """Deliveries of a plan in these states, in the plan's order."""
        wanted = select(DELIVERIES).where(DELIVERIES.c.plan_id == plan_id, DELIVERIES.c.state.in_(states))
        return self._deliveries(wanted.order_by(DELIVERIES.c.position))

    def unsettled(self, sync: str) -> tuple[Delivery, ...]:
        """Deliveries of a sync whose effect nobody knows, oldest first."""
        wanted = select(DELIVERIES).where(DELIVERIES.c.sync == sync, DELIVERIES.c.state.in_(UNSETTLED))
        return self._deliveries(wanted.order_by(DELIVERIES.c.planned_at, DELIVERIES.c.position))

    def by_ids(self, delivery_ids: Sequence[str]) -> tuple[Delivery, ...]:
        """These deliveries as they are now."""
        found: list[Delivery] = []
        for ids in _chunks(delivery_ids):
            found += self._deliveries(select(DELIVERIES).where(DELIVERIES.c.delivery_id.in_(ids)))
        return tuple(found)

    def request_keys(self, delivery_ids: Sequence[str]) -> dict[str, str]:
        """The key under which each delivery was last written, where it was."""
        found: dict[str, str] = {}
        with self._reading() as connection:
            for ids in _chunks(delivery_ids):
                wanted = select(ATTEMPTS.c.delivery_id, ATTEMPTS.c.request_key).where(
                    ATTEMPTS.c.delivery_id.in_(ids), ATTEMPTS.c.purpose == "write"
                )
                found.update((row[0], row[1]) for row in connection.execute(wanted.order_by(ATTEMPTS.c.started_at)))
        return found

    def attempts(self, delivery_id: str) -> list[dict[str, Any]]:
        """Every request made for a delivery with what came of it; result None = never heard of again."""
        wanted = _attempts_with_outcomes().where(ATTEMPTS.c.delivery_id == delivery_id)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]

    def export_arrow(self) -> dict[str, pa.Table]:
        """Deliveries and attempts as they are, for `raw_ledger` in the warehouse."""
        deliveries = select(*(column for column in DELIVERIES.c if column.name not in ("quick", "engine")))
        with self._reading() as connection:
            return {
                "deliveries": _export(connection, deliveries),
                "attempts": _export(connection, _attempts_with_outcomes()),
            }

    def _reading(self) -> Connection:
        return self._engine.connect().execution_options(reading=True)

    def _deliveries(self, wanted: Select[Any]) -> tuple[Delivery, ...]:
        with self._reading() as connection:
            return tuple(read_delivery(row) for row in connection.execute(wanted).mappings())

    def _plan(self, row: RowMapping) -> Plan:
        return Plan(
            sync=row["sync"],
            deliveries=self.deliveries(row["plan_id"]),
            noops=row["noops"],
            skipped=tuple(Skipped(**{**item, "action": Action(item["action"])}) for item in json.loads(row["skipped"])),
            breaches=tuple(json.loads(row["breaches"])),
            plan_id=row["plan_id"],
            created_at=row["created_at"],
        )


def read_delivery(row: RowMapping) -> Delivery:
    """A stored row as the frozen value the engine works with."""
    return Delivery(
        sync=row["sync"],
        destination=row["destination"],
        object=row["object"],
        record_key=row["record_key"],
        action=Action(row["action"]),
        payload=json.loads(row["payload"]),
        lines=tuple(json.loads(row["lines"])),
        changes=tuple(Change(**change) for change in json.loads(row["changes"])),
        reason=row["reason"],
        source_key=row["source_key"],
        money_minor=row["money_minor"],
        currency_code=row["currency_code"],
        fingerprint=row["fingerprint"],
        quick=row["quick"],
        intention=row["intention"],
        key_generation=row["key_generation"],
        delivery_id=row["delivery_id"],
        plan_id=row["plan_id"],
        state=row["state"],
        planned_at=row["planned_at"],
    )


def _last_accepted(connection: Connection, sync: str, keys: Sequence[str]) -> dict[str, LastAccepted]:
    wanted = (
        select(ACCEPTED, DELIVERIES.c.payload, DELIVERIES.c.changes)
        .join(DELIVERIES, DELIVERIES.c.delivery_id == ACCEPTED.c.delivery_id)
        .where(ACCEPTED.c.sync == sync, ACCEPTED.c.record_key.in_(keys))
    )
    return {
        row["record_key"]: LastAccepted(
            delivery_id=row["delivery_id"],
            fingerprint=row["fingerprint"],
            payload=json.loads(row["payload"]),
            before={change["field"]: change["before"] for change in json.loads(row["changes"])},
            accepted_at=row["accepted_at"],
        )
        for row in connection.execute(wanted).mappings()
    }


def _unsettled_keys(sync: str, keys: Sequence[str]) -> Select[Any]:
    return select(DELIVERIES.c.record_key).where(
        DELIVERIES.c.sync == sync, DELIVERIES.c.state.in_(UNSETTLED), DELIVERIES.c.record_key.in_(keys)
    )


def _refused(sync: str, keys: Sequence[str]) -> Select[Any]:
    return (
        select(DELIVERIES.c.intention, func.max(DELIVERIES.c.key_generation))
        .where(DELIVERIES.c.sync == sync, DELIVERIES.c.state == State.REJECTED, DELIVERIES.c.record_key.in_(keys))
        .group_by(DELIVERIES.c.intention)
    )


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
    result = connection.execution_options(stream_results=True).execute(wanted)
    pieces = []
    while rows := result.cursor.fetchmany(_ROWS_PER_FETCH):
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
