"""Alembic's entry: runs on the connection that store.py opened, inside its transaction."""

from __future__ import annotations

from alembic import context

from pipelines.intake.store import VERSION_TABLE
from pipelines.intake.tables import METADATA

# A database that also holds the ledger has the ledger's versions in a table of their own.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
