"""What stops a whole sync, as a case of the operator's queue: its codes, its row, and which of them end with what."""

from __future__ import annotations

from reverse_etl.errors import UNFORESEEN, DeliveryError, Kind
from reverse_etl.exception_queue import Finding
from reverse_etl.sync import Sync

# What can stop a whole sync; over when a plan or push gets through again.
PLANNING_CODES = ("bad_activation_model", "missing_model", "blocked_by_check", "plan_overtaken", UNFORESEEN)
PUSHING_CODES = (
    "auth",
    "bad_declaration",
    "bad_setting",
    "breaker_open",
    "budget_spent",
    "canary_failed",
    "missing_setting",
    "no_read_back",
    "not_owned",
    "production_locked",
    "stale_plan",
    "unreachable",
    UNFORESEEN,
    # A kind stands for every code of it: what a vendor says when a read before the first write fails.
    "transient",
    "throttled",
    "unknown",
)
# Of these, what a plan is stopped by says nothing about the way to the destination: records sent without it end no such row.
WAY_CODES = tuple(code for code in PUSHING_CODES if code not in ("canary_failed", "stale_plan"))
# Somebody's own doing, and what has a row already.
WITHOUT_ROW = ("paused", "canary_failed")


def stop_finding(sync: Sync, error: DeliveryError, plan_id: str | None = None) -> Finding:
    return Finding(
        code="auth" if error.kind is Kind.AUTH else error.code,
        kind=error.kind,
        message=str(error),
        sync=sync.name,
        destination=sync.destination,
        plan_id=plan_id,
    )
