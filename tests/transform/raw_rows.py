"""Raw rows in, staging and canonical mappings out: the models' own SQL over a platform's records in an in-memory DuckDB.

Records are shaped by the connector's own declaration, as a load would leave them (nested values as JSON, their decimals
as text), so a test writes what the platform answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pipelines.connector import Notices, Record, dlt_columns, shape
from pipelines.extract import SQL_TYPES, connector
from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.warehouse import contract

# dlt names a load by the second it began: 2026-11-01T12:00:01Z.
LOAD = "1793534401.0"


class RawRows(CanonicalRows):
    """Tables of raw rows and the models built from them; a source not given is an empty table."""

    def __init__(self, **variables: Any) -> None:
        super().__init__(**variables)
        self._sources: set[tuple[str, str]] = set()
        self._environment.globals["source"] = self._source

    def raw(self, platform: str, table: str, records: Iterable[Record], account_id: str = "main") -> RawRows:
        """Add a platform's records to `raw_<platform>.<table>`."""
        self._source(f"raw_{platform}", table)
        resource = connector(platform).resource(table)
        kinds = {name: hint["data_type"] for name, hint in dlt_columns(resource).items()}
        rows = []
        for number, record in enumerate(records):
            row = shape(record, resource, account_id, Notices(), table)
            values = [_stored(row.get(name), kind) for name, kind in kinds.items()]
            rows.append([*values, LOAD, f"{account_id}-{number}"])
        self._insert(f"raw_{platform}.{table}", rows)
        return self

    def source_table(self, schema: str, table: str, query: str) -> None:
        """Let a query's rows be a source table."""
        self._sources.add((schema, table))
        self.connection.execute(f"create table {schema}.{table} as {query}")

    def mapped(self, noun: str, platform: str) -> RawRows:
        """Let one platform's mapping alone be the union `can_<noun>`."""
        mapping = self._ref(f"can_{noun}__{platform}")
        self.connection.execute(f"create or replace table can_{noun} as select * from {mapping}")
        self.built.add(f"can_{noun}")
        return self

    def united(self, noun: str, *platforms: str) -> RawRows:
        """Let the mappings of these platforms be the union `can_<noun>`, with the columns of its contract."""
        columns = ", ".join(contract(f"can_{noun}"))
        parts = [f"select {columns} from {self._ref(f'can_{noun}__{platform}')}" for platform in platforms]
        self.connection.execute(f"create or replace table can_{noun} as {' union all '.join(parts)}")
        self.built.add(f"can_{noun}")
        return self

    def singular_test(self, name: str) -> list[tuple[Any, ...]]:
        """Rows a singular test of the project finds wrong."""
        return self.query((TRANSFORM / "tests" / f"{name}.sql").read_text())

    def build(self, model: str) -> None:
        """Build a model, its refs first, once; a platform's mapping is built, a union not mapped is empty."""
        if model in self.built or "__" not in model:
            super().build(model)
            return
        self.built.add(model)
        self.connection.execute(f"create table {model} as {self.rendered(self._models[model].read_text())}")

    def _source(self, schema: str, table: str) -> str:
        if (schema, table) not in self._sources:
            self._sources.add((schema, table))
            hints = dlt_columns(connector(schema.removeprefix("raw_")).resource(table))
            columns = ", ".join(f'"{name}" {SQL_TYPES[hint["data_type"]]}' for name, hint in hints.items())
            self.connection.execute(f"create schema if not exists {schema}")
            self.connection.execute(f"create table {schema}.{table} ({columns}, _dlt_load_id varchar, _dlt_id varchar)")
        return f"{schema}.{table}"


def _stored(value: Any, kind: str) -> Any:
    if value is None or kind != "json":
        return value
    return json.dumps(value, default=str)
