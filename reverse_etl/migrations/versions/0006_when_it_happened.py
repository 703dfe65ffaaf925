"""When the event behind a delivery happened at its platform, beside when it came in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("happened_at", sa.DateTime))
