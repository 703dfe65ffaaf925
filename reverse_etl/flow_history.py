"""How each flow has fared, read from the operational store: last run, what waits and since when, open exceptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select

from reverse_etl.delivery_states import State
from reverse_etl.ledger_tables import ACCEPTED, DELIVERIES
from reverse_etl.operations_tables import EXCEPTIONS, FLOW_RUNS

# A run that ended because somebody paused the flow is no error of the flow.
_NO_TROUBLE = ("paused",)
# What a destination has not taken yet, whoever must act next.
WAITING = (State.PLANNED, State.APPROVED, State.SENDING, State.IN_DOUBT)


@dataclass(frozen=True)
class History:
    """`waiting` counts deliveries by state, those handed to a person among them; `trouble` is empty when all is well."""

    last_run_at: datetime | None = None
    last_result: str = ""
    waiting: Mapping[str, int] | None = None
    waiting_since: datetime | None = None
    open_exceptions: int = 0
    newest_accepted_at: datetime | None = None
    trouble: str = ""

    def count(self, *states: State) -> int:
        return sum((self.waiting or {}).get(state, 0) for state in states)


def histories(connection: Connection, flows: Iterable[str]) -> dict[str, History]:
    """The history of each flow, asked in a handful of grouped queries however many flows there are."""
    runs: dict[Any, RowMapping] = {row["flow"]: row for row in connection.execute(_newest_runs()).mappings()}
    newest: dict[Any, datetime] = {row[0]: row[1] for row in connection.execute(_newest_accepted())}
    waiting: dict[Any, dict[str, int]] = {}
    since: dict[Any, datetime] = {}
    for row in connection.execute(_waiting()).mappings():
        waiting.setdefault(row["sync"], {})[row["state"]] = row["found"]
        since[row["sync"]] = min(since.get(row["sync"], row["oldest"]), row["oldest"])
    open_counts: dict[Any, int] = {}
    critical: dict[Any, RowMapping] = {}
    for row in connection.execute(_open_exceptions()).mappings():
        open_counts[row["sync"]] = open_counts.get(row["sync"], 0) + row["found"]
        if row["severity"] == "critical":
            critical[row["sync"]] = row
    return {
        flow: History(
            last_run_at=runs[flow]["finished_at"] if flow in runs else None,
            last_result=_result(runs[flow]) if flow in runs else "",
            waiting=waiting.get(flow, {}),
            waiting_since=since.get(flow),
            open_exceptions=open_counts.get(flow, 0),
            newest_accepted_at=newest.get(flow),
            trouble=_trouble(runs.get(flow), critical.get(flow)),
        )
        for flow in flows
    }


def _newest_runs() -> Select[Any]:
    newest = select(FLOW_RUNS.c.flow, func.max(FLOW_RUNS.c.started_at).label("started_at")).group_by(FLOW_RUNS.c.flow)
    latest = newest.subquery()
    return (
        select(FLOW_RUNS)
        .join(latest, (latest.c.flow == FLOW_RUNS.c.flow) & (latest.c.started_at == FLOW_RUNS.c.started_at))
        .order_by(FLOW_RUNS.c.finished_at, FLOW_RUNS.c.run_id)
    )


def _newest_accepted() -> Select[Any]:
    return select(ACCEPTED.c.sync, func.max(ACCEPTED.c.accepted_at)).group_by(ACCEPTED.c.sync)


def _waiting(states: Sequence[State] = (*WAITING, State.HANDED_OFF)) -> Select[Any]:
    counted = (func.count().label("found"), func.min(DELIVERIES.c.planned_at).label("oldest"))
    return (
        select(DELIVERIES.c.sync, DELIVERIES.c.state, *counted)
        .where(DELIVERIES.c.state.in_(states))
        .group_by(DELIVERIES.c.sync, DELIVERIES.c.state)
    )


def _open_exceptions() -> Select[Any]:
    return (
        select(
            EXCEPTIONS.c.sync,
            EXCEPTIONS.c.severity,
            func.count().label("found"),
            func.min(EXCEPTIONS.c.number).label("number"),
            func.min(EXCEPTIONS.c.code).label("code"),
        )
        .where(EXCEPTIONS.c.exception_status == "open", EXCEPTIONS.c.sync.is_not(None))
        .group_by(EXCEPTIONS.c.sync, EXCEPTIONS.c.severity)
    )


def _result(run: RowMapping) -> str:
    parts = [f"{run[name]} {name.replace('_', ' ')}" for name in ("accepted", "rejected", "in_doubt", "waiting")]
    counted = ", ".join(part for part in parts if not part.startswith("0 ")) or "nothing to do"
    return f"{counted}; {run['stopped']}" if run["stopped"] else counted


def _trouble(run: RowMapping | None, critical: RowMapping | None) -> str:
    if run is not None and run["stopped_code"] and run["stopped_code"] not in _NO_TROUBLE:
        return f"the last run stopped ({run['stopped_code']}): {run['stopped']}"
    if critical is not None:
        return f"{critical['found']} critical exceptions, first number {critical['number']} ({critical['code']})"
    return ""
