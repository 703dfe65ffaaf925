"""Events, the newest state of what has no version, and how far readers are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "inbox_events",
        sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("platform", "account_id", "topic", "event_id")),
        sa.Column("resource_id", TEXT),
        sa.Column("resource_version", TEXT),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("body_digest", TEXT, nullable=False),
        sa.Column("occurred_at", sa.DateTime),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("is_known_topic", sa.Boolean, nullable=False),
        sa.Column("is_readable", sa.Boolean, nullable=False),
        sa.Column("times_received", sa.Integer, nullable=False),
        sa.UniqueConstraint("platform", "account_id", "event_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbox_states",
        *(sa.Column(name, TEXT, primary_key=True) for name in ("platform", "account_id", "topic", "resource_id")),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("body_digest", TEXT, nullable=False),
    )
    op.create_table(
        "inbox_readers",
        sa.Column("reader", TEXT, primary_key=True),
        sa.Column("sequence", SEQUENCE, nullable=False),
        sa.Column("read_at", sa.DateTime, nullable=False),
    )
