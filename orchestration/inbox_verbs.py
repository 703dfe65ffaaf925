"""What `cartwheel inbox` does, on the configured inbox."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from orchestration import environment, warehouse
from orchestration.screen import print_wide, say, screen, trouble
from pipelines.intake import retention
from pipelines.intake.inbox import Inbox, InboxEvent
from pipelines.intake.retention import Removed
from reverse_etl import audit, engine

_COLUMNS = ("sequence", "platform", "account_id", "topic", "resource_id", "resource_version", "occurred_at",
            "received_at", "is_known_topic", "is_readable", "times_received", "removed_at")  # fmt: skip


@contextmanager
def _inbox() -> Iterator[Inbox]:
    environment.prepare()
    with closing(Inbox.at_home()) as opened:
        yield opened


def show_counts(output: str) -> int:
    with _inbox() as inbox:
        counts, positions = inbox.counts(), inbox.positions()
    if output == "json":
        sys.stdout.write(json.dumps([asdict(count) for count in counts], default=str, indent=1) + "\n")
        return 0
    if not counts:
        say(screen, "No webhook has come yet. `cartwheel serve` receives them.")
        return 0
    table = Table("platform", "account", "topic", "events", "deliveries", "unreadable", "newest")
    for count in counts:
        topic = count.topic if count.is_known_topic else f"{count.topic} (unknown)"
        numbers = (str(count.events), str(count.deliveries), str(count.unreadable))
        newest = f"{count.newest_received_at:%Y-%m-%d %H:%M:%S}"
        # From outside: shown as it is, never as markup.
        table.add_row(count.platform, count.account_id, Text(topic), *numbers, newest)
    print_wide(table)
    for reader, sequence in positions.items():
        say(screen, f"{reader} has worked up to event {sequence} of {max(count.newest_sequence for count in counts)}.")
    return 0


def list_events(
    platform: str | None, topic: str | None, *, unknown: bool, unreadable: bool, limit: int, output: str
) -> int:
    with _inbox() as inbox:
        events = inbox.newest_events(
            limit,
            platform=platform,
            topic=topic,
            is_known_topic=False if unknown else None,
            is_readable=False if unreadable else None,
        )
    if output == "json":
        sys.stdout.write(json.dumps([_plain(event) for event in events], default=str, indent=1) + "\n")
    elif not events:
        say(screen, "Nothing in the inbox matches.")
    else:
        table = Table("event", "platform", "account", "topic", "resource", "received", "remarks")
        for event in events:
            received = f"{event.received_at:%Y-%m-%d %H:%M:%S}"
            row = (event.platform, event.account_id, Text(event.topic), Text(event.resource_id or ""), received)
            table.add_row(str(event.sequence), *row, _remarks(event))
        print_wide(table)
    return 0


def show_event(sequence: int) -> int:
    with _inbox() as inbox:
        event = inbox.event(sequence)
    if event is None:
        say(trouble, f"There is no event {sequence}; `cartwheel inbox list` shows those there are.")
        return 1
    for name, value in {**_plain(event), "event_id": event.event_id, "bytes": len(event.body)}.items():
        say(screen, f"{name:<18} {'' if value is None else value}")
    say(screen, "")
    # Bytes that are no text are shown by their numbers.
    say(screen, event.body.decode("utf-8", "backslashreplace").replace("\x1b", "\\x1b"))
    return 0


def expire_at_home(days: int) -> Removed:
    """Removes from the configured inbox what is older and was read past, by the newest publication."""
    now = datetime.now(UTC)
    published = warehouse.publications()[-1:]
    read_at = published[-1].moments() if published else {}
    with _inbox() as inbox:
        return retention.expire(inbox, now - timedelta(days=days), read_at, now)


def expire_events(days: int | None) -> int:
    environment.prepare()
    removed = expire_at_home(days or retention.days())
    say(screen, f"{removed.events} events removed, {removed.body_bytes} bytes of bodies")
    if removed.waiting:
        say(screen, f"{removed.waiting} are as old and stay until the warehouse has read their platform again")
    return 0


def erase_events(platform: str, account: str, resources: tuple[str, ...], who: str, because: str) -> int:
    """The deed is in the audit log before a byte is gone: an erasure that was cut short is done again."""
    now = datetime.now(UTC)
    with _inbox() as inbox, closing(engine.open_ledger()) as ledger:
        with ledger.engine.begin() as connection:
            details = {"resources": len(resources)}
            audit.append(
                connection, who=who, action="inbox.erase", subject=f"{platform}/{account}", because=because,
                details=details, now=now,
            )  # fmt: skip
        removed = retention.erase(inbox, platform, account, resources, now)
    say(screen, f"{removed.events} events of {platform} ({account}) erased, {removed.body_bytes} bytes of bodies")
    return 0


def _plain(event: InboxEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _COLUMNS}


def _remarks(event: InboxEvent) -> str:
    said = [
        "" if event.is_known_topic else "unknown topic",
        "" if event.is_readable else "unreadable",
        f"came {event.times_received} times" if event.times_received > 1 else "",
        "removed" if event.removed_at is not None else "",
    ]
    return ", ".join(word for word in said if word)
