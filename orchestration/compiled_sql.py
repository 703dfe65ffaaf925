"""What dbt compiled: the SQL of a model with its tables named by schema and name alone, so that it runs in any database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Node = Mapping[str, Any]

# dbt writes the warehouse's name before each table.
_DATABASE = re.compile(r'"[^"]+"\.("(?:raw_\w+|seeds|staging|canonical|marts|activation)"\."\w+")')


def nodes(manifest: Mapping[str, Any]) -> dict[str, Node]:
    """Every node of a manifest by its unique id, sources included."""
    return {**manifest["nodes"], **manifest.get("sources", {})}


def table(node: Node) -> str:
    """The name of a node's table: "marts.fct_ats"."""
    return f"{node['schema']}.{node.get('alias') or node['identifier']}"


def read(node: Node, target: Path) -> str | None:
    """The SQL of a model as its last build compiled it in dbt's target folder; None where it was never built."""
    file = target / "compiled" / node["package_name"] / node["original_file_path"]
    return _DATABASE.sub(r"\1", file.read_text(encoding="utf-8")) if file.is_file() else None
