"""Plans as a table for the warehouse: one row per delivery and field, before and after, without anybody's personal values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine, select

from reverse_etl.ledger_store import reader
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.sync import Sync

MASK = "…"
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("delivery_id", "plan_id", "sync", "record_key", "action")),
        ("change_number", pa.int64()),
        *((name, pa.string()) for name in ("field", "before_value", "after_value")),
        ("planned_at", pa.timestamp("us", tz="UTC")),
    ]
)
_ROWS_PER_FETCH = 20_000
_SAME = ("delivery_id", "plan_id", "sync", "record_key", "action", "planned_at")


def export_arrow(engine: Engine, syncs: Mapping[str, Sync]) -> pa.Table:
    """Every change of every plan, sent or not; values are text, of documents the lines too."""
    columns = [DELIVERIES.c[name] for name in (*_SAME, "changes", "lines")]
    pieces = []
    with reader(engine) as connection:
        result = connection.execute(select(*columns).order_by(DELIVERIES.c.plan_id, DELIVERIES.c.position)).mappings()
        while rows := result.fetchmany(_ROWS_PER_FETCH):
            changes = [change for row in rows for change in _changes(dict(row), syncs.get(row["sync"]))]
            pieces.append(pa.RecordBatch.from_pylist(changes, schema=SCHEMA))
    return pa.Table.from_batches(pieces, schema=SCHEMA)


def _changes(row: Mapping[str, Any], sync: Sync | None) -> Iterator[dict[str, Any]]:
    same = {name: row[name] for name in _SAME}
    changed = [(change["field"], change["before"], change["after"]) for change in json.loads(row["changes"])]
    for line in json.loads(row["lines"]):
        number = line.get("line_number")
        changed += [
            (f"line {number}: {name}", None, value)
            for name, value in line.items()
            if name != "line_number" and value is not None
        ]
    for number, (field, before, after) in enumerate(changed, start=1):
        # Of a sync that is gone nobody can say what was personal.
        masked = sync is None or field.rpartition(": ")[2] in sync.personal_fields
        yield {
            **same,
            "change_number": number,
            "field": field,
            "before_value": _shown(before, masked),
            "after_value": _shown(after, masked),
        }


def _shown(value: Any, masked: bool) -> str | None:
    if value is None:
        return None
    return MASK if masked else str(value)
