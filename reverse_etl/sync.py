"""What a sync declares: one activation model to one object of one destination. Data only; nothing here reads or sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from reverse_etl.errors import ConfigurationError


class Mode(StrEnum):
    """UPSERT brings a record into a state, any number of times. CREATE makes a document once and never touches it again.

    MIRROR is UPSERT that also takes back what we wrote once the record has left the activation model.
    """

    UPSERT = "upsert"
    CREATE = "create"
    MIRROR = "mirror"


class Baseline(StrEnum):
    """What a desired record is compared with: the value read from the destination, or the one it last accepted from us."""

    OBSERVED = "observed"
    ACCEPTED = "accepted"


class Guard(StrEnum):
    """What makes a second send of the same intention harmless."""

    IDEMPOTENCY_KEY = "idempotency_key"
    NATURAL_UPSERT = "natural_upsert"
    COMPARE_AND_SET = "compare_and_set"
    LOOK_UP_THEN_CREATE = "look_up_then_create"
    # For a message, which nobody can look up or take back: after a doubt it is never sent again.
    AT_MOST_ONCE = "at_most_once"


class OnDrift(StrEnum):
    """What to do when a field no longer holds what the destination accepted from us.

    ASK holds the record until a person chooses: a human edited it. REASSERT writes our value again: there the value
    moves by itself, as stock does with every sale, and compare-and-set keeps the write honest.
    """

    ASK = "ask"
    REASSERT = "reassert"


class Lane(IntEnum):
    """Which flow goes first when several wait; the smaller the earlier. Stock oversells, segments can wait."""

    STOCK = 10
    TRACKING = 30
    # What a person is to act on: alerts, and drafts to approve.
    NOTICES = 35
    LEDGER = 40
    SEGMENTS = 50


@dataclass(frozen=True)
class Limits:
    """Brakes on one plan; a plan beyond them is stored and shown, and sent only after `cartwheel approve`.

    `max_share_changed` is the share of the records accepted before that one plan may change, judged from
    `judged_from` records on: two changes among three records are no alarm.
    """

    max_share_changed: float = 1.0
    judged_from: int = 20
    max_deliveries: int | None = None
    # Per currency: the amounts of all deliveries, whichever way they go.
    max_money_minor: int | None = None
    # Deletes are braked: by default the first one needs a person.
    max_deletes: int | None = 0
    max_share_deleted: float = 1.0
    # Largest move of one price field as a fraction of what it replaces; see Sync.price_fields. A price that replaces
    # none needs a person too, and one of zero is never sent.
    max_price_move: float | None = None
    # How many different people must approve a plan beyond its limits.
    approvers: int = 1


@dataclass(frozen=True)
class Sync:
    name: str
    model: str
    destination: str
    object: str
    mode: Mode
    guard: Guard
    baseline: Baseline
    lane: Lane
    fields: tuple[str, ...]
    line_fields: tuple[str, ...] = ()
    # Written along with a change, never the cause of one: a new as-of date alone is no news to the destination.
    quiet_fields: tuple[str, ...] = ()
    price_fields: tuple[str, ...] = ()
    # Values of these never stand in evidence, logs or hand-off headers in the clear.
    personal_fields: tuple[str, ...] = ()
    # Upstream sync → column of the activation model with the upstream's record key (null: nothing to wait for).
    depends_on: Mapping[str, str] = field(default_factory=dict)
    on_drift: OnDrift = OnDrift.REASSERT
    # So many records go first and are read back before the rest may follow.
    canary: int = 0
    batch_size: int = 1
    # A record that was changed is left alone for so long, whatever the model says meanwhile: people see it flap otherwise.
    rest_seconds: int = 0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ConfigurationError(f"sync {self.name}: {'; '.join(problems)}", code="bad_declaration")

    def __hash__(self) -> int:
        # Of its fields one is a mapping; two syncs of one name are hardly ever looked for in one place.
        return hash(self.name)

    @property
    def compared_fields(self) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name not in self.quiet_fields)


_IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]*$")


def _problems(sync: Sync) -> list[str]:
    """Everything wrong with a declaration, in sentences."""
    return [*_of_names(sync), *_of_limits(sync.limits), *_of_ways(sync)]


def _of_names(sync: Sync) -> Iterator[str]:
    if not sync.name.startswith(f"{sync.destination}__"):
        yield f"its name must be {sync.destination}__<objects>"
    if sync.model != f"act_{sync.name}":
        yield f"its model must be act_{sync.name}"
    names = (*sync.fields, *sync.line_fields, sync.model)
    for name in (*names, *sync.depends_on.values()):
        if not _IDENTIFIER.match(name):
            yield f"'{name}' is not a plain lower-case name"
    if len(set(names)) != len(names):
        yield "a field is listed twice"
    if not sync.compared_fields:
        yield "all its fields are quiet, so nothing could ever change"
    for what, some in (("quiet", sync.quiet_fields), ("price", sync.price_fields)):
        if set(some) - set(sync.fields):
            yield f"a {what} field is not among its fields"
    if set(sync.personal_fields) - {*sync.fields, *sync.line_fields}:
        yield "a personal field is not among its fields"
    if set(sync.depends_on.values()) & {*sync.fields, *sync.line_fields}:
        yield "what it waits for is a column of its own, not a field that is written"


def _of_limits(limits: Limits) -> Iterator[str]:
    if not 0 < limits.max_share_changed <= 1:
        yield "max_share_changed is a fraction above 0, at most 1"
    if not 0 <= limits.max_share_deleted <= 1:
        yield "max_share_deleted is a fraction from 0 to 1"
    if limits.max_price_move is not None and limits.max_price_move <= 0:
        yield "max_price_move is a fraction above 0"
    for name in ("max_deliveries", "max_money_minor", "max_deletes"):
        value = getattr(limits, name)
        if value is not None and value < 0:
            yield f"{name} can not be below 0"
    if limits.approvers < 1:
        yield "at least one person approves what breaks a limit"


def _of_ways(sync: Sync) -> Iterator[str]:
    """Modes, baselines and guards that do not go together."""
    if sync.batch_size < 1:
        yield "batch_size must be at least 1"
    if sync.rest_seconds < 0:
        yield "rest_seconds can not be below 0"
    if sync.canary < 0:
        yield "canary can not be below 0"
    if sync.mode is Mode.CREATE and sync.baseline is not Baseline.ACCEPTED:
        yield "mode create compares with what was accepted"
    if sync.line_fields and sync.baseline is Baseline.OBSERVED:
        yield "lines can not be compared with observed columns"
    if sync.on_drift is OnDrift.ASK and sync.baseline is not Baseline.OBSERVED:
        yield "drift is seen in what was observed, and it compares with what was accepted"
    if sync.name in sync.depends_on:
        yield "it can not wait for itself"
