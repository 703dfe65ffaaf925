"""What sending a plan will take: requests, the time they need at the destination's pace, and whether its day has room for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reverse_etl import destinations
from reverse_etl.feed import grouped
from reverse_etl.ledger import Ledger
from reverse_etl.plan import Plan
from reverse_etl.quota import spent
from reverse_etl.settings import Settings
from reverse_etl.sync import Sync


@dataclass(frozen=True)
class Forecast:
    """Requests that write, one a batch; look-ups of what is in doubt and retries come on top, and nobody knows how many."""

    destination: str
    requests: int
    # At the destination's pace, were nothing else sent there.
    duration: timedelta
    # Requests the destination allows in 24 hours, and those made in the last 24; None where it counts no day.
    daily: int | None
    spent: int

    @property
    def fits(self) -> bool:
        return self.daily is None or self.requests <= self.daily - self.spent

    def __str__(self) -> str:
        said = f"{self.requests} request{'' if self.requests == 1 else 's'}, {_words(self.duration)} or more"
        if self.daily is None:
            return said
        left = max(self.daily - self.spent, 0)
        if self.fits:
            return f"{said}; {self.destination} has {left} of {self.daily} a day left"
        return f"{said}; MORE THAN THE DAY HAS: {self.destination} has {left} of {self.daily} left, the rest waits"


def forecast(plan: Plan, sync: Sync, ledger: Ledger, now: datetime, settings: Settings) -> Forecast:
    """Reckon from the plan's deliveries, at the pace the owner of the host has set or else at ours."""
    destination = destinations.load(sync.destination)
    requests = len(grouped(destination, {sync.name: sync}, plan.deliveries))
    pace = destination.pace
    rate = settings.own_pace(destination.name) or pace.requests / pace.seconds
    made = 0
    if pace.daily is not None:
        with ledger.reader() as connection:
            made = spent(connection, destination.name, now)
    return Forecast(destination.name, requests, timedelta(seconds=requests / rate), pace.daily, made)


def _words(duration: timedelta) -> str:
    seconds = duration.total_seconds()
    if seconds < 1:
        return "under a second"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
