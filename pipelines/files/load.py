"""Loads a folder of files into `raw_files`: every good file whole, every bad one not at all, all in one transaction.

DuckDB reads and checks the files itself, as text, set by set; a value is cast only after it is known to fit. Loading the
same file again replaces its rows by key, so a repeat changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.errors import ConfigurationError
from pipelines.files.check import Refusal, faults, file_refusal, read_as_text
from pipelines.files.contract import KINDS, SQL_TYPES, SUFFIXES, Kind, kind_of


@dataclass(frozen=True)
class Loaded:
    file: str
    kind: str
    rows: int


@dataclass
class Outcome:
    """What became of a folder: files loaded, files refused with their first faults, single rows set aside."""

    loaded: list[Loaded] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    set_aside: list[Refusal] = field(default_factory=list)


def load(
    directory: Path, warehouse: Path, report: Callable[[str], None] = lambda _: None, *, set_aside: bool = False
) -> Outcome:
    """Loads all files of a folder.

    set_aside: a bad row does not refuse its file but waits in `raw_files.refused_rows` with its reason, named in the outcome.
    Raises ConfigurationError when the folder does not exist or holds no file.
    """
    files = _files(directory)
    outcome = Outcome()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        create_tables(connection)
        connection.execute("begin")
        for kind in KINDS:  # parents come before what refers to them
            for path in files.pop(kind.name, []):
                report(path.name)
                _load_file(connection, path, kind, outcome, set_aside)
        connection.execute("commit")
    for path in files.get("", []):
        known = ", ".join(kind.name for kind in KINDS)
        outcome.refused.append(Refusal(path.name, None, None, f"its name begins with none of: {known}"))
    return outcome


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the raw tables of the file drop where they are missing, and the columns a later contract added."""
    connection.execute("create schema if not exists raw_files")
    for kind in KINDS:
        columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.type]}' for column in kind.columns)
        connection.execute(
            f"create table if not exists raw_files.{kind.name} (source_file varchar, source_row bigint, {columns})"
        )
        for column in kind.columns:
            added = f'"{column.name}" {SQL_TYPES[column.type]}'
            connection.execute(f"alter table raw_files.{kind.name} add column if not exists {added}")
    connection.execute(
        """create table if not exists raw_files.refused_rows
           (source_file varchar, source_row bigint, kind varchar, column_name varchar, reason varchar)"""
    )


def _files(directory: Path) -> dict[str, list[Path]]:
    """Files by kind, sorted by name; those of no kind under ''."""
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is not a folder")
    found: dict[str, list[Path]] = {}
    for path in sorted(directory.iterdir()):
        if path.name.lower().endswith(SUFFIXES):
            kind = kind_of(path.name)
            found.setdefault(kind.name if kind else "", []).append(path)
    if not found:
        raise ConfigurationError(
            f"{directory} holds no CSV, Parquet or JSON lines file; see `cartwheel files contract`"
        )
    return found


def _load_file(
    connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind, outcome: Outcome, set_aside: bool
) -> None:
    refusal = read_as_text(connection, path, kind) or file_refusal(connection, path, kind)
    if refusal is not None:
        outcome.refused.append(refusal)
        return
    found = faults(connection, path, kind, limit=None if set_aside else 5)
    if found and not set_aside:
        outcome.refused += found
        return
    outcome.set_aside += found
    _keep_refused(connection, path, kind, found)
    rows = _replace(connection, path, kind)
    outcome.loaded.append(Loaded(path.name, kind.name, rows))


def _keep_refused(connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind, found: list[Refusal]) -> None:
    connection.execute("delete from raw_files.refused_rows where source_file = ?", [path.name])
    if found:
        rows = [[path.name, fault.row, kind.name, fault.column, fault.reason] for fault in found]
        connection.executemany("insert into raw_files.refused_rows values (?, ?, ?, ?, ?)", rows)
        connection.execute(
            "delete from incoming where source_row in (select source_row from raw_files.refused_rows where source_file = ?)",
            [path.name],
        )


def _replace(connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind) -> int:
    """Puts the checked rows of `incoming` in place of those with the same key; how many there are now."""
    same = " and ".join(f'kept."{column}" = incoming."{column}"' for column in ("channel", *kind.key))
    connection.execute(f"delete from raw_files.{kind.name} as kept using incoming where {same}")
    names = ", ".join(f'"{column.name}"' for column in kind.columns)
    typed = ", ".join(f'cast("{column.name}" as {SQL_TYPES[column.type]})' for column in kind.columns)
    connection.execute(
        f"insert into raw_files.{kind.name} (source_file, source_row, {names}) select ?, source_row, {typed} from incoming",
        [path.name],
    )
    return int((connection.execute("select count(*) from incoming").fetchone() or (0,))[0])
