"""Webhooks that nobody works on, as cases of the operator's queue: unknown topics, and bodies that can not be read."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy import Engine

from pipelines.intake.inbox import Inbox, TopicCount
from reverse_etl import exception_queue, settings
from reverse_etl.errors import Kind
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger_store import opened

READER = "exceptions"


def note_at_home() -> None:
    """Notes what came since the last time, between the configured inbox and the configured ledger."""
    with closing(Inbox.at_home()) as inbox, opened(settings.read().operations_url) as store:
        note(inbox, store, datetime.now(UTC))


def note(inbox: Inbox, store: Engine, now: datetime) -> int:
    """One case per account and topic, however many events; how many cases were noted."""
    position = inbox.positions().get(READER, 0)
    counts = inbox.counts(after=position)
    if not counts:
        return 0
    findings = [finding for count in counts for finding in _findings(count)]
    if findings:
        with store.begin() as connection:
            exception_queue.open_findings(connection, findings, now)
    # After the cases are in: a crash between the two notes them again, which counts and makes no new ones.
    inbox.note_position(READER, max(count.newest_sequence for count in counts), now)
    return len(findings)


def _findings(count: TopicCount) -> list[Finding]:
    found = []
    if count.unreadable:
        found.append(
            _finding(
                count,
                "unreadable_webhook",
                f"{count.unreadable} genuine webhooks of {count.platform} ({count.account_id}) can not be read:"
                f" topic {count.topic}",
            )
        )
    if not count.is_known_topic and count.events > count.unreadable:
        found.append(
            _finding(
                count,
                "unknown_topic",
                f"{count.events} webhooks of {count.platform} ({count.account_id}) have the topic {count.topic},"
                " which nothing here works on",
            )
        )
    return found


def _finding(count: TopicCount, code: str, message: str) -> Finding:
    return Finding(
        code=code,
        kind=Kind.VALIDATION,
        message=message,
        destination=count.platform,
        record_key=f"{count.account_id}/{count.topic}",
        evidence={"newest_sequence": count.newest_sequence},
        cause=f"{code} {count.platform} {count.topic}",
    )
