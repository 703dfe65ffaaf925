"""The inbox: every event of the platforms, once, as the bytes that came, in the order in which they were kept.

Writers call `keep`; when it returns, all of it is on disk. Readers remember the last sequence they have worked on and ask
for `events_after` it; nothing is ever inserted below a sequence that was seen. `wake.Listener` tells them when to look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any, Self

from sqlalchemy import Connection, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pipelines.intake import store
from pipelines.intake.tables import INBOX_EVENTS, INBOX_READERS, storable
from pipelines.intake.writer import Run, Writer

# The reader whose work is waited for: what it has not worked on is the inbox's depth.
LANE = "stock_lane"
_E = INBOX_EVENTS.c
# What is said to have happened longer before it was heard is history that is read for the first time, or a clock that is
# wrong: no sale that was on its way to us.
LONGEST_WAY = timedelta(days=1)
_KEPT = tuple(column.name for column in INBOX_EVENTS.columns if column.name not in ("sequence", "removed_at"))

_LAST_FEW = 200

_RESOURCE = ("platform", "account_id", "topic", "resource_id")

# So few sizes that the driver keeps every statement prepared.
_SIZES = (64, 16, 4, 1)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A verified delivery, ready to be kept.

    event_id: the vendor's own or the digest of what makes the event; None where the body says a state without a version,
    which is a repeat only if it says the same as the newest one of its resource.
    """

    platform: str
    account_id: str
    topic: str
    event_id: str | None
    resource_id: str | None
    resource_version: str | None
    body: bytes
    occurred_at: datetime | None
    received_at: datetime
    is_known_topic: bool
    is_readable: bool


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """A row of the inbox. `body` is what the vendor signed, byte for byte; `times_received` counts its deliveries."""

    sequence: int
    platform: str
    account_id: str
    topic: str
    event_id: str
    resource_id: str | None
    resource_version: str | None
    body: bytes
    body_digest: str
    occurred_at: datetime | None
    received_at: datetime
    is_known_topic: bool
    is_readable: bool
    times_received: int
    # Its body is gone since then (retention.py), and no reader meets it any more.
    removed_at: datetime | None = None

    @property
    def happened_at(self) -> datetime:
        """When the platform says it happened, never later than it came in; then, where it says nothing to be believed."""
        said = self.occurred_at
        if said is None or not timedelta() <= self.received_at - said <= LONGEST_WAY:
            return self.received_at
        return said


@dataclass(frozen=True, slots=True)
class TopicCount:
    """What came of one topic of one account."""

    platform: str
    account_id: str
    topic: str
    is_known_topic: bool
    events: int
    deliveries: int
    unreadable: int
    newest_sequence: int
    newest_received_at: datetime


class Inbox:
    """One open inbox; `Inbox.at_home()` is the configured one."""

    def __init__(self, url: str) -> None:
        self.engine = store.open_store(url)
        self._is_sqlite = self.engine.dialect.name == "sqlite"
        dialect: Any = sqlite if self._is_sqlite else postgresql
        self._insert = dialect.insert
        self._writer = Writer(self.engine) if self._is_sqlite else None

    @classmethod
    def at_home(cls) -> Self:
        return cls(store.address())

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self.engine.dispose()

    def keep(self, arrived: Sequence[Arrived]) -> None:
        """All of it in one durable transaction; an event that is there already is counted, not kept twice."""
        if self._writer is not None:
            self._writer.write(lambda run: self._keep_on_sqlite(run, arrived))
            return
        with self.engine.begin() as connection:
            run = connection.exec_driver_sql
            newest = _States(run, "%s")
            # One statement of PostgreSQL's may not meet the same event twice.
            run(_keep_statement("%s", 1), [self._row(event, newest) for event in arrived])
            if changed := newest.changed():
                run(_newer_statement("%s"), changed)

    def _keep_on_sqlite(self, run: Run, arrived: Sequence[Arrived]) -> None:
        newest = _States(run, "?")
        _insert_together(run, [self._row(event, newest) for event in arrived])
        for state in newest.changed():
            run(_newer_statement("?"), state)

    def _row(self, event: Arrived, newest: _States) -> tuple[Any, ...]:
        """The values of `_KEPT`, in its order and as the driver takes them."""
        digest = hashlib.blake2b(event.body, digest_size=16).hexdigest()
        return (
            event.platform,
            event.account_id,
            storable(event.topic),
            storable(event.event_id) if event.event_id is not None else newest.event_id(event, digest),
            storable(event.resource_id),
            storable(event.resource_version),
            event.body,
            digest,
            self._moment(event.occurred_at),
            self._moment(event.received_at),
            event.is_known_topic,
            event.is_readable,
            1,
        )

    def _moment(self, at: datetime | None) -> str | datetime | None:
        if at is None:
            return None
        plain = at.astimezone(UTC).replace(tzinfo=None)
        return plain.isoformat(" ", "microseconds") if self._is_sqlite else plain

    def events_after(self, sequence: int, limit: int = 500) -> list[InboxEvent]:
        """The next events in order; fewer than `limit` only where there are no more."""
        wanted = (_E.sequence > sequence, _E.removed_at.is_(None))
        asked = select(INBOX_EVENTS).where(*wanted).order_by(_E.sequence).limit(limit)
        with self._reading() as connection:
            return _events(connection.execute(asked))

    def newest(self) -> int:
        """The newest sequence; 0 in an empty inbox."""
        with self._reading() as connection:
            return connection.execute(select(func.max(_E.sequence))).scalar() or 0

    def newest_before(self, moment: datetime) -> int:
        """The newest sequence that had come in before a moment; 0 when none had."""
        # From the newest down: the moment asked for is seldom long ago.
        asked = select(_E.sequence).where(_E.received_at < moment).order_by(_E.sequence.desc()).limit(1)
        with self._reading() as connection:
            return connection.execute(asked).scalar() or 0

    def event(self, sequence: int) -> InboxEvent | None:
        with self._reading() as connection:
            row = connection.execute(select(INBOX_EVENTS).where(_E.sequence == sequence)).first()
        return _events([row])[0] if row is not None else None

    def newest_events(
        self,
        limit: int,
        *,
        platform: str | None = None,
        topic: str | None = None,
        is_known_topic: bool | None = None,
        is_readable: bool | None = None,
        after: int = 0,
    ) -> list[InboxEvent]:
        """The newest first, of what is asked for; for people, not for work."""
        wanted = {"platform": platform, "topic": topic, "is_known_topic": is_known_topic, "is_readable": is_readable}
        asked = select(INBOX_EVENTS).where(_E.sequence > after).order_by(_E.sequence.desc()).limit(limit)
        for name, value in wanted.items():
            if value is not None:
                asked = asked.where(_E[name] == value)
        with self._reading() as connection:
            return _events(connection.execute(asked))

    def counts(self, after: int = 0) -> list[TopicCount]:
        """Everything after a sequence by platform, account and topic."""
        group = (_E.platform, _E.account_id, _E.topic, _E.is_known_topic)
        asked = (
            select(
                *group,
                func.count(),
                func.sum(_E.times_received),
                func.sum(case((_E.is_readable, 0), else_=1)),
                func.max(_E.sequence),
                func.max(_E.received_at),
            )
            .where(_E.sequence > after)
            .group_by(*group)
            .order_by(*group)
        )
        with self._reading() as connection:
            rows: Iterable[Any] = connection.execute(asked)
            return [TopicCount(*row) for row in rows]

    def heard_up_to(self, topics: str) -> dict[tuple[str, str], datetime]:
        """Platform and account → when the newest of its last events happened, of topics that begin with this word.

        By the platform's own clock, where it says a time. Of the last few: an old one may be delivered again, and comes last.
        """
        accounts = select(_E.platform, _E.account_id).where(_E.topic.startswith(topics)).distinct()
        found = dict[tuple[str, str], datetime]()
        with self._reading() as connection:
            told: Iterable[Any] = connection.execute(accounts).all()
            for platform, account_id in told:
                asked = (
                    select(_E.occurred_at, _E.received_at)
                    .where(_E.platform == platform, _E.account_id == account_id, _E.topic.startswith(topics))
                    .order_by(_E.sequence.desc())
                    .limit(_LAST_FEW)
                )
                moments: Iterable[Any] = connection.execute(asked)
                found[platform, account_id] = max(said or came for said, came in moments)
        return found

    def note_position(self, reader: str, sequence: int, now: datetime) -> None:
        """How far a reader is, for whoever asks how much waits. Not every event: the intake commits here too."""
        position = {"reader": reader, "sequence": sequence, "read_at": now}
        statement = self._insert(INBOX_READERS).values(position)
        with self.engine.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["reader"], set_=position))

    def positions(self) -> dict[str, int]:
        """Reader → the sequence it has worked up to."""
        with self._reading() as connection:
            rows: Iterable[Any] = connection.execute(select(INBOX_READERS.c.reader, INBOX_READERS.c.sequence))
            return dict(iter(rows))

    def forget_pages(self) -> None:
        """After a removal: what SQLite still has of it in its log goes into the file, and the log is emptied if nobody reads."""
        if self._is_sqlite:
            with closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _reading(self) -> Connection:
        return self.engine.connect().execution_options(reading=True)


def _insert_together(run: Run, rows: list[tuple[Any, ...]]) -> None:
    """Many rows a statement: SQLite's driver gives up Python's lock for each, and gets it back late from a busy loop."""
    first = 0
    for size in _SIZES:
        statement = _keep_statement("?", size)
        while len(rows) - first >= size:
            run(statement, tuple(chain.from_iterable(rows[first : first + size])))
            first += size


@cache
def _keep_statement(mark: str, rows: int) -> str:
    """The one statement that runs for every webhook, in the driver's own words; a repeat changes nothing a reader has seen."""
    values = ", ".join([f"({', '.join([mark] * len(_KEPT))})"] * rows)
    return (
        f"insert into inbox_events ({', '.join(_KEPT)}) values {values}"
        " on conflict (platform, account_id, event_id)"
        " do update set times_received = inbox_events.times_received + 1"
    )


def _events(rows: Iterable[Any]) -> list[InboxEvent]:
    return [InboxEvent(*row) for row in rows]


class _States:
    """The newest event of each resource without versions, as this transaction sees and changes it."""

    def __init__(self, run: Run, mark: str) -> None:
        self._run, self._mark = run, mark
        self._known: dict[tuple[str, str, str, str], tuple[str, str] | None] = {}
        self._changed: dict[tuple[str, str, str, str], tuple[str, str]] = {}

    def event_id(self, event: Arrived, digest: str) -> str:
        """The newest event's own id for a repeat of it, else a new one that follows from it."""
        key = (event.platform, event.account_id, event.topic, event.resource_id or "")
        newest = self._changed.get(key) or self._newest(key)
        if newest is not None and newest[1] == digest:
            return newest[0]
        made = digest_of(newest[0] if newest else "", *key, digest)
        self._changed[key] = (made, digest)
        return made

    def _newest(self, key: tuple[str, str, str, str]) -> tuple[str, str] | None:
        if key not in self._known:
            row = self._run(_state_statement(self._mark), tuple(map(storable, key))).fetchone()
            self._known[key] = (row[0], row[1]) if row is not None else None
        return self._known[key]

    def changed(self) -> list[tuple[str | None, ...]]:
        """The values of `_newer_statement`, for each resource that is in another state now."""
        return [(*map(storable, key), *state) for key, state in self._changed.items()]


@cache
def _state_statement(mark: str) -> str:
    return (
        f"select event_id, body_digest from inbox_states where {' and '.join(f'{name} = {mark}' for name in _RESOURCE)}"
    )


@cache
def _newer_statement(mark: str) -> str:
    return (
        f"insert into inbox_states ({', '.join(_RESOURCE)}, event_id, body_digest) values ({', '.join([mark] * 6)})"
        f" on conflict ({', '.join(_RESOURCE)}) do update set event_id = excluded.event_id, body_digest = excluded.body_digest"
    )


def digest_of(*parts: str | bytes | None) -> str:
    """128 bits over parts in this order; no two different lists of parts read the same."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        said = b"" if part is None else part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        made.update(b"%d:" % (-1 if part is None else len(said)))
        made.update(said)
    return made.hexdigest()
