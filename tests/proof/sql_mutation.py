"""Small lies in the SQL of the finance models, made by the syntax tree: each must break an identity.

A mutant is one change in one model's rendered SQL: a join key dropped, a join widened or narrowed, a condition gone, a
`distinct` removed, a sign flipped, a partition key dropped, one of several parts of a union left out. It runs over a
warehouse where everything that can happen to money does (money_world); the model and all that read it are built again inside a
transaction that is rolled back.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import islice
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from tests.proof import money_world
from tests.proof.declared_tests import declared_tests
from tests.transform.canonical_rows import TRANSFORM, CanonicalRows
from tests.transform.warehouse import identities

# Models that are changed, and those that read them beside.
CHANGED = ("finance", "journal", "tax")
BUILT = (*CHANGED, "books")


@dataclass(frozen=True)
class SqlMutant:
    model: str
    # Which of the model's mutants, from 0: two may say the same.
    number: int
    kind: str
    # Where in the model: the text that was changed, for a person.
    place: str
    sql: str

    @property
    def name(self) -> str:
        return f"{self.model} {self.number}: {self.kind}: {self.place}"


@dataclass(frozen=True)
class Verdict:
    """broke: the identity that failed, the first that was asked; beside: a data test of a model that failed where no identity did; differs: did any row of any table change; stillborn: the database refused it."""

    broke: tuple[str, ...]
    differs: bool
    stillborn: bool = False
    beside: str | None = None


class World:
    """A built warehouse, in which one model at a time can be another."""

    def __init__(self) -> None:
        self.rows = CanonicalRows(as_of="2027-01-31")
        # A join without its key must not fill the disk: it is refused, like SQL that does not bind. One thread: tables are small.
        self.rows.connection.execute("set temp_directory = ''; set memory_limit = '2GB'; set threads = 1")
        money_world.fill(self.rows)
        self.models = _models(BUILT)
        for model in self.models:
            self.rows.build(model)
        self.identities = {path.stem: self.rows.rendered(path.read_text()) for path in identities()}
        self.declared = declared_tests(self.rows, _models(CHANGED))
        self.sql = {model: self.rows.rendered(_file(model).read_text()) for model in self.models}
        self.readers = {model: self._downstream(model) for model in self.models}
        self.tables = {model: self._digest(model) for model in self.models}

    def broken(self) -> tuple[str, ...]:
        """Identities that do not hold, and data tests beside the models that fail."""
        asked = self.identities | self.declared
        return tuple(name for name, sql in asked.items() if not self._is_empty(sql))

    def restless(self) -> tuple[str, ...]:
        """Models whose rows are others when they are built again from the same rows: every lie above them would seem to change something."""
        found = []
        for model in self.models:
            self.rows.connection.execute("begin")
            self.rows.connection.execute(f"create or replace table {model} as {self.sql[model]}")
            if self._digest(model) != self.tables[model]:
                found.append(model)
            self.rows.connection.execute("rollback")
        return tuple(found)

    def judge(self, mutant: SqlMutant) -> Verdict:
        """Builds the lie and what reads it, asking every identity as soon as all it reads is built; the first that fails is enough."""
        connection, touched = self.rows.connection, (mutant.model, *self.readers[mutant.model])
        waiting = {name: _reads(sql) & set(touched) for name, sql in self.identities.items()}
        asked = {name for name, reads in waiting.items() if not reads}
        connection.execute("begin")
        try:
            for place, model in enumerate(touched, start=1):
                sql = mutant.sql if place == 1 else self.sql[model]
                connection.execute(f"create or replace table {model} as {sql}")
                for name in [
                    name for name, reads in waiting.items() if name not in asked and reads <= set(touched[:place])
                ]:
                    asked.add(name)
                    if not self._holds(name):
                        return Verdict((name,), differs=True)
            differs = any(self._digest(model) != self.tables[model] for model in touched)
            beside = (
                name for name, sql in self.declared.items() if _reads(sql) & set(touched) and not self._is_empty(sql)
            )
            return Verdict((), differs, beside=next(beside, None) if differs else None)
        except duckdb.Error:
            return Verdict((), False, stillborn=True)
        finally:
            connection.execute("rollback")

    def mutants(self) -> list[SqlMutant]:
        """All of every model, in the order of their names."""
        return [mutant for model in _models(CHANGED) for mutant in mutants(model, self.sql[model])]

    def _downstream(self, model: str) -> tuple[str, ...]:
        """Models that read this one, directly or through others, in the order they must be built."""
        reads = {name: _reads(sql) & set(self.sql) for name, sql in self.sql.items()}
        affected, found = {model}, []
        for name in TopologicalSorter(reads).static_order():
            if reads[name] & affected and name != model:
                affected.add(name)
                found.append(name)
        return tuple(found)

    def _digest(self, model: str) -> tuple[int, str]:
        """Count and order-free digest of a table's rows."""
        sql = f"select count(*), cast(coalesce(sum(hash(each)), 0) as varchar) from {model} as each"
        return self.rows.connection.execute(sql).fetchone()  # type: ignore[return-value]

    def _holds(self, identity: str) -> bool:
        return self._is_empty(self.identities[identity])

    def _is_empty(self, sql: str) -> bool:
        return self.rows.connection.execute(f"select 1 from ({sql}) limit 1").fetchone() is None


def mutants(model: str, sql: str) -> Iterator[SqlMutant]:
    """Every small change of this SQL, one at a time."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for nth in range(sum(1 for _ in _places(tree))):
        copy = tree.copy()
        kind, node, change = next(islice(_places(copy), nth, None))
        place = " ".join(node.sql(dialect="duckdb").split())[:90]
        change()
        yield SqlMutant(model, nth, kind, place, copy.sql(dialect="duckdb"))


def _places(tree: exp.Expression) -> Iterator[tuple[str, exp.Expression, object]]:
    for node in tree.walk():
        if isinstance(node, exp.Join):
            yield from _of_join(node)
        elif isinstance(node, exp.Where):
            for part in _parts(node.this):
                yield "condition dropped", part, _replace(part, exp.true())
        elif isinstance(node, exp.Select) and node.args.get("distinct"):
            yield "distinct removed", node, _set(node, "distinct", None)
        elif isinstance(node, exp.Union) and isinstance(node.parent, exp.CTE | exp.Union):
            yield "part of a union left out", node.expression, _replace(node, node.this)
        elif isinstance(node, exp.Union) and node.args.get("distinct"):
            yield "distinct removed", node, _set(node, "distinct", False)
        elif isinstance(node, exp.Neg) and not isinstance(node.this, exp.Literal):
            yield "sign flipped", node, _replace(node, node.this)
        elif isinstance(node, exp.Sub):
            yield (
                "sign flipped",
                node,
                _replace(node, exp.Add(this=node.this.copy(), expression=node.expression.copy())),
            )
        elif isinstance(node, exp.Window) and len(node.args.get("partition_by") or ()) > 1:
            for part in node.args["partition_by"]:
                yield "partition key dropped", part, part.pop


def _of_join(join: exp.Join) -> Iterator[tuple[str, exp.Expression, object]]:
    condition, using = join.args.get("on"), join.args.get("using") or []
    if condition is not None:
        for part in _parts(condition):
            yield "join key dropped", part, _replace(part, exp.true())
    for column in using if len(using) > 1 else ():
        yield "join key dropped", column, column.pop
    if condition is not None or using:
        if join.side == "LEFT":
            yield "join narrowed", join, _set(join, "side", None)
        elif join.side == "FULL":
            yield "join narrowed", join, _set(join, "side", "LEFT")
        else:
            yield "join widened", join, lambda: (join.set("side", "LEFT"), join.set("kind", None))


def _parts(condition: exp.Expression) -> list[exp.Expression]:
    """The conjuncts of a condition."""
    inner = condition.unnest()
    return list(inner.flatten()) if isinstance(inner, exp.And) else [condition]


def _replace(node: exp.Expression, other: exp.Expression) -> object:
    return lambda: node.replace(other.copy())


def _set(node: exp.Expression, key: str, value: object) -> object:
    return lambda: node.set(key, value)


@functools.cache
def _reads(sql: str) -> set[str]:
    return {table.name for table in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Table)}


def _models(folders: tuple[str, ...]) -> tuple[str, ...]:
    found = (path.stem for folder in folders for path in (TRANSFORM / "models/marts" / folder).glob("*.sql"))
    return tuple(sorted(found))


def _file(model: str) -> Path:
    [path] = (TRANSFORM / "models").rglob(f"{model}.sql")
    return path
