"""One delivery explained: what was pushed, who let it go, what was said to it, and the rows it comes from down to raw.

The pushed value is the ledger's and the row it was planned from is in the plan's stored inputs; the rows behind it are
those of the warehouse at hand, which may have moved on since: where they no longer make the value, that is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
from sqlalchemy import Connection, Engine, Select, select

from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger_store import reader
from reverse_etl.ledger_tables import ATTEMPTS, DELIVERIES, OUTCOMES, PLAN_INPUTS, PLANS
from reverse_etl.lineage import Lineage, Traced, literal, trace
from reverse_etl.operations_tables import APPROVALS
from reverse_etl.plan_inputs import PlanInputs, unpack
from reverse_etl.sync import Sync

# As in comparison.py, which would bring Arrow along: half of the time an explanation may take.
_SCHEMA = "activation"
_MISSING = object()


@dataclass(frozen=True)
class Today:
    """The record's row in the activation model now: `standing` is same, differs, gone or unknown."""

    standing: str
    # Field → (pushed, today).
    differences: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Explanation:
    delivery: Mapping[str, Any]
    plan: Mapping[str, Any]
    approvals: tuple[Mapping[str, Any], ...]
    attempts: tuple[Mapping[str, Any], ...]
    model: str
    # The activation row that was planned; None where the plan kept no inputs or the record had left the model.
    planned_row: Mapping[str, Any] | None
    today: Today
    traced: tuple[Traced, ...]
    notices: tuple[str, ...]


def explain(
    engine: Engine,
    delivery_id: str,
    warehouse: duckdb.DuckDBPyConnection,
    lineage_of: Mapping[str, Lineage],
    syncs: Mapping[str, Sync],
    notices: Sequence[str] = (),
) -> Explanation:
    """Everything known about a delivery; raises ConfigurationError when there is none of this id."""
    with reader(engine) as connection:
        delivery = _delivery(connection, delivery_id)
        plan = _one(connection, select(PLANS).where(PLANS.c.plan_id == delivery["plan_id"]))
        approved = select(APPROVALS).where(APPROVALS.c.plan_id == delivery["plan_id"])
        approvals = tuple(
            dict(row) for row in connection.execute(approved.order_by(APPROVALS.c.approved_at)).mappings()
        )
        attempts = tuple(_attempts(connection, delivery_id))
        packed = connection.execute(
            select(PLAN_INPUTS.c.inputs).where(PLAN_INPUTS.c.plan_id == delivery["plan_id"])
        ).scalar()
    inputs = unpack(bytes(packed)) if packed is not None else None
    sync = inputs.sync if inputs is not None else syncs[delivery["sync"]]
    planned = _planned_row(inputs, delivery["record_key"])
    start = f"{_SCHEMA}.{sync.model}"
    return Explanation(
        delivery=delivery,
        plan=plan | {"planner": inputs.planner if inputs is not None else None},
        approvals=approvals,
        attempts=attempts,
        model=start,
        planned_row=planned,
        today=_today(warehouse, sync, delivery),
        traced=trace(warehouse, lineage_of[sync.model], start, _start_row(delivery, planned)),
        notices=(*notices, *_doubts(delivery, planned, inputs)),
    )


def _delivery(connection: Connection, delivery_id: str) -> dict[str, Any]:
    found = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_id == delivery_id)).mappings().first()
    if found is None:
        raise ConfigurationError(
            f"there is no delivery '{delivery_id}' in the ledger; a plan's are its id, a slash and a number, such as"
            " shopify__stock_levels-1/1",
            code="unknown_delivery",
        )
    row: dict[str, Any] = dict(found)
    row.update({name: json.loads(row[name]) for name in ("payload", "lines", "changes")})
    return row


def _one(connection: Connection, wanted: Select[Any]) -> dict[str, Any]:
    return dict(connection.execute(wanted).mappings().one())


def _attempts(connection: Connection, delivery_id: str) -> list[dict[str, Any]]:
    answered = [column for column in OUTCOMES.c if column.name != "attempt_id"]
    joined = ATTEMPTS.outerjoin(OUTCOMES, OUTCOMES.c.attempt_id == ATTEMPTS.c.attempt_id)
    wanted = select(*ATTEMPTS.c, *answered).select_from(joined).where(ATTEMPTS.c.delivery_id == delivery_id)
    return [dict(row) for row in connection.execute(wanted.order_by(ATTEMPTS.c.started_at)).mappings()]


def _planned_row(inputs: PlanInputs | None, record_key: str) -> Mapping[str, Any] | None:
    rows = inputs.rows if inputs is not None else ()
    return next((row for row in rows if row["record_key"] == record_key), None)


def _start_row(delivery: Mapping[str, Any], planned: Mapping[str, Any] | None) -> dict[str, Any]:
    """The activation row the way back begins at; what a person told us to leave alone is in no payload but in the row."""
    keys = {name: delivery[name] for name in ("record_key", "source_key", "money_minor", "currency_code")}
    return {**keys, **(planned["payload"] if planned else {}), **delivery["payload"]}


def _doubts(delivery: Mapping[str, Any], planned: Mapping[str, Any] | None, inputs: PlanInputs | None) -> list[str]:
    if inputs is None:
        return ["the plan was stored without its inputs: the row it was planned from is not known"]
    if planned is None:
        said = "the record had left the model when this was planned" if delivery["action"] == "delete" else ""
        return [said or "the stored inputs of the plan do not hold this record: see `cartwheel replay`"]
    stored = [name for name, value in delivery["payload"].items() if planned["payload"].get(name, _MISSING) != value]
    if stored or list(delivery["lines"]) != list(planned["lines"]):
        return ["what is stored as pushed is not what was planned: see `cartwheel replay` for what was changed"]
    return []


def _today(warehouse: duckdb.DuckDBPyConnection, sync: Sync, delivery: Mapping[str, Any]) -> Today:
    fields = [name for name in sync.fields if name in delivery["payload"]]
    names = (*fields, *(("line_number", *sync.line_fields) if sync.line_fields else ()))
    ordered = " order by line_number" if sync.line_fields else ""
    query = (
        f"select {', '.join(names)} from {_SCHEMA}.{sync.model} where record_key = {literal(delivery['record_key'])}"
    )
    try:
        rows = [
            dict(zip(names, map(_plain, row), strict=True)) for row in warehouse.execute(query + ordered).fetchall()
        ]
    except duckdb.Error:
        # The model is not in this warehouse, or has lost a column since.
        return Today("unknown", {})
    if not rows:
        return Today("gone", {})
    pushed = {name: delivery["payload"][name] for name in fields} | _lines(sync, delivery["lines"])
    now = {name: rows[0][name] for name in fields} | _lines(sync, rows)
    differences = {
        name: (pushed.get(name), now.get(name)) for name in {**pushed, **now} if pushed.get(name) != now.get(name)
    }
    return Today("differs" if differences else "same", differences)


def _lines(sync: Sync, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not sync.line_fields:
        return {}
    return {f"line {row['line_number']}": {name: row.get(name) for name in sync.line_fields} for row in rows}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
