"""What an operator sees of the inbox: its verbs, and cases for what nobody works on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import cartwheel
from orchestration.inbox_findings import note
from pipelines.intake.inbox import Inbox
from reverse_etl import exception_reading
from reverse_etl.ledger_store import open_store, reader
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
