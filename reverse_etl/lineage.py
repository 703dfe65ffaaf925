"""From a pushed row back to the raw payload it was made from: a walk over declared steps, as data beside each model.

A step says from which table's rows a row comes, by which columns they are found, and what must add up between the two.
Only tables, columns and SQL expressions of one row are declared; nothing here knows any platform.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any

import duckdb

from reverse_etl.errors import ConfigurationError

RAW = "raw_"
# More rows than a reader looks at; what is left out is counted.
ROWS_KEPT = 200
_FEW = 50
_LAYERS = {"seeds": 0, "marts": 0, "canonical": 1, "staging": 2}


@dataclass(frozen=True)
class Step:
    """One way a row of a model comes from rows of `table`."""

    table: str
    # Column (or expression over the columns) of `table` → column or expression of the row that is explained. Rows
    # whose first key is null come from nowhere.
    by: Mapping[str, str]
    # Takes this step only for rows with these values, e.g. {"platform": "shopify"}.
    when: Mapping[str, str] = field(default_factory=dict)
    # Leaves out rows of `table` that play no part, as a condition on its columns.
    where: str = ""
    # Aggregate over the rows found, e.g. "sum(units)" → column or expression of the row that must show this value.
    makes: Mapping[str, str] = field(default_factory=dict)
    # Expression over `table` → column of the row that must show the same in each row found.
    equals: Mapping[str, str] = field(default_factory=dict)


# Table (schema.name) → its steps.
Lineage = Mapping[str, tuple[Step, ...]]


@dataclass(frozen=True)
class Check:
    """Whether the rows of a table make the value that a row made of them shows."""

    sentence: str
    holds: bool


@dataclass(frozen=True)
class Payload:
    """A raw row as stored: its JSON text, the digest of exactly these bytes, and the load that brought it.

    `answers` are the SHA-256 of the platform's answers it came in.
    """

    text: str
    sha256: str
    load_id: str | None
    loaded_at: datetime | None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Traced:
    """The rows of one table that a pushed value comes from. `missing` says why they can not be shown."""

    table: str
    explains: tuple[str, ...]
    count: int = 0
    rows: tuple[Mapping[str, Any], ...] = ()
    payloads: tuple[Payload, ...] = ()
    checks: tuple[Check, ...] = ()
    missing: str = ""


def read_steps(table: str, declared: Any) -> tuple[Step, ...]:
    """A model's declared steps; raises ConfigurationError naming what is not a step."""
    known = {item.name for item in fields(Step)}
    steps = []
    for entry in declared or ():
        if not isinstance(entry, dict) or not {"table", "by"} <= entry.keys() <= known:
            raise ConfigurationError(f"{table}: {entry!r} is not a step of its explanation", code="bad_declaration")
        by = entry["by"]
        keys = {name: name for name in by} if isinstance(by, list) else dict(by)
        when = {name: str(value) for name, value in entry.get("when", {}).items()}
        steps.append(Step(**{**entry, "by": keys, "when": when}))
    return tuple(steps)


def order(lineage: Lineage, start: str) -> list[str]:
    """The tables reachable from a table, each after all that it explains; raises ConfigurationError on a circle."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    seen, waiting = {start}, [start]
    while waiting:
        table = waiting.pop()
        sorter.add(table)
        for step in lineage.get(table, ()):
            sorter.add(step.table, table)
            if step.table not in seen:
                seen.add(step.table)
                waiting.append(step.table)
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise ConfigurationError(
            f"explanations run in a circle: {' → '.join(error.args[1])}", code="bad_declaration"
        ) from None


def trace(
    connection: duckdb.DuckDBPyConnection, lineage: Lineage, start: str, *rows: Mapping[str, Any]
) -> tuple[Traced, ...]:
    """Every table on the way from rows of `start`, all with the same columns, to the raw payloads they come from."""
    held = {start: "explained_0"}
    _hold(connection, held[start], rows)
    traced = []
    for number, table in enumerate(order(lineage, start)[1:], start=1):
        leading = [(origin, step) for origin in held for step in lineage.get(origin, ()) if step.table == table]
        # A view over raw JSON is read in whole before it is narrowed: not worth it for no row at all.
        leading = [(origin, step) for origin, step in leading if _applies(connection, step, held[origin])]
        if not leading:
            continue
        found = _follow(connection, table, f"explained_{number}", held, leading)
        if found.count:
            held[table] = f"explained_{number}"
        if found.count or found.missing:
            traced.append(found)
    for name in held.values():
        connection.execute(f"drop table {name}")
    # Layer by layer for the reader; every row still stands below all that it explains.
    return tuple(sorted(traced, key=lambda found: _LAYERS.get(found.table.partition(".")[0], len(_LAYERS))))


def _follow(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    holding: str,
    held: Mapping[str, str],
    leading: Sequence[tuple[str, Step]],
) -> Traced:
    """Fetch the rows of a table that the rows already held come from."""
    explains = tuple(dict.fromkeys(origin for origin, _ in leading))
    branches = " union all ".join(
        step_query(step, held[origin], _narrowed(connection, step, held[origin])) for origin, step in leading
    )
    try:
        connection.execute(f"create or replace temp table {holding} as select distinct * from ({branches})")
    except duckdb.CatalogException:
        return Traced(table, explains, missing="not in this database")
    except duckdb.Error as error:
        raise ConfigurationError(
            f"the explanation of {', '.join(explains)} by {table} does not work: {str(error).splitlines()[0]}",
            code="bad_declaration",
        ) from None
    counted = connection.execute(f"select count(*) from {holding}").fetchone()
    checks = [
        check
        for origin, step in leading
        for kind in ("makes", "equals")
        for check in _checks(connection, kind, step, origin, held[origin], holding)
    ]
    return Traced(
        table,
        explains,
        count=counted[0] if counted else 0,
        rows=tuple(rows_of(connection, f"select * from {holding} order by all limit {ROWS_KEPT}")),
        payloads=_payloads(connection, table, holding) if table.startswith(RAW) else (),
        checks=tuple(checks),
    )


def _applies(connection: duckdb.DuckDBPyConnection, step: Step, origin: str) -> bool:
    found = connection.execute(f"select 1 from {origin} where {_chosen(step)} limit 1").fetchone()
    return found is not None


def step_query(step: Step, origin: str, narrowed: Sequence[str] = ()) -> str:
    """The rows of a step's table that the rows of `origin` come from; `narrowed` are conditions they meet anyhow."""
    wanted = ", ".join(f"{expression} as wanted_{at}" for at, expression in enumerate(step.by.values()))
    matches = " and ".join(f"({name}) is not distinct from wanted_{at}" for at, name in enumerate(step.by))
    kept = " and ".join([*([f"({step.where})"] if step.where else []), *narrowed])
    return (
        f"select parent.* from (select * from {step.table}{f' where {kept}' if kept else ''}) as parent"
        f" semi join (select distinct {wanted} from {origin} where {_chosen(step)}) as wanted on {matches}"
    )


def _narrowed(connection: duckdb.DuckDBPyConnection, step: Step, origin: str) -> list[str]:
    """Few wanted keys as constants: those reach below a view, so that it opens the JSON of their rows alone."""
    found = []
    for name, expression in step.by.items():
        query = f"select distinct cast({expression} as varchar) from {origin} where {_chosen(step)} limit {_FEW + 1}"
        keys = [key for (key,) in connection.execute(query).fetchall()]
        if None not in keys and len(keys) <= _FEW:
            found.append(f"({name}) in ({', '.join(map(literal, keys))})")
    return found


def _chosen(step: Step) -> str:
    """Which rows take the step, as a condition."""
    first = next(iter(step.by.values()))
    matching = [f"{name} = {_quoted(value)}" for name, value in step.when.items()]
    return " and ".join([f"({first}) is not null", *matching])


def _checks(
    connection: duckdb.DuckDBPyConnection, kind: str, step: Step, origin: str, child: str, holding: str
) -> list[Check]:
    """Compare what rows show with what the rows they come from hold, one check per declared pair."""
    found = []
    for expression, shown in getattr(step, kind).items():
        whole = f"{_short(origin)}.{shown}"
        for stated, rows, made in connection.execute(check_query(kind, step, child, holding, expression)).fetchall():
            if kind == "equals" and rows:
                found.append(Check(f"{whole} {stated} is {step.table}.{expression}", made == [stated]))
            elif kind == "makes" and (rows or stated):
                counted = f"{rows} row{'' if rows == 1 else 's'} of {step.table}"
                found.append(Check(f"{whole} {stated} is {expression} of {counted}", (made or 0) == (stated or 0)))
    return found


def check_query(kind: str, step: Step, child: str, parents: str, expression: str) -> str:
    """Per row of `child`: what it shows, how many rows of `parents` it comes from, and what these make."""
    wanted = ", ".join(f"{key} as wanted_{at}" for at, key in enumerate(step.by.values()))
    keys = ", ".join(f"{name} as key_{at}" for at, name in enumerate(step.by))
    joined = " and ".join(f"key_{at} is not distinct from wanted_{at}" for at in range(len(step.by)))
    shown = getattr(step, kind)[expression]
    values = expression if kind == "makes" else f"list(distinct {expression})"
    return (
        f"select explained_value, count(key_0), {values} from"
        f" (select row_number() over () as explained_number, {shown} as explained_value, {wanted} from {child}"
        f" where {_chosen(step)}) as child"
        f" left join (select *, {keys} from {parents} where {step.where or 'true'}) as parent on {joined}"
        f" group by explained_number, explained_value order by explained_number"
    )


def _short(table: str) -> str:
    return table.partition(".")[2] or table


def _hold(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    kinds = {column: _kind([row[column] for row in rows]) for column in rows[0]}
    selects = (
        ", ".join(f'cast({literal(row[column])} as {kind}) as "{column}"' for column, kind in kinds.items())
        for row in rows
    )
    query = " union all ".join(f"select {columns}" for columns in selects)
    connection.execute(f"create or replace temp table {name} as {query}")


def _kind(values: Sequence[Any]) -> str:
    found = {type(value) for value in values if value is not None}
    return {frozenset({int}): "bigint", frozenset({bool}): "boolean"}.get(frozenset(found), "varchar")


def literal(value: Any) -> str:
    """A value as SQL. Bound parameters would make DuckDB import pandas first, which takes longer than the whole walk."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool | int) else _quoted(str(value))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """Rows of a query, by column."""
    found = connection.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def _payloads(connection: duckdb.DuckDBPyConnection, table: str, holding: str) -> tuple[Payload, ...]:
    """The raw rows as JSON text with their load; rows of the file drop have no load but name their file."""
    query = f"select cast(to_json(row) as varchar) as text from {holding} as row order by text limit {ROWS_KEPT}"
    texts = [text for (text,) in connection.execute(query).fetchall()]
    told = [json.loads(text) for text in texts]
    times = _load_times(connection, table.partition(".")[0]) if any(row.get("_dlt_load_id") for row in told) else {}
    return tuple(
        Payload(
            text,
            hashlib.sha256(text.encode()).hexdigest(),
            row.get("_dlt_load_id"),
            times.get(row.get("_dlt_load_id")),
            tuple(row.get("_answers") or ()),
        )
        for text, row in zip(texts, told, strict=True)
    )


def _load_times(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[Any, datetime]:
    return dict(connection.execute(f"select load_id, inserted_at from {schema}._dlt_loads").fetchall())
