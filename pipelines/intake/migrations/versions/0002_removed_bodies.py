"""When the body of an event was removed; what tells a repeat stays in its row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("inbox_events", sa.Column("removed_at", sa.DateTime))
