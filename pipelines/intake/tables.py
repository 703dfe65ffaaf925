"""Tables of the inbox, for SQLite and PostgreSQL alike. Migrations make them; inbox.py alone writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA = MetaData()
# Sorted by code point on both stores, not as the language of a server would.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
# A rowid of SQLite is an INTEGER, by that very word.
SEQUENCE = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, plain UTC in the store: SQLite has no zones, and a local time has no place here."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


class StoredText(TypeDecorator[str]):
    """Text that both stores keep alike: PostgreSQL refuses the NUL character, and both refuse half a surrogate pair."""

    impl = _TEXT
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return storable(value)


def storable(value: str | None) -> str | None:
    """The text as both stores keep it."""
    if value is None or (value.isascii() and "\x00" not in value):
        return value
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


# One row per event of a platform, however often it was delivered. `sequence` grows in the order of the commits, so who
# has read up to a number has missed nothing below it.
INBOX_EVENTS = Table(
    "inbox_events",
    METADATA,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("platform", StoredText, nullable=False),
    Column("account_id", StoredText, nullable=False),
    Column("topic", StoredText, nullable=False),
    Column("event_id", StoredText, nullable=False),
    Column("resource_id", StoredText),
    Column("resource_version", StoredText),
    Column("body", LargeBinary, nullable=False),
    Column("body_digest", StoredText, nullable=False),
    Column("occurred_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
    Column("is_known_topic", Boolean, nullable=False),
    Column("is_readable", Boolean, nullable=False),
    Column("times_received", Integer, nullable=False),
    # Since then `body` is empty and the resource unnamed; the digest is that of what was there.
    Column("removed_at", UtcDateTime),
    UniqueConstraint("platform", "account_id", "event_id"),
    sqlite_autoincrement=True,
)

# The newest event of each resource that says its state without a version: what tells a repeat from a return to an
# earlier state.
INBOX_STATES = Table(
    "inbox_states",
    METADATA,
    Column("platform", StoredText, primary_key=True),
    Column("account_id", StoredText, primary_key=True),
    Column("topic", StoredText, primary_key=True),
    Column("resource_id", StoredText, primary_key=True),
    Column("event_id", StoredText, nullable=False),
    Column("body_digest", StoredText, nullable=False),
)

# How far each reader of the inbox says it is; for people, nobody's work depends on it.
INBOX_READERS = Table(
    "inbox_readers",
    METADATA,
    Column("reader", StoredText, primary_key=True),
    Column("sequence", SEQUENCE, nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
)
