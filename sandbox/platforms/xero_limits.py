"""How often Xero may be called: by the minute, by the rolling day and at once; what is left stands in each answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.pacing import Window

PER_DAY = 5000
AT_ONCE = 5
DAY = timedelta(hours=24)


class Throttled(Exception):
    """A call too many: which limit, and seconds to wait."""

    def __init__(self, problem: str, seconds: int) -> None:
        super().__init__(problem)
        self.problem, self.seconds = problem, seconds


class Limits:
    """Counts calls of one organisation."""

    def __init__(self, clock: Clock, minute: Window, per_day: int = PER_DAY) -> None:
        self._clock, self.minute, self.per_day = clock, minute, per_day
        self._calls: deque[datetime] = deque()
        self._running = 0

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call under way; raises Throttled instead when a limit is met."""
        now = self._clock.now()
        while self._calls and now - self._calls[0] >= DAY:
            self._calls.popleft()
        if len(self._calls) >= self.per_day:
            raise Throttled("day", max(1, int((self._calls[0] + DAY - now).total_seconds())))
        if self._running >= AT_ONCE:
            raise Throttled("concurrent", 1)
        if not self.minute.take():
            raise Throttled("minute", self.minute.seconds_to_next)
        self._calls.append(now)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def use_up_the_day(self) -> None:
        """As if the day's calls had all been made just now."""
        self._calls.extend([self._clock.now()] * (self.per_day - len(self._calls)))

    def headers(self) -> dict[str, str]:
        return {
            "X-MinLimit-Remaining": str(self.minute.remaining),
            "X-DayLimit-Remaining": str(max(0, self.per_day - len(self._calls))),
            "X-AppMinLimit-Remaining": "9999",
        }
