"""Flows and their switches: who may run now, who was stopped by whom and why, and how each has fared lately.

A flow is a sync, or something the orchestration describes, such as the refresh of the warehouse. The ledger asks
`paused_because` in the transaction of each claim, so a switch takes effect between two records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from reverse_etl import audit
from reverse_etl.flow_history import History, histories
from reverse_etl.operations_tables import FLOW_SWITCHES
from reverse_etl.sync import Guard, Mode, Sync

# The kill-switch: paused, it stops every flow, whatever the flow's own switch says.
EVERYTHING = "everything"


class Switch(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"


class FlowState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ERRORED = "errored"


@dataclass(frozen=True)
class Switched:
    """The position of a switch, and who put it there."""

    flow: str
    switch: Switch
    by: str
    because: str
    at: datetime


@dataclass(frozen=True)
class Told:
    """What the orchestration knows about a flow. Empty `action` and `fallback` of a sync are read from its declaration."""

    trigger: str
    owner: str
    condition: str = ""
    action: str = ""
    fallback: str = ""
    last_run_at: datetime | None = None


@dataclass(frozen=True)
class Flow:
    """One row of the register. `because` explains a state other than active; ages are counted from `as_of`."""

    flow: str
    trigger: str
    condition: str
    action: str
    fallback: str
    owner: str
    state: FlowState
    because: str
    last_run_at: datetime | None
    history: History
    as_of: datetime

    @property
    def waiting_for(self) -> timedelta | None:
        """Age of the oldest delivery that waits, None when none does."""
        oldest = self.history.waiting_since
        return max(self.as_of - oldest, timedelta()) if oldest is not None else None


def paused_because(connection: Connection, flow: str) -> str | None:
    """Why this flow may not go on now, in a sentence; None when it may."""
    # As text, because it is asked with every commit of a push, and nearly always nothing is paused.
    if connection.exec_driver_sql("select 1 from flow_switches where switch = 'paused' limit 1").first() is None:
        return None
    asked = select(FLOW_SWITCHES).where(
        FLOW_SWITCHES.c.flow.in_((EVERYTHING, flow)), FLOW_SWITCHES.c.switch == Switch.PAUSED
    )
    paused = {row["flow"]: row for row in connection.execute(asked).mappings()}
    found = paused.get(EVERYTHING) or paused.get(flow)
    if found is None:
        return None
    what = "everything is paused" if found["flow"] == EVERYTHING else f"{flow} is paused"
    return f"{what} since {found['switched_at']:%Y-%m-%d %H:%M} UTC by {found['switched_by']}: {found['because']}"


def switch(connection: Connection, flow: str, to: Switch, who: str, because: str, now: datetime) -> Switch:
    """Put the switch of a flow, or of `everything`, and write down who and why. Returns where it stood before."""
    # One person at a time: the row is replaced, and the log must name what it replaced.
    audit.lock(connection)
    before = switches(connection).get(flow)
    connection.execute(delete(FLOW_SWITCHES).where(FLOW_SWITCHES.c.flow == flow))
    row = {"flow": flow, "switch": to, "switched_by": who, "because": because, "switched_at": now}
    connection.execute(insert(FLOW_SWITCHES), [row])
    stood = before.switch if before is not None else Switch.ACTIVE
    verb = "pause" if to is Switch.PAUSED else "resume"
    details = {"before": stood, "after": to}
    audit.append(connection, who=who, action=f"flow_{verb}", subject=flow, because=because, details=details, now=now)
    return stood


def switches(connection: Connection) -> dict[str, Switched]:
    """Every switch somebody ever touched, by flow."""
    return {
        row["flow"]: Switched(
            row["flow"], Switch(row["switch"]), row["switched_by"], row["because"], row["switched_at"]
        )
        for row in connection.execute(select(FLOW_SWITCHES)).mappings()
    }


def register(connection: Connection, syncs: Mapping[str, Sync], told: Mapping[str, Told], now: datetime) -> list[Flow]:
    """One row per flow: those of `told` that are no sync, then every sync in the order given."""
    known = histories(connection, [*told, *syncs])
    names = [name for name in told if name not in syncs] + list(syncs)
    return [
        _flow(connection, name, syncs.get(name), told.get(name, Told("by hand", "")), known[name], now)
        for name in names
    ]


def _flow(connection: Connection, name: str, sync: Sync | None, told: Told, history: History, now: datetime) -> Flow:
    paused = paused_because(connection, name)
    state, because = FlowState.ACTIVE, ""
    if paused is not None:
        state, because = FlowState.PAUSED, paused
    elif history.trouble:
        state, because = FlowState.ERRORED, history.trouble
    return Flow(
        flow=name,
        trigger=told.trigger,
        condition=told.condition or (_condition(sync) if sync else ""),
        action=told.action or (_action(sync) if sync else ""),
        fallback=told.fallback or (_fallback(sync) if sync else ""),
        owner=told.owner,
        state=state,
        because=because,
        last_run_at=max((at for at in (history.last_run_at, told.last_run_at) if at is not None), default=None),
        history=history,
        as_of=now,
    )


def _condition(sync: Sync) -> str:
    """What must hold before anything of the sync is sent."""
    limits, found = sync.limits, []
    if limits.max_share_changed < 1:
        found.append(f"at most {limits.max_share_changed:.0%} of the known records change")
    if limits.max_deliveries is not None:
        found.append(f"at most {limits.max_deliveries:,} deliveries")
    if limits.max_money_minor is not None:
        found.append(f"at most {limits.max_money_minor:,} minor units per currency")
    if sync.mode is Mode.MIRROR and limits.max_deletes is not None:
        found.append(f"at most {limits.max_deletes} deletes")
    if limits.max_price_move is not None:
        found.append(f"no price moves by more than {limits.max_price_move:.0%}")
    people = "one person approves" if limits.approvers == 1 else f"{limits.approvers} people approve"
    within = f"{', '.join(found)}, or {people}" if found else "no limit declared"
    canary = f"; the first {sync.canary} are read back" if sync.canary else ""
    rest = f"; a record that was changed rests for {sync.rest_seconds:,} seconds" if sync.rest_seconds else ""
    return f"checks upstream of {sync.model} hold; {within}{canary}{rest}"


def _action(sync: Sync) -> str:
    verb = {Mode.UPSERT: "create or update", Mode.CREATE: "create once", Mode.MIRROR: "create, update or delete"}
    return f"{verb[sync.mode]} {sync.object.replace('_', ' ')} at {sync.destination}"


def _fallback(sync: Sync) -> str:
    doubt = "no answer: looked up before anything is sent again"
    if sync.guard is Guard.AT_MOST_ONCE:
        doubt = "no answer: not sent again, and a row says that it may not have arrived"
    return f"{doubt}; destination down: deliveries wait, or cartwheel handoff export {sync.destination}"
