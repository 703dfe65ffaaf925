"""The documents tell the truth: their commands parse, what they name exists, and what exists is named."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from orchestration import drift_checks
from orchestration.activate import CHECKS
from orchestration.checks import CLAIMS, NOTHING_HELD_BACK
from orchestration.cli import cartwheel
from orchestration.schedules import CRONS
from orchestration.webhook_silence import WEBHOOKS_COME
from pipelines.extract import connector, platforms
from reverse_etl import destinations, engine
from tests.docs import documents, journal_recipes, reason_codes
from tests.docs.documents import DECISIONS, GUIDES, ROOT, Piece
from tests.docs.stable_tables import STABLE_TABLES

CODE = ("orchestration", "pipelines", "reverse_etl", "sandbox")


def named(piece: Piece) -> str:
    return piece.name


def resolved(words: list[str]) -> tuple[click.Command, str, list[str]]:
    """The click command that words lead to, its name as typed, and what is left for it to parse."""
    command: click.Command = cartwheel
    name = ["cartwheel"]
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, name, words = command.commands[words[0]], [*name, words[0]], words[1:]
    return command, " ".join(name), words


@pytest.mark.parametrize("piece", [*documents.commands("cartwheel"), *documents.mentions("cartwheel")], ids=named)
def test_every_cartwheel_command_parses(piece: Piece) -> None:
    command, name, rest = resolved(documents.words(piece))
    assert command is not cartwheel or rest[:1] == ["--help"], f"no such verb: {piece.text}"
    # Parses and checks every option and choice, and runs nothing. A verb in running text may leave its arguments out.
    if rest or piece in documents.commands("cartwheel"):
        command.make_context(name, list(rest))
    assert CliRunner().invoke(cartwheel, [*name.split()[1:], "--help"]).exit_code == 0


@pytest.mark.parametrize("piece", documents.commands("make"), ids=named)
def test_every_make_target_exists(piece: Piece) -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(documents.words(piece)) <= set(targets)


def test_bash_blocks_call_nothing_else() -> None:
    called = {line.split()[0] for block in documents.blocks("bash") for line in block.text.splitlines() if line.strip()}
    assert called <= {"cartwheel", "make"}


def test_every_link_resolves() -> None:
    broken = [
        f"{piece.name} → {piece.text}"
        for piece, target, heading in documents.links()
        if not target.exists() or (heading and heading not in documents.headings(target))
    ]
    assert broken == []


def test_every_path_exists() -> None:
    assert [f"{piece.name} → {piece.text}" for piece in documents.paths() if not (ROOT / piece.text).exists()] == []


def verbs(group: click.Group, prefix: str = "cartwheel") -> list[str]:
    found = []
    for name, command in group.commands.items():
        found.append(f"{prefix} {name}")
        if isinstance(command, click.Group):
            found += verbs(command, f"{prefix} {name}")
    return found


@pytest.mark.parametrize("verb", verbs(cartwheel))
def test_every_verb_is_in_the_guides(verb: str) -> None:
    assert re.search(rf"\b{verb}\b", documents.text_of())


@pytest.mark.parametrize("platform", platforms())
def test_every_platform_and_how_to_connect_it_is_in_the_guides(platform: str) -> None:
    keys = [f"SOURCES__{platform}__{name}".upper() for name in ("base_url", *connector(platform).credentials)]
    assert [key for key in keys if f"`{key}`" not in documents.text_of()] == []


@pytest.mark.parametrize("sync", sorted(engine.syncs()))
def test_every_sync_and_how_to_connect_it_is_in_the_guides(sync: str) -> None:
    destination = destinations.load(engine.sync_named(sync).destination)
    keys = [f"DESTINATIONS__{destination.name}__{name}".upper() for name in ("base_url", *destination.credential_names)]
    assert [word for word in (sync, *keys) if f"`{word}`" not in documents.text_of()] == []


def variables_read() -> set[str]:
    """Names of ours that the code reads from the environment; one that is only set for child processes is not a setting."""
    found: set[str] = set()
    for file in (file for folder in CODE for file in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(file.read_text())
        set_only = {
            id(call.args[0])
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "setdefault"
            if call.args
        }
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in set_only
            if re.fullmatch(r"CARTWHEEL_[A-Z_]+", node.value)
        }
    for file in (ROOT / "transform").glob("*.yml"):
        found |= set(re.findall(r"env_var\('(CARTWHEEL_[A-Z_]+)'", file.read_text()))
    return found


def test_every_setting_is_in_the_guides() -> None:
    assert [name for name in sorted(variables_read()) if f"`{name}`" not in documents.text_of()] == []


def test_every_setting_in_the_guides_is_read() -> None:
    told = set(re.findall(r"`(CARTWHEEL_[A-Z_]+)`", documents.text_of()))
    assert told - variables_read() == set()


def test_what_the_operator_sees_in_dagster_is_in_its_guide() -> None:
    guide = (ROOT / "docs" / "operator.md").read_text()
    names = [
        *CLAIMS,
        NOTHING_HELD_BACK,
        WEBHOOKS_COME,
        *CRONS,
        *CHECKS,
        *drift_checks.CHECKS,
        "drift/<sync>",
        "check_drift_daily",
        "audit_completeness_daily",
        "expire_inbox_daily",
        "inbox/retention",
        "due_deliveries",
        "refresh_warehouse_every_five_minutes",
        "<sync>_changes",
        "push_<sync>",
    ]
    assert [name for name in names if f"`{name}`" not in guide] == []


def test_the_reason_codes_are_those_of_the_seed() -> None:
    told = documents.between(reason_codes.GUIDE, reason_codes.START, reason_codes.END)
    assert told == reason_codes.table(), "run `make docs`"


def test_the_recipes_of_the_journal_are_those_of_the_seed() -> None:
    told = documents.between(journal_recipes.GUIDE, journal_recipes.START, journal_recipes.END)
    assert told == journal_recipes.table(), "run `make docs`"


@pytest.mark.parametrize("table", STABLE_TABLES)
def test_every_stable_table_is_described(table: str) -> None:
    assert re.search(rf"^\| `{table}` \| .+ \| .+ \|$", (ROOT / "docs" / "analyst.md").read_text(), re.MULTILINE)


def test_every_table_named_in_the_guides_is_a_model() -> None:
    models = {file.stem for file in (ROOT / "transform" / "models").rglob("*.sql")}
    told = set(re.findall(r"\b(?:fct|dim|act|can|stg)_[a-z0-9_]+\b", documents.text_of()))
    assert told - models == set()


def test_decisions_have_a_number_each_and_are_short() -> None:
    numbers = [file.name[:4] for file in DECISIONS]
    assert len(set(numbers)) == len(numbers)
    for file in DECISIONS:
        lines = file.read_text().splitlines()
        assert lines[0].startswith(f"# {file.name[:4]} "), file.name
        assert len(lines) <= 25, file.name


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 120


def test_the_glossary_explains_a_word_once() -> None:
    rows = re.findall(r"^\| (.+?) \| .+ \|$", (ROOT / "GLOSSARY.md").read_text(), re.MULTILINE)
    words = [word.strip() for row in rows[1:] for word in row.split(",")]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize("file", [*GUIDES, *DECISIONS], ids=lambda file: Path(file).name)
def test_no_document_has_an_unfinished_spot(file: Path) -> None:
    assert not re.search(r"\b(TODO|TBD|FIXME|XXX|lorem)\b", file.read_text())
