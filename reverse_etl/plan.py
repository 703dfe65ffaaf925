"""Rows that differ and what was accepted → a plan: one delivery per record with its reason. Pure; reads and sends nothing.

The idempotency key is derived from the intention: the record, its content, what it replaces, and the delivery accepted
before. Planning the same intention twice gives the same key; the same content wanted again *after* another was accepted
is a new intention and a new key, else the destination would answer the old one from memory and do nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from reverse_etl import brakes, canonical_json, drift, foreknowledge
from reverse_etl.delivery import (
    DELETED,
    DELETED_QUICK,
    Action,
    Change,
    Delivery,
    Skipped,
    Why,
    money_by_currency,
)
from reverse_etl.drift import Chosen, Drift
from reverse_etl.memory import LastAccepted, Memory, Refusal
from reverse_etl.sync import Baseline, Guard, Mode, OnDrift, Sync

__all__ = [
    "PLANNER", "Action", "Change", "Chosen", "Delivery", "Drift", "LastAccepted", "Memory", "Plan", "Refusal",
    "Skipped", "Why", "make", "money_by_currency",
]  # fmt: skip

# Raised whenever the same inputs would give another plan than before, so that a replay can say why it differs.
PLANNER = 1
# A reading bears the time it was stored and began earlier. Where a difference bothers a person, one that shows exactly
# what our write replaced within this time of it counts as begun before.
READING_TAKES = foreknowledge.READING_TAKES


@dataclass(frozen=True)
class Plan:
    sync: str
    deliveries: tuple[Delivery, ...]
    noops: int
    skipped: tuple[Skipped, ...] = ()
    # Sentences naming each limit the plan breaks; empty when it may be sent without a person.
    breaches: tuple[str, ...] = ()
    drifts: tuple[Drift, ...] = ()
    # How many different people must approve it; 0 when it breaks no limit.
    approvers: int = 0
    plan_id: str = ""
    created_at: datetime | None = None
    # open, or canary_failed: nothing more of it is sent.
    status: str = "open"
    # Who let it go, in order; `limits` where it kept within them.
    approved_by: tuple[str, ...] = ()
    # As it was when stored: a key renewed since does not make it another plan.
    stored_hash: str = ""

    @property
    def plan_hash(self) -> str:
        """Binds everything that will be written, what it replaces and what it waits for."""
        return self.stored_hash or canonical_json.digest([self.sync, [_content(item) for item in self.deliveries]])

    def count(self, action: Action) -> int:
        actions = [delivery.action for delivery in self.deliveries] + [item.action for item in self.skipped]
        return actions.count(action)

    @property
    def money_minor(self) -> dict[str, int]:
        return money_by_currency(self.deliveries)


def make(
    sync: Sync,
    records: int,
    rows: Sequence[Mapping[str, Any]],
    memory: Memory,
    observed_at: datetime | None = None,
    at: datetime | None = None,
    gone: Collection[str] = (),
) -> Plan:
    """The plan for the rows that differ, out of so many records; the rest is nothing to do.

    `gone` are records accepted before that are no longer in the model, `at` is now. The order of rows makes no difference.
    """
    drifts: list[Drift] = []
    wanted = sorted(rows, key=_record_key)
    decided = [_decide(sync, row, memory, observed_at, at, drifts) for row in wanted]
    noops = records - sum(1 for item in decided if item is not None)
    if sync.mode is Mode.MIRROR:
        decided += [_take_back(sync, key, memory, at) for key in sorted(gone)]
    deliveries = tuple(item for item in decided if isinstance(item, Delivery))
    skipped = tuple(item for item in decided if isinstance(item, Skipped))
    breaches = brakes.breaches(sync, records, deliveries, memory.accepted_records, memory.changed_elsewhere)
    needed = sync.limits.approvers if breaches else 0
    return Plan(sync.name, deliveries, noops, skipped, breaches, tuple(drifts), needed)


def _record_key(row: Mapping[str, Any]) -> str:
    return str(row["record_key"])


def _decide(
    sync: Sync,
    row: Mapping[str, Any],
    memory: Memory,
    observed_at: datetime | None,
    at: datetime | None,
    drifts: list[Drift],
) -> Delivery | Skipped | None:
    """What to do about one record that differs; None when it turns out that nothing is to be done."""
    key = row["record_key"]
    last = memory.accepted.get(key)
    if key in memory.unsettled:
        return Skipped(key, Action.WAITING, _UNSETTLED, Why.UNSETTLED)
    if key in memory.newer:
        return Skipped(key, Action.WAITING, _NEWER, Why.NEWER)
    if key in memory.unproven:
        return Skipped(key, Action.HELD, memory.unproven[key], Why.UNPROVEN)
    if last is not None and sync.mode is Mode.CREATE:
        return None if last.fingerprint == row["fingerprint"] else Skipped(key, Action.HELD, _MADE_ALREADY, Why.HELD)
    if reason := brakes.unfit_price(sync, row["payload"]):
        return Skipped(key, Action.HELD, reason, Why.PRICE)
    found = _drifts(sync, row, last, memory, observed_at)
    drifts += found
    if open_ones := [item for item in found if item.choice == drift.Choice.OPEN]:
        return Skipped(key, Action.HELD, _drifted(sync, open_ones), Why.DRIFT)
    left = {item.field for item in found if item.is_left_alone}
    before = effective_before(sync, row["observed"], last, observed_at)
    delivery = _delivery(sync, row, before, last, left)
    if delivery is not None and (reason := _resting(sync, last, at)):
        return Skipped(key, Action.HELD, reason, Why.RESTING)
    return _unless_refused(sync, delivery, memory, observed_at, at) if delivery is not None else None


def _resting(sync: Sync, last: LastAccepted | None, at: datetime | None) -> str:
    """Why a record is left alone for now; empty when it is not."""
    if not sync.rest_seconds or last is None or at is None:
        return ""
    until = last.accepted_at + timedelta(seconds=sync.rest_seconds)
    return f"changed at {last.accepted_at:%H:%M} UTC, left alone until {until:%H:%M} UTC" if at < until else ""


def _delivery(
    sync: Sync, row: Mapping[str, Any], before: Mapping[str, Any], last: LastAccepted | None, left: Collection[str]
) -> Delivery | None:
    """The delivery of what differs, leaving out the fields that are `left` as the destination has them."""
    compared = [
        name
        for name in sync.compared_fields
        if name not in left and (sync.baseline is Baseline.ACCEPTED or name in row["observed"])
    ]
    if before and all(before.get(name) == row["payload"][name] for name in compared):
        return None
    payload = {name: value for name, value in row["payload"].items() if name not in left} if left else row["payload"]
    known = {name: before[name] for name in compared if before.get(name) is not None}
    follows = last.delivery_id if last else None
    return Delivery(
        sync=sync.name,
        destination=sync.destination,
        object=sync.object,
        record_key=row["record_key"],
        action=Action.UPDATE if known else Action.CREATE,
        payload=payload,
        lines=tuple(row["lines"]),
        changes=_changes(sync, payload, before),
        reason=row["reason"] or "",
        source_key=row["source_key"] or "",
        money_minor=row["money_minor"],
        currency_code=row["currency_code"],
        fingerprint=row["fingerprint"],
        quick=row["quick"],
        intention=canonical_json.digest([sync.name, row["record_key"], payload, row["lines"], known, follows]),
        depends_on=tuple(sorted((upstream, key) for upstream, key in row.get("depends_on") or ())),
        follows=follows or "",
    )


def _take_back(sync: Sync, key: str, memory: Memory, at: datetime | None) -> Delivery | Skipped | None:
    """What to do about a record that we wrote and that has left the model."""
    last = memory.accepted.get(key)
    if key in memory.unsettled:
        return Skipped(key, Action.WAITING, _UNSETTLED, Why.UNSETTLED)
    if last is None or last.is_delete:
        return None
    changes = (Change(name, last.payload.get(name), None) for name in sync.fields)
    delivery = Delivery(
        sync=sync.name,
        destination=sync.destination,
        object=sync.object,
        record_key=key,
        action=Action.DELETE,
        payload=last.payload,
        lines=(),
        changes=tuple(change for change in changes if change.before is not None),
        reason=f"no longer in {sync.model}; accepted on {last.accepted_at:%Y-%m-%d} ({last.delivery_id})",
        source_key=last.source_key,
        money_minor=None,
        currency_code=last.currency_code,
        fingerprint=DELETED,
        quick=DELETED_QUICK,
        intention=canonical_json.digest([sync.name, key, DELETED, last.delivery_id]),
        follows=last.delivery_id,
    )
    return _unless_refused(sync, delivery, memory, None, at)


def _unless_refused(
    sync: Sync, delivery: Delivery, memory: Memory, observed_at: datetime | None, at: datetime | None
) -> Delivery | Skipped:
    """The delivery, under a fresh key where it was refused before; held while it is too early to try again.

    That another value stood there says nothing once it was read again: the value to be replaced may be back.
    """
    refusal = memory.refused.get(delivery.intention)
    if refusal is None:
        return delivery
    is_over = (
        refusal.is_conflict
        and sync.guard is Guard.COMPARE_AND_SET
        and observed_at is not None
        and observed_at > refusal.rejected_at
    )
    if at is not None and at < refusal.due_at and not refusal.retry_asked and not is_over:
        reason = (
            f"refused on {refusal.rejected_at:%Y-%m-%d %H:%M} UTC ({refusal.code or 'no code'}), {refusal.generation + 1}"
            f" times in all; tried again from {refusal.due_at:%Y-%m-%d %H:%M} UTC, or after `cartwheel exceptions retry`"
        )
        return Skipped(delivery.record_key, Action.HELD, reason, Why.REFUSED)
    return replace(delivery, key_generation=refusal.generation + 1)


def _drifts(
    sync: Sync, row: Mapping[str, Any], last: LastAccepted | None, memory: Memory, observed_at: datetime | None
) -> tuple[Drift, ...]:
    if sync.on_drift is not OnDrift.ASK:
        return ()
    key, written = row["record_key"], None
    if last is not None and not last.is_delete:
        written = drift.Written(last.payload, _is_newer(sync, last, row["observed"], observed_at))
    chosen = memory.chosen.get(key, {})
    return drift.find(sync.name, key, sync.compared_fields, row["payload"], row["observed"], written, chosen)


def effective_before(
    sync: Sync, observed: Mapping[str, Any], last: LastAccepted | None, observed_at: datetime | None
) -> Mapping[str, Any]:
    """What the destination most likely holds now: what was read, or what it accepted since."""
    if last is None:
        return observed
    if sync.baseline is Baseline.ACCEPTED or _is_newer(sync, last, observed, observed_at):
        return {} if last.is_delete else last.payload
    return observed


def _is_newer(sync: Sync, last: LastAccepted, observed: Mapping[str, Any], observed_at: datetime | None) -> bool:
    """Was our write accepted after this reading began?

    When nobody knows how old the reading is, it counts as older only if it still shows exactly what that write replaced.
    """
    shows_the_time_before = all(observed.get(name) == value for name, value in last.before.items() if name in observed)
    if observed_at is None:
        return shows_the_time_before
    begun_at = observed_at - READING_TAKES if sync.on_drift is OnDrift.ASK and shows_the_time_before else observed_at
    # In the same instant: a reading ends before its moment is noted, so the write came after what it shows.
    return last.accepted_at >= begun_at


_UNSETTLED = "an earlier delivery of this record has no known outcome yet"
_NEWER = "planned from newer events than this reading holds: the next reading decides"
_MADE_ALREADY = "already created with other content; a person must decide on a correction"


def _drifted(sync: Sync, found: Iterable[Drift]) -> str:
    said = []
    for item in found:
        values = "" if item.field in sync.personal_fields else f" from {item.accepted!r} to {item.observed!r}"
        said.append(f"{item.field} was changed there{values}")
    return f"{'; '.join(said)}: choose with `cartwheel drift` (reassert, accept or ignore)"


def _changes(sync: Sync, payload: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[Change, ...]:
    """Field by field, unchanged ones left out: identity fields appear only when the record is new."""
    changed = (Change(name, before.get(name), payload[name]) for name in sync.fields if name in payload)
    if before:
        return tuple(change for change in changed if change.field in before and change.before != change.after)
    return tuple(change for change in changed if change.after is not None)


def _content(delivery: Delivery) -> list[Any]:
    """What of a delivery the plan's hash binds."""
    changes = [change.as_mapping() for change in delivery.changes]
    written = [delivery.record_key, delivery.action, delivery.payload, delivery.lines, changes]
    return [*written, delivery.idempotency_key, delivery.depends_on]
