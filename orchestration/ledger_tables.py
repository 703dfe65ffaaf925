"""Raw tables of the ledger in the warehouse: their columns, and their making."""

from __future__ import annotations

import duckdb

# What the warehouse keeps of the ledger: no payloads, they hold more about people than a question here needs.
TABLES = {
    "deliveries": (
        "delivery_id varchar, plan_id varchar, sync varchar, destination varchar, object varchar, record_key varchar, "
        "action varchar, reason varchar, source_key varchar, money_minor bigint, currency_code varchar, "
        "idempotency_key varchar, state varchar, planned_at timestamptz, state_at timestamptz, kind varchar, "
        "code varchar, message varchar, destination_id varchar, heard_at timestamptz, happened_at timestamptz, "
        "acknowledged_at timestamptz"
    ),
    "attempts": (
        "attempt_id varchar, delivery_id varchar, purpose varchar, started_at timestamptz, finished_at timestamptz, "
        "result varchar, kind varchar, code varchar, message varchar, http_status bigint, provider_request_id varchar"
    ),
    "plan_changes": (
        "delivery_id varchar, plan_id varchar, sync varchar, record_key varchar, action varchar, change_number bigint, "
        "field varchar, before_value varchar, after_value varchar, planned_at timestamptz"
    ),
    "exceptions": (
        "exception_id varchar, number bigint, root_cause varchar, code varchar, kind varchar, severity varchar, "
        "sync varchar, destination varchar, record_key varchar, delivery_id varchar, plan_id varchar, "
        "money_minor bigint, currency_code varchar, message varchar, exception_status varchar, owner varchar, "
        "snoozed_until timestamptz, opened_at timestamptz, seen_at timestamptz, occurrences bigint, "
        "ended_at timestamptz, ended_by varchar, ended_because varchar"
    ),
    "audit_log": (
        "number bigint, happened_at timestamptz, who varchar, action varchar, subject varchar, because varchar, "
        "details varchar, previous_digest varchar, digest varchar"
    ),
    "drifts": (
        "sync varchar, record_key varchar, field varchar, accepted_value varchar, observed_value varchar, "
        "wanted_value varchar, found_at timestamptz, choice varchar, chosen_by varchar, because varchar, "
        "chosen_at timestamptz"
    ),
    "flow_runs": (
        "run_id varchar, flow varchar, plan_id varchar, started_at timestamptz, finished_at timestamptz, "
        "accepted bigint, rejected bigint, in_doubt bigint, waiting bigint, requests bigint, stopped_code varchar, "
        "stopped varchar"
    ),
    "approvals": ("plan_id varchar, approved_by varchar, plan_hash varchar, because varchar, approved_at timestamptz"),
    "closes": (
        "close_id varchar, entity_id varchar, period_month varchar, closed_at timestamptz, closed_by varchar, "
        "because varchar, snapshot bigint, rules_digest varchar"
    ),
    "closed_amounts": (
        "close_id varchar, entity_id varchar, period_month varchar, table_name varchar, measure varchar, "
        "row_key varchar, currency_code varchar, amount_minor bigint, order_id varchar, refund_id varchar"
    ),
}


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the raw tables of the ledger where they are missing, and the columns that are newer than their table."""
    connection.execute("create schema if not exists raw_ledger")
    for name, columns in TABLES.items():
        connection.execute(f"create table if not exists raw_ledger.{name} ({columns})")
        described = connection.execute(f"describe raw_ledger.{name}").fetchall()
        there = {row[0] for row in described}
        for column in columns.split(", "):
            if column.split()[0] not in there:
                connection.execute(f"alter table raw_ledger.{name} add column {column}")
