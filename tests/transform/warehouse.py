"""A throw-away warehouse for tests of the dbt models: canonical rows in, marts out.

Tables are made from dictionaries with the columns and types the unions' contracts declare; dbt runs as a child process,
because in this process its adapter would keep the file locked (DuckDB has one writing process).
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

TRANSFORM = Path(__file__).resolve().parents[2] / "transform"
DBT = Path(sys.executable).with_name("dbt")


@functools.cache
def contract(noun: str) -> dict[str, str]:
    """Columns and types of a canonical union, as its yml promises them."""
    path = TRANSFORM / "models" / "canonical" / noun / f"can_{noun}.yml"
    model = yaml.safe_load(path.read_text())["models"][0]
    return {column["name"]: column["data_type"] for column in model["columns"]}


@functools.cache
def nouns() -> tuple[str, ...]:
    """All canonical nouns that have a union."""
    return tuple(sorted(path.parent.name for path in TRANSFORM.glob("models/canonical/*/can_*.yml") if "__" not in path.name))


@dataclass(frozen=True)
class Warehouse:
    """One DuckDB file in a folder of its own, with dbt's target and logs beside it."""

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
        columns = contract(noun)
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"create or replace table canonical.can_{noun} ({listed})")
        for row in rows:
            unknown = set(row) - set(columns)
            if unknown:
                raise ValueError(f"can_{noun} has no column {sorted(unknown)}")
            values = [row.get(name) for name in columns]
            marks = ", ".join("?" for _ in columns)
            connection.execute(f"insert into canonical.can_{noun} values ({marks})", values)

    def dbt(self, verb: str, *select: str, variables: str = "{}", check: bool = True) -> str:
        """Runs a dbt verb on the selected nodes and returns its words; a failure raises with them unless check is off."""
        command = [str(DBT), "--no-use-colors", verb, "--project-dir", str(TRANSFORM), "--profiles-dir", str(TRANSFORM)]
        command += ["--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs"), "--vars", variables]
        # Tests that also need models nobody selected have nothing to test here.
        narrow = ["--indirect-selection", "buildable"] if verb in ("build", "test") else []
        command += [*narrow, "--select", *select] if select else []
        environment = {**os.environ, "CARTWHEEL_WAREHOUSE": str(self.path)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"dbt {verb} {' '.join(select)} failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}")
        return done.stdout

    def query(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query as dictionaries."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            result = connection.execute(sql, list(parameters))
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def value(self, sql: str, *parameters: Any) -> Any:
        """The only value of a query."""
        [row] = self.query(sql, *parameters)
        [value] = row.values()
        return value
