"""The command line as a user meets it: help at once, mistakes in one or two lines, exit code 0 only when all was done."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest

from orchestration import build, verbs, warehouse
from orchestration import cli as command_line

CARTWHEEL = Path(sys.executable).with_name("cartwheel")
OURS = ("CARTWHEEL_", "SOURCES__", "DESTINATIONS__")
# What takes seconds to import; `--help` must not wait for it.
HEAVY = {"dagster", "dlt", "dbt", "duckdb", "sqlalchemy", "uvicorn", "rich"}


def cartwheel(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    return subprocess.run(
        [str(CARTWHEEL), *arguments],
        env=known | {"CARTWHEEL_HOME": str(home)} | environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def verb_paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every verb there is, so that a new one is tested without a word here."""
    yield path
    for name, inner in command.commands.items() if isinstance(command, click.Group) else ():
        yield from verb_paths(inner, (*path, name))


@pytest.mark.parametrize("verb", verb_paths(command_line.cartwheel), ids=" ".join)
def test_help_is_there_for_every_verb_and_imports_nothing_heavy(tmp_path: Path, verb: tuple[str, ...]) -> None:
    done = cartwheel(tmp_path, *verb, "--help", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: {' '.join(('cartwheel', *verb))}")
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported  # the list of imports was really written
    assert imported & HEAVY == set()


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ("plan no__such_sync", "There is no sync 'no__such_sync'. Known: amazon__stock_levels"),
        ("push no__such_sync", "There is no sync 'no__such_sync'. Known: amazon__stock_levels"),
        ("extract no_such_platform", "There is no platform 'no_such_platform'. Known: amazon"),
        ("extract --since yesterday shopify", "is not an ISO 8601 moment such as 2026-10-01T00:00:00Z"),
        ("build --as-of 2026-13-01", "--as-of '2026-13-01' is not a date such as 2026-10-31"),
        ("build --rfm-window long", "is neither a number of months nor 'all'"),
        ("build --rfm-merge-minutes some", "'some' is not a valid integer"),
        ("plan", "Nothing is published yet: run `cartwheel demo`"),
        ("push", "Nothing is published yet: run `cartwheel demo`"),
        ("query select", "Nothing is published yet: run `cartwheel demo`"),
        ("query", "See `cartwheel query --help`."),
        ("query --format xml select", "'xml' is not one of 'table', 'csv', 'json'"),
        ("sandbox order", "No sandbox is running for this folder: start one with `cartwheel up`"),
        ("sandbox order --quantity 0", "See `cartwheel sandbox order --help`."),
        ("sandbox effects", "No sandbox is running for this folder: start one with `cartwheel up`"),
        ("files contract no_such_kind", "There is no kind of file 'no_such_kind'. Known: orders"),
        ("load no_such_folder", "no_such_folder is not a folder"),
        ("load .", "see `cartwheel files contract`"),
        ("no_such_verb", "No such command 'no_such_verb'.\nSee `cartwheel --help`."),
        ("--no-such-option", "See `cartwheel --help`."),
    ],
)
def test_a_mistake_is_told_in_two_lines_at_most_and_says_what_to_do(
    tmp_path: Path, arguments: str, advice: str
) -> None:
    done = cartwheel(tmp_path, *arguments.split())
    assert done.returncode != 0
    assert advice in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_platform_asked_for_by_name_but_not_configured_is_not_done(tmp_path: Path) -> None:
    done = cartwheel(tmp_path, "extract", "shopify")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Not configured: shopify. Start the sandbox (`cartwheel up`) or configure the platform (`cartwheel doctor`)."
    ]


def test_a_platform_without_its_credentials_is_named_with_the_setting_it_lacks(tmp_path: Path) -> None:
    done = cartwheel(tmp_path, "extract", "shopify", SOURCES__SHOPIFY__BASE_URL="http://127.0.0.1:9/shopify")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "cartwheel: shopify (main) has a base URL but no access_token: set SOURCES__SHOPIFY__ACCESS_TOKEN"
    ]


def test_a_world_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = cartwheel(tmp_path, "plan", CARTWHEEL_ENVIRONMENT="staging")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "cartwheel: CARTWHEEL_ENVIRONMENT is 'staging': set it to sandbox or production\n"


def test_a_port_that_is_taken_is_named_with_the_option_that_moves_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = cartwheel(tmp_path, "sandbox", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"cartwheel: Port {port} for the sandbox is taken; choose another with --port.\n"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose snapshot holds one mart and no activation model."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        with duckdb.connect(str(warehouse.path())) as connection:
            connection.execute("create schema marts; create schema activation")
            connection.execute("create table marts.fct_things as select 1 as thing_id, 'a [b]' as name")
        warehouse.publish(datetime(2026, 11, 1, tzinfo=UTC))
    return home


def test_a_query_answers_in_three_formats_and_exits_with_nought(published: Path) -> None:
    sql = "select * from marts.fct_things"
    answers = {output: cartwheel(published, "query", sql, "--format", output) for output in ("table", "csv", "json")}
    assert {(done.returncode, done.stderr) for done in answers.values()} == {(0, "")}
    assert answers["csv"].stdout.splitlines() == ["thing_id,name", "1,a [b]"]
    assert json.loads(answers["json"].stdout) == [{"thing_id": 1, "name": "a [b]"}]
    assert "a [b]" in answers["table"].stdout


@pytest.mark.parametrize(
    ("sql", "advice"),
    [
        ("selec 1", "syntax error"),
        ("select * from marts.no_such_table", "no_such_table"),
        ("create table marts.mine as select 1", "read-only"),
    ],
)
def test_bad_sql_is_refused_in_the_engines_first_line(published: Path, sql: str, advice: str) -> None:
    done = cartwheel(published, "query", sql)
    assert (done.returncode, done.stdout) == (1, "")
    assert advice in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_snapshot_without_the_model_of_a_sync_says_how_to_make_it(published: Path) -> None:
    done = cartwheel(published, "plan", "hubspot__contacts")
    assert done.returncode == 1
    assert "cartwheel build" in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_a_selection_that_matches_no_model_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))

    @contextmanager
    def worker(*_: Any) -> Iterator[None]:
        yield None

    monkeypatch.setattr(build, "worker", worker)
    monkeypatch.setattr(build, "run", lambda *_: build.Built(succeeded=True))
    with pytest.raises(verbs.Refused, match="No model matches 'no_such_model'"):
        verbs.build_models(("no_such_model",), {})
    assert not (tmp_path / "published").exists()
