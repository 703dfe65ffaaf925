"""What each table was last built from: the SQL of its model and of all models above it, their macros, seeds and variables.

Kept by digest beside dbt's own files, from build to build, because a build of a few models leaves the tables of the
others as older SQL made them. A publication carries the digests of the tables in it, so that a plan can say of its rows
which SQL they came from. The compiled SQL of published tables is kept beside them (model_sql.py); other texts are the
repository's to keep.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from orchestration import compiled_sql, environment, model_sql
from reverse_etl import canonical_json
from reverse_etl.kept_sql import KeptModel
from reverse_etl.rule_versions import ModelCode

if TYPE_CHECKING:
    from orchestration.build import Built

_KINDS = ("model", "seed", "snapshot")
# The day a build is made for moves every day: it is data, not a rule.
_DAY = "as_of"
_VARIABLE = re.compile(r"\bvar\(\s*['\"](\w+)['\"]")


def remember(built: Built, variables: Mapping[str, Any]) -> None:
    """Bring what is kept up to date with a build that has just ended. Needs the right to write the warehouse."""
    made = [node.unique_id for node in built.nodes if node.status == "success"]
    if not made:
        return
    target = Path(os.environ["CARTWHEEL_DBT_TARGET"])
    manifest = json.loads((target / "manifest.json").read_text())
    found = after(_kept(), made, manifest, {**_declared_variables(), **variables})
    project = compiled_sql.nodes(manifest)
    seeds = [name for name in made if name in found and project[name]["resource_type"] == "seed"]
    for name in found.keys() & made:
        found[name] |= model_sql.of_build(project[name], project, target)
    if seeds:
        with duckdb.connect(os.environ["CARTWHEEL_WAREHOUSE"]) as connection:
            for name in seeds:
                found[name] |= model_sql.of_seed(connection, found[name]["table"])
    temporary = _file().with_suffix(".new")
    temporary.write_text(json.dumps(found))
    temporary.replace(_file())


def after(
    known: Mapping[str, Any], made: Iterable[str], manifest: Mapping[str, Any], variables: Mapping[str, Any]
) -> dict[str, Any]:
    """What each node was built from, after these were built; a node that left the project is forgotten."""
    built = {
        unique_id: {
            "table": compiled_sql.table(node),
            **_code(node, manifest, variables),
            "parents": sorted(node.get("depends_on", {}).get("nodes", ())),
        }
        for unique_id in made
        if (node := manifest["nodes"].get(unique_id, {})).get("resource_type") in _KINDS
    }
    return {**{name: node for name, node in known.items() if name in manifest["nodes"]}, **built}


def of_tables(tables: Iterable[str]) -> dict[str, ModelCode]:
    """The code behind these tables ("activation.act_…"), as far as all of it is known."""
    nodes = _kept()
    named = {node["table"]: name for name, node in nodes.items()}
    found = {table: _of(named[table], nodes) for table in tables if table in named}
    return {table: code for table, code in found.items() if code is not None}


def keep_published(codes: Mapping[str, ModelCode]) -> dict[str, str]:
    """Write down the codes of published tables, once per content, and their SQL beside them; their digests by table."""
    folder, nodes = _published(), _kept()
    folder.mkdir(parents=True, exist_ok=True)
    named = {node["table"]: name for name, node in nodes.items()}
    for table, code in codes.items():
        model_sql.keep(folder, code.digest, model_sql.behind(named.get(table, ""), nodes))
        file = folder / f"{code.digest}.json"
        if not file.exists():
            temporary = file.with_suffix(".new")
            temporary.write_text(json.dumps(dict(code.parts), indent=1, sort_keys=True))
            temporary.replace(file)
    return {table: code.digest for table, code in codes.items()}


def read_published(digest: str | None) -> ModelCode | None:
    """The code of this digest; None where a publication did not say."""
    file = _published() / f"{digest}.json"
    return ModelCode(json.loads(file.read_text())) if digest and file.exists() else None


def read_sql(digest: str | None) -> dict[str, KeptModel]:
    """The SQL behind the code of this digest, by published table; empty where none was kept."""
    return model_sql.read(_published(), digest)


def _of(unique_id: str, nodes: Mapping[str, Any]) -> ModelCode | None:
    left, seen = [unique_id], set[str]()
    digests: dict[str, set[str]] = {}
    while left:
        name = left.pop()
        if name in seen or name.partition(".")[0] not in _KINDS:
            continue
        seen.add(name)
        if name not in nodes:
            return None
        left += nodes[name]["parents"]
        for part, digest in nodes[name]["parts"].items():
            digests.setdefault(part, set()).add(digest)
    # A macro that changed between the builds of two models is in the table in both its forms.
    return ModelCode({part: "+".join(sorted(found)) for part, found in digests.items()})


def _code(node: Mapping[str, Any], manifest: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of the code a node is made with, by digest, and whether the day of the build is in it."""
    macros = list(_macros(node, manifest))
    parts = {f"{node['resource_type']} {node['name']}": _short(node["checksum"]["checksum"])}
    parts |= {f"macro {macro['name']}": _short(canonical_json.digest(macro["macro_sql"])) for macro in macros}
    texts = (str(node.get("raw_code") or ""), *(str(macro["macro_sql"]) for macro in macros))
    asked = {name for text in texts for name in _VARIABLE.findall(text)}
    for name in sorted(asked - {_DAY}):
        # As text: what the command line gives is text, what stands in the project may be a number.
        parts[f"variable {name}"] = _short(canonical_json.digest(str(variables.get(name, ""))))
    return {"parts": parts, "is_dated": _DAY in asked}


def _macros(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The project's own macros a node is made with, those they call included."""
    ours = manifest["metadata"]["project_name"]
    left, seen = list(node.get("depends_on", {}).get("macros", ())), set[str]()
    while left:
        name = left.pop()
        macro = manifest["macros"].get(name)
        if name in seen or macro is None or macro["package_name"] != ours:
            continue
        seen.add(name)
        left += macro.get("depends_on", {}).get("macros", ())
        yield macro


def _short(digest: str) -> str:
    return digest[:16]


@cache
def _declared_variables() -> dict[str, Any]:
    described = yaml.safe_load((environment.TRANSFORM / "dbt_project.yml").read_text(encoding="utf-8"))
    return dict(described.get("vars") or {})


def _kept() -> dict[str, Any]:
    return dict(json.loads(_file().read_text())) if _file().exists() else {}


def _file() -> Path:
    folder = Path(os.environ["CARTWHEEL_HOME"]) / "dbt"
    folder.mkdir(exist_ok=True)
    return folder / "model_code.json"


def _published() -> Path:
    return Path(os.environ["CARTWHEEL_HOME"]) / "published" / "model_code"
