"""The circuit breaker of a destination: after so many failures in a row nobody calls it for a while, in any process.

The breaker is pybreaker's. What is added: its state lives in the operational store, so that the next process does not
hammer a dead destination either, and it goes by the caller's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import pybreaker
from sqlalchemy import Engine, delete, insert, select

from reverse_etl.ledger_store import reader
from reverse_etl.operations_tables import BREAKERS

# Many at once may fail when a destination goes down with requests in flight; chance alone does not fail so often.
FAILURES = 10
REST_SECONDS = 60.0


class StoredState(pybreaker.CircuitMemoryStorage):
    """State and opening time in the store, counters in memory. Written only when the state changes."""

    def __init__(self, engine: Engine, destination: str, clock: Callable[[], datetime]) -> None:
        super().__init__(pybreaker.STATE_CLOSED)
        self._engine, self._destination, self._clock = engine, destination, clock
        with reader(engine) as connection:
            row = connection.execute(select(BREAKERS).where(BREAKERS.c.destination == destination)).mappings().first()
        self._since: datetime | None = row["opened_at"] if row else None
        if row and row["breaker_status"] == pybreaker.STATE_OPEN:
            self._state = pybreaker.STATE_OPEN

    @property
    def state(self) -> str:
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        self._state = state
        row = {
            "destination": self._destination,
            "breaker_status": state,
            "failures": self.counter,
            "opened_at": self._since,
        }
        with self._engine.begin() as connection:
            connection.execute(delete(BREAKERS).where(BREAKERS.c.destination == self._destination))
            connection.execute(insert(BREAKERS), [row])

    @property
    def opened_at(self) -> datetime | None:
        """Shifted, because pybreaker compares it with the machine's clock: as long ago there as it is by ours."""
        return None if self._since is None else datetime.now(UTC) - (self._clock() - self._since)

    @opened_at.setter
    def opened_at(self, value: datetime) -> None:
        self._since = self._clock()


def breaker_of(engine: Engine, destination: str, clock: Callable[[], datetime]) -> pybreaker.CircuitBreaker:
    """The destination's breaker as the last process left it."""
    return pybreaker.CircuitBreaker(
        fail_max=FAILURES,
        reset_timeout=REST_SECONDS,
        state_storage=StoredState(engine, destination, clock),
        name=destination,
        throw_new_error_on_trip=False,
    )


def watching(breaker: pybreaker.CircuitBreaker) -> AbstractContextManager[Any]:
    """One call under the breaker: refused while it is open; what fails inside is counted, what does not starts anew."""
    return _Watched(breaker) if breaker.current_state == pybreaker.STATE_CLOSED else breaker.calling()


class _Watched:
    """A call while the breaker is closed: it is told of the end alone. pybreaker's own way costs a fifth of a request."""

    __slots__ = ("_breaker",)

    def __init__(self, breaker: pybreaker.CircuitBreaker) -> None:
        self._breaker = breaker

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Others may have opened it meanwhile; a call that was under way then changes nothing.
        if self._breaker.current_state != pybreaker.STATE_CLOSED:
            return
        if error is not None:
            self._breaker.call(_raise, error)
        elif self._breaker.fail_counter:
            self._breaker.call(_nothing)


def _raise(error: BaseException) -> None:
    raise error


def _nothing() -> None:
    return None
