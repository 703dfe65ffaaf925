"""Checks a file against the contract before a row of it is kept; every fault names file, row, column and reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.files.contract import SQL_TYPES, Column, Kind

# Digits a JSON number or CSV-like text may have before its value could have passed through a double on the way here.
EXACT_DIGITS = 15

ZERO_DECIMALS = "'BIF','CLP','DJF','GNF','ISK','JPY','KMF','KRW','PYG','RWF','UGX','VND','VUV','XAF','XOF','XPF'"
THREE_DECIMALS = "'BHD','IQD','JOD','KWD','LYD','OMR','TND'"


@dataclass(frozen=True)
class Refusal:
    """Why a file, or one row of it, is not loaded. row: counted from 1, the header not counted; None for the whole file."""

    file: str
    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        where = "".join((f", row {self.row}" if self.row else "", f", column {self.column}" if self.column else ""))
        return f"{self.file}{where}: {self.reason}"


def read_as_text(connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind) -> Refusal | None:
    """Reads a file into the temporary table `incoming_text`, every value as text, rows numbered from 1."""
    name = path.name.lower()
    connection.execute("drop table if exists incoming_text")
    try:
        if name.endswith(".parquet"):
            return _read_parquet(connection, path, kind)
        if name.endswith(("csv", "csv.gz")):
            # One thread keeps the rows in the file's order, so that a row number means what a person counts.
            source = "read_csv(?, all_varchar = true, header = true, delim = ',', quote = '\"', parallel = false)"
        else:
            columns = ", ".join(f"'{column.name}': 'VARCHAR'" for column in kind.columns)
            source = f"read_json(?, format = 'newline_delimited', columns = {{{columns}}})"
            refusal = _undeclared_json(connection, path, kind)
            if refusal is not None:
                return refusal
        connection.execute(
            f"create temp table incoming_text as select row_number() over () as source_row, * from {source}",
            [str(path)],
        )
    except duckdb.Error as error:
        return Refusal(path.name, None, None, f"cannot be read: {str(error).splitlines()[0]}")
    return None


def _read_parquet(connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind) -> Refusal | None:
    described = connection.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()
    money = {column.name for column in kind.columns if column.type == "money"}
    for name, sql_type, *_ in described:
        if name in money and sql_type in ("DOUBLE", "FLOAT"):
            return Refusal(
                path.name, None, name, f"money as {sql_type} has no exact value; write it as DECIMAL or text"
            )
    values = ", ".join(f'cast("{name}" as varchar) as "{name}"' for name, *_ in described)
    connection.execute(
        f"create temp table incoming_text as select row_number() over () as source_row, {values} from read_parquet(?)",
        [str(path)],
    )
    return None


def _undeclared_json(connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind) -> Refusal | None:
    names = connection.execute(
        """select distinct unnest(json_keys(json)) as name from read_json_objects(?, format = 'newline_delimited')""",
        [str(path)],
    ).fetchall()
    return _unknown(path, [name for (name,) in names], kind)


def _unknown(path: Path, names: list[str], kind: Kind) -> Refusal | None:
    known = [column.name for column in kind.columns]
    for name in names:
        if name not in known:
            return Refusal(path.name, None, name, f"is not a column of {kind.name}; known: {', '.join(known)}")
    return None


def file_refusal(connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind) -> Refusal | None:
    """What is wrong with the file as a whole: an unknown or missing column. Else `incoming` holds all columns, trimmed."""
    names = [row[0] for row in connection.execute("describe incoming_text").fetchall() if row[0] != "source_row"]
    refusal = _unknown(path, names, kind)
    if refusal is not None:
        return refusal
    for column in kind.columns:
        if column.required and column.name not in names:
            return Refusal(path.name, None, column.name, f"is missing; {kind.name} must have it: {column.meaning}")
    values = ", ".join(
        f"""nullif(trim("{column.name}"), '') as "{column.name}\""""
        if column.name in names
        else f'cast(null as varchar) as "{column.name}"'
        for column in kind.columns
    )
    connection.execute("drop table if exists incoming")
    connection.execute(f"create temp table incoming as select source_row, {values} from incoming_text")
    return None


def faults(connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind, limit: int | None) -> list[Refusal]:
    """Rows that do not fit, each with its first fault, in row order; at most `limit`."""
    rules = [rule for column in kind.columns for rule in _rules(column, kind)]
    rules += [_duplicate(kind)]
    if kind.parent is not None:
        rules.append(_orphan(kind))
    found = connection.execute(
        f"""select source_row, min_by(column_name, rule), min_by(reason, rule) from ({
            " union all ".join(
                f"select {number} as rule, source_row, '{name}' as column_name, {reason} as reason from incoming where {condition}"
                for number, (name, condition, reason) in enumerate(rules)
            )
        }) group by source_row order by source_row {f"limit {limit}" if limit else ""}"""
    ).fetchall()
    return [Refusal(path.name, row, column, reason) for row, column, reason in found]


def _rules(column: Column, kind: Kind) -> list[tuple[str, str, str]]:
    """(column, SQL condition of a fault, SQL text of its reason) for one column."""
    name, quoted = column.name, f'"{column.name}"'
    rules = []
    if column.required:
        rules.append((name, f"{quoted} is null", "'is empty'"))
    if column.type != "text":
        rules.append((
            name,
            f"{quoted} is not null and try_cast({quoted} as {SQL_TYPES[column.type]}) is null",
            f"'''' || left({quoted}, 60) || ''' is not a {column.type}'",
        ))  # fmt: skip
    if column.allowed:
        words = ", ".join(f"'{word}'" for word in column.allowed)
        rules.append((
            name,
            f"{quoted} is not null and {quoted} not in ({words})",
            f"'''' || left({quoted}, 60) || ''' is not one of {' | '.join(column.allowed)}'",
        ))  # fmt: skip
    if column.type == "money":
        rules += _money_rules(name, quoted, kind)
    if name == "currency_code":
        rules.append(
            (name, f"not regexp_full_match({quoted}, '[A-Z]{{3}}')", f"'''' || {quoted} || ''' is no ISO 4217 code'")
        )
    return rules


def _money_rules(name: str, quoted: str, kind: Kind) -> list[tuple[str, str, str]]:
    """Money must fit its currency's decimals as written: nothing is rounded on the way in (SRC-06)."""
    digits = f"length(regexp_replace({quoted}, '[^0-9]', '', 'g'))"
    factor = f"case when currency_code in ({ZERO_DECIMALS}) then 1 when currency_code in ({THREE_DECIMALS}) then 1000 else 100 end"
    amount = f"try_cast({quoted} as decimal(28, 6)) * {factor}"
    return [
        (
            name,
            f"{amount} <> round({amount}, 0)",
            f"'''' || {quoted} || ''' has more decimals than ' || currency_code || ' (SRC-06)'",
        ),
        (
            name,
            f"regexp_matches({quoted}, '[eE]') or (contains({quoted}, '.') and {digits} > {EXACT_DIGITS + 3})",
            f"'''' || {quoted} || ''' is a rounded number, not an amount'",
        ),
    ]


def _duplicate(kind: Kind) -> tuple[str, str, str]:
    key = ("channel", *kind.key)
    columns = ", ".join(f'"{column}"' for column in key)
    return (
        kind.key[-1],
        f"""({columns}) in (select ({columns}) from incoming group by {columns} having count(*) > 1)
            and source_row not in (select min(source_row) from incoming group by {columns})""",
        f"'repeats an earlier row of this file with the same {', '.join(key)}'",
    )


def _orphan(kind: Kind) -> tuple[str, str, str]:
    return (
        "order_id",
        f"""order_id is not null and not exists (
                select 1 from raw_files.{kind.parent} as parent
                where parent.channel = incoming.channel and parent.order_id = incoming.order_id)""",
        f"'order ' || order_id || ' is in no {kind.parent} file loaded so far'",
    )
