"""Plans, deliveries, attempts with their outcomes, and the newest accepted delivery of each record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Sorted by code point on both stores, not as the language of a server would.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _plans()
    _deliveries()
    _attempts()
    _accepted()


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=nullable)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("plan_id", TEXT, primary_key=True),
        _integer("number"),
        _text("sync"),
        _text("plan_hash"),
        sa.Column("created_at", sa.DateTime, nullable=False),
        *(_integer(name) for name in ("creates", "updates", "noops")),
        *(_text(name) for name in ("skipped", "breaches", "money_minor")),
    )
    op.create_index("plans_by_sync", "plans", ["sync", "number"], unique=True)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", TEXT, primary_key=True),
        sa.Column("plan_id", TEXT, sa.ForeignKey("plans.plan_id"), nullable=False),
        _integer("position"),
        *(_text(name) for name in ("sync", "destination", "object")),
        _integer("lane"),
        *(_text(name) for name in ("record_key", "action", "payload", "lines", "changes", "reason", "source_key")),
        sa.Column("money_minor", sa.BigInteger),
        _text("currency_code", nullable=True),
        _text("fingerprint"),
        sa.Column("quick", sa.BigInteger, nullable=False),
        _text("engine"),
        _text("intention"),
        _integer("key_generation"),
        _text("idempotency_key"),
        _text("state"),
        sa.Column("planned_at", sa.DateTime, nullable=False),
        sa.Column("state_at", sa.DateTime, nullable=False),
        *(_text(name, nullable=True) for name in ("kind", "code", "message", "destination_id")),
    )
    op.create_index("deliveries_by_plan", "deliveries", ["plan_id", "position"])
    op.create_index("deliveries_by_record", "deliveries", ["sync", "record_key", "state"])
    open_states = sa.text("state in ('planned', 'sending', 'in_doubt')")
    op.create_index(
        "one_open_delivery_per_record",
        "deliveries",
        ["sync", "record_key"],
        unique=True,
        sqlite_where=open_states,
        postgresql_where=open_states,
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("attempt_id", TEXT, primary_key=True),
        sa.Column("delivery_id", TEXT, sa.ForeignKey("deliveries.delivery_id"), nullable=False),
        _text("purpose"),
        _text("request_key"),
        sa.Column("started_at", sa.DateTime, nullable=False),
    )
    op.create_index("attempts_by_delivery", "attempts", ["delivery_id"])
    op.create_table(
        "outcomes",
        sa.Column("attempt_id", TEXT, sa.ForeignKey("attempts.attempt_id"), primary_key=True),
        _text("result"),
        *(_text(name, nullable=True) for name in ("kind", "code", "message")),
        sa.Column("http_status", sa.Integer),
        _text("provider_request_id", nullable=True),
        sa.Column("finished_at", sa.DateTime, nullable=False),
    )


def _accepted() -> None:
    op.create_table(
        "accepted",
        sa.Column("sync", TEXT, primary_key=True),
        sa.Column("record_key", TEXT, primary_key=True),
        sa.Column("delivery_id", TEXT, sa.ForeignKey("deliveries.delivery_id"), nullable=False),
        _text("fingerprint"),
        sa.Column("quick", sa.BigInteger, nullable=False),
        _text("engine"),
        sa.Column("accepted_at", sa.DateTime, nullable=False),
    )
    op.create_index("accepted_marks", "accepted", ["sync", "record_key", "engine", "quick"])
