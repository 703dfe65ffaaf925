"""What an operator sees of the inbox: its verbs, and cases for what nobody works on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from orchestration.cli import cartwheel
from orchestration.inbox_findings import note
from orchestration.inbox_retention import retention_asset
from orchestration.warehouse import Publication
from pipelines.intake.inbox import Inbox
from reverse_etl import engine, exception_reading
from reverse_etl.ledger_store import open_store, reader
from reverse_etl.operations_tables import AUDIT_LOG
from tests.pipelines.intake.events import arrived

NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.delenv("CARTWHEEL_OPERATIONS_URL", raising=False)
    opened = Inbox.at_home()
    yield opened
    opened.close()


def ran(*words: str) -> Result:
    return CliRunner().invoke(cartwheel, ["inbox", *words])


def some_of_all(inbox: Inbox) -> None:
    inbox.keep(
        [
            arrived("a", b'{"id": 1}'),
            arrived("a", b'{"id": 1}'),
            arrived("b", b"\xff\x1b[31m{", is_readable=False),
            arrived("c", topic="orders/[bold]unheard", is_known_topic=False),
            arrived("d", topic="orders/[bold]unheard", is_known_topic=False),
        ]
    )


def test_an_empty_inbox_says_how_to_fill_it(inbox: Inbox) -> None:
    assert "cartwheel serve" in ran().output


def test_what_came_is_shown_by_topic_and_one_by_one(inbox: Inbox) -> None:
    some_of_all(inbox)
    assert "orders/[bold]unheard (unknown)" in ran().output
    counts = {row["topic"]: row for row in json.loads(ran("counts", "--format", "json").output)}
    assert (counts["orders/create"]["events"], counts["orders/create"]["deliveries"]) == (2, 3)
    listed = json.loads(ran("list", "--format", "json").output)
    assert [row["sequence"] for row in listed] == sorted((row["sequence"] for row in listed), reverse=True)
    assert len(json.loads(ran("list", "--unknown", "--format", "json").output)) == 2
    (unreadable,) = json.loads(ran("list", "--unreadable", "--format", "json").output)
    assert "unreadable" in ran("list", "--unreadable").output
    shown = ran("show", str(unreadable["sequence"])).output
    assert "\\xff" in shown
    assert "\x1b" not in shown
    assert ran("show", "999").exit_code == 1


def test_what_nobody_works_on_becomes_a_case_per_topic_and_is_counted(inbox: Inbox, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/operations.sqlite")
    some_of_all(inbox)
    assert note(inbox, store, NOW) == 2
    assert note(inbox, store, NOW) == 0
    inbox.keep([arrived("e", topic="orders/[bold]unheard", is_known_topic=False), arrived("f")])
    assert note(inbox, store, NOW + timedelta(hours=1)) == 1
    with reader(store) as connection:
        cases = exception_reading.listed(connection, NOW + timedelta(hours=2))
    assert sorted((case["code"], case["record_key"]) for case in cases) == [
        ("unknown_topic", "main/orders/[bold]unheard"),
        ("unreadable_webhook", "main/orders/create"),
    ]
    store.dispose()


def published(home: Path, *platforms: str) -> None:
    """The line a publication leaves in the log, for which these platforms were read just now."""
    now = datetime.now(UTC).isoformat()
    (home / "published").mkdir()
    found = Publication(1, now, "cartwheel-000001.duckdb", {}, dict.fromkeys(platforms, now))
    (home / "published" / "000001.json").write_text(json.dumps(asdict(found)))


def test_old_bodies_go_when_the_snapshot_is_newer_and_a_person_s_at_once(inbox: Inbox, tmp_path: Path) -> None:
    old = datetime.now(UTC) - timedelta(days=40)
    inbox.keep(
        [arrived("a", b"Ann", received_at=old), arrived("b", b"Bob", received_at=datetime.now(UTC), resource_id="7")]
    )
    # Nothing is published: nobody has read past anything.
    assert "1 are as old and stay" in ran("expire").output
    published(tmp_path, "shopify")
    assert ran("expire").output.startswith("1 events removed, 3 bytes")
    assert ran("expire", "--days", "90").output.startswith("0 events removed")
    erased = ran("erase", "shopify", "7", "--by", "Ann", "--because", "asked on 3 November")
    assert erased.output == "1 events of shopify (main) erased, 3 bytes of bodies\n"
    assert "removed" in ran("list").output
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        (row,) = connection.execute(select(AUDIT_LOG)).mappings()
    assert (row["who"], row["action"], row["subject"]) == ("Ann", "inbox.erase", "shopify/main")
    assert '"7"' not in row["details"]


def test_the_nightly_asset_says_what_went_and_what_waits(inbox: Inbox, tmp_path: Path) -> None:
    old = datetime.now(UTC) - timedelta(days=40)
    published(tmp_path, "shopify")
    inbox.keep([arrived("a", b"Ann", received_at=old), arrived("b", b"Bob", platform="stripe", received_at=old)])
    result = dg.materialize([retention_asset()], instance=dg.DagsterInstance.ephemeral())
    (made,) = result.asset_materializations_for_node("inbox__retention")
    assert {name: value.value for name, value in made.metadata.items()} == {
        "events": 1, "bytes": 3, "wait for a reading": 1,
    }  # fmt: skip
