"""The inbox keeps each event once, in an order readers can follow, and nothing else, on both stores."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.errors import ConfigurationError
from pipelines.intake import store as inbox_store
from pipelines.intake.health import is_durable
from pipelines.intake.inbox import Inbox
from reverse_etl.ledger_store import open_store
from tests.pipelines.intake.events import NOON, arrived
from tests.reverse_etl.postgres_server import on_both_stores


@on_both_stores
def test_an_event_comes_back_as_it_came_in_and_in_order(inbox: Inbox) -> None:
    raw = b"\x00\xff not text \xed\xa0\x80"
    inbox.keep([arrived("a", raw, topic="orders/\x00create\ud800"), arrived("b"), arrived("c")])
    events = inbox.events_after(0)
    assert [event.event_id for event in events] == ["a", "b", "c"]
    assert events[0].body == raw
    assert events[0].topic == "orders/\ufffdcreate?"
    assert (events[0].received_at, events[0].occurred_at) == (NOON, NOON)
    assert [event.event_id for event in inbox.events_after(events[0].sequence, limit=1)] == ["b"]
    assert inbox.newest() == events[-1].sequence
    assert inbox.events_after(inbox.newest()) == []
    assert inbox.event(events[1].sequence) == events[1]


@on_both_stores
def test_a_repeat_is_counted_and_changes_nothing_a_reader_has_seen(inbox: Inbox) -> None:
    inbox.keep([arrived("a", b"first")])
    seen = inbox.newest()
    inbox.keep([arrived("a", b"again"), arrived("a", b"and again", received_at=NOON + timedelta(days=1))])
    assert inbox.events_after(seen) == []
    (event,) = inbox.events_after(0)
    assert (event.body, event.received_at, event.times_received) == (b"first", NOON, 3)


@on_both_stores
def test_the_same_id_of_another_account_or_platform_is_another_event(inbox: Inbox) -> None:
    inbox.keep([arrived("a"), arrived("a", account_id="eu"), arrived("a", platform="stripe")])
    assert len(inbox.events_after(0)) == 3


@on_both_stores
def test_what_has_no_version_is_a_repeat_only_of_the_newest_state(inbox: Inbox) -> None:
    """5, 5, 4, 5: the second 5 says nothing new; the last says that it went back."""
    said = [b"5", b"5", b"4", b"5"]
    for body in said:
        inbox.keep([arrived(None, body)])
    assert [event.body for event in inbox.events_after(0)] == [b"5", b"4", b"5"]
    together = [arrived(None, body, resource_id="2") for body in said]
    inbox.keep(together)
    assert [event.body for event in inbox.events_after(0) if event.resource_id == "2"] == [b"5", b"4", b"5"]


@on_both_stores
def test_a_resource_no_store_can_name_as_it_is_has_a_newest_state_too(inbox: Inbox) -> None:
    for body in (b"5", b"5", b"4"):
        inbox.keep([arrived(None, body, resource_id="a\x00\ud800")])
    events = inbox.events_after(0)
    assert [(event.body, event.times_received) for event in events] == [(b"5", 2), (b"4", 1)]


@on_both_stores
def test_no_event_becomes_visible_below_one_that_was_seen(inbox: Inbox) -> None:
    """Four writers; a reader that always goes on from the last sequence meets every event."""
    done = threading.Event()

    def write(writer: int) -> None:
        for number in range(25):
            inbox.keep([arrived(f"{writer}-{number}"), arrived(f"{writer}-{number}+")])

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in writers:
        thread.start()
    threading.Thread(target=lambda: ([thread.join() for thread in writers], done.set())).start()
    met, position = [], 0
    while True:
        is_last = done.is_set()
        events = inbox.events_after(position, limit=7)
        if not events and is_last:
            break
        for event in events:
            met.append(event.event_id)
            position = event.sequence
    assert len(met) == len(set(met)) == 200


@on_both_stores
def test_who_comes_later_waits_for_the_sequence_before_it(inbox: Inbox) -> None:
    """A commit that overtook another would show a reader a sequence with one below it still to come."""
    with inbox.engine.begin():
        second = threading.Thread(target=inbox.keep, args=([arrived("second")],))
        second.start()
        second.join(0.5)
        assert second.is_alive()
        assert inbox.newest() == 0
    second.join(60)
    assert inbox.newest() == 1


@on_both_stores
def test_what_came_is_counted_by_topic(inbox: Inbox) -> None:
    inbox.keep(
        [
            arrived("a"),
            arrived("a"),
            arrived("b", topic="orders/unheard_of", is_known_topic=False),
            arrived("c", is_readable=False),
        ]
    )
    known, unknown = inbox.counts()
    assert (known.topic, known.events, known.deliveries, known.unreadable) == ("orders/create", 2, 3, 1)
    assert (unknown.topic, unknown.is_known_topic, unknown.events) == ("orders/unheard_of", False, 1)
    assert [event.event_id for event in inbox.newest_events(10, is_known_topic=False)] == ["b"]
    assert [event.event_id for event in inbox.newest_events(10, is_readable=False)] == ["c"]


@on_both_stores
def test_readers_say_how_far_they_are(inbox: Inbox) -> None:
    inbox.note_position("lane", 3, NOON)
    inbox.note_position("lane", 7, NOON)
    inbox.note_position("sensor", 1, NOON)
    assert inbox.positions() == {"lane": 7, "sensor": 1}


@on_both_stores
def test_the_inbox_lives_beside_the_ledger_and_opens_again(store: str) -> None:
    open_store(store).dispose()
    first = Inbox(store)
    first.keep([arrived()])
    first.close()
    open_store(store).dispose()
    again = Inbox(store)
    assert again.newest() == 1
    again.close()


def test_every_commit_is_on_disk_before_it_returns(inbox: Inbox) -> None:
    assert is_durable(inbox)
    with inbox.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_an_inbox_of_a_newer_program_is_left_alone(inbox: Inbox) -> None:
    with inbox.engine.begin() as connection:
        connection.execute(sa.text(f"update {inbox_store.VERSION_TABLE} set version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer Cartwheel"):
        Inbox(str(inbox.engine.url))


def test_the_newest_version_is_that_of_the_newest_step() -> None:
    steps = sorted(path.name[:4] for path in (inbox_store.MIGRATIONS / "versions").glob("0*.py"))
    assert steps[-1] == inbox_store.NEWEST


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (None, "sqlite:///{home}/inbox.sqlite"),
        ("sqlite:///{home}/elsewhere/operations.sqlite", "sqlite:///{home}/elsewhere/inbox.sqlite"),
        ("postgresql://user:word@host/books", "postgresql://user:word@host/books"),
    ],
)
def test_the_inbox_is_beside_the_ledger(
    operations: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.delenv("CARTWHEEL_OPERATIONS_URL", raising=False)
    if operations:
        monkeypatch.setenv("CARTWHEEL_OPERATIONS_URL", operations.format(home=tmp_path))
    assert inbox_store.address() == expected.format(home=tmp_path)
