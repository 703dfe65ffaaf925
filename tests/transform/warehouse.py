"""A throw-away warehouse for tests of the dbt models: canonical rows in, marts out.

Tables are made from dictionaries with the columns and types the unions' contracts declare.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.transform import dbt_process
from tests.transform.dbt_process import TRANSFORM


@functools.cache
def contract(model: str) -> dict[str, str]:
    """Columns and types of a canonical union or a mart, as its yml promises them."""
    [path] = TRANSFORM.glob(f"models/*/*/{model}.yml")
    columns = dbt_process.described(path)["models"][0]["columns"]
    return {column["name"]: column["data_type"] for column in columns}


@functools.cache
def nouns() -> tuple[str, ...]:
    """All canonical nouns that have a union."""
    return tuple(
        sorted(path.parent.name for path in TRANSFORM.glob("models/canonical/*/can_*.yml") if "__" not in path.name)
    )


@functools.cache
def identities(prefix: str = "assert_") -> tuple[Path, ...]:
    """Every data test of the project that states an identity; those of money begin with `assert_i_`."""
    found = sorted((TRANSFORM / "tests").glob(f"{prefix}*.sql"))
    return tuple(path for path in found if "'identity'" in path.read_text())


@dataclass(frozen=True)
class Warehouse:
    """One DuckDB file in a folder of its own."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def fill(self, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Makes every canonical table: the given rows (missing columns are null), the others empty."""
        unknown = set(tables) - set(nouns())
        if unknown:
            raise ValueError(f"no canonical union for {sorted(unknown)}")
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("create schema if not exists canonical")
            for noun in nouns():
                self._create(connection, noun, tables.get(noun, ()))

    def _create(self, connection: duckdb.DuckDBPyConnection, noun: str, rows: Iterable[Mapping[str, Any]]) -> None:
        columns = contract(f"can_{noun}")
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create or replace table canonical.can_{noun} ({listed})")
        for row in rows:
            unknown = set(row) - set(columns)
            if unknown:
                raise ValueError(f"can_{noun} has no column {sorted(unknown)}")
            values = [row.get(name) for name in columns]
            marks = ", ".join("?" for _ in columns)
            connection.execute(f"insert into canonical.can_{noun} values ({marks})", values)

    def dbt(self, verb: str, *select: str) -> str:
        """Runs a dbt verb on the selected nodes (all unless told) and returns its words; a failure raises with them."""
        # Tests that also need models nobody selected have nothing to test here.
        narrow = ["--indirect-selection", "buildable"] if select and verb in ("build", "test") else []
        succeeded, words = dbt_process.invoke(self.path, verb, *narrow, *(["--select", *select] if select else []))
        if not succeeded:
            raise AssertionError(f"dbt {verb} {' '.join(select)} failed:\n{words[-8000:]}")
        return words

    def seed(self) -> None:
        """Every seed's table, as dbt loads it: loaded once a process, copied from then on. The world's build tests them."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"attach '{_seeded()}' as seeded (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'seeded'"
            )
            for schema, table in tables.fetchall():
                connection.execute(f"create schema if not exists {schema}")
                connection.execute(f"create or replace table {schema}.{table} as from seeded.{schema}.{table}")

    def query(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query as dictionaries."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            result = connection.execute(sql, list(parameters))
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def value(self, sql: str, *parameters: Any) -> Any:
        """The only value of a query."""
        [row] = self.query(sql, *parameters)
        [value] = row.values()
        return value


@functools.cache
def _seeded() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="seeds_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Warehouse(folder).dbt("seed")
    return Warehouse(folder).path
