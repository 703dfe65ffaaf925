"""Approvals, leases with fences, plan inputs, exceptions, the audit log, switches, drifts, quotas."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Sorted by code point on both stores, not as the language of a server would.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_OPEN = sa.text("state in ('planned', 'approved', 'sending', 'in_doubt', 'handed_off')")


def upgrade() -> None:
    _plans()
    _deliveries()
    _people()
    _exceptions()
    _audit()
    _flows()


def _text(name: str, nullable: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=nullable, primary_key=key)


def _integer(name: str, default: str | None = None, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=default, primary_key=key, autoincrement=False)


def _time(name: str, nullable: bool = False, key: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime, nullable=nullable, primary_key=key)


def _plans() -> None:
    op.add_column("plans", _integer("deletes", "0"))
    op.add_column("plans", _integer("declaration", "0"))
    op.add_column("plans", sa.Column("snapshot", sa.Integer))
    op.add_column("plans", sa.Column("plan_status", TEXT, nullable=False, server_default="open"))
    op.create_table(
        "plan_inputs",
        sa.Column("plan_id", TEXT, sa.ForeignKey("plans.plan_id"), primary_key=True),
        sa.Column("inputs", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "declarations",
        _text("sync", key=True),
        _integer("version", key=True),
        _text("digest"),
        _text("declaration"),
        _time("first_used_at"),
    )
    op.create_table(
        "approvals",
        sa.Column("plan_id", TEXT, sa.ForeignKey("plans.plan_id"), primary_key=True),
        _text("approved_by", key=True),
        _text("plan_hash"),
        _text("because"),
        _time("approved_at"),
    )


def _deliveries() -> None:
    op.add_column("deliveries", sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("deliveries", _text("holder", nullable=True))
    op.add_column("deliveries", _time("leased_until", nullable=True))
    op.add_column("deliveries", _integer("tries", "0"))
    op.add_column("deliveries", _time("first_sent_at", nullable=True))
    op.add_column("deliveries", _time("due_at", nullable=True))
    op.add_column("attempts", _text("holder", nullable=True))
    op.create_index("deliveries_by_destination", "deliveries", ["destination", "state", "lane"])
    op.drop_index("one_open_delivery_per_record", "deliveries")
    op.create_index(
        "one_open_delivery_per_record",
        "deliveries",
        ["destination", "object", "record_key"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "dependencies",
        sa.Column("delivery_id", TEXT, sa.ForeignKey("deliveries.delivery_id"), primary_key=True),
        _text("upstream_sync", key=True),
        _text("upstream_key", key=True),
    )


def _people() -> None:
    op.create_table(
        "drifts",
        *(_text(name, key=True) for name in ("sync", "record_key", "field")),
        *(_text(name) for name in ("accepted_value", "observed_value", "wanted_value")),
        _time("found_at"),
        _text("choice"),
        _text("chosen_by", nullable=True),
        _text("because", nullable=True),
        _time("chosen_at", nullable=True),
    )


def _exceptions() -> None:
    op.create_table(
        "exceptions",
        _text("exception_id", key=True),
        sa.Column("number", sa.Integer, nullable=False, unique=True),
        sa.Column("fingerprint", TEXT, nullable=False, unique=True),
        *(_text(name) for name in ("root_cause", "code", "kind", "severity")),
        *(_text(name, nullable=True) for name in ("sync", "destination", "record_key", "delivery_id", "plan_id")),
        sa.Column("money_minor", sa.BigInteger),
        _text("currency_code", nullable=True),
        *(_text(name) for name in ("message", "evidence", "actions", "exception_status")),
        _text("owner", nullable=True),
        _time("snoozed_until", nullable=True),
        _time("opened_at"),
        _time("seen_at"),
        _integer("occurrences"),
        _time("ended_at", nullable=True),
        _text("ended_by", nullable=True),
        _text("ended_because", nullable=True),
    )
    op.create_index("exceptions_by_record", "exceptions", ["sync", "record_key"])
    op.create_index("exceptions_by_status", "exceptions", ["exception_status", "severity"])


def _audit() -> None:
    op.create_table(
        "audit_log",
        _integer("number", key=True),
        _time("happened_at"),
        *(_text(name) for name in ("who", "action", "subject", "because", "details", "previous_digest", "digest")),
    )
    op.create_table("audit_head", _text("head", key=True), _integer("number"), _text("digest"))


def _flows() -> None:
    op.create_table(
        "flow_switches",
        _text("flow", key=True),
        *(_text(name) for name in ("switch", "switched_by", "because")),
        _time("switched_at"),
    )
    op.create_table(
        "flow_runs",
        _text("run_id", key=True),
        _text("flow"),
        _text("plan_id", nullable=True),
        _time("started_at"),
        _time("finished_at"),
        *(_integer(name) for name in ("accepted", "rejected", "in_doubt", "waiting", "requests")),
        _text("stopped_code", nullable=True),
        _text("stopped", nullable=True),
    )
    op.create_index("flow_runs_by_flow", "flow_runs", ["flow", "started_at"])
    op.create_table("calls", _text("destination", key=True), _time("hour", key=True), _integer("requests"))
    op.create_table(
        "breakers",
        _text("destination", key=True),
        _text("breaker_status"),
        _integer("failures"),
        _time("opened_at", nullable=True),
    )
