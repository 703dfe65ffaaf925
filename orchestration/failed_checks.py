"""Which of dbt's checks fail now, and the tables whose numbers they put in doubt: those a push may not be made from.

Kept beside dbt's own files from build to build, because a build of a few models says nothing about the checks it did not
run. Written by whoever holds the right to write the warehouse.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.build import Built

_TABLES = ("model", "seed", "snapshot")


@dataclass(frozen=True)
class FailedCheck:
    """A test that failed, or a model that could not be built.

    `spoils` are the tables ("schema.table") it speaks about and all that are made from them.
    """

    unique_id: str
    name: str
    meaning: str
    spoils: tuple[str, ...]


def standing() -> tuple[FailedCheck, ...]:
    """Every check that failed when it last ran, by name."""
    file = _file()
    if not file.exists():
        return ()
    return tuple(FailedCheck(**{**item, "spoils": tuple(item["spoils"])}) for item in json.loads(file.read_text()))


def remember(built: Built) -> tuple[FailedCheck, ...]:
    """Bring what stands up to date with a build that has just ended. Needs the right to write the warehouse."""
    known = {check.unique_id: check for check in standing()}
    if not known and not built.failures:
        return ()
    manifest = json.loads((Path(os.environ["CARTWHEEL_DBT_TARGET"]) / "manifest.json").read_text())
    found = after(known, {node.unique_id: node.status for node in built.nodes}, manifest)
    temporary = _file().with_suffix(".new")
    temporary.write_text(json.dumps([asdict(check) for check in found], indent=1))
    temporary.replace(_file())
    return found


def after(
    known: Mapping[str, FailedCheck], statuses: Mapping[str, str], manifest: Mapping[str, Any]
) -> tuple[FailedCheck, ...]:
    """What fails after a build: what failed in it, and what had failed before and was not run, or was skipped, in it."""
    settled = {unique_id for unique_id, status in statuses.items() if not status.startswith("skip")}
    failed = {unique_id for unique_id, status in statuses.items() if status == "failed"}
    # A check that is no longer in the project can not pass any more, so it can not stand in the way either.
    wanted = failed | {unique_id for unique_id in known if unique_id not in settled and _node(manifest, unique_id)}
    return tuple(sorted((_check(manifest, unique_id) for unique_id in wanted), key=lambda check: check.name))


def spoiling(checks: Iterable[FailedCheck], table: str) -> tuple[FailedCheck, ...]:
    """Of these, the checks that put a table ("schema.table") in doubt."""
    return tuple(check for check in checks if table in check.spoils)


def _check(manifest: Mapping[str, Any], unique_id: str) -> FailedCheck:
    node = _node(manifest, unique_id)
    roots = [unique_id] if node.get("resource_type") in _TABLES else _parents(node)
    return FailedCheck(
        unique_id=unique_id,
        name=node.get("name") or unique_id.split(".")[2],
        meaning=_meaning(node),
        spoils=tuple(sorted(_made_from(manifest, roots))),
    )


def _made_from(manifest: Mapping[str, Any], roots: Iterable[str]) -> set[str]:
    """Tables of these nodes and of everything downstream of them."""
    left, seen = list(roots), set[str]()
    while left:
        unique_id = left.pop()
        if unique_id not in seen:
            seen.add(unique_id)
            left += manifest["child_map"].get(unique_id, ())
    nodes = [_node(manifest, unique_id) for unique_id in seen]
    return {f"{node['schema']}.{node['alias']}" for node in nodes if node.get("resource_type") in _TABLES}


def _parents(node: Mapping[str, Any]) -> list[str]:
    return list((node.get("depends_on") or {}).get("nodes", ()))


def _node(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    found = manifest["nodes"].get(unique_id) or manifest.get("unit_tests", {}).get(unique_id) or {}
    return dict(found)


def _meaning(node: Mapping[str, Any]) -> str:
    """What a failure means, in the words of the test: its description, else the comment at its head."""
    head = str(node.get("raw_code") or "").partition("#}")
    comment = head[0].replace("{#", "").replace("--", "").strip() if head[1] else ""
    return str(node.get("description") or comment)[:500]


def _file() -> Path:
    folder = Path(os.environ["CARTWHEEL_HOME"]) / "dbt"
    folder.mkdir(exist_ok=True)
    return folder / "failed_checks.json"
