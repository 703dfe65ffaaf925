"""The batch lane in a test's memory: dbt's compiled stock models over raw rows, every table whole.

The tables' types, the seeds and what no event moves come from a real dbt build of an empty warehouse, made once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lane import changes, snapshot
from orchestration.lane.models import StockModels, read
from orchestration.lane.snapshot import Columns, LaneSnapshot, declared
from orchestration.warehouse import ensure_raw_tables
from tests.transform import dbt_process
from tests.transform.warehouse import Warehouse

Row = dict[str, Any]
PUSHED = sorted(path.stem for path in dbt_process.TRANSFORM.glob("models/activation/*/act_*__stock_levels.sql"))
NODES = (*(f"+{name}" for name in PUSHED), "+fct_ats_explained")


@dataclass(frozen=True)
class Built:
    """A warehouse dbt built, its stock models and the types of their tables."""

    file: Path
    models: StockModels
    columns: Columns


def built_empty(folder: Path) -> Built:
    """Every stock model, built by dbt over platforms that have nothing. Needs the environment to name this warehouse."""
    ensure_raw_tables()
    warehouse = Warehouse(folder)
    warehouse.seed()
    warehouse.dbt("run", *NODES)
    manifest = json.loads((dbt_process.target() / "manifest.json").read_text())
    models = read(manifest, dbt_process.target(), changes.TOLD_OF)
    assert models is not None
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        return Built(warehouse.path, models, snapshot.columns_of(connection, models))


class Batch:
    """One build of the stock models over these raw rows. given: rows of seeds and other unmoved tables, instead of the project's."""

    def __init__(self, built: Built, raw: Mapping[str, Iterable[Row]], given: Mapping[str, Iterable[Row]]) -> None:
        self.built = built
        self.connection = duckdb.connect(config={"threads": "1"})
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute(f"attach '{built.file}' as empty_build (read_only)")
        for schema in sorted({node.schema for node in built.models.nodes}):
            self.connection.execute(f"create schema {schema}")
        for node in built.models.nodes:
            columns = built.columns[node.name]
            listed = ", ".join(f'"{name}"' for name in columns)
            if node.part == "view" or (node.part == "kept" and node.schema == "staging"):
                self.connection.execute(f"create view {node.name} as {node.sql}")
                continue
            self.connection.execute(f"create table {node.name} ({declared(columns)})")
            if node.part in ("kept", "computed"):
                self.connection.execute(f"insert into {node.name} select {listed} from ({node.sql})")
            elif node.name in raw or node.name in given:
                self._insert(node.name, columns, raw.get(node.name) or given.get(node.name) or ())
            elif node.part == "given":
                self.connection.execute(f"insert into {node.name} from empty_build.{node.name}")

    def _insert(self, table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
        for row in rows:
            values = [
                json.dumps(row[name], default=str) if kind == "JSON" and row.get(name) is not None else row.get(name)
                for name, kind in columns.items()
            ]
            self.connection.execute(f"insert into {table} values ({', '.join('?' * len(columns))})", values)

    def rows(self, table: str) -> list[str]:
        """A table's rows as text, in one order."""
        found = self.connection.execute(f"from {table}").to_arrow_table()
        return sorted(json.dumps(row, default=str, sort_keys=True) for row in found.to_pylist())

    def publish(self, file: Path) -> LaneSnapshot:
        """What the lane starts from, if it was published now."""
        snapshot.write(self.connection, self.built.models, file)
        return snapshot.load(file)

    def close(self) -> None:
        self.connection.close()
