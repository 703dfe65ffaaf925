"""What a channel shows of each record, as far as we know, and what moved it when it is not what we wrote.

Readings come late and out of step with our own writes: the channel tells of our write as if it were news (an echo), of a
sale before the order itself arrives, and of what was true before our last write. So a reading counts for what it says only
after it has been told apart. In memory only: a new process starts from the snapshot's readings and the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from reverse_etl.foreknowledge import READING_TAKES

# A channel tells of a write within seconds; a value that comes back later than this is somebody else's.
ECHO_WITHIN = timedelta(seconds=60)
# A higher value so soon after our write most likely stood there before it.
LATE_WITHIN = timedelta(seconds=5)


class Cause(StrEnum):
    """What moved a number on a channel."""

    ECHO = "our own write came back"
    LATE = "perhaps a reading from before our last write: the channel must be asked"
    SALE = "sold there, and the order not known yet"
    RETURN = "put back there by a cancellation or return"
    EDIT = "somebody edited it there"


@dataclass(frozen=True)
class Own:
    """One write of ours that the channel accepted."""

    quantity: int
    at: datetime


@dataclass(frozen=True)
class Showing:
    """`quantity` is what the channel shows since `since`; `reading` the newest one seen, `own` the writes not echoed yet."""

    quantity: int | None
    since: datetime
    reading: int | None
    own: tuple[Own, ...] = ()


def told_apart(showing: Showing, quantity: int | None, at: datetime, is_returned: bool) -> Cause | None:
    """What a reading that says `quantity` is; None when it says what is known. Pure."""
    echoes = any(own.quantity == quantity and at - own.at <= ECHO_WITHIN for own in showing.own)
    if quantity == showing.quantity:
        return Cause.ECHO if echoes else None
    if echoes:
        return Cause.LATE
    if quantity is None or showing.quantity is None:
        return Cause.EDIT
    if quantity < showing.quantity:
        return Cause.SALE
    if any(at - own.at <= LATE_WITHIN for own in showing.own):
        return Cause.LATE
    return Cause.RETURN if is_returned else Cause.EDIT


class Shown:
    """The memory of one channel."""

    def __init__(self, readings: Mapping[str, int | None], read_at: datetime, before: Shown | None = None) -> None:
        """From a snapshot's readings; what was learnt after they began is carried over from `before`."""
        self._read_at = read_at
        self._showings: dict[str, Showing] = {}
        self._readings = readings
        for record, showing in (before._showings if before is not None else {}).items():
            if showing.since > read_at - READING_TAKES:
                self._showings[record] = replace(showing, reading=readings.get(record, showing.reading))

    def of(self, record: str) -> Showing:
        found = self._showings.get(record)
        if found is None:
            reading = self._readings.get(record)
            found = Showing(reading, self._read_at, reading)
        return found

    def wrote(self, record: str, quantity: int, at: datetime) -> None:
        """The channel accepted our quantity; told again of the same write, nothing changes."""
        before = self.of(record)
        if any(own.at == at and own.quantity == quantity for own in before.own) or at < before.since:
            return
        kept = tuple(own for own in before.own if at - own.at <= ECHO_WITHIN)
        self._showings[record] = replace(before, quantity=quantity, since=at, own=(*kept, Own(quantity, at)))

    def read(
        self, record: str, reading: int | None, at: datetime, is_returned: bool = False, is_told: bool = False
    ) -> Cause | None:
        """The newest reading; the cause when it says something else than the one before it, or the channel just told it (`is_told`).

        Told again, the number from before our last write is that reading coming late, or somebody who typed it once more.
        """
        before = self.of(record)
        if reading == before.reading:
            return Cause.LATE if is_told and reading != before.quantity else None
        cause = told_apart(before, reading, at, is_returned)
        own = tuple(_not_echoed(before.own, reading)) if cause is Cause.ECHO else before.own
        if cause in (None, Cause.ECHO, Cause.LATE):
            self._showings[record] = replace(before, reading=reading, own=own)
        else:
            self._showings[record] = replace(before, quantity=reading, since=at, reading=reading)
        return cause

    def held(self, record: str, quantity: int | None, at: datetime, is_returned: bool = False) -> Cause | None:
        """The channel was asked and says `quantity`: that stands, whoever made it so."""
        before = self.of(record)
        cause = told_apart(replace(before, own=()), quantity, at, is_returned)
        self._showings[record] = replace(before, quantity=quantity, since=at)
        return cause


def _not_echoed(own: Iterable[Own], quantity: int | None) -> Iterable[Own]:
    """The writes that did not come back yet, older ones too: channels tell out of order, and an older one late is no edit."""
    return (write for write in own if write.quantity != quantity)
