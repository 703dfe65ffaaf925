"""Alembic's entry: runs on the connection that ledger_store.py opened, inside its transaction."""

from __future__ import annotations

from alembic import context

from reverse_etl import closes, lane_states, operations_tables  # noqa: F401 - they register their tables
from reverse_etl.ledger_tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
