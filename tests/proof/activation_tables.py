"""Activation tables built from a sync's own declaration, as dbt would leave them in the warehouse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from reverse_etl import engine
from reverse_etl.sync import Sync

CARRIED = ("money_minor", "currency_code", "reason", "source_key")
WHOLE = ("_minor", "_score", "quantity", "orders_count", "line_number")


def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema activation")
    return connection


def fill(connection: duckdb.DuckDBPyConnection, sync_name: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Replace the activation table of a sync by these rows; a column a row does not name is null.

    Observed are those fields of which a row says so, as in the real models: not every field is read back.
    """
    sync = engine.sync_named(sync_name)
    columns = _columns(sync, {name for record in records for name in record if name.startswith("observed_")})
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"create or replace table activation.{sync.model} ({listed})")
    unknown = {name for record in records for name in record} - set(columns)
    if unknown:
        raise ValueError(f"{sync.model} has no {', '.join(sorted(unknown))}")
    rows = pa.table({name: [record.get(name) for record in records] for name in columns})
    connection.register("rows_of_test", rows)
    cast = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
    connection.execute(f"insert into activation.{sync.model} select {cast} from rows_of_test")
    connection.unregister("rows_of_test")


def _columns(sync: Sync, observed: Collection[str]) -> dict[str, str]:
    lines = ("line_number", *sync.line_fields) if sync.line_fields else ()
    names = ("record_key", *sync.fields, *observed, *lines, *CARRIED, *getattr(sync, "depends_on", {}).values())
    return {name: _type(name) for name in names}


def _type(name: str) -> str:
    if name.endswith(WHOLE):
        return "bigint"
    return "date" if name.endswith("_date") else "varchar"
