"""What a sync declares: one activation model to one object of one destination. Data only; nothing here reads or sends."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from reverse_etl.errors import ConfigurationError


class Mode(StrEnum):
    """UPSERT brings a record into a state, any number of times. CREATE makes a document once and never touches it again."""

    UPSERT = "upsert"
    CREATE = "create"


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


class InDoubtPolicy(StrEnum):
    """What to do with a delivery whose answer never came."""

    RESEND_SAME_KEY = "resend_same_key"
    LOOK_UP = "look_up"


class Lane(IntEnum):
    """Which flow goes first when several wait; the smaller the earlier. Stock oversells, segments can wait."""

    STOCK = 10
    TRACKING = 30
    LEDGER = 40
    SEGMENTS = 50


@dataclass(frozen=True)
class Limits:
    """Brakes on one plan; a plan beyond them is stored and shown, but not sent without being told so.

    `max_share_changed` is the share of the records accepted before that one plan may change, judged from
    `judged_from` records on: two changes among three records are no alarm.
    """

    max_share_changed: float = 1.0
    judged_from: int = 20
    max_deliveries: int | None = None
    max_money_minor: int | None = None


@dataclass(frozen=True)
class Sync:
    name: str
    model: str
    destination: str
    object: str
    mode: Mode
    guard: Guard
    baseline: Baseline
    in_doubt: InDoubtPolicy
    lane: Lane
    fields: tuple[str, ...]
    line_fields: tuple[str, ...] = ()
    # Written along with a change, never the cause of one: a new as-of date alone is no news to the destination.
    quiet_fields: tuple[str, ...] = ()
    batch_size: int = 1
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ConfigurationError(f"sync {self.name}: {'; '.join(problems)}", code="bad_declaration")

    @property
    def compared_fields(self) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name not in self.quiet_fields)


_IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]*$")


def _problems(sync: Sync) -> list[str]:
    """Everything wrong with a declaration, in sentences."""
    found = []
    if not sync.name.startswith(f"{sync.destination}__"):
        found.append(f"its name must be {sync.destination}__<objects>")
    if sync.model != f"act_{sync.name}":
        found.append(f"its model must be act_{sync.name}")
    names = (*sync.fields, *sync.line_fields, sync.model)
    found += [f"'{name}' is not a plain lower-case name" for name in names if not _IDENTIFIER.match(name)]
    if len(set(names)) != len(names):
        found.append("a field is listed twice")
    if not sync.compared_fields:
        found.append("all its fields are quiet, so nothing could ever change")
    if set(sync.quiet_fields) - set(sync.fields):
        found.append("a quiet field is not among its fields")
    if sync.batch_size < 1:
        found.append("batch_size must be at least 1")
    if not 0 < sync.limits.max_share_changed <= 1:
        found.append("max_share_changed is a fraction above 0, at most 1")
    if sync.mode is Mode.CREATE and sync.baseline is not Baseline.ACCEPTED:
        found.append("mode create compares with what was accepted")
    if sync.line_fields and sync.baseline is Baseline.OBSERVED:
        found.append("lines can not be compared with observed columns")
    if sync.guard is Guard.LOOK_UP_THEN_CREATE and sync.in_doubt is not InDoubtPolicy.LOOK_UP:
        found.append("without a key only looking up settles a doubt")
    return found
