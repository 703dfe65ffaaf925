"""Runs the SQL of other rules over the snapshot a plan was made from: the inputs its plan would have had then.

The activation model is run again, and of the published tables above it each that differs or reads one that does, as far
as all it reads was published. What could not be run keeps the rows it was published with, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from reverse_etl import comparison
from reverse_etl.comparison import Accepted
from reverse_etl.kept_sql import KeptModel, Rerun, chosen
from reverse_etl.lineage import literal
from reverse_etl.memory import LastAccepted
from reverse_etl.plan_inputs import PlanInputs
from reverse_etl.sync import Baseline, Sync

# When a record was accepted of which the inputs say nothing; only that it was before the plan is ever asked.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def run(
    file: Path,
    snapshot: int,
    inputs: PlanInputs,
    sync: Sync,
    then: Mapping[str, KeptModel],
    other: Mapping[str, KeptModel],
) -> Rerun:
    """Run the other SQL over a snapshot's file, which is only read, and give the inputs of the plan it leads to."""
    table = f"{comparison.SCHEMA}.{sync.model}"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(str(file))} as published (read_only)")
        kept = frozenset(
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
            ).fetchall()
        )
        order, not_run = chosen(table, then, other, kept)
        if table not in order:
            return Rerun(snapshot, (), not_run)
        read = {name for made in order for name in other[made].reads}
        for schema in sorted({name.partition(".")[0] for name in (*read, *order)}):
            connection.execute(f"create schema if not exists {schema}")
        for name in sorted(read.difference(order)):
            connection.execute(f"create view {_quoted(name)} as from published.{_quoted(name)}")
        for name in order:
            connection.execute(f"create table {_quoted(name)} as {other[name].sql}")
        return Rerun(snapshot, tuple(order), not_run, _inputs(connection, table, inputs, sync))


def _inputs(connection: duckdb.DuckDBPyConnection, table: str, inputs: PlanInputs, sync: Sync) -> PlanInputs:
    """The plan's inputs with the other rows: those that differ from what had been accepted when it was made.

    A record that is not in the plan's inputs was as accepted then, so the snapshot's own row says what that was.
    """
    known = {row["record_key"] for row in inputs.rows}
    listed = connection.execute(f"select distinct record_key from published.{_quoted(table)}").fetchall()
    untouched = {str(row[0]) for row in listed} - known
    before: dict[str, Mapping[str, Any]] = {}
    if sync.baseline is Baseline.ACCEPTED:
        before = {row["record_key"]: row for row in _as_published(connection, sync) if row["record_key"] in untouched}
    accepted = Accepted(
        pa.table({"quick": pa.array([row["quick"] for row in before.values()], pa.int64())}),
        keys=lambda: pa.table({"record_key": pa.array(sorted(_accepted_keys(inputs, untouched)), pa.string())}),
    )
    found = comparison.compare(connection, sync, accepted)
    memory = dict(inputs.memory.accepted)
    for key in {*(row["record_key"] for row in found.rows), *found.gone} & before.keys():
        memory.setdefault(key, _as_accepted(before[key], inputs.at or _LONG_AGO))
    return replace(
        inputs,
        records=found.records,
        rows=tuple(found.rows),
        memory=replace(inputs.memory, accepted=memory),
        gone=found.gone,
    )


def _as_published(connection: duckdb.DuckDBPyConnection, sync: Sync) -> list[dict[str, Any]]:
    """Every record of the model as the plan saw it."""
    connection.execute("use published")
    try:
        nothing = Accepted(pa.table({"quick": pa.array([], pa.int64())}))
        return comparison.compare(connection, sync, nothing).rows
    finally:
        connection.execute("use memory")


def _accepted_keys(inputs: PlanInputs, untouched: set[str]) -> set[str]:
    """Records the destination had accepted and not given back, as far as the plan's inputs and rows say."""
    held = {key for key, last in inputs.memory.accepted.items() if not last.is_delete}
    return held | set(inputs.gone) | untouched


def _as_accepted(row: Mapping[str, Any], at: datetime) -> LastAccepted:
    return LastAccepted("", row["fingerprint"], row["payload"], {}, at)


def _quoted(name: str) -> str:
    schema, _, table = name.partition(".")
    return f'"{schema}"."{table}"'
