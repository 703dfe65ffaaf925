"""Which rules made the numbers: a digest per model, seed and macro of dbt's manifest, independent of any version control."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reverse_etl import canonical_json

_RULES = ("model", "seed")


def versions(manifest_file: Path, tables: Iterable[str]) -> dict[str, str]:
    """Digest of every model and seed these tables are made from, and of the macros they call; {} without a manifest."""
    if not manifest_file.exists():
        return {}
    manifest = json.loads(manifest_file.read_text())
    wanted = set(tables)
    nodes = manifest["nodes"]
    left = [key for key, node in nodes.items() if node["resource_type"] == "model" and node["name"] in wanted]
    seen: set[str] = set()
    while left:
        unique_id = left.pop()
        if unique_id not in seen and unique_id in nodes:
            seen.add(unique_id)
            left += nodes[unique_id].get("depends_on", {}).get("nodes", [])
    found = {
        _name(nodes[key]): nodes[key]["checksum"]["checksum"] for key in seen if nodes[key]["resource_type"] in _RULES
    }
    return dict(sorted({**found, "macros": _macros(manifest)}.items()))


def digest(found: Mapping[str, str]) -> str:
    """One digest over all rules."""
    return hashlib.sha256(canonical_json.dumps(dict(found)).encode()).hexdigest()


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['name']}"


def _macros(manifest: Mapping[str, Any]) -> str:
    ours = {
        key: macro["macro_sql"] for key, macro in manifest["macros"].items() if macro["package_name"] == "cartwheel"
    }
    return digest(ours)
