"""When some of a batch are sent once more within the same run: which outcomes ask for it, and how long to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from reverse_etl.client import LONGEST_HOLD
from reverse_etl.delivery import Delivery
from reverse_etl.destination import Outcome, Result
from reverse_etl.errors import DeliveryError, InDoubt, Kind, RetryLater

TRIES = 5
_PASSING = (Kind.TRANSIENT, Kind.THROTTLED)


class Again(Exception):
    """Some records of a batch are to be sent once more, when what `why` asks for has passed."""

    def __init__(self, batch: Sequence[Delivery], why: DeliveryError) -> None:
        super().__init__("again")
        self.batch = batch
        self.why = why


async def until_done(
    again: Again, once: Callable[[Sequence[Delivery]], Awaitable[None]], sleep: Callable[[float], Awaitable[None]]
) -> Again | None:
    """Send what is left of a batch after its first try, up to the last; what is left then, None when nothing is.

    Apart from the first try, because nearly every batch needs one only, and tenacity costs as much as a request.
    """
    await sleep(_pause(again, 1))
    try:
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(TRIES - 1),
            wait=_wait,
            retry=retry_if_exception_type(Again),
            sleep=sleep,
            reraise=True,
        ):
            with attempt:
                try:
                    await once(again.batch)
                except Again as once_more:
                    again = once_more
                    raise
    except Again:
        return again
    return None


def refused_together(outcomes: Mapping[str, Outcome]) -> bool:
    """Were all refused for what they hold, with no record named? Waiting or a new key would not help then."""
    return all(
        outcome.result is Result.NOT_APPLIED and outcome.wait is None and outcome.kind not in _PASSING
        for outcome in outcomes.values()
    )


def why(outcome: Outcome) -> DeliveryError:
    """An outcome that is no end, as the error it was."""
    error = InDoubt if outcome.result is Result.IN_DOUBT else RetryLater
    return error(
        outcome.message or outcome.code, kind=outcome.kind or Kind.UNKNOWN, code=outcome.code, wait=outcome.wait
    )


def _wait(state: RetryCallState) -> float:
    """Tenacity's question, how long before the next try."""
    error = state.outcome.exception() if state.outcome else None
    return _pause(error, state.attempt_number + 1) if isinstance(error, Again) else 0.0


def _pause(again: Again, tries: int) -> float:
    """What the destination asked for, else ever longer with jitter; seconds."""
    if again.why.wait is not None:
        return min(again.why.wait, LONGEST_HOLD)
    return float(_GROWING(_Tried(tries)))


@dataclass(frozen=True)
class _Tried:
    """The one thing of a retry's state that the growing wait looks at."""

    attempt_number: int


_GROWING: Callable[[Any], float] = wait_exponential_jitter(initial=0.25, max=20)
