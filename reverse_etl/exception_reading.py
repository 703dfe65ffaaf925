"""What can be asked of the operator's queue: the list, its groups by root cause, one case whole. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, or_, select

from reverse_etl import audit
from reverse_etl.errors import ConfigurationError
from reverse_etl.exception_codes import RANKS, advice, runbook
from reverse_etl.exception_queue import ACCEPTED, OPEN, RESOLVED, SNOOZED
from reverse_etl.ledger_tables import ATTEMPTS, DELIVERIES, OUTCOMES
from reverse_etl.money import spoken
from reverse_etl.operations_tables import EXCEPTIONS

STATUSES = (OPEN, SNOOZED, ACCEPTED, RESOLVED)
# So many digits of a root cause name it on the screen; any start of it is taken.
GROUP_DIGITS = 8


@dataclass(frozen=True)
class Filters:
    """Which cases are asked for; without `status` those somebody should look at: open, or snoozed until now."""

    status: str | None = None
    severity: str | None = None
    sync: str | None = None
    destination: str | None = None
    owner: str | None = None
    code: str | None = None
    # The beginning of a root cause.
    cause: str | None = None


def listed(connection: Connection, now: datetime, filters: Filters | None = None) -> list[dict[str, Any]]:
    """Cases without their evidence: the gravest first, then the most money, then the oldest."""
    columns = [column for column in EXCEPTIONS.c if column.name not in ("evidence", "fingerprint")]
    rows = connection.execute(select(*columns).where(*_conditions(filters or Filters(), now))).mappings()
    found = [_read(row, now) for row in rows]
    return sorted(found, key=_urgency)


def grouped(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row per root cause, in the order of its gravest case: how many records, what money, since when."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for case in cases:
        groups.setdefault(case["root_cause"], []).append(case)
    return [
        {
            "group": cause[:GROUP_DIGITS],
            "cases": len(members),
            "severity": members[0]["severity"],
            "code": members[0]["code"],
            "destination": members[0]["destination"],
            "money": money(members),
            "age_days": max(member["age_days"] for member in members),
            "message": members[0]["message"],
            "to_do": members[0]["to_do"],
        }
        for cause, members in groups.items()
    ]


def shown(connection: Connection, exception_id: str, now: datetime) -> dict[str, Any]:
    """Everything known of one case: evidence, every request made for its delivery, what people did, where to read on."""
    row = connection.execute(select(EXCEPTIONS).where(EXCEPTIONS.c.exception_id == exception_id)).mappings().first()
    if row is None:
        raise unknown([exception_id])
    delivery = None
    if row["delivery_id"]:
        delivery = _delivery(connection, row["delivery_id"])
    return {
        **_read(row, now),
        "evidence": json.loads(row["evidence"]),
        "delivery": delivery,
        "attempts": _attempts(connection, row["delivery_id"]) if row["delivery_id"] else [],
        "audit": audit.rows_about(connection, exception_id),
        "runbook": runbook(row["code"], row["kind"]),
    }


def chosen(
    connection: Connection, exception_ids: Sequence[str], cause: str | None, now: datetime
) -> list[dict[str, Any]]:
    """The cases named by id, or everything of one root cause that has not ended; an unknown name is refused."""
    if cause is not None:
        standing = [case for case in listed(connection, now, Filters(status="all", cause=cause)) if _stands(case)]
        causes = {case["root_cause"] for case in standing}
        if len(causes) != 1:
            said = "names more than one group" if causes else "names no group that still stands"
            raise ConfigurationError(f"--cause {cause} {said}: see cartwheel exceptions list", code="unknown_name")
        return standing
    ids = list(dict.fromkeys(exception_ids))
    rows: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), 1_000):
        part = select(EXCEPTIONS).where(EXCEPTIONS.c.exception_id.in_(ids[start : start + 1_000]))
        rows.update((row["exception_id"], _read(row, now)) for row in connection.execute(part).mappings())
    if missing := [name for name in ids if name not in rows]:
        raise unknown(missing)
    return [rows[name] for name in ids]


def standing_by_severity(connection: Connection, now: datetime) -> dict[str, int]:
    """How many cases somebody should look at, by severity, the gravest first; severities without one are left out."""
    counted = select(EXCEPTIONS.c.severity, func.count()).where(_due(now)).group_by(EXCEPTIONS.c.severity)
    found = {row[0]: row[1] for row in connection.execute(counted)}
    return {name: found[name] for name in RANKS if name in found}


def money(cases: Sequence[Mapping[str, Any]]) -> str:
    """Money at stake for a person; currencies are never added up."""
    totals: dict[str, int] = {}
    for case in cases:
        if case["money_minor"] is not None and case["currency_code"]:
            totals[case["currency_code"]] = totals.get(case["currency_code"], 0) + abs(case["money_minor"])
    return ", ".join(spoken(minor, currency) for currency, minor in sorted(totals.items()))


def unknown(exception_ids: Sequence[str]) -> ConfigurationError:
    names = ", ".join(exception_ids)
    return ConfigurationError(f"there is no exception {names}: see cartwheel exceptions list", code="unknown_name")


def _conditions(filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.status is None:
        found.append(_due(now))
    elif filters.status != "all":
        found.append(EXCEPTIONS.c.exception_status == filters.status)
    for name in ("severity", "sync", "destination", "owner", "code"):
        if (value := getattr(filters, name)) is not None:
            found.append(EXCEPTIONS.c[name] == value)
    if filters.cause is not None:
        found.append(EXCEPTIONS.c.root_cause.startswith(filters.cause.lower(), autoescape=True))
    return found


def _due(now: datetime) -> ColumnElement[bool]:
    awake = and_(EXCEPTIONS.c.exception_status == SNOOZED, EXCEPTIONS.c.snoozed_until <= now)
    return or_(EXCEPTIONS.c.exception_status == OPEN, awake)


def _stands(case: Mapping[str, Any]) -> bool:
    return bool(case["exception_status"] != RESOLVED)


def _read(row: RowMapping, now: datetime) -> dict[str, Any]:
    until = row["ended_at"] if row["exception_status"] == RESOLVED else now
    return {
        **row,
        "group": row["root_cause"][:GROUP_DIGITS],
        "actions": json.loads(row["actions"]),
        "age_days": round(max((until - row["opened_at"]).total_seconds(), 0) / 86_400, 4),
        "to_do": advice(row["code"], row["kind"]).to_do,
    }


def _urgency(case: Mapping[str, Any]) -> tuple[int, int, datetime, int]:
    rank = RANKS.get(case["severity"], len(RANKS))
    return rank, -abs(case["money_minor"] or 0), case["opened_at"], case["number"]


def _delivery(connection: Connection, delivery_id: str) -> dict[str, Any] | None:
    names = ("delivery_id", "plan_id", "action", "state", "state_at", "reason", "source_key", "tries", "due_at")
    wanted = select(*(DELIVERIES.c[name] for name in names)).where(DELIVERIES.c.delivery_id == delivery_id)
    row = connection.execute(wanted).mappings().first()
    return dict(row) if row is not None else None


def _attempts(connection: Connection, delivery_id: str) -> list[dict[str, Any]]:
    names = ("result", "code", "message", "http_status", "provider_request_id", "finished_at")
    columns = [ATTEMPTS.c.attempt_id, ATTEMPTS.c.purpose, ATTEMPTS.c.started_at, *(OUTCOMES.c[name] for name in names)]
    joined = ATTEMPTS.outerjoin(OUTCOMES, OUTCOMES.c.attempt_id == ATTEMPTS.c.attempt_id)
    wanted = select(*columns).select_from(joined).where(ATTEMPTS.c.delivery_id == delivery_id)
    rows = connection.execute(wanted.order_by(ATTEMPTS.c.started_at, ATTEMPTS.c.attempt_id)).mappings()
    return [dict(row) for row in rows]
