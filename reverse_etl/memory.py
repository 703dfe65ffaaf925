"""What the ledger knows about the records at hand when a plan is made: accepted, refused, unsettled, chosen. Data only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reverse_etl.delivery import DELETED
from reverse_etl.drift import Chosen

# A refused record is not sent again at once: the first wait, doubled with each further refusal, and the longest one.
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True)
class LastAccepted:
    """The newest accepted delivery of one record."""

    delivery_id: str
    fingerprint: str
    payload: Mapping[str, Any]
    before: Mapping[str, Any]
    accepted_at: datetime
    source_key: str = ""
    currency_code: str | None = None

    @property
    def is_delete(self) -> bool:
        return self.fingerprint == DELETED


@dataclass(frozen=True)
class Refusal:
    """The newest refusal of one intention: how many came before it, when and why, and whether a person asked for a retry.

    is_conflict: the destination held another value than the one to be replaced.
    """

    generation: int
    rejected_at: datetime
    code: str = ""
    retry_asked: bool = False
    is_conflict: bool = False

    @property
    def due_at(self) -> datetime:
        """When it may be tried again without being asked: 5 min · 2^generation later, a day at most."""
        # Beyond this power the longest wait holds anyway, and a larger one would overflow.
        doubled: timedelta = FIRST_WAIT * 2 ** min(self.generation, 20)
        return self.rejected_at + min(doubled, LONGEST_WAIT)


@dataclass(frozen=True)
class Memory:
    """What the ledger knows about the records at hand."""

    accepted: Mapping[str, LastAccepted] = field(default_factory=dict)
    unsettled: Collection[str] = frozenset()
    # By intention.
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    # How many records the destination has accepted and not given back.
    accepted_records: int = 0
    # Records that somebody planned from newer events than the reading at hand holds.
    newer: Collection[str] = frozenset()
    # Records that must not be sent now, each with the reason, and how many others changed one by one within the hour.
    unproven: Mapping[str, str] = field(default_factory=dict)
    changed_elsewhere: int = 0
    # What people chose about edits at the destination, by record and field.
    chosen: Mapping[str, Mapping[str, Chosen]] = field(default_factory=dict)
