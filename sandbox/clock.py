"""The world's own time: it moves only when something happens or an operator moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# The world opens the morning after the golden month has ended everywhere on earth.
OPENING = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)


class Clock:
    """A clock that is told the time."""

    def __init__(self, start: datetime = OPENING) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float = 1.0) -> datetime:
        """Move forward and return the new time; never backwards."""
        if seconds < 0:
            raise ValueError("the world's clock does not run backwards")
        self._now += timedelta(seconds=seconds)
        return self._now
