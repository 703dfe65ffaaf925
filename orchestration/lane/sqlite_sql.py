"""Compiled DuckDB SQL as SQLite reads it, and the functions SQLite lacks: the same models over a few rows, on an engine made for few.

Values stand as text, whole numbers and null: a truth value as 0 or 1, a date as `2026-11-01`, a timestamp as
`2026-11-01 06:00:00.000000` (UTC), so that their order is that of the texts. Nothing else is looked for in a stock model;
what can not be said in SQLite fails when the lane is primed, by the name of the model.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import date, datetime, timedelta
from typing import Any

import sqlglot
from sqlglot import exp

# The types a stock model's columns may have.
KINDS = frozenset({"VARCHAR", "BIGINT", "INTEGER", "BOOLEAN", "DATE", "TIMESTAMP"})
_TIMESTAMPS = frozenset({exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ})
_BETWEEN = {"DAY": "days_between", "SECOND": "seconds_between"}
_MIDNIGHT = " 00:00:00.000000"


def translated(sql: str) -> str:
    """A query of compiled SQL for SQLite; a table "marts"."fct_ats" is one name there: "marts.fct_ats"."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    # What stands within a node before the node: it is copied with it.
    for node in reversed([*tree.dfs()]):
        said = _node(node)
        if said is not node:
            node.replace(said)
    # The innermost first: what stands around it is copied with it.
    for union in reversed([*tree.find_all(exp.SetOperation)]):
        for side in ("this", "expression"):
            union.set(side, _side(union, side))
    for common in tree.find_all(exp.CTE):
        common.set("this", _bare(common.this))
    return tree.sql(dialect="sqlite")


def functions(connection: sqlite3.Connection) -> None:
    """What the models call that SQLite has not, or has otherwise than DuckDB."""
    connection.execute("pragma case_sensitive_like = on")
    for name, arguments, function in (
        ("upper", 1, _upper),
        ("replaced", 3, _replaced),
        ("days_between", 2, _days_between),
        ("seconds_between", 2, _seconds_between),
        ("days_later", 2, _days_later),
    ):
        connection.create_function(name, arguments, function, deterministic=True)


def stored(column: str, kind: str) -> str:
    """A column of a DuckDB table as SQLite keeps its values: an expression for DuckDB, under the column's own name."""
    quoted = f'"{column}"'
    if kind == "TIMESTAMP":
        return f"strftime({quoted}, '%Y-%m-%d %H:%M:%S.%f') as {quoted}"
    return f"cast({quoted} as varchar) as {quoted}" if kind == "DATE" else quoted


def read_back(value: Any, kind: str) -> Any:
    """A value of SQLite as DuckDB would hand it out."""
    if value is None:
        return None
    if kind == "BOOLEAN":
        return bool(value)
    if kind == "DATE":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if kind == "TIMESTAMP" else value


def kept(value: Any) -> Any:
    """A value as DuckDB hands it out, as SQLite keeps it."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _node(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Table) and node.db:
        alias = node.alias or node.name
        return exp.alias_(exp.to_table(f'"{node.db}.{node.name}"'), alias, table=True)
    if isinstance(node, exp.Greatest | exp.Least):
        return _outermost(node, "MAX" if isinstance(node, exp.Greatest) else "MIN")
    if isinstance(node, exp.LogicalAnd | exp.LogicalOr):
        return exp.Min(this=node.this) if isinstance(node, exp.LogicalAnd) else exp.Max(this=node.this)
    if isinstance(node, exp.IntDiv):
        # Whole numbers divided are cut off towards zero by both.
        return exp.Div(this=node.this, expression=node.expression, typed=True, safe=True)
    if isinstance(node, exp.Cast):
        return _cast(node)
    if isinstance(node, exp.DateDiff):
        name = _BETWEEN[str(node.args["unit"].name).upper()]
        return exp.Anonymous(this=name, expressions=[node.expression, node.this])
    if isinstance(node, exp.RegexpReplace):
        return exp.Anonymous(this="replaced", expressions=[node.this, node.expression, node.args["replacement"]])
    return node


def _outermost(node: exp.Expr, name: str) -> exp.Expr:
    """The greatest or least of several as DuckDB understands it: a null is left out, where SQLite's own would win."""
    found, *others = node.this, *node.expressions
    for other in others:
        both = exp.Anonymous(this=name, expressions=[found.copy(), other.copy()])
        found = exp.Coalesce(this=both, expressions=[found.copy(), other.copy()])
    return found


def _cast(node: exp.Cast) -> exp.Expr:
    kind, value = node.to.this, node.this
    if kind is exp.DataType.Type.BOOLEAN:
        if isinstance(value, exp.Literal):
            return exp.Literal.number(1 if value.name in ("t", "true") else 0)
        return value
    if kind in _TIMESTAMPS:
        # A day is its midnight.
        midnight = exp.DPipe(this=value.copy(), expression=exp.Literal.string(_MIDNIGHT))
        return exp.case().when(exp.Length(this=value.copy()).eq(10), midnight).else_(value.copy())
    if kind is exp.DataType.Type.DATE:
        if isinstance(value, exp.Add):
            return exp.Anonymous(this="days_later", expressions=[value.this, value.expression])
        return exp.Substring(this=value, start=exp.Literal.number(1), length=exp.Literal.number(10))
    return node


def _bare(query: exp.Expr) -> exp.Expr:
    """A query without parentheses around it."""
    while isinstance(query, exp.Subquery) and not query.alias:
        query = query.this
    return query


def _side(union: exp.SetOperation, side: str) -> exp.Expr:
    """One side of a union: SQLite knows no parentheses there."""
    query = _bare(union.args[side])
    is_nested = isinstance(query, exp.SetOperation) and (side == "expression" or type(query) is not type(union))
    if is_nested or query.args.get("with_") or query.args.get("order") or query.args.get("limit"):
        return exp.select("*").from_(exp.Subquery(this=query.copy()))
    return query


def _upper(text: str | None) -> str | None:
    # Letter by letter, as DuckDB does: a text keeps its length.
    return None if text is None else "".join(big if len(big := letter.upper()) == 1 else letter for letter in text)


def _replaced(text: str | None, pattern: str, by: str) -> str | None:
    return None if text is None else re.sub(pattern, by, text, count=1)


def _days_between(first: str | None, last: str | None) -> int | None:
    if first is None or last is None:
        return None
    return (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days


def _seconds_between(first: str | None, last: str | None) -> int | None:
    """The seconds that began between two moments."""
    if first is None or last is None:
        return None
    from_, to = (datetime.fromisoformat(one).replace(microsecond=0) for one in (first, last))
    return int((to - from_).total_seconds())


def _days_later(day: str | None, days: int | None) -> str | None:
    if day is None or days is None:
        return None
    return (date.fromisoformat(day[:10]) + timedelta(days=days)).isoformat()
