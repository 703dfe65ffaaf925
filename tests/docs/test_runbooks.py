"""Every trouble the product can name has its page, every page a row in the table, and every command on it works."""

from __future__ import annotations

import ast
import getpass
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from orchestration.cli import cartwheel
from orchestration.cli_exceptions import audit, exceptions
from reverse_etl import destinations, exception_codes, exception_queue
from reverse_etl.exception_codes import CODES, KINDS
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import EXCEPTIONS
from tests.docs import documents
from tests.docs.documents import ROOT, RUNBOOKS, Piece
from tests.docs.test_docs import resolved
from tests.transform import ledger_rows

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
PAGES = {page.stem: page for page in RUNBOOKS if page.stem != "README"}

# Told to whoever typed the command, or raised while there is no store to put a row into; never in the queue.
TOLD = {
    "bad_file", "bad_inputs", "bad_moment", "bad_request", "file_exists", "foreign_store", "missing_driver",
    "missing_file", "month_closed", "newer_store", "no_inputs", "no_reason", "nothing_to_approve", "paused", "stopped",
    "store_unavailable", "superseded", "unknown_delivery", "unknown_drift", "unknown_name", "unknown_plan",
}  # fmt: skip
# How the sources name a code: as a keyword, or at this place among the arguments.
PLACES = {"rejected": 2, "doubtful": 1, "not_applied": 2}


def codes_of(file: Path) -> Iterator[str]:
    """The codes a source file gives to errors, outcomes and findings, as far as they are words in it."""
    tree = ast.parse(file.read_text())
    words = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
        if name in PLACES:
            given += call.args[PLACES[name] : PLACES[name] + 1]
        for value in given:
            word = value.value if isinstance(value, ast.Constant) else words.get(getattr(value, "id", ""))
            if isinstance(word, str):
                yield word


def sources() -> list[Path]:
    return [file for folder in ("reverse_etl", "orchestration") for file in sorted((ROOT / folder).rglob("*.py"))]


def test_every_code_the_sources_raise_has_its_row_or_is_only_told() -> None:
    raised = {code: file.name for file in sources() for code in codes_of(file)}
    assert len(raised) > 30  # the search finds what it is for
    unknown = {code: file for code, file in raised.items() if not has_row(code) and code not in TOLD}
    assert unknown == {}


def has_row(code: str) -> bool:
    return exception_codes.runbook(code, "") != exception_codes.runbook("no such code", "")


def test_every_row_of_the_table_is_raised_somewhere() -> None:
    text = "\n".join(file.read_text() for file in sources() if file.name != "exception_codes.py")
    assert [code for code in CODES if f'"{code}"' not in text and code != "missing_reference"] == []


def test_what_a_vendors_code_means_has_a_page_by_its_kind() -> None:
    for name in destinations.names():
        destination = destinations.load(name)
        for code, (_, kind) in destination.codes.items():
            assert (ROOT / exception_codes.runbook(code, str(kind))).exists(), (name, code)
        for status, (_, kind) in destination.errors.items():
            assert (ROOT / exception_codes.runbook(f"http_{status}", str(kind))).exists(), (name, status)


def test_table_and_pages_are_the_same_list() -> None:
    assert set(PAGES) == {*CODES, *(str(kind) for kind in KINDS)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_it_means_what_to_look_at_and_when_it_ends(name: str) -> None:
    text = PAGES[name].read_text()
    assert text.startswith(f"# `{name}`: ")
    assert [part for part in ("**What it means.** ", "**What to look at.** ") if part not in text] == []
    assert "**It ends by itself** when " in text or "**It does not end by itself**" in text
    assert documents.commands("cartwheel", [PAGES[name]])


def named(piece: Piece) -> str:
    return piece.name


@pytest.mark.parametrize("piece", documents.commands("cartwheel", RUNBOOKS), ids=named)
def test_every_command_of_a_page_parses(piece: Piece) -> None:
    command, name, rest = resolved(documents.words(piece))
    assert command is not cartwheel, f"no such verb: {piece.text}"
    command.make_context(name, list(rest))


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_advises_can_be_done_about_its_trouble(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.delenv("CARTWHEEL_OPERATIONS_URL", raising=False)
    monkeypatch.setenv("CARTWHEEL_USER", getpass.getuser())
    store = open_store(f"sqlite:///{tmp_path}/operations.sqlite")
    kind = name if name in KINDS else "validation"
    row = "missing_item" if name == "missing_reference" else name
    with store.begin() as connection:
        finding = Finding(row, kind, "it happened", "shopify__stock_levels", "shopify", "r1")
        exception_queue.open_findings(connection, [finding], NOON)
        connection.execute(sa.update(EXCEPTIONS).values(root_cause="1a2b3c4d" + "0" * 24))
    store.dispose()
    done = 0
    for piece in documents.commands("cartwheel", [PAGES[name]]):
        words = documents.words(piece)
        if words[0] == "exceptions":
            ran = CliRunner().invoke(exceptions, words[1:])
            assert ran.exit_code == 0, f"{piece.text}: {ran.output} {ran.exception}"
            done += 1
    assert done or name in WITHOUT_QUEUE_COMMAND


# Their commands are those of plans and flows.
WITHOUT_QUEUE_COMMAND = {"stale_plan", "plan_overtaken", "missing_setting", "missing_model", "moved_meanwhile"}


def test_the_operators_walk_through_the_queue_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.delenv("CARTWHEEL_OPERATIONS_URL", raising=False)
    ledger_rows.troubles_of_a_day(tmp_path)
    guide = [ROOT / "docs" / "operator.md"]
    walk = [piece for piece in documents.commands("cartwheel", guide) if documents.words(piece)[0] in GROUPS]
    assert len(walk) > 8
    for piece in walk:
        group, *words = documents.words(piece)
        ran = CliRunner().invoke(GROUPS[group], words)
        assert ran.exit_code == 0, f"{piece.text}: {ran.output} {ran.exception}"


GROUPS = {"exceptions": exceptions, "audit": audit}
