"""The table of drifts: what plans found edited at the destinations, and what people chose about it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, insert, select, update

from reverse_etl import audit, canonical_json, exception_queue
from reverse_etl.drift import CHOICES, Choice, Drift
from reverse_etl.errors import ConfigurationError
from reverse_etl.operations_tables import DRIFTS

_KEY = ("sync", "record_key", "field")


def keep(
    connection: Connection,
    sync: str,
    drifts: Sequence[Drift],
    now: datetime,
    records: Collection[str] | None = None,
) -> None:
    """Bring the table to what was found: new edits open, standing ones kept with their choice, the rest gone.

    What is ignored stays ignored, also while nothing is to be seen of it. `records` are those that were looked at,
    where it was not all: of others nothing is said.
    """
    known = {(row["record_key"], row["field"]): row for row in _rows(connection, DRIFTS.c.sync == sync)}
    found = {(drift.record_key, drift.field): drift for drift in drifts}
    fresh = [_row(drift, now) for key, drift in found.items() if key not in known]
    if fresh:
        connection.execute(insert(DRIFTS), fresh)
    changed = [_changed(known[key], drift, now) for key, drift in found.items() if key in known]
    over = [
        {**row, "choice": Choice.GONE}
        for key, row in known.items()
        if key not in found
        and row["choice"] in (Choice.OPEN, Choice.REASSERT, Choice.ACCEPT)
        and (records is None or row["record_key"] in records)
    ]
    _write(connection, [row for row in (*changed, *over) if row != known[(row["record_key"], row["field"])]])


def listed(
    connection: Connection, sync: str | None = None, choices: Collection[str] = (Choice.OPEN,)
) -> list[dict[str, Any]]:
    """Drifts with these choices, of one sync or of all, with their values read."""
    wanted = [DRIFTS.c.choice.in_(list(choices)), *([DRIFTS.c.sync == sync] if sync else [])]
    return [_read(row) for row in _rows(connection, *wanted)]


def choose(
    connection: Connection,
    choice: str,
    *,
    sync: str,
    record_key: str,
    field: str | None = None,
    by: str,
    because: str,
    now: datetime,
) -> list[str]:
    """A person chooses about one field of a record, or about all of its standing edits; audited. Returns the fields.

    Raises ConfigurationError when there is no such drift, or it is over.
    """
    if choice not in CHOICES:
        raise ConfigurationError(f"'{choice}' is no choice: {', '.join(CHOICES)}", code="unknown_name")
    wanted = [DRIFTS.c.sync == sync, DRIFTS.c.record_key == record_key, DRIFTS.c.choice != Choice.GONE]
    rows = list(_rows(connection, *wanted, *([DRIFTS.c.field == field] if field else [])))
    if not rows:
        named = f"{sync} {record_key}" + (f" {field}" if field else "")
        raise ConfigurationError(f"there is no drift of {named}: see `cartwheel drift list`", code="unknown_drift")
    chosen = {"choice": choice, "chosen_by": " ".join(by.split()), "because": because.strip(), "chosen_at": now}
    _write(connection, [{**row, **chosen} for row in rows])
    fields = sorted(row["field"] for row in rows)
    left = select(DRIFTS.c.field).where(
        DRIFTS.c.sync == sync, DRIFTS.c.record_key == record_key, DRIFTS.c.choice == Choice.OPEN
    )
    if connection.execute(left.limit(1)).first() is None:
        exception_queue.close_for_records(connection, sync, [record_key], f"{choice}: {because}", now, codes=["drift"])
    audit.append(
        connection,
        who=by,
        action=f"drift_{choice}",
        subject=f"{sync} {record_key}",
        because=because,
        details={"fields": fields},
        now=now,
    )
    return fields


def _rows(connection: Connection, *wanted: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    rows = select(DRIFTS).where(*wanted).order_by(DRIFTS.c.sync, DRIFTS.c.record_key, DRIFTS.c.field)
    for row in connection.execute(rows).mappings().all():
        yield dict(row)


def _row(drift: Drift, now: datetime) -> dict[str, Any]:
    nobody = {"chosen_by": None, "because": None, "chosen_at": None}
    return {**{name: getattr(drift, name) for name in _KEY}, **_values(drift), "found_at": now, **nobody}


def _values(drift: Drift) -> dict[str, Any]:
    names = ("accepted", "observed", "wanted")
    values = {f"{name}_value": canonical_json.dumps(getattr(drift, name)) for name in names}
    return {**values, "choice": drift.choice}


def _changed(row: Mapping[str, Any], drift: Drift, now: datetime) -> dict[str, Any]:
    if row["choice"] == Choice.GONE or (drift.choice == Choice.OPEN and row["choice"] != Choice.OPEN):
        # Another edit than the one that was decided on.
        return {**_row(drift, now)}
    return {**row, **_values(drift)}


def _write(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    named = [DRIFTS.c[name] == bindparam(f"of_{name}") for name in _KEY]
    columns = [column.name for column in DRIFTS.c if column.name not in _KEY]
    statement = update(DRIFTS).where(*named).values({name: bindparam(f"to_{name}") for name in columns})
    parameters = [
        {**{f"of_{name}": row[name] for name in _KEY}, **{f"to_{name}": row[name] for name in columns}} for row in rows
    ]
    connection.execute(statement, parameters)


def _read(row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    values = {name: json.loads(row[f"{name}_value"]) for name in ("accepted", "observed", "wanted")}
    kept = {name: row[name] for name in (*_KEY, "choice", "found_at", "chosen_by", "because", "chosen_at")}
    return {**kept, **values}
