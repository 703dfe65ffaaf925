"""Tables of the ledger, for SQLite and PostgreSQL alike. Migrations make them; ledger.py alone writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA = MetaData()


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, plain UTC in the store: SQLite has no zones, and a local time has no place here."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


PLANS = Table(
    "plans",
    METADATA,
    Column("plan_id", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("sync", Text, nullable=False),
    Column("plan_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("creates", Integer, nullable=False),
    Column("updates", Integer, nullable=False),
    Column("noops", Integer, nullable=False),
    # JSON text: [{record_key, action, reason}], [sentence], {currency: minor units}.
    Column("skipped", Text, nullable=False),
    Column("breaches", Text, nullable=False),
    Column("money_minor", Text, nullable=False),
    Index("plans_by_sync", "sync", "number", unique=True),
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("delivery_id", Text, primary_key=True),
    Column("plan_id", Text, ForeignKey("plans.plan_id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("sync", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("lane", Integer, nullable=False),
    Column("record_key", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("lines", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("money_minor", BigInteger),
    Column("currency_code", Text),
    Column("fingerprint", Text, nullable=False),
    Column("quick", BigInteger, nullable=False),
    Column("engine", Text, nullable=False),
    Column("intention", Text, nullable=False),
    Column("key_generation", Integer, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("state_at", UtcDateTime, nullable=False),
    Column("kind", Text),
    Column("code", Text),
    Column("message", Text),
    Column("destination_id", Text),
    Index("deliveries_by_plan", "plan_id", "position"),
    Index("deliveries_by_record", "sync", "record_key", "state"),
)

_OPEN = text("state in ('planned', 'sending', 'in_doubt')")
Index(
    "one_open_delivery_per_record",
    DELIVERIES.c.sync,
    DELIVERIES.c.record_key,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

# Appended before a request leaves, one row per record in it; never changed. What came of it is a row of `outcomes`,
# and an attempt without one is a request of which nobody heard again.
ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("attempt_id", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("request_key", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Index("attempts_by_delivery", "delivery_id"),
)

OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("attempt_id", Text, ForeignKey("attempts.attempt_id"), primary_key=True),
    Column("result", Text, nullable=False),
    Column("kind", Text),
    Column("code", Text),
    Column("message", Text),
    Column("http_status", Integer),
    Column("provider_request_id", Text),
    Column("finished_at", UtcDateTime, nullable=False),
)

# The newest accepted delivery of each record: what the next plan is compared with.
ACCEPTED = Table(
    "accepted",
    METADATA,
    Column("sync", Text, primary_key=True),
    Column("record_key", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.delivery_id"), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("quick", BigInteger, nullable=False),
    Column("engine", Text, nullable=False),
    Column("accepted_at", UtcDateTime, nullable=False),
    # Covers the one big read: the marks of all records of a sync, without touching the rows.
    Index("accepted_marks", "sync", "record_key", "engine", "quick"),
)
