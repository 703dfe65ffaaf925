"""The lane's databases, made once per snapshot: DuckDB maps what events tell, SQLite keeps the rows and computes the SKUs in hand.

raw_*       rows of the events in hand        → staging views → what the mappings make of them
kept_rows   rows of the canonical mappings, newest version of each resource, a table per noun with indexes
few         the kept rows that the SKUs in hand need, and every model up to what is pushed, for these SKUs
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

from orchestration.lane.changes import TOLD_OF
from orchestration.lane.composed import composed, quoted
from orchestration.lane.few_rows import FewRows, Seen, chosen
from orchestration.lane.kept_rows import INDEXED, KeptRows
from orchestration.lane.known_rows import Row
from orchestration.lane.models import COMPONENTS, Node
from orchestration.lane.patched_rows import PatchedRows
from orchestration.lane.snapshot import PATCHED, LaneSnapshot, declared

# An order's number as parcels name it; where two systems write it differently, what is left is the same.
ORDER_KEY = "upper(replace(trim(order_number), '#', ''))"
KEYED = ("can_orders", "can_parcels")
# Rows read at once while the lane is primed.
SOME = 20_000
# Handfuls of raw rows after which those deleted are given back: some milliseconds each time.
LOOKED_THROUGH = 100


def noun(node: Node) -> str:
    """The noun a kept table speaks of: all platforms' rows of one noun lie in one table."""
    return node.table.partition("__")[0] if node.schema == "canonical" else node.table


class Workshop:
    """The lane's database over one snapshot. `nouns`: the nouns kept per SKU, with their columns, that computed models read."""

    def __init__(self, snapshot: LaneSnapshot, looked_through: int = LOOKED_THROUGH) -> None:
        self.snapshot = snapshot
        self._looked_through, self._forgotten = looked_through, 0
        self.models = snapshot.models
        self._computed = {node.table: node for node in snapshot.models.of("computed")}
        needed = {name for node in self.models.of("computed") for name in node.reads}
        self.kept = [node for node in self.models.of("kept") if node.name in needed]
        # What no event moves, yet is too much to be looked at whole.
        self.narrowed = [
            node
            for node in self.models.of("given")
            if node.schema == "canonical" and "sku" in snapshot.columns[node.name]
        ]
        self.nouns = {noun(node): snapshot.carried[node.name] for node in self.kept}
        self.nouns |= {noun(node): list(snapshot.columns[node.name]) for node in self.narrowed}
        # The name of each statement that was planned once.
        self._planned: dict[str, str] = {}
        # The nouns of which rows lie in `few`, but for those that always do.
        self.picked: set[str] = set()
        self.connection = duckdb.connect(config={"threads": "1"})
        self.connection.execute("set TimeZone = 'UTC'")
        # A prepared plan outlives the rows it was made for. What the optimizer concludes from their least and greatest
        # values (a filter that is always true, a text that fits three bytes) would be wrong for the next rows. And a
        # mapping's list of constants made into a join costs fifty times the few rows that are compared with it.
        self.connection.execute(
            "set disabled_optimizers = 'statistics_propagation, compressed_materialization, in_clause'"
        )
        quoted_path = str(snapshot.file).replace("'", "''")
        self.connection.execute(f"attach '{quoted_path}' as snapshot (read_only)")
        for statement in self._made():
            self.connection.execute(statement)
        # Files come with a new snapshot only, never as an event.
        self.has_files = any(
            self.has_rows(node) for node in (*self.kept, *self.narrowed) if node.table == "can_orders__files"
        )
        self.sets = self._sets()
        # The driver loads what it converts parameters with when it sees the first: a second, on a busy machine.
        self.connection.execute("select $1, $2", ["", None])
        self._fill()
        self._pushed = tuple(node.name for node in self.models.nodes if node.schema == "activation")
        self._mapping = {
            node.name: f"select {self._kept_columns(node)} from ({self._of_raw(node)})"
            for node in self.kept
            if node.schema == "canonical"
        }
        for node in self.kept:
            if node.schema == "canonical" and self._is_told(node):
                self._plan(self._mapping[node.name])
        # Looked through once now, which takes the longest: a seventh of a second with 50,000 SKUs.
        self.connection.execute("checkpoint")

    def _fill(self) -> None:
        """SQLite's tables, with what was published."""
        columns = {name: [*listed, *(["order_key"] if name in KEYED else [])] for name, listed in self.nouns.items()}
        self.few = FewRows(self.snapshot, columns, self._seen())
        self.kept_rows = KeptRows(self.few.db, columns)
        for node in (*self.kept, *self.narrowed):
            self.kept_rows.fill(noun(node), self._published(node))
        self.kept_rows.index(self.has_files)
        for node in self.models.of("given"):
            if node not in self.narrowed:
                self.few.load(self.connection, node, node.name)
        patched = [node.name for node in self.models.of("raw") if node.name in PATCHED]
        self.patched_rows = PatchedRows(self.few.db, patched)
        for table in patched:
            cursor = self.connection.execute(f"select account_id, id, to_json(row) from snapshot.{table} as row")
            self.patched_rows.fill(table, iter(cursor.fetchone, None))
        for name in filter(self.is_whole, self.nouns):
            self.renew(name)

    def close(self) -> None:
        self.few.close()
        self.connection.close()

    def _published(self, node: Node) -> Iterator[tuple[Any, ...]]:
        """The rows of a mapping as they were published, as they are kept."""
        cursor = self.connection.execute(f"select {self._kept_columns(node)} from snapshot.{node.name}")
        while some := cursor.fetchmany(SOME):
            yield from some

    def _kept_columns(self, node: Node) -> str:
        """The columns of a mapping that are kept, in the order of its noun's table."""
        kinds = self.snapshot.columns[node.name]
        key = f", {ORDER_KEY} as order_key" if noun(node) in KEYED else ""
        return chosen({name: kinds[name] for name in self.nouns[noun(node)]}) + key

    def _seen(self) -> Iterable[Seen]:
        """The mappings, over the rows that are put into `few`."""
        for node in self.narrowed:
            yield Seen(node.name, noun(node), list(self.snapshot.columns[node.name]), "")
        for node in self.kept:
            where = self._of_platform(node) if self._is_told(node) or self.has_rows(node) else " where false"
            yield Seen(node.name, noun(node), list(self.snapshot.columns[node.name]), where)

    def _sets(self) -> dict[str, frozenset[str]]:
        """Per SKU that is a set or a part of one, the SKUs a set connects it with."""
        if COMPONENTS not in self.snapshot.columns:
            return {}
        found: dict[str, set[str]] = {}
        for one, other in self.connection.execute(f"select bundle_sku, component_sku from {COMPONENTS}").fetchall():
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
        return {sku: frozenset(others) for sku, others in found.items()}

    def _made(self) -> Iterable[str]:
        for schema in sorted({node.schema for node in self.models.nodes}):
            yield f"create schema if not exists {schema}"
        yield from self._given_and_raw()
        yield from self._mapped()

    def _given_and_raw(self) -> Iterable[str]:
        for node in self.models.of("raw"):
            yield f"create table {node.name} ({declared(self.snapshot.columns[node.name])})"
        for node in self.models.of("given"):
            if node not in self.narrowed:
                yield f"create table {node.name} as from snapshot.{node.name}"

    def _mapped(self) -> Iterable[str]:
        for node in self.models.of("view", "kept"):
            if node.part == "view":
                yield f"create view {node.name} as {node.sql}"
                continue
            # Nothing lies in it: a mapping that reads another takes what that one makes of the same raw rows.
            yield f"create table {node.name} ({declared(self.snapshot.columns[node.name])})"

    def _viewed(self, node: Node) -> str:
        """All columns of a kept table; those no model looks at are null."""
        carried = self.nouns[noun(node)]
        return ", ".join(
            f'"{name}"' if name in carried else f'null as "{name}"' for name in self.snapshot.columns[node.name]
        )

    def _of_platform(self, node: Node) -> str:
        return f" where platform = '{node.table.partition('__')[2]}'" if node.schema == "canonical" else ""

    def has_rows(self, node: Node) -> bool:
        """False for a platform that is not used here: nothing is planned for it."""
        return self.connection.execute(f"select 1 from snapshot.{node.name} limit 1").fetchone() is not None

    def is_whole(self, name: str) -> bool:
        """True for a noun no SKU leads to: the computed models look at all of it."""
        return name not in INDEXED and not (name.startswith("can_") and "sku" in self.nouns[name])

    def where(self, node: Node) -> str:
        """The table that holds all rows of a given node, for DuckDB."""
        return f"snapshot.{node.name}" if node in self.narrowed else node.name

    def computed(self, table: str) -> Node:
        """A computed model, by the name of its table."""
        return self._computed[table]

    def again(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Runs a statement that comes in every round, planned when it came first."""
        return self.connection.execute(f"execute {self._plan(sql)}")

    def _plan(self, sql: str) -> str:
        """The name of a statement planned once: planning costs four times what running it over a few rows does."""
        if sql not in self._planned:
            self._planned[sql] = f"again_{len(self._planned)}"
            self.connection.execute(f"prepare {self._planned[sql]} as {sql}")
        return self._planned[sql]

    def forget(self, raw: Iterable[str]) -> None:
        """The raw rows in hand go. DuckDB keeps deleted rows until it is told to look."""
        for table in raw:
            self.again(f"delete from {table}")
        self._forgotten += 1
        if self._forgotten % self._looked_through == 0:
            self.connection.execute("checkpoint")

    def put_down(self) -> None:
        """No SKU is in hand any more."""
        self.few.put_down(self.picked)
        self.picked.clear()

    def pick(self, name: str, column: str, values: Iterable[str]) -> None:
        """Puts kept rows of a noun into `few`: those that a column leads to."""
        if self.few.take(name, column, values):
            self.picked.add(name)

    def renew(self, name: str) -> None:
        """Lays all rows of a noun that is looked at whole into `few`."""
        self.few.put_down([name])
        self.few.take_all(name)

    def make(self) -> tuple[Any, ...]:
        """What the activation models read, anew, for the SKUs in hand: compiled SQL, and nothing else; the clock."""
        return self.few.make(*self._pushed)

    def rows(self, node: Node) -> list[Row]:
        """The rows of an activation model as last made, or of any computed model for the SKUs in hand; SKU after SKU."""
        if node.schema != "activation":
            self.few.make(node.name)
        return self.few.rows(node.name)

    def map(self, node: Node) -> list[tuple[Any, ...]]:
        """What a platform's mapping makes of the raw rows in hand, as it is kept: its compiled SQL again."""
        return self.again(self._mapping[node.name]).fetchall()

    def _of_raw(self, node: Node) -> str:
        """A mapping's SQL; where it reads another mapping, what that one makes of the same raw rows."""
        sql = node.sql
        for up in self.models.of("kept"):
            if up.name in node.reads and up.schema == "canonical":
                sql = sql.replace(quoted(up.name), f"({self._of_raw(up)})")
        return sql

    def _is_told(self, node: Node) -> bool:
        return any(table.startswith(f"raw_{node.table.partition('__')[2]}.") for table in TOLD_OF)

    def over_all(self, name: str) -> tuple[Any, ...]:
        """The first row of a computed model over every kept row, instead of those that lie in `few`."""
        whole = {
            node.name: f"select {self._viewed(node)} from kept.{noun(node)}{self._of_platform(node)}"
            for node in self.kept
        }
        whole |= {node.name: f"select * from kept.{noun(node)}" for node in self.narrowed}
        return self.few.first(name, f'{composed(self.models, name, instead=whole)} select * from "{name}"')
