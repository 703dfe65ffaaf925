"""The stock models as dbt compiled them: from the raw tables to what is pushed, each with its part in the lane.

A node is *raw* (a platform's table), *view* (staging), *kept* (a platform's canonical mapping: its rows stay in the lane's
memory), *given* (seeds, and tables no event moves: as they were published) or *computed* (unions, marts, activation: computed
for the SKUs asked for).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from orchestration import compiled_sql
from orchestration.compiled_sql import table

PUSHED = "__stock_levels"
EXPLAINED = "marts.fct_ats_explained"
CLOCK = "marts.dim_stock_clock"
COMPONENTS = "marts.dim_bundle_components"

Graph = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Node:
    """One table of the graph: its name ("marts.fct_ats"), its part, its compiled SQL where the lane runs it, what it reads."""

    name: str
    part: str
    sql: str
    reads: tuple[str, ...]

    @property
    def schema(self) -> str:
        return self.name.partition(".")[0]

    @property
    def table(self) -> str:
        return self.name.partition(".")[2]

    @property
    def is_looked_through(self) -> bool:
        """True for a union of mappings, which is a view in the lane; any other computed model is a table while it is in hand."""
        return self.schema == "canonical" and "__" not in self.table


@dataclass(frozen=True)
class StockModels:
    """Every node the pushed stock tables are made from; what is read stands before what reads it."""

    nodes: tuple[Node, ...]

    def of(self, *parts: str) -> list[Node]:
        return [node for node in self.nodes if node.part in parts]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(node) for node in self.nodes]

    @classmethod
    def from_json(cls, said: list[dict[str, Any]]) -> Self:
        return cls(tuple(Node(**{**node, "reads": tuple(node["reads"])}) for node in said))


def read(manifest: Mapping[str, Any], target: Path, told_of: Collection[str]) -> StockModels | None:
    """The stock models of a dbt manifest with their compiled files; None as long as one of them was never built.

    told_of: the raw tables that events speak of.
    """
    project = compiled_sql.nodes(manifest)
    nodes = []
    for key, part in _parts(project, told_of).items():
        node = project[key]
        sql = compiled_sql.read(node, target) if part in ("view", "kept", "computed") else ""
        if sql is None:
            return None
        nodes.append(Node(table(node), part, sql, tuple(table(project[parent]) for parent in _parents(node))))
    return StockModels(tuple(nodes))


def _parts(project: Graph, told_of: Collection[str]) -> dict[str, str]:
    """Every node the lane needs, with its part, in an order to make them in."""
    platforms = {table(node).partition(".")[0].removeprefix("raw_") for node in project.values() if _is_raw(node)}
    moved: dict[str, bool] = {}
    parts: dict[str, str] = {}

    def moves(key: str) -> bool:
        if key not in moved:
            node = project[key]
            moved[key] = table(node) in told_of if _is_raw(node) else any(moves(up) for up in _parents(node))
        return moved[key]

    def visit(key: str, reader: str) -> None:
        node = project[key]
        part = _part(node, platforms, moves(key))
        if key not in parts and part in ("view", "kept", "computed"):
            for parent in _parents(node):
                visit(parent, part)
        if part == "view" and reader == "computed":
            part = "kept"  # a staging table that a computed model reads past the mappings
        parts[key] = "kept" if parts.get(key) == "kept" else part

    # What is pushed before what only explains it: who asks for the former need not wait for the latter.
    for key in sorted(filter(lambda key: _is_asked_for(project[key]), project), key=lambda key: table(project[key])):
        visit(key, "")
    return parts


def _part(node: Mapping[str, Any], platforms: Collection[str], is_moved: bool) -> str:
    if _is_raw(node):
        return "raw"
    if node["resource_type"] == "seed":
        return "given"
    if node["schema"] == "staging":
        return "view"
    if node["schema"] == "canonical" and node["name"].partition("__")[2] in platforms:
        return "kept"
    return "computed" if is_moved else "given"


def _is_raw(node: Mapping[str, Any]) -> bool:
    return bool(node["resource_type"] == "source")


def _is_asked_for(node: Mapping[str, Any]) -> bool:
    if node["resource_type"] != "model":
        return False
    is_pushed = node["schema"] == "activation" and node["name"].endswith(PUSHED)
    return is_pushed or table(node) in (EXPLAINED, COMPONENTS)


def _parents(node: Mapping[str, Any]) -> list[str]:
    return [key for key in node.get("depends_on", {}).get("nodes", ()) if key.partition(".")[0] != "test"]
