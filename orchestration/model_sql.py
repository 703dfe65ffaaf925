"""The compiled SQL of published tables, kept beside their code's digests: what a replay runs again under other rules.

Only models whose tables are published are kept, and seeds with their rows: what they read is there to be read again, and
nothing else is. A text is that of the build the table came from; the day of that build may stand in it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration import compiled_sql
from reverse_etl import canonical_json
from reverse_etl.kept_sql import KeptModel
from reverse_etl.lineage import literal

PUBLISHED_SCHEMAS = ("marts", "activation")


def of_build(node: Mapping[str, Any], project: Mapping[str, Mapping[str, Any]], target: Path) -> dict[str, Any]:
    """What is kept of a node of the project that was just built; nothing where its table is not published."""
    if node["resource_type"] != "model" or node["schema"] not in PUBLISHED_SCHEMAS:
        return {}
    sql = compiled_sql.read(node, target)
    parents = [compiled_sql.table(project[name]) for name in node["depends_on"]["nodes"] if name in project]
    return {"sql": sql, "reads": sorted(parents)} if sql is not None else {}


def of_seed(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """A seed as SQL that reads nothing: its rows as they stand in the warehouse, each column with its type."""
    rows = connection.table(table)
    typed = ", ".join(
        f'cast("{name}" as {kind}) as "{name}"' for name, kind in zip(rows.columns, rows.types, strict=True)
    )
    names = ", ".join(f'"{name}"' for name in rows.columns)
    texts = connection.execute(f"select cast(columns(*) as varchar) from {table} order by all").fetchall()
    lines = ", ".join(f"({', '.join(map(literal, row))})" for row in texts or [(None,) * len(rows.columns)])
    return {"sql": f"select {typed} from (values {lines}) as t ({names}){'' if texts else ' where false'}", "reads": []}


def behind(unique_id: str, nodes: Mapping[str, Any]) -> dict[str, KeptModel]:
    """The published tables a table is made from, itself included, by name; what no text is kept of is left out."""
    found: dict[str, KeptModel] = {}
    left, seen = [unique_id], set[str]()
    while left:
        name = left.pop()
        if name in seen or name not in nodes:
            continue
        seen.add(name)
        node = nodes[name]
        left += node["parents"]
        if "sql" in node:
            parts = canonical_json.digest(sorted(node["parts"].items()))
            found[node["table"]] = KeptModel(node["sql"], tuple(node["reads"]), parts, node["is_dated"])
    return found


def keep(folder: Path, digest: str, models: Mapping[str, KeptModel]) -> None:
    """Write down the SQL behind the code of this digest; the newest build's text stands, for its day may be in it."""
    content = json.dumps({name: vars(model) for name, model in sorted(models.items())}, indent=1, default=list)
    file = _file(folder, digest)
    if models and (not file.exists() or file.read_text() != content):
        temporary = file.with_suffix(".new")
        temporary.write_text(content)
        temporary.replace(file)


def read(folder: Path, digest: str | None) -> dict[str, KeptModel]:
    """The SQL behind the code of this digest; empty where none was kept."""
    file = _file(folder, digest or "unknown")
    if not file.exists():
        return {}
    said = json.loads(file.read_text())
    return {name: KeptModel(**{**model, "reads": tuple(model["reads"])}) for name, model in said.items()}


def beyond(changed: Collection[str], then: Mapping[str, KeptModel], other: Mapping[str, KeptModel]) -> tuple[str, ...]:
    """Of the changed parts, the models and seeds whose tables are not published: what they were made from is not kept."""
    published = {name.partition(".")[2] for name in {*then, *other}}
    named = (part.partition(" ") for part in sorted(changed))
    return tuple(f"{kind} {name}" for kind, _, name in named if kind in ("model", "seed") and name not in published)


def _file(folder: Path, digest: str) -> Path:
    return folder / f"{digest}.sql.json"
