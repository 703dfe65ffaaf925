"""Tables of the people around the ledger: approvals, exceptions, the audit log, switches, drifts, quotas."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table

from reverse_etl.ledger_tables import METADATA, StoredText, UtcDateTime

APPROVALS = Table(
    "approvals",
    METADATA,
    Column("plan_id", StoredText, ForeignKey("plans.plan_id"), primary_key=True),
    # A person, or `limits` where the plan kept within what the sync declares.
    Column("approved_by", StoredText, primary_key=True),
    Column("plan_hash", StoredText, nullable=False),
    Column("because", StoredText, nullable=False),
    Column("approved_at", UtcDateTime, nullable=False),
)

# Every path that does not end in "accepted" or "nothing to do" ends here. One row per fingerprint, reopened on return.
EXCEPTIONS = Table(
    "exceptions",
    METADATA,
    Column("exception_id", StoredText, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    # Digest of what makes two occurrences the same: code, sync, record.
    Column("fingerprint", StoredText, nullable=False, unique=True),
    Column("root_cause", StoredText, nullable=False),
    Column("code", StoredText, nullable=False),
    Column("kind", StoredText, nullable=False),
    # critical, high, medium, low
    Column("severity", StoredText, nullable=False),
    Column("sync", StoredText),
    Column("destination", StoredText),
    Column("record_key", StoredText),
    Column("delivery_id", StoredText),
    Column("plan_id", StoredText),
    Column("money_minor", BigInteger),
    Column("currency_code", StoredText),
    Column("message", StoredText, nullable=False),
    # JSON text: {"request": …, "answer": …, "provider_request_id": …}; personal values masked, no secret.
    Column("evidence", StoredText, nullable=False),
    # JSON text: ["retry", "accept", …]
    Column("actions", StoredText, nullable=False),
    # open, snoozed, accepted, resolved
    Column("exception_status", StoredText, nullable=False),
    Column("owner", StoredText),
    Column("snoozed_until", UtcDateTime),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("ended_at", UtcDateTime),
    # Who or what ended it and why: a person, or `cause gone`.
    Column("ended_by", StoredText),
    Column("ended_because", StoredText),
    Index("exceptions_by_record", "sync", "record_key"),
    Index("exceptions_by_status", "exception_status", "severity"),
)

# Append-only; each row's digest covers the row before it, and the head says which row is the last.
AUDIT_LOG = Table(
    "audit_log",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("happened_at", UtcDateTime, nullable=False),
    Column("who", StoredText, nullable=False),
    Column("action", StoredText, nullable=False),
    Column("subject", StoredText, nullable=False),
    Column("because", StoredText, nullable=False),
    Column("details", StoredText, nullable=False),
    Column("previous_digest", StoredText, nullable=False),
    Column("digest", StoredText, nullable=False),
)

AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("head", StoredText, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("digest", StoredText, nullable=False),
)

# One row per flow somebody switched; `everything` is the kill-switch. A flow without a row is active.
FLOW_SWITCHES = Table(
    "flow_switches",
    METADATA,
    Column("flow", StoredText, primary_key=True),
    # active or paused
    Column("switch", StoredText, nullable=False),
    Column("switched_by", StoredText, nullable=False),
    Column("because", StoredText, nullable=False),
    Column("switched_at", UtcDateTime, nullable=False),
)

FLOW_RUNS = Table(
    "flow_runs",
    METADATA,
    Column("run_id", StoredText, primary_key=True),
    Column("flow", StoredText, nullable=False),
    Column("plan_id", StoredText),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("in_doubt", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("stopped_code", StoredText),
    Column("stopped", StoredText),
    Index("flow_runs_by_flow", "flow", "started_at"),
)

# A field at the destination that no longer holds what it accepted from us: somebody edited it there.
DRIFTS = Table(
    "drifts",
    METADATA,
    Column("sync", StoredText, primary_key=True),
    Column("record_key", StoredText, primary_key=True),
    Column("field", StoredText, primary_key=True),
    # JSON text of the value.
    Column("accepted_value", StoredText, nullable=False),
    Column("observed_value", StoredText, nullable=False),
    Column("wanted_value", StoredText, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    # open, reassert, accept, ignore, gone
    Column("choice", StoredText, nullable=False),
    Column("chosen_by", StoredText),
    Column("because", StoredText),
    Column("chosen_at", UtcDateTime),
)

# Requests per destination and hour, for limits that count a day.
CALLS = Table(
    "calls",
    METADATA,
    Column("destination", StoredText, primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("requests", Integer, nullable=False),
)

# The state of a destination's circuit breaker, kept so that the next process does not hammer a dead one.
BREAKERS = Table(
    "breakers",
    METADATA,
    Column("destination", StoredText, primary_key=True),
    # closed, open, half-open
    Column("breaker_status", StoredText, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("opened_at", UtcDateTime),
)
