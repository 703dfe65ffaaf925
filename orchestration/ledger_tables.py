"""Raw tables of the ledger in the warehouse: their columns, and their making."""

from __future__ import annotations

import duckdb

# What the warehouse keeps of the ledger: no payloads, they hold more about people than a question here needs.
TABLES = {
    "deliveries": (
        "delivery_id varchar, plan_id varchar, sync varchar, destination varchar, object varchar, record_key varchar, "
        "action varchar, reason varchar, source_key varchar, money_minor bigint, currency_code varchar, "
        "idempotency_key varchar, state varchar, planned_at timestamptz, state_at timestamptz, kind varchar, "
        "code varchar, message varchar, destination_id varchar"
    ),
    "attempts": (
        "attempt_id varchar, delivery_id varchar, purpose varchar, started_at timestamptz, finished_at timestamptz, "
        "result varchar, kind varchar, code varchar, message varchar, http_status bigint, provider_request_id varchar"
    ),
}


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the raw tables of the ledger where they are missing."""
    connection.execute("create schema if not exists raw_ledger")
    for name, columns in TABLES.items():
        connection.execute(f"create table if not exists raw_ledger.{name} ({columns})")
