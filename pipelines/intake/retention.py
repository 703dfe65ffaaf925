"""How long bodies of events are kept: until the warehouse has read past them and a number of days is over, or a person asks.

A body may name a buyer. What is left of a removed event is what tells a repeat of it (its id, the digest of its body) and
what people count (topic, times): the vendor may send it again, and it must not be news. The resource it was about goes too.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from pipelines.errors import ConfigurationError
from pipelines.intake.inbox import Inbox
from pipelines.intake.tables import INBOX_EVENTS

SETTING, DEFAULT_DAYS = "CARTWHEEL_INBOX_DAYS", 30
# A reading covers what its platform had when it began, and platforms show their newest late.
READING = timedelta(minutes=10)
# Between two of these the intake commits: none of its senders waits for a whole night's work.
TOGETHER = 2_000
_E = INBOX_EVENTS.c


@dataclass(frozen=True)
class Removed:
    """What went, and what is old enough and stays: the warehouse has not read its platform since."""

    events: int
    body_bytes: int
    waiting: int = 0


def days() -> int:
    """How many days a body is kept at least; raises ConfigurationError for no number of days."""
    said = os.environ.get(SETTING, str(DEFAULT_DAYS))
    if not said.isdigit() or not 1 <= int(said) <= 3_650:
        raise ConfigurationError(f"{SETTING} is '{said}': a number of days from 1 to 3650")
    return int(said)


def expire(inbox: Inbox, before: datetime, read_at: Mapping[str, datetime], now: datetime) -> Removed:
    """Removes bodies that came in before a moment, of platforms the warehouse has read after they came in."""
    old = (_E.removed_at.is_(None), _E.received_at < before)
    removed = Removed(0, 0)
    for platform, moment in read_at.items():
        mine = _remove(inbox, (*old, _E.platform == platform, _E.received_at < moment - READING), now)
        removed = Removed(removed.events + mine.events, removed.body_bytes + mine.body_bytes)
    with inbox.engine.connect().execution_options(reading=True) as connection:
        left = connection.execute(select(func.count()).select_from(INBOX_EVENTS).where(*old)).scalar() or 0
    inbox.forget_pages()
    return Removed(removed.events, removed.body_bytes, left)


def erase(inbox: Inbox, platform: str, account: str, resources: Collection[str], now: datetime) -> Removed:
    """Removes at once every body about these resources of an account, read or not: polling knows what is true of them."""
    about = (_E.platform == platform, _E.account_id == account, _E.resource_id.in_(sorted(resources)))
    removed = _remove(inbox, (*about, _E.removed_at.is_(None)), now)
    inbox.forget_pages()
    return removed


def _remove(inbox: Inbox, which: tuple[ColumnElement[bool], ...], now: datetime) -> Removed:
    events = body_bytes = 0
    for sequences, size in _batches(inbox, which):
        gone = {"body": b"", "resource_id": None, "resource_version": None, "removed_at": now}
        with inbox.engine.begin() as connection:
            connection.execute(update(INBOX_EVENTS).where(_E.sequence.in_(sequences)).values(gone))
        events, body_bytes = events + len(sequences), body_bytes + size
    return Removed(events, body_bytes)


def _batches(inbox: Inbox, which: tuple[ColumnElement[bool], ...]) -> Iterator[tuple[list[int], int]]:
    """Sequences and the size of their bodies, from the oldest on; each batch is gone when the next is asked for."""
    asked = select(_E.sequence, func.length(_E.body)).where(*which).order_by(_E.sequence).limit(TOGETHER)
    while True:
        with closing(inbox.engine.connect().execution_options(reading=True)) as connection:
            rows: list[Any] = list(connection.execute(asked))
        if not rows:
            return
        yield [row[0] for row in rows], sum(row[1] for row in rows)
