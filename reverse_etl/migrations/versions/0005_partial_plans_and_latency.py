"""Plans of some records only, what they were made from, how long each delivery took, and the state of the fast lane."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# Sorted by code point on both stores, not as the language of a server would.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("plans", sa.Column("scope", TEXT, nullable=False, server_default="model"))
    op.add_column("deliveries", sa.Column("made_from", TEXT))
    op.add_column("deliveries", sa.Column("heard_at", sa.DateTime))
    op.add_column("deliveries", sa.Column("acknowledged_at", sa.DateTime))
    heard = sa.text("heard_at is not null")
    op.create_index(
        "deliveries_by_answer", "deliveries", ["acknowledged_at"], sqlite_where=heard, postgresql_where=heard
    )
    op.create_table(
        "lane_states",
        sa.Column("lane", TEXT, primary_key=True),
        sa.Column("process_id", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("beat_at", sa.DateTime, nullable=False),
        sa.Column("sequence_seen", sa.BigInteger, nullable=False),
        sa.Column("sequence_confirmed", sa.BigInteger, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("oldest_heard_at", sa.DateTime),
        sa.Column("deliveries", sa.BigInteger, nullable=False),
        sa.Column("p50_ms", sa.Integer),
        sa.Column("p99_ms", sa.Integer),
        sa.Column("trouble", TEXT),
    )
