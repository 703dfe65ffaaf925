"""One delivery, the intent to bring one record into one state, and what is said of a record that gets none. Data only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from reverse_etl import canonical_json
from reverse_etl.delivery_states import State

# Marks of a record that was taken back: no content has them, so a record that returns to the model differs again.
DELETED = "deleted"
DELETED_QUICK = -1
# In the place of the quick mark of a record that was not hashed: no content has it, so its fingerprint is looked at.
UNHASHED = -2


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    # What we wrote is taken back: the record was accepted before and has left the activation model.
    DELETE = "delete"
    NOOP = "noop"
    # An earlier delivery of the record is still in the air or in doubt: it is settled before a new one is made.
    WAITING = "waiting"
    # Not sent until something changes: a person decides, or the time for another try comes. See Skipped.code.
    HELD = "held"


class Change(NamedTuple):
    field: str
    before: Any
    after: Any

    def as_mapping(self) -> dict[str, Any]:
        """As it is written down; the values are plain already."""
        return {"field": self.field, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Delivery:
    """The intent to bring one record of one destination into one state.

    The ledger fills delivery_id, plan_id, state, planned_at and fence.
    """

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
    # (upstream sync, upstream record key) of what must be accepted before.
    depends_on: tuple[tuple[str, str], ...] = ()
    fence: int = 0
    # The accepted delivery of the record that this one was planned after; "" for the first.
    follows: str = ""

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Delivery:
        """A delivery of these fields, set at once: a push reads many, and a frozen value's own way makes a call for each field."""
        made = object.__new__(cls)
        made.__dict__.update(fields)
        return made

    def taken(self, fence: int) -> Delivery:
        """This delivery as a claim makes it: being sent, under this fence. A copy of the fields, not made anew by each."""
        held = object.__new__(Delivery)
        held.__dict__.update(self.__dict__, state=State.SENDING, fence=fence)
        return held

    @cached_property
    def idempotency_key(self) -> str:
        """32 hex digits: fits every destination's limit; a new generation is a new key for the same intention."""
        return canonical_json.digest([self.intention, self.key_generation])

    @property
    def before(self) -> dict[str, Any]:
        return {change.field: change.before for change in self.changes}


class Why(StrEnum):
    """Why a record that differs gets no delivery."""

    UNSETTLED = "unsettled"
    HELD = "held"
    DRIFT = "drift"
    REFUSED = "refused"
    PRICE = "price"
    # Somebody planned it from newer events than this plan's reading holds.
    NEWER = "newer"
    # More units than the channel shows, and nothing proves that they are there.
    UNPROVEN = "unproven"
    # Changed so lately that it is left alone; see Sync.rest_seconds.
    RESTING = "resting"


@dataclass(frozen=True)
class Skipped:
    record_key: str
    action: Action
    reason: str
    code: str = ""


def money_by_currency(deliveries: Iterable[Delivery]) -> dict[str, int]:
    """Money at stake per currency code, in minor units."""
    totals: dict[str, int] = {}
    for delivery in deliveries:
        if delivery.money_minor is not None and delivery.currency_code:
            totals[delivery.currency_code] = totals.get(delivery.currency_code, 0) + delivery.money_minor
    return dict(sorted(totals.items()))
