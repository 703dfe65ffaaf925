"""Drift: a field we own that no longer holds what the destination accepted from us. Pure.

A person chooses per record and field. *Reassert* writes our value again, over this edit; another edit is asked about
anew. *Accept* lets their value stand until ours changes. *Ignore* leaves the field of this record alone until somebody
chooses otherwise. A field that is left alone is in no payload: writing back what was read would undo a later edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Choice(StrEnum):
    OPEN = "open"
    REASSERT = "reassert"
    ACCEPT = "accept"
    IGNORE = "ignore"
    # Nothing is left to choose: the values agree again, or ours was written since.
    GONE = "gone"


# What a person may choose.
CHOICES = (Choice.REASSERT, Choice.ACCEPT, Choice.IGNORE)


@dataclass(frozen=True)
class Chosen:
    """What a person chose about one field of one record, with the values that were before their eyes."""

    choice: str
    accepted: Any
    observed: Any
    wanted: Any


@dataclass(frozen=True)
class Drift:
    sync: str
    record_key: str
    field: str
    accepted: Any
    observed: Any
    wanted: Any
    choice: str = Choice.OPEN

    @property
    def is_left_alone(self) -> bool:
        """Is the destination's value to stay as it is?"""
        return self.choice in (Choice.ACCEPT, Choice.IGNORE)


@dataclass(frozen=True)
class Written:
    """What the destination accepted from us last for a record, and whether the reading at hand is older than that."""

    payload: Mapping[str, Any]
    is_newer_than_reading: bool


def find(
    sync: str,
    record_key: str,
    compared: Iterable[str],
    wanted: Mapping[str, Any],
    observed: Mapping[str, Any],
    written: Written | None,
    chosen: Mapping[str, Chosen],
) -> tuple[Drift, ...]:
    """Every compared field that somebody else changed at the destination, with the choice that applies to it now."""
    found = []
    for name in compared:
        if name not in observed or observed[name] == wanted[name]:
            continue
        drift = _of_field(sync, record_key, name, wanted[name], observed[name], written, chosen.get(name))
        if drift is not None:
            found.append(drift)
    return tuple(found)


def _of_field(
    sync: str, key: str, name: str, wanted: Any, observed: Any, written: Written | None, chosen: Chosen | None
) -> Drift | None:
    ours = written.payload if written is not None else {}
    if chosen is not None and chosen.choice == Choice.IGNORE:
        return Drift(sync, key, name, chosen.accepted, observed, wanted, Choice.IGNORE)
    if name in ours and written is not None and written.is_newer_than_reading:
        # Ours was written after this reading: the edit it shows is overwritten, and no choice about it is left.
        return None
    if chosen is not None and chosen.choice == Choice.ACCEPT:
        # Once ours changed, the acceptance is used up and ours is written; it stays on record until then.
        choice = Choice.ACCEPT if chosen.wanted == wanted else Choice.REASSERT
        return Drift(sync, key, name, chosen.accepted, observed, wanted, choice)
    if name not in ours or ours[name] == observed:
        return None
    again = chosen is not None and chosen.choice == Choice.REASSERT and chosen.observed == observed
    return Drift(sync, key, name, ours[name], observed, wanted, Choice.REASSERT if again else Choice.OPEN)
