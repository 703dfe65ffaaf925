"""The walls of the house: who may import whom, what lies at the top, how long a file may be."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FORBIDDEN = {
    "pipelines": {"dagster", "dagster_dbt", "dagster_dlt", "dbt", "reverse_etl", "sandbox", "orchestration"},
    "reverse_etl": {"dagster", "dagster_dbt", "dagster_dlt", "dlt", "dbt", "pipelines", "sandbox", "orchestration"},
    "sandbox": {"dagster", "dlt", "dbt", "pipelines", "reverse_etl", "orchestration", "transform"},
}
WHY = {
    "pipelines": "reading a platform must not know the orchestrator, the pushes or the sandbox",
    "reverse_etl": "pushing must not know the orchestrator, the loaders or the sandbox",
    "sandbox": "a twin that shares code with what it tests would share its mistakes",
}
TOP_LEVEL = {
    ".ci", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CONTRIBUTING.md", "GLOSSARY.md", "LICENSE",
    "Makefile", "README.md", "bench", "docs", "orchestration", "pipelines", "pyproject.toml", "requirements.lock",
    "reverse_etl", "sandbox", "tests", "transform", "workspace.yaml",
}  # fmt: skip
VAGUE = {"utils", "util", "helpers", "helper", "common", "lib", "base", "misc"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("folder", sorted(FORBIDDEN))
def test_no_folder_imports_across_a_wall(folder: str) -> None:
    crossings = {
        str(path.relative_to(ROOT)): sorted(bad)
        for path in (ROOT / folder).rglob("*.py")
        if (bad := imported(path) & FORBIDDEN[folder])
    }
    assert not crossings, f"{WHY[folder]}: {crossings}"


def test_connectors_and_destinations_do_not_know_the_sandbox() -> None:
    for folder in ("pipelines", "reverse_etl"):
        told = [path for path in (ROOT / folder).rglob("*.py") if "/_control" in path.read_text()]
        assert not told, f"only the command line speaks to the sandbox's control endpoints: {told}"


def test_the_top_level_is_the_one_the_design_names() -> None:
    assert {path.parts[0] for path in tracked()} <= TOP_LEVEL


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    vague = [
        path for path in tracked() if VAGUE & {part.removesuffix(".py").removesuffix(".sql") for part in path.parts}
    ]
    assert not vague


def test_no_python_file_is_longer_than_a_reader_holds() -> None:
    long = {str(path): count for path in tracked() if path.suffix == ".py" and (count := lines(path)) > 400}
    assert not long


def test_no_model_is_longer_than_a_reader_holds() -> None:
    long = {str(path): count for path in tracked() if path.match("models/**/*.sql") and (count := lines(path)) > 160}
    assert not long


def lines(path: Path) -> int:
    return len((ROOT / path).read_text().splitlines())


def test_every_model_has_its_description_beside_it() -> None:
    lonely = [path for path in (ROOT / "transform/models").rglob("*.sql") if not path.with_suffix(".yml").exists()]
    assert not lonely


def test_no_model_or_macro_of_money_uses_floating_point() -> None:
    floating = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in (ROOT / "transform").rglob("*.sql")
        for word in path.read_text().lower().replace("(", " ").replace(")", " ").split()
        if word in {"double", "float", "real", "avg"}
        and "target" not in path.parts
        and not path.name.startswith("assert_no_")
    ]
    assert not floating
