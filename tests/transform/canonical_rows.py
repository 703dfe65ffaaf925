"""Canonical rows in, marts out: builds the marts' own SQL over hand-written rows in an in-memory DuckDB.

The models' files are rendered with the project's macros and run in the order of their refs, so a test names only the
rows it is about. What dbt adds (contracts, tests, schemas) is proved by building the whole project elsewhere.
"""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from types import CodeType
from typing import Any

import duckdb
import jinja2

from tests.transform.dbt_process import TRANSFORM, described
from tests.transform.warehouse import contract

DEFAULTS: dict[str, Any] = {
    "platform": "shopify",
    "account_id": "main",
    "entity_id": "main",
    "channel": "shopify",
    "currency_code": "USD",
    "is_test": False,
    "is_b2b": False,
    "is_deleted": False,
    "is_archived": False,
    "is_enabled": True,
    "is_tracked": True,
    "line_type": "product",
    "tax_minor": 0,
    "discount_minor": 0,
    "order_payment_status": "paid",
    "order_fulfilment_status": "unfulfilled",
    "payment_type": "sale",
    "payment_status": "succeeded",
    "tender_type": "card",
    "refund_status": "succeeded",
    "payout_status": "paid",
}


@functools.cache
def _project_variables() -> dict[str, Any]:
    return described(TRANSFORM / "dbt_project.yml")["vars"]


@functools.cache
def _models() -> dict[str, Path]:
    return {path.stem: path for path in (TRANSFORM / "models").rglob("*.sql")}


@functools.cache
def _seed_types() -> dict[str, dict[str, str]]:
    """Column types of every seed that declares some, in whichever yml of the folder."""
    declared = [seed for path in (TRANSFORM / "seeds").glob("*.yml") for seed in described(path)["seeds"]]
    return {seed["name"]: seed.get("config", {}).get("column_types", {}) for seed in declared}


@functools.cache
def _macros() -> str:
    return "".join(path.read_text() for path in sorted((TRANSFORM / "macros").glob("*.sql")))


@functools.cache
def _compiled(text: str) -> CodeType:
    return jinja2.Environment(undefined=jinja2.StrictUndefined).compile(text)


def _template(environment: jinja2.Environment, text: str) -> jinja2.Template:
    return jinja2.Template.from_code(environment, _compiled(text), environment.make_globals(None))


class CanonicalRows:
    """Tables of canonical rows and the marts built from them; rows not given are empty tables."""

    def __init__(self, **variables: Any) -> None:
        """Read the project's macros and defaults; `variables` override its vars."""
        self.variables = _project_variables() | {"as_of": ""} | variables
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("set timezone = 'UTC'")
        self.built: set[str] = set()
        self._models = _models()
        self._environment = self._make_environment()

    def rows(self, table: str, *rows: dict[str, Any]) -> CanonicalRows:
        """Put rows into a table with a contract; what a row leaves out has the house default or is NULL."""
        columns = contract(table)
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.connection.execute(f"create or replace table {table} ({listed})")
        for row in rows:
            assert set(row) <= set(columns), set(row) - set(columns)
        self._insert(table, [[row.get(column, DEFAULTS.get(column)) for column in columns] for row in rows])
        self.built.add(table)
        return self

    def seed(self, name: str, *rows: dict[str, Any]) -> CanonicalRows:
        """Load a seed's file, or these rows instead of it, with the column types its yml declares."""
        types = _seed_types().get(name, {})
        with (TRANSFORM / "seeds" / f"{name}.csv").open() as file:
            reader = csv.DictReader(file)
            columns, found = list(reader.fieldnames or []), list(reader)
        spelled = ", ".join(f"{column} {types.get(column, 'varchar')}" for column in columns)
        self.connection.execute(f"create or replace table {name} ({spelled})")
        values = [
            [None if row.get(column) in ("", None) else row.get(column) for column in columns] for row in rows or found
        ]
        self._insert(name, values)
        self.built.add(name)
        return self

    def _insert(self, table: str, rows: list[list[Any]]) -> None:
        """All rows in a few statements; one a row takes a second for a thousand."""
        for start in range(0, len(rows), 500):
            some = rows[start : start + 500]
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in some)
            self.connection.execute(f"insert into {table} values {marks}", [value for row in some for value in row])

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query whose refs (`{{ ref('fct_stock') }}`) are built first."""
        return self.connection.execute(self.rendered(sql)).fetchall()

    def build(self, model: str) -> None:
        """Build a model, its refs first, once."""
        if model in self.built:
            return
        self.built.add(model)
        if model.startswith("can_"):
            self.rows(model)
        elif (TRANSFORM / "seeds" / f"{model}.csv").exists():
            self.seed(model)
        else:
            self.connection.execute(f"create table {model} as {self.rendered(self._models[model].read_text())}")

    def _make_environment(self) -> jinja2.Environment:
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
        environment.globals.update(
            var=self._var,
            ref=self._ref,
            adapter=_Adapter(environment),
            config=lambda **_: "",
            **{"return": lambda x: x},
        )
        environment.globals.update(_template(environment, _macros()).make_module().__dict__)
        return environment

    def rendered(self, sql: str) -> str:
        """SQL with its macros applied and its refs built."""
        return _template(self._environment, sql).render()

    def _var(self, name: str, default: Any = None) -> Any:
        return self.variables.get(name, default)

    def _ref(self, name: str) -> str:
        self.build(name)
        return name


class _Adapter:
    """dbt's macro dispatch, for the default engine."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment

    def dispatch(self, name: str, _project: str) -> Any:
        return self._environment.globals[f"default__{name}"]
