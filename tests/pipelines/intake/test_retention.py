"""Old bodies go once the warehouse has read past them, a person's at once; a repeat of what went is still none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from pipelines.intake import retention
from pipelines.intake.inbox import Inbox
from tests.pipelines.intake.events import NOON, arrived
from tests.reverse_etl.postgres_server import on_both_stores

DAY = timedelta(days=1)
NOW = NOON + 40 * DAY
BEFORE = NOW - 30 * DAY
READ = {"shopify": NOW - timedelta(hours=1)}


@on_both_stores
def test_what_is_old_and_was_read_past_loses_its_body_and_nothing_else_does(inbox: Inbox) -> None:
    inbox.keep(
        [
            arrived("old", b"Ann Buyer"),
            arrived("young", b"Bob", received_at=NOW - DAY),
            arrived("unread", b"Cem", platform="stripe"),
        ]
    )
    removed = retention.expire(inbox, BEFORE, READ, NOW)
    assert (removed.events, removed.body_bytes, removed.waiting) == (1, 9, 1)
    assert [event.event_id for event in inbox.events_after(0)] == ["young", "unread"]
    (old,) = (event for event in inbox.newest_events(9) if event.event_id == "old")
    assert (old.body, old.resource_id, old.removed_at) == (b"", None, NOW)
    assert old.body_digest == inbox_digest(b"Ann Buyer")
    assert sum(count.events for count in inbox.counts()) == 3
    assert retention.expire(inbox, BEFORE, READ, NOW).events == 0


@on_both_stores
def test_an_event_no_reading_has_passed_stays_however_old_it_is(inbox: Inbox) -> None:
    inbox.keep([arrived("a", b"Ann")])
    for read_at in ({}, {"shopify": NOON - DAY}, {"shopify": NOON + timedelta(minutes=9)}):
        assert retention.expire(inbox, BEFORE, read_at, NOW) == retention.Removed(0, 0, 1)
    assert retention.expire(inbox, BEFORE, {"shopify": NOON + timedelta(minutes=11)}, NOW).events == 1


@on_both_stores
def test_a_repeat_of_what_was_removed_is_counted_and_is_no_news(inbox: Inbox) -> None:
    inbox.keep([arrived("a", b"Ann"), arrived(None, b"5", resource_id="item")])
    assert retention.expire(inbox, BEFORE, READ, NOW).events == 2
    inbox.keep([arrived("a", b"Ann"), arrived(None, b"5", resource_id="item")])
    assert inbox.events_after(0) == []
    assert {event.times_received for event in inbox.newest_events(9)} == {2}
    # The same resource with another state is news as ever.
    inbox.keep([arrived(None, b"4", resource_id="item")])
    assert [event.body for event in inbox.events_after(0)] == [b"4"]


@on_both_stores
def test_a_person_s_events_go_at_once_and_nobody_else_s(inbox: Inbox) -> None:
    inbox.keep(
        [
            arrived("a", b"Ann", resource_id="1001"),
            arrived("b", b"Ann again", resource_id="1001", topic="orders/updated"),
            arrived("c", b"Bob", resource_id="1002"),
            arrived("d", b"Ann elsewhere", resource_id="1001", account_id="eu"),
        ]
    )
    removed = retention.erase(inbox, "shopify", "main", ["1001", "9999"], NOON)
    assert (removed.events, removed.body_bytes) == (2, 12)
    assert [event.body for event in inbox.events_after(0)] == [b"Bob", b"Ann elsewhere"]


@on_both_stores
def test_more_than_one_batch_goes(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "TOGETHER", 3)
    inbox.keep([arrived(f"e{number}", b"x") for number in range(10)])
    assert retention.expire(inbox, BEFORE, READ, NOW).events == 10


def test_no_byte_of_what_was_removed_is_left_on_the_disk(tmp_path: Path) -> None:
    """A small body lies in its row, a large one in pages of its own."""
    store = Inbox(f"sqlite:///{tmp_path / 'inbox.sqlite'}")
    store.keep([arrived("a", b"Ann-Buyer-1 " * 2), arrived("b", b"Ann-Buyer-2 " * 3_000), arrived("c", b"Bob-Stays")])
    assert sum(on_disk(tmp_path).count(name) for name in (b"Ann-Buyer-1", b"Ann-Buyer-2")) > 0
    retention.expire(store, BEFORE, {"shopify": NOW}, NOW)
    store.keep([arrived("d", b"Bob-Came-Later")])
    store.close()
    left = on_disk(tmp_path)
    assert (b"Ann-Buyer-1" in left, b"Ann-Buyer-2" in left, b"Bob-Came-Later" in left) == (False, False, True)


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("said", ["0", "-1", "a month", "4000", "1.5"])
def test_a_number_of_days_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(retention.SETTING, said)
    with pytest.raises(ConfigurationError, match="CARTWHEEL_INBOX_DAYS"):
        retention.days()


def inbox_digest(body: bytes) -> str:
    import hashlib

    return hashlib.blake2b(body, digest_size=16).hexdigest()
