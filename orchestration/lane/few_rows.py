"""The rows of the SKUs in hand, and the models over them: dbt's compiled SQL, model by model, in SQLite's memory.

An engine for columns makes room for two thousand rows in each operator, and a stock number has hundreds of operators over five
rows; an engine for rows makes none (docs/decisions/0083). What is computed here is what DuckDB computes for all SKUs: the
lane's histories hold the two together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot.errors import SqlglotError

from orchestration.lane import kept_rows, sqlite_sql
from orchestration.lane.known_rows import Row
from orchestration.lane.models import CLOCK, Node
from orchestration.lane.snapshot import LaneSnapshot

Columns = Mapping[str, str]


class NotForFewRows(Exception):
    """A stock model says what the lane's engine can not; the message names the model."""


@dataclass(frozen=True)
class Seen:
    """A platform's mapping as the models see it: a noun's rows, with null in the columns that are not carried."""

    name: str
    noun: str
    columns: Collection[str]
    where: str


class FewRows:
    """One per workshop; called from one thread at a time. nouns: the columns of what is taken from the kept rows."""

    def __init__(self, snapshot: LaneSnapshot, nouns: Mapping[str, Collection[str]], seen: Iterable[Seen]) -> None:
        self._columns, self._nouns = snapshot.columns, nouns
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=1_000)
        sqlite_sql.functions(self.db)
        self._nodes = {node.name: node for node in snapshot.models.of("computed")}
        # By name: a warehouse may have added a column at the end that the model has in the middle.
        self._queries = {
            name: f"select {_listed(snapshot.columns[name])} from ({_translated(node)})"
            for name, node in self._nodes.items()
        }
        self._needed: dict[tuple[str, ...], list[str]] = {}
        for name, columns in nouns.items():
            self.db.execute(f"create table {_work(name)} ({_listed(columns)})")
        for mapping in seen:
            carried = nouns[mapping.noun]
            listed = ", ".join(f'"{name}"' if name in carried else f'null as "{name}"' for name in mapping.columns)
            self.db.execute(
                f'create view "{mapping.name}" as select {listed} from {_work(mapping.noun)}{mapping.where}'
            )
        for node in snapshot.models.of("given"):
            self.db.execute(f'create table if not exists "{node.name}" ({_listed(snapshot.columns[node.name])})')
        for name, node in self._nodes.items():
            self._declare(node, self._queries[name])

    def close(self) -> None:
        self.db.close()

    def load(self, connection: duckdb.DuckDBPyConnection, node: Node, source: str) -> None:
        """All rows of a given table, from where DuckDB has them."""
        rows = connection.execute(f"select {chosen(self._columns[node.name])} from {source}").fetchall()
        self._insert(f'"{node.name}"', self._columns[node.name], rows)

    def take(self, noun: str, column: str, values: Iterable[str]) -> int:
        """Adds the kept rows of a noun that a column leads to; how many."""
        which = f"where {column} in {kept_rows.LISTED}"
        return self.db.execute(f"{self._taking(noun)} {which}", [kept_rows.listed(values)]).rowcount

    def take_all(self, noun: str) -> None:
        """Adds every kept row of a noun."""
        self.db.execute(self._taking(noun))

    def _taking(self, noun: str) -> str:
        return f"insert into {_work(noun)} select * from {kept_rows.table(noun)}"

    def first(self, name: str, query: str) -> tuple[Any, ...]:
        """The first row of a query of DuckDB's SQL, which has a model's columns."""
        return self._read_back(name, self.db.execute(sqlite_sql.translated(query)).fetchone())

    def put_down(self, nouns: Iterable[str]) -> None:
        """No row of these nouns lies here any more."""
        for name in nouns:
            self.db.execute(f"delete from {_work(name)}")

    def values(self, noun: str, column: str, where: str = "true") -> set[Any]:
        """What stands in a column of a noun's rows here, without nulls."""
        rows = self.db.execute(f"select distinct {column} from {_work(noun)} where {column} is not null and {where}")
        return {value for (value,) in rows}

    def set_clock(self, row: Sequence[Any]) -> None:
        """Lays this row into dim_stock_clock."""
        self._lay_clock([sqlite_sql.kept(value) for value in row])

    def make(self, *wanted: str) -> tuple[Any, ...]:
        """Computes what these models read of the rows that lie here, and them; the clock's row, wound forward."""
        for name in self._order(wanted):
            if name == CLOCK:
                self._wind()
                continue
            self.db.execute(f'delete from "{name}"')
            self.db.execute(f'insert into "{name}" {self._queries[name]}')
        return self._clock()

    def rows(self, name: str) -> list[Row]:
        """The rows of an activation model, or of a model that was made; SKU after SKU."""
        query = self._queries[name] if self._nodes[name].schema == "activation" else f'select * from "{name}"'
        found, names = self.db.execute(f"select * from ({query}) order by sku"), self._columns[name]
        return [dict(zip(names, self._read_back(name, row), strict=True)) for row in found]

    def _wind(self) -> None:
        """Both times of the clock are the newest of something, here and before."""
        newest = ", ".join(f'max("{name}")' for name in self._columns[CLOCK])
        both = f'select * from "{CLOCK}" union all select * from ({self._queries[CLOCK]})'
        self._lay_clock(self.db.execute(f"select {newest} from ({both})").fetchone())

    def _lay_clock(self, row: Sequence[Any]) -> None:
        self.db.execute(f'delete from "{CLOCK}"')
        self._insert(f'"{CLOCK}"', self._columns[CLOCK], [row])

    def _clock(self) -> tuple[Any, ...]:
        return self._read_back(CLOCK, self.db.execute(f'select * from "{CLOCK}"').fetchone())

    def _read_back(self, name: str, row: Sequence[Any]) -> tuple[Any, ...]:
        kinds = self._columns[name].values()
        return tuple(sqlite_sql.read_back(value, kind) for value, kind in zip(row, kinds, strict=True))

    def _order(self, wanted: tuple[str, ...]) -> list[str]:
        """The tables to fill, what is read before what reads it."""
        if wanted not in self._needed:
            needed, last = set[str](), set(wanted)
            while last:
                needed |= last
                last = {up for name in last for up in self._nodes[name].reads if up in self._nodes} - needed
            self._needed[wanted] = [name for name, node in self._nodes.items() if name in needed and _is_table(node)]
        return self._needed[wanted]

    def _declare(self, node: Node, query: str) -> None:
        """Makes the table or view of a model, and runs it once over nothing: what can not be said here is known now."""
        for column, kind in self._columns[node.name].items():
            if kind not in sqlite_sql.KINDS:
                raise _not_for_few(node, f"column {column} is of type {kind}")
        try:
            if _is_table(node):
                self.db.execute(f'create table "{node.name}" ({_listed(self._columns[node.name])})')
                self.db.execute(f'insert into "{node.name}" {query}')
                self.db.execute(f'delete from "{node.name}"')
            elif node.is_looked_through:
                self.db.execute(f'create view "{node.name}" as {query}')
            else:
                self.db.execute(query).fetchall()
        except sqlite3.Error as error:
            raise _not_for_few(node, error) from error

    def _insert(self, table: str, columns: Columns, rows: Sequence[Sequence[Any]]) -> None:
        self.db.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", rows)


def chosen(columns: Columns) -> str:
    """These columns of a DuckDB table, as rows that can be put in."""
    return ", ".join(sqlite_sql.stored(name, kind) for name, kind in columns.items())


def _translated(node: Node) -> str:
    try:
        return sqlite_sql.translated(node.sql)
    except SqlglotError as error:
        raise _not_for_few(node, error) from error


def _not_for_few(node: Node, error: Exception | str) -> NotForFewRows:
    return NotForFewRows(
        f"{node.name} can not be computed for single SKUs, so the stock lane does not start: {error}."
        " Say it in SQL that SQLite knows, or through a macro."
    )


def _is_table(node: Node) -> bool:
    return node.schema != "activation" and not node.is_looked_through


def _work(noun: str) -> str:
    return f'"work.{noun}"'


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
