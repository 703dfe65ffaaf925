"""The in-memory DuckDB of the lane, and the statements that fill it: schemas, tables and views, made once per snapshot.

raw_*       rows of the events in hand        → staging views → `fresh`: what the mappings make of them
kept        rows of the canonical mappings, newest version of each resource, a table per noun with indexes
work        the kept rows that the SKUs in hand need; the canonical tables of the compiled SQL are views of these
marts, activation   the computed models of the SKUs in hand
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import duckdb
import pyarrow as pa

from orchestration.lane.changes import TOLD_OF
from orchestration.lane.models import Node
from orchestration.lane.snapshot import LaneSnapshot, declared

# How a kept row is found: by the column a SKU leads to. A noun that is not here and has no SKU is looked at whole.
INDEXED = {
    "can_orders": ("order_id", "order_key"),
    "can_order_lines": ("order_id", "sku"),
    "can_refunds": ("refund_id",),
    "can_refund_lines": ("refund_id", "sku"),
    "can_fulfilment_orders": ("order_id", "sku"),
    "can_parcels": ("parcel_id", "order_key"),
    "can_parcel_lines": ("parcel_id", "sku"),
    "can_channel_listings": ("listing_id", "sku"),
    "can_stock_holds": ("stock_hold_id", "sku"),
    "can_stock_levels": ("stock_level_id", "sku"),
}
# An order's number as parcels name it; where two systems write it differently, what is left is the same.
ORDER_KEY = "upper(replace(trim(order_number), '#', ''))"
KEYED = ("can_orders", "can_parcels")


def noun(node: Node) -> str:
    """The noun a kept table speaks of: all platforms' rows of one noun lie in one table."""
    return node.table.partition("__")[0] if node.schema == "canonical" else node.table


class Workshop:
    """The lane's database over one snapshot. `nouns`: the kept nouns, with their columns, that computed models read."""

    def __init__(self, snapshot: LaneSnapshot) -> None:
        self.snapshot = snapshot
        self.models = snapshot.models
        needed = {name for node in self.models.of("computed") for name in node.reads}
        self.kept = [node for node in self.models.of("kept") if node.name in needed]
        self.nouns = {noun(node): snapshot.carried[node.name] for node in self.kept}
        self._prepared: set[str] = set()
        self.connection = duckdb.connect(config={"threads": "1"})
        self.connection.execute("set TimeZone = 'UTC'")
        # A prepared plan outlives the rows it was made for. What the optimizer concludes from their least and greatest
        # values (a filter that is always true, a text that fits three bytes) would be wrong for the next rows. And a
        # list of constants made into a join costs more than the few rows that are compared with it.
        self.connection.execute(
            "set disabled_optimizers = 'statistics_propagation, compressed_materialization, in_clause'"
        )
        self.connection.execute(f"attach {literal([str(snapshot.file)])[1:-1]} as snapshot (read_only)")
        for statement in self._made():
            self.connection.execute(statement)
        files = self.connection.execute("select 1 from kept.can_orders where platform = 'files' limit 1").fetchone()
        # Files come with a new snapshot only, never as an event.
        self.has_files = files is not None
        # The driver loads what it converts parameters with when it sees the first: a second, on a busy machine.
        self.connection.execute("select $1, $2", ["", None])
        # Planned now, so that the first event waits for none of it.
        for node in self.tables():
            self._prepare(*self._filling(node))
        for node in self.kept:
            if node.schema == "canonical" and self._is_told(node):
                self._prepare(*self._mapping(node))

    def close(self) -> None:
        self.connection.close()

    def _made(self) -> Iterable[str]:
        for schema in sorted({node.schema for node in self.models.nodes} | {"kept", "work", "fresh"}):
            yield f"create schema if not exists {schema}"
        yield from self._given_and_raw()
        yield from self._kept_and_work()
        yield from self._views()
        for node in self.models.of("computed"):
            if not node.is_looked_through:
                yield f"create table {node.name} ({declared(self.snapshot.columns[node.name])})"
            else:
                yield f"create view {node.name} as {node.sql}"

    def _given_and_raw(self) -> Iterable[str]:
        for node in self.models.of("raw"):
            yield f"create table {node.name} ({declared(self.snapshot.columns[node.name])})"
        for node in self.models.of("given"):
            yield f"create table {node.name} as from snapshot.{node.name}"

    def _kept_and_work(self) -> Iterable[str]:
        for name, columns in self.nouns.items():
            listed = ", ".join(f'"{column}"' for column in columns)
            key = f", {ORDER_KEY} as order_key" if name in KEYED else ""
            union = " union all ".join(
                f"select {listed}{key} from snapshot.{node.name}" for node in self.kept if noun(node) == name
            )
            yield f"create table kept.{name} as {union}"
            for column in INDEXED.get(name, ()):
                yield f"create index {name}_{column} on kept.{name} ({column})"
            if self.is_whole(name):
                yield f"create view work.{name} as from kept.{name}"
            else:
                yield f"create table work.{name} as from kept.{name} limit 0"

    def _views(self) -> Iterable[str]:
        for node in self.models.of("view", "kept"):
            if node.part == "view":
                yield f"create view {node.name} as {node.sql}"
                continue
            columns = self.snapshot.columns[node.name]
            if node not in self.kept:
                yield f"create table {node.name} ({declared(columns)})"
                continue
            yield f"create view {node.name} as select {self._viewed(node)} from work.{noun(node)}{self._of_platform(node)}"
            if node.schema == "canonical":
                yield f"create table fresh.{node.table} as select {self.listed(node)} from {node.name} limit 0"

    def _viewed(self, node: Node) -> str:
        """All columns of a kept table; those no model looks at are null."""
        carried = self.nouns[noun(node)]
        return ", ".join(
            f'"{name}"' if name in carried else f'cast(null as {kind}) as "{name}"'
            for name, kind in self.snapshot.columns[node.name].items()
        )

    def _of_platform(self, node: Node) -> str:
        return f" where platform = '{node.table.partition('__')[2]}'" if node.schema == "canonical" else ""

    def is_whole(self, name: str) -> bool:
        """True for a noun no SKU leads to: the computed models look at all of it."""
        return name not in INDEXED and not (name.startswith("can_") and "sku" in self.nouns[name])

    def listed(self, node: Node) -> str:
        """The columns of a kept table that have values, in the order of its noun's table."""
        return ", ".join(f'"{column}"' for column in self.nouns[noun(node)])

    def tables(self) -> list[Node]:
        """The computed models that are tables here, in the order to fill them."""
        return [node for node in self.models.of("computed") if not node.is_looked_through]

    def rows(self, node: Node, skus: Collection[str]) -> pa.Table:
        """What lies in a computed table, for these SKUs."""
        self.connection.execute(
            "create or replace temp table asked as select unnest($1::varchar[]) as sku", [sorted(skus)]
        )
        return self.connection.execute(
            f"select * from {node.name} where sku in (select sku from asked)"
        ).to_arrow_table()

    def fill(self, node: Node) -> None:
        """One computed model, anew, for the rows that lie in `work`: its compiled SQL, and nothing else."""
        self.connection.execute(f"delete from {node.name}")
        self.connection.execute(f"execute {self._prepare(*self._filling(node))}")

    def map(self, node: Node) -> None:
        """What a platform's mapping makes of the raw rows in hand, into `fresh`: its compiled SQL again."""
        self.connection.execute(f"execute {self._prepare(*self._mapping(node))}")

    def _filling(self, node: Node) -> tuple[str, str]:
        columns = ", ".join(f'"{name}"' for name in self.snapshot.columns[node.name])
        return f"fill_{node.table}", f"insert into {node.name} select {columns} from ({node.sql})"

    def _mapping(self, node: Node) -> tuple[str, str]:
        return f"map_{node.table}", f"insert into fresh.{node.table} select {self.listed(node)} from ({node.sql})"

    def _is_told(self, node: Node) -> bool:
        return any(table.startswith(f"raw_{node.table.partition('__')[2]}.") for table in TOLD_OF)

    def _prepare(self, name: str, sql: str) -> str:
        """A statement planned once, by its name: planning costs four times what running it over a few rows does."""
        if name not in self._prepared:
            self.connection.execute(f"prepare {name} as {sql}")
            self._prepared.add(name)
        return name

    def over_all(self, name: str) -> str:
        """The SQL of a computed model over every kept row, instead of those that lie in `work`."""
        nodes = {node.name: node for node in self.models.nodes}
        ways: dict[str, str] = {}

        def visit(at: str) -> str:
            """SQL whose tables are all real; each model it is made from is a common table."""
            node = nodes[at]
            if node.part == "computed":
                sql = node.sql
                for up in node.reads:
                    if nodes[up].part in ("computed", "kept"):
                        sql = sql.replace(_quoted(up), visit(up))
                ways[at] = f'"{at}" as ({sql})'
            elif node.part == "kept" and at not in ways:
                ways[at] = f'"{at}" as (select {self._viewed(node)} from kept.{noun(node)}{self._of_platform(node)})'
            return f'"{at}"'

        last = visit(name)
        return f"with {', '.join(ways.values())} select * from {last}"


def _quoted(name: str) -> str:
    schema, _, table = name.partition(".")
    return f'"{schema}"."{table}"'


def literal(values: Iterable[str]) -> str:
    """A list of texts in SQL; an index is looked into for constants, not for a parameter's list."""
    return "(" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + ")"
