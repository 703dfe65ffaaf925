"""What the fast lane starts from, published beside the analysts' snapshot: rows of the canonical tables, and the SQL above them.

A file of its own (`lane-<version>.duckdb` and `.json`), because an analyst's tool lists every schema of the file it opens. It
holds the columns the stock models read and no others, so nothing in it names a person.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lane import changes
from orchestration.lane.models import StockModels, read

KEPT_FILES = 3
# Raw rows that are needed besides: an event says a part of such a row, the rest is what it was.
PATCHED = {"raw_shopify.inventory_items": ("account_id", "id", "sku", "tracked", "updated_at", "inventory_levels")}
# What the lane itself needs of a kept table, beyond what the models read: keys, versions, what orders are found by.
OWN_COLUMNS = (
    "platform", "account_id", "sku", "order_id", "order_number", "platform_order_id", "channel", "refund_id", "parcel_id",
    "listing_id", "stock_hold_id", "stock_level_id", "updated_at", "as_of_at", "order_date",
)  # fmt: skip

Columns = dict[str, dict[str, str]]


@dataclass(frozen=True)
class LaneSnapshot:
    """One published start of the lane.

    columns: every table's columns and types, as the batch lane made them; carried: those of a kept table that have values.
    """

    file: Path
    models: StockModels
    columns: Columns
    carried: dict[str, list[str]]


def publish(connection: duckdb.DuckDBPyConnection, folder: Path, version: int) -> str | None:
    """Publishes the lane's start from an open warehouse; its name, or None while the stock models are not all built.

    Needs the right to write the warehouse.
    """
    models = compiled()
    if models is None:
        return None
    # Asked once: the catalogue has thousands of columns, the models are a hundred.
    built = columns_of(connection, models)
    if any(node.name not in built for node in models.nodes):
        return None
    name = f"lane-{version:06d}"
    write(connection, models, folder / f"{name}.duckdb")
    for old in sorted(folder.glob("lane-*.duckdb"))[:-KEPT_FILES]:
        old.unlink()
        old.with_suffix(".json").unlink(missing_ok=True)
    return name


def write(connection: duckdb.DuckDBPyConnection, models: StockModels, file: Path) -> None:
    """The two files of a start, from a warehouse in which all its tables are."""
    file.unlink(missing_ok=True)
    columns = columns_of(connection, models)
    carried = columns_read(models, columns)
    connection.execute(f"attach '{_quoted(file)}' as lane")
    try:
        for statement in _copies(models, columns, carried):
            connection.execute(statement)
    finally:
        connection.execute("detach lane")
    said = {"models": models.as_json(), "columns": columns, "carried": carried}
    file.with_suffix(".json").write_text(json.dumps(said))


def compiled() -> StockModels | None:
    """The stock models as dbt last compiled them; None before their first build."""
    target = Path(os.environ["CARTWHEEL_DBT_TARGET"]) if "CARTWHEEL_DBT_TARGET" in os.environ else None
    if target is None or not (target / "manifest.json").exists():
        return None
    return read(json.loads((target / "manifest.json").read_text()), target, changes.TOLD_OF)


def load(file: Path) -> LaneSnapshot:
    """A published start, by its `.duckdb` file."""
    said = json.loads(file.with_suffix(".json").read_text())
    models = StockModels.from_json(said["models"])
    return LaneSnapshot(file, models, said["columns"], said["carried"])


def columns_read(models: StockModels, columns: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """The columns of each kept table that the computed models read, told by the engine's own plan, and the lane's own."""
    declared_columns = tuple((name, declared(of_table)) for name, of_table in columns.items())
    scanned = _scanned(models, declared_columns)
    return {
        node.name: [
            column for column in columns[node.name] if column in OWN_COLUMNS or column in scanned.get(node.table, ())
        ]
        for node in models.of("kept")
    }


@cache
def _scanned(models: StockModels, columns: tuple[tuple[str, str], ...]) -> dict[str, set[str]]:
    """Table → columns that the computed models' own queries read; the same until a model changes."""
    types, found = dict(columns), dict[str, set[str]]()
    with duckdb.connect() as connection:
        for schema in sorted({node.schema for node in models.nodes}):
            connection.execute(f"create schema if not exists {schema}")
        # Filters stay where they are written, so that what they look at counts as read.
        connection.execute("set disabled_optimizers = 'filter_pushdown, statistics_propagation, empty_result_pullup'")
        for node in models.of("kept", "given", "computed"):
            if node.part == "computed" and node.is_looked_through:
                connection.execute(f"create view {node.name} as {node.sql}")
                continue
            connection.execute(f"create table {node.name} ({types[node.name]})")
            if node.part == "computed":
                plan = connection.execute(f"explain (format json) {node.sql}").fetchall()[0][1]
                for table, names in _scans(json.loads(plan)):
                    found.setdefault(table, set()).update(names)
    return found


def _scans(plan: Any) -> Iterator[tuple[str, list[str]]]:
    if isinstance(plan, list):
        for part in plan:
            yield from _scans(part)
        return
    extra = plan.get("extra_info") or {}
    if "Table" in extra:
        read_columns = extra.get("Projections") or []
        names = [read_columns] if isinstance(read_columns, str) else read_columns
        yield str(extra["Table"]).rpartition(".")[2].strip('"'), [name.strip('"') for name in names]
    yield from _scans(plan.get("children") or [])


def _copies(models: StockModels, columns: Columns, carried: Mapping[str, list[str]]) -> Iterator[str]:
    for schema in sorted({node.schema for node in models.of("raw", "kept", "given")}):
        yield f"create schema lane.{schema}"
    for node in models.of("raw"):
        if node.name in PATCHED:
            yield f"create table lane.{node.name} as select {_listed(PATCHED[node.name])} from {node.name}"
    for node in models.of("given"):
        yield f"create table lane.{node.name} as from {node.name}"
    for node in models.of("kept"):
        yield f"create table lane.{node.name} as select {_listed(carried[node.name])} from {node.name}"


def columns_of(connection: duckdb.DuckDBPyConnection, models: StockModels) -> Columns:
    """Every table of the models that is there, with its columns and types, as the batch lane made it."""
    wanted = {node.name for node in models.nodes}
    found: Columns = {}
    for schema, table, column, kind in connection.execute(
        """select table_schema, table_name, column_name, data_type from information_schema.columns
           where table_catalog = current_database() order by table_schema, table_name, ordinal_position"""
    ).fetchall():
        if f"{schema}.{table}" in wanted:
            found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


def declared(columns: Mapping[str, str]) -> str:
    """Columns with their types, for a `create table`."""
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())


def _listed(columns: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")
