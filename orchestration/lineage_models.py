"""The declared explanations of the models (`config.meta.explain` in a model's yml), as far as one model needs them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration import environment
from reverse_etl.lineage import Lineage, Step, read_steps

# The C parser is ten times faster; a wheel without it still has the other.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def lineage_of(model: str) -> Lineage:
    """The steps of a model and of everything they lead to, by table (schema.name)."""
    start = f"activation.{model}"
    found: dict[str, tuple[Step, ...]] = {}
    waiting = [start]
    while waiting:
        table = waiting.pop()
        if table not in found:
            found[table] = read_steps(table, declared(table.partition(".")[2]))
            waiting += [step.table for step in found[table]]
    return found


def declared(model: str) -> Any:
    """What a model's yml says about where its rows come from; None for what is no model (raw tables, seeds)."""
    path = _files().get(model)
    if path is None:
        return None
    described: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
    (entry,) = (entry for entry in described["models"] if entry["name"] == model)
    return entry.get("config", {}).get("meta", {}).get("explain")


@cache
def _files() -> Mapping[str, Path]:
    return {path.stem: path for path in (environment.TRANSFORM / "models").rglob("*.yml")}
