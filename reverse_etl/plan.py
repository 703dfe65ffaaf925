"""Rows that differ and what was accepted → a plan: one delivery per record with its reason. Pure; reads and sends nothing.

The idempotency key is derived from the intention: the record, its content, what it replaces, and the delivery accepted
before. Planning the same intention twice gives the same key; the same content wanted again *after* another was accepted
is a new intention and a new key, else the destination would answer the old one from memory and do nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from reverse_etl import canonical_json
from reverse_etl.sync import Baseline, Mode, Sync


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    NOOP = "noop"
    # An earlier delivery of the record is still in the air or in doubt: it is settled before a new one is made.
    WAITING = "waiting"
    # Made once with other content: a document is not rewritten behind an accountant's back.
    HELD = "held"


@dataclass(frozen=True)
class Change:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Delivery:
    """The intent to bring one record of one destination into one state. The ledger fills the last four fields."""

    sync: str
    destination: str
    object: str
    record_key: str
    action: Action
    payload: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]
    changes: tuple[Change, ...]
    reason: str
    source_key: str
    money_minor: int | None
    currency_code: str | None
    fingerprint: str
    quick: int
    intention: str
    key_generation: int = 0
    delivery_id: str = ""
    plan_id: str = ""
    state: str = "planned"
    planned_at: datetime | None = None

    @property
    def idempotency_key(self) -> str:
        """32 hex digits: fits every destination's limit; a new generation is a new key for the same intention."""
        return canonical_json.digest([self.intention, self.key_generation])

    @property
    def before(self) -> dict[str, Any]:
        return {change.field: change.before for change in self.changes}


@dataclass(frozen=True)
class Skipped:
    record_key: str
    action: Action
    reason: str


@dataclass(frozen=True)
class Plan:
    sync: str
    deliveries: tuple[Delivery, ...]
    noops: int
    skipped: tuple[Skipped, ...] = ()
    # Sentences naming each limit the plan breaks; empty when it may be sent.
    breaches: tuple[str, ...] = ()
    plan_id: str = ""
    created_at: datetime | None = None

    @property
    def plan_hash(self) -> str:
        return canonical_json.digest([self.sync, [_content(delivery) for delivery in self.deliveries]])

    def count(self, action: Action) -> int:
        actions = [delivery.action for delivery in self.deliveries] + [item.action for item in self.skipped]
        return actions.count(action)

    @property
    def money_minor(self) -> dict[str, int]:
        return money_by_currency(self.deliveries)


@dataclass(frozen=True)
class LastAccepted:
    """The newest accepted delivery of one record."""

    delivery_id: str
    fingerprint: str
    payload: Mapping[str, Any]
    before: Mapping[str, Any]
    accepted_at: datetime


@dataclass(frozen=True)
class Memory:
    """What the ledger knows about the records at hand."""

    accepted: Mapping[str, LastAccepted] = field(default_factory=dict)
    unsettled: Collection[str] = frozenset()
    # Highest key generation the destination refused, by intention.
    refused: Mapping[str, int] = field(default_factory=dict)
    accepted_records: int = 0


def make(
    sync: Sync, records: int, rows: Sequence[Mapping[str, Any]], memory: Memory, observed_at: datetime | None = None
) -> Plan:
    """The plan for the rows that differ, out of so many records; the rest is nothing to do."""
    decided = [_decide(sync, row, memory, observed_at) for row in rows]
    deliveries = tuple(item for item in decided if isinstance(item, Delivery))
    skipped = tuple(item for item in decided if isinstance(item, Skipped))
    noops = records - len(deliveries) - len(skipped)
    breaches = tuple(_breaches(sync, deliveries, memory))
    return Plan(sync.name, deliveries, noops, skipped, breaches)


def _decide(
    sync: Sync, row: Mapping[str, Any], memory: Memory, observed_at: datetime | None
) -> Delivery | Skipped | None:
    """What to do about one record that differs; None when it turns out that nothing is to be done."""
    key = row["record_key"]
    last = memory.accepted.get(key)
    if key in memory.unsettled:
        return Skipped(key, Action.WAITING, "an earlier delivery of this record has no known outcome yet")
    if last is not None and sync.mode is Mode.CREATE:
        if last.fingerprint == row["fingerprint"]:
            return None
        return Skipped(key, Action.HELD, "already created with other content; a person must decide on a correction")
    before = effective_before(sync, row["observed"], last, observed_at)
    compared = [name for name in sync.compared_fields if sync.baseline is Baseline.ACCEPTED or name in row["observed"]]
    if before and all(before.get(name) == row["payload"][name] for name in compared):
        return None
    known = {name: before[name] for name in compared if before.get(name) is not None}
    intention = canonical_json.digest(
        [sync.name, key, row["payload"], row["lines"], known, last.delivery_id if last else None]
    )
    return Delivery(
        sync=sync.name,
        destination=sync.destination,
        object=sync.object,
        record_key=key,
        action=Action.UPDATE if known else Action.CREATE,
        payload=row["payload"],
        lines=tuple(row["lines"]),
        changes=_changes(sync, row["payload"], before),
        reason=row["reason"] or "",
        source_key=row["source_key"] or "",
        money_minor=row["money_minor"],
        currency_code=row["currency_code"],
        fingerprint=row["fingerprint"],
        quick=row["quick"],
        intention=intention,
        key_generation=memory.refused.get(intention, -1) + 1,
    )


def effective_before(
    sync: Sync, observed: Mapping[str, Any], last: LastAccepted | None, observed_at: datetime | None
) -> Mapping[str, Any]:
    """What the destination most likely holds now.

    An observation older than our last accepted write shows the time before it: then what was accepted counts. When
    nobody knows how old it is, it counts as older only if it still shows exactly what that write replaced.
    """
    if last is None:
        return observed
    if sync.baseline is Baseline.ACCEPTED:
        return last.payload
    if observed_at is not None:
        stale = last.accepted_at > observed_at
    else:
        stale = all(observed.get(name) == value for name, value in last.before.items() if name in observed)
    return last.payload if stale else observed


def _changes(sync: Sync, payload: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[Change, ...]:
    """Field by field, unchanged ones left out: identity fields appear only when the record is new."""
    changed = (Change(name, before.get(name), payload[name]) for name in sync.fields)
    if before:
        return tuple(change for change in changed if change.field in before and change.before != change.after)
    return tuple(change for change in changed if change.after is not None)


def _breaches(sync: Sync, deliveries: Sequence[Delivery], memory: Memory) -> list[str]:
    limits, found = sync.limits, []
    again = sum(1 for delivery in deliveries if delivery.record_key in memory.accepted)
    if memory.accepted_records >= limits.judged_from:
        share = again / memory.accepted_records
        if share > limits.max_share_changed:
            found.append(
                f"{again} of {memory.accepted_records} records accepted before would change"
                f" ({share:.0%}, allowed {limits.max_share_changed:.0%})"
            )
    if limits.max_deliveries is not None and len(deliveries) > limits.max_deliveries:
        found.append(f"{len(deliveries)} deliveries, allowed {limits.max_deliveries}")
    for currency, minor in money_by_currency(deliveries).items():
        if limits.max_money_minor is not None and abs(minor) > limits.max_money_minor:
            found.append(f"{minor} minor units of {currency} at stake, allowed {limits.max_money_minor}")
    return found


def money_by_currency(deliveries: Sequence[Delivery]) -> dict[str, int]:
    """Money at stake per currency code, in minor units."""
    totals: dict[str, int] = {}
    for delivery in deliveries:
        if delivery.money_minor is not None and delivery.currency_code:
            totals[delivery.currency_code] = totals.get(delivery.currency_code, 0) + delivery.money_minor
    return dict(sorted(totals.items()))


def _content(delivery: Delivery) -> list[Any]:
    """What of a delivery the plan's hash binds: everything that will be written, and what it will replace."""
    changes = [asdict(change) for change in delivery.changes]
    return [delivery.record_key, delivery.action, delivery.payload, delivery.lines, changes, delivery.idempotency_key]
