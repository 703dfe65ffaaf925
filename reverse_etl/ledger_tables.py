"""Tables of the ledger, for SQLite and PostgreSQL alike. Migrations make them; ledger.py alone writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA = MetaData()

# Scopes of a plan: every record of its activation model, or the records that were handed in.
MODEL, RECORDS = "model", "records"


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

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return storable(value)


def storable(value: str | None) -> str | None:
    """The text as both stores keep it."""
    if value is None or (value.isascii() and "\x00" not in value):
        return value
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


PLANS = Table(
    "plans",
    METADATA,
    Column("plan_id", StoredText, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("sync", StoredText, nullable=False),
    Column("plan_hash", StoredText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("creates", Integer, nullable=False),
    Column("updates", Integer, nullable=False),
    Column("noops", Integer, nullable=False),
    # JSON text: [{record_key, action, reason}], [sentence], {currency: minor units}.
    Column("skipped", StoredText, nullable=False),
    Column("breaches", StoredText, nullable=False),
    Column("money_minor", StoredText, nullable=False),
    Column("deletes", Integer, nullable=False, server_default="0"),
    # The version of the sync's rules the plan was made under, and the published snapshot it was made from.
    Column("declaration", Integer, nullable=False, server_default="0"),
    Column("snapshot", Integer),
    # open, or canary_failed: nothing more of it is sent.
    Column("plan_status", StoredText, nullable=False, server_default="open"),
    # `model`: it speaks about every record of the activation model; `records`: about those that were handed in.
    Column("scope", StoredText, nullable=False, server_default="model"),
    Index("plans_by_sync", "sync", "number", unique=True),
)

# Everything a plan was derived from, so that it can be derived again: zlib over canonical JSON.
PLAN_INPUTS = Table(
    "plan_inputs",
    METADATA,
    Column("plan_id", StoredText, ForeignKey("plans.plan_id"), primary_key=True),
    Column("inputs", LargeBinary, nullable=False),
)

# Each version of a sync's rules that a plan was made under, numbered from 1 per sync: the declaration, and the code of
# the model its rows came from (null where nobody said which).
DECLARATIONS = Table(
    "declarations",
    METADATA,
    Column("sync", StoredText, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", StoredText, nullable=False),
    Column("declaration", StoredText, nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
    Column("model_code", StoredText),
)

# What an activation model was built from, once per content. JSON text: {part: digest}; the texts themselves are not kept.
MODEL_CODE = Table(
    "model_code",
    METADATA,
    Column("digest", StoredText, primary_key=True),
    Column("parts", StoredText, nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("delivery_id", StoredText, primary_key=True),
    Column("plan_id", StoredText, ForeignKey("plans.plan_id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("sync", StoredText, nullable=False),
    Column("destination", StoredText, nullable=False),
    Column("object", StoredText, nullable=False),
    Column("lane", Integer, nullable=False),
    Column("record_key", StoredText, nullable=False),
    Column("action", StoredText, nullable=False),
    Column("payload", StoredText, nullable=False),
    Column("lines", StoredText, nullable=False),
    Column("changes", StoredText, nullable=False),
    Column("reason", StoredText, nullable=False),
    Column("source_key", StoredText, nullable=False),
    Column("money_minor", BigInteger),
    Column("currency_code", StoredText),
    Column("fingerprint", StoredText, nullable=False),
    Column("quick", BigInteger, nullable=False),
    Column("engine", StoredText, nullable=False),
    Column("intention", StoredText, nullable=False),
    Column("key_generation", Integer, nullable=False),
    Column("idempotency_key", StoredText, nullable=False),
    Column("state", StoredText, nullable=False),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("state_at", UtcDateTime, nullable=False),
    Column("kind", StoredText),
    Column("code", StoredText),
    Column("message", StoredText),
    Column("destination_id", StoredText),
    # Counts the claims: who sends holds the newest fence, and an outcome under an older one moves nothing.
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("holder", StoredText),
    Column("leased_until", UtcDateTime),
    # How often it was sent, and not before when again.
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime),
    # Of a plan of some records. JSON text: {platform: moment of the newest event it knew}; null where a whole plan made it.
    Column("made_from", StoredText),
    # When the oldest event behind it came in, when that had happened at its platform, and when the destination's answer was there.
    Column("heard_at", UtcDateTime),
    Column("happened_at", UtcDateTime),
    Column("acknowledged_at", UtcDateTime),
    Index("deliveries_by_destination", "destination", "state", "lane"),
    Index("deliveries_by_plan", "plan_id", "position"),
    Index("deliveries_by_record", "sync", "record_key", "state"),
)

_OPEN = text("state in ('planned', 'approved', 'sending', 'in_doubt', 'handed_off')")
Index(
    "one_open_delivery_per_record",
    DELIVERIES.c.destination,
    DELIVERIES.c.object,
    DELIVERIES.c.record_key,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

_HEARD = text("heard_at is not null")
Index("deliveries_by_answer", DELIVERIES.c.acknowledged_at, sqlite_where=_HEARD, postgresql_where=_HEARD)

# A document that must be there before another may be sent: the upstream record by its sync and key.
DEPENDENCIES = Table(
    "dependencies",
    METADATA,
    Column("delivery_id", StoredText, ForeignKey("deliveries.delivery_id"), primary_key=True),
    Column("upstream_sync", StoredText, primary_key=True),
    Column("upstream_key", StoredText, primary_key=True),
)

# Appended before a request leaves, one row per record in it; never changed. What came of it is a row of `outcomes`,
# and an attempt without one is a request of which nobody heard again.
ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("attempt_id", StoredText, primary_key=True),
    Column("delivery_id", StoredText, ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("purpose", StoredText, nullable=False),
    Column("request_key", StoredText, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("holder", StoredText),
    Index("attempts_by_delivery", "delivery_id"),
)

OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("attempt_id", StoredText, ForeignKey("attempts.attempt_id"), primary_key=True),
    Column("result", StoredText, nullable=False),
    Column("kind", StoredText),
    Column("code", StoredText),
    Column("message", StoredText),
    Column("http_status", Integer),
    Column("provider_request_id", StoredText),
    Column("finished_at", UtcDateTime, nullable=False),
)

# The newest accepted delivery of each record: what the next plan is compared with.
ACCEPTED = Table(
    "accepted",
    METADATA,
    Column("sync", StoredText, primary_key=True),
    Column("record_key", StoredText, primary_key=True),
    Column("delivery_id", StoredText, ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("fingerprint", StoredText, nullable=False),
    Column("quick", BigInteger, nullable=False),
    Column("engine", StoredText, nullable=False),
    Column("accepted_at", UtcDateTime, nullable=False),
    # Covers the one big read: the marks of all records of a sync, without touching the rows.
    Index("accepted_marks", "sync", "record_key", "engine", "quick"),
)
