"""Which of dbt's checks fail now, and the tables whose numbers they put in doubt: those a push may not be made from.

A check that says nothing of units (`spares: goods` in its meta: it compares amounts, or knows the words of a status) puts
no table of goods (`about: goods`) in doubt, nor what is made from those alone.

Kept beside dbt's own files from build to build, because a build of a few models says nothing about the checks it did not
run. Written by whoever holds the right to write the warehouse.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import duckdb

from reverse_etl.personal import hidden

if TYPE_CHECKING:
    from orchestration.build import Built

_TABLES = ("model", "seed", "snapshot")
# Rows kept of what a check found wrong: enough to know which order to look at.
_SHOWN = 5
# After dbt's own config: lines that begin with --, or one comment between /* and */.
_HEAD = re.compile(r"\s*(\{\{.*?\}\}\s*)?(?P<comment>(--[^\n]*\n)+|/\*.*?\*/)", re.DOTALL)


@dataclass(frozen=True)
class FailedCheck:
    """A test that failed, or a model that could not be built.

    `spoils` are the tables ("schema.table") it speaks about and all that are made from them; `rows` the first it found
    wrong, as JSON with what identifies a person hidden.
    """

    unique_id: str
    name: str
    meaning: str
    spoils: tuple[str, ...]
    rows: tuple[str, ...] = ()

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> FailedCheck:
        """As it was kept in a JSON file, also by an earlier version."""
        return cls(**{**kept, "spoils": tuple(kept["spoils"]), "rows": tuple(kept.get("rows", ()))})


def standing() -> tuple[FailedCheck, ...]:
    """Every check that failed when it last ran, by name."""
    file = _file()
    if not file.exists():
        return ()
    return tuple(FailedCheck.read(item) for item in json.loads(file.read_text()))


def remember(built: Built) -> None:
    """Bring what stands up to date with a build that has just ended. Needs the right to write the warehouse."""
    known = {check.unique_id: check for check in standing()}
    if not known and not built.failures:
        return
    found = after(known, {node.unique_id: node.status for node in built.nodes}, _manifest(), _wrong_rows())
    temporary = _file().with_suffix(".new")
    temporary.write_text(json.dumps([asdict(check) for check in found], indent=1))
    temporary.replace(_file())


def after(
    known: Mapping[str, FailedCheck],
    statuses: Mapping[str, str],
    manifest: Mapping[str, Any],
    rows: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> tuple[FailedCheck, ...]:
    """What fails after a build: what failed in it, and what had failed before and was not run, or was skipped, in it.

    rows: what the tests of dbt's last invocation found wrong; of those it did not run, what is known stands.
    """
    settled = {unique_id for unique_id, status in statuses.items() if not status.startswith("skip")}
    failed = {unique_id for unique_id, status in statuses.items() if status == "failed"}
    # A check that is no longer in the project can not pass any more, so it can not stand in the way either.
    wanted = failed | {unique_id for unique_id in known if unique_id not in settled and _node(manifest, unique_id)}
    kept = {unique_id: check.rows for unique_id, check in known.items()} | dict(rows)
    checks = (_check(manifest, unique_id, kept.get(unique_id, ())) for unique_id in wanted)
    return tuple(sorted(checks, key=lambda check: check.name))


def _wrong_rows() -> dict[str, tuple[str, ...]]:
    """The first rows that each failed test of dbt's last invocation returns, by the test. Needs a warehouse nobody writes."""
    file = Path(os.environ["CARTWHEEL_DBT_TARGET"]) / "run_results.json"
    results = json.loads(file.read_text())["results"] if file.exists() else ()
    # A unit test's rows are of tables that are in its own text only.
    tests = (result for result in results if result["unique_id"].startswith("test."))
    failed = {result["unique_id"]: result["compiled_code"] for result in tests if result["status"] == "fail"}
    if not failed:
        return {}
    with duckdb.connect(os.environ["CARTWHEEL_WAREHOUSE"], read_only=True) as connection:
        return {name: _first_rows(connection, sql) for name, sql in failed.items()}


def _first_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, ...]:
    try:
        found = connection.execute(sql)
    except duckdb.CatalogException:
        # A later invocation took away a table it reads; that it failed stands without its rows.
        return ()
    names = [column[0] for column in found.description or ()]
    rows = (hidden(dict(zip(names, row, strict=True))) for row in found.fetchmany(_SHOWN))
    return tuple(json.dumps(row, default=str, ensure_ascii=False) for row in rows)


def skipped_in_vain(built: Built) -> list[str]:
    """Models that dbt skipped though no check that stands puts their tables in doubt, and what was skipped of all they are made from."""
    skipped = {node.unique_id for node in built.nodes if node.status == "skip"}
    if not skipped:
        return []
    manifest, doubtful = _manifest(), {table for check in standing() for table in check.spoils}
    left = [name for name in skipped if _is_table(manifest, name) and _table(manifest, name) not in doubtful]
    wanted = set[str]()
    while left:
        unique_id = left.pop()
        if unique_id in skipped and unique_id not in wanted:
            wanted.add(unique_id)
            left += _parents(_node(manifest, unique_id))
    return sorted(_node(manifest, unique_id)["name"] for unique_id in wanted)


def spoiling(checks: Iterable[FailedCheck], table: str) -> tuple[FailedCheck, ...]:
    """Of these, the checks that put a table ("schema.table") in doubt."""
    return tuple(check for check in checks if table in check.spoils)


def _check(manifest: Mapping[str, Any], unique_id: str, rows: tuple[str, ...]) -> FailedCheck:
    node = _node(manifest, unique_id)
    if _is_table(manifest, unique_id):
        spoils = _made_from(manifest, [unique_id])
    else:
        spoils = _made_from(manifest, _parents(node), spared=_meta(node).get("spares"))
    return FailedCheck(
        unique_id=unique_id,
        name=node.get("name") or unique_id.split(".")[2],
        meaning=meaning(node)[:1000],
        spoils=tuple(sorted(spoils)),
        rows=rows,
    )


def _made_from(manifest: Mapping[str, Any], roots: Iterable[str], spared: str | None = None) -> set[str]:
    """Tables of these nodes and of everything downstream of them; the way ends at a table about what is spared."""
    left, seen = list(roots), set[str]()
    while left:
        unique_id = left.pop()
        if unique_id not in seen and (not spared or _meta(_node(manifest, unique_id)).get("about") != spared):
            seen.add(unique_id)
            left += manifest["child_map"].get(unique_id, ())
    return {_table(manifest, unique_id) for unique_id in seen if _is_table(manifest, unique_id)}


def _parents(node: Mapping[str, Any]) -> list[str]:
    return list((node.get("depends_on") or {}).get("nodes", ()))


def _node(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    found = manifest["nodes"].get(unique_id) or manifest.get("unit_tests", {}).get(unique_id) or {}
    return dict(found)


def _is_table(manifest: Mapping[str, Any], unique_id: str) -> bool:
    return _node(manifest, unique_id).get("resource_type") in _TABLES


def _table(manifest: Mapping[str, Any], unique_id: str) -> str:
    node = _node(manifest, unique_id)
    return f"{node['schema']}.{node['alias']}"


def _meta(node: Mapping[str, Any]) -> dict[str, Any]:
    return {**node.get("meta", {}), **node.get("config", {}).get("meta", {})}


def meaning(node: Mapping[str, Any]) -> str:
    """What the failure of a test means, in its own words: its description, else the comment at the head of its SQL."""
    head = _HEAD.match(str(node.get("raw_code") or ""))
    comment = " ".join(line.strip().removeprefix("--").strip() for line in head["comment"].splitlines()) if head else ""
    return str(node.get("description") or comment.strip(" /*"))


def _manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(os.environ["CARTWHEEL_DBT_TARGET"]) / "manifest.json").read_text())
    return found


def _file() -> Path:
    folder = Path(os.environ["CARTWHEEL_HOME"]) / "dbt"
    folder.mkdir(exist_ok=True)
    return folder / "failed_checks.json"
