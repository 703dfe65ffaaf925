"""Closed months."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Sorted by code point on both stores, not as the language of a server would.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "closes",
        sa.Column("close_id", TEXT, primary_key=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("entity_id", "period_month")),
        sa.Column("closed_at", sa.DateTime, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("closed_by", "because")),
        sa.Column("snapshot", sa.Integer, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("rules_digest", "record")),
    )
