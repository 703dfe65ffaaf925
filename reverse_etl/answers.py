"""Reading answers without trusting their shape: a malformed one is a doubt, never an exception or a guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.destination import Answer, Batch, Outcome, Result
from reverse_etl.errors import DeliveryError, InDoubt, Kind, NewKeyNeeded, RejectedRecord, RetryLater, StopSync
from reverse_etl.meanings import Meanings, short


def at(value: Any, *path: str | int) -> Any:
    """What lies at this path of a JSON value, or None where the path ends early."""
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def items(value: Any, *path: str | int) -> list[Any]:
    """The list at this path; empty when there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def accepted(destination_id: Any = None) -> Outcome:
    return Outcome(Result.ACCEPTED, destination_id=str(destination_id) if destination_id is not None else None)


def rejected(message: Any, kind: Kind = Kind.VALIDATION, code: Any = None, cause: str | None = None) -> Outcome:
    return Outcome(Result.REJECTED, kind, str(code or kind.value), short(message), cause=cause)


def doubtful(message: Any, code: str = "unknown") -> Outcome:
    return Outcome(Result.IN_DOUBT, Kind.UNKNOWN, code, short(message))


def taken_as_sent() -> Outcome:
    """What nobody can look up and nobody may say twice: over for us, open for a person."""
    return Outcome(
        Result.ACCEPTED,
        Kind.UNKNOWN,
        code="perhaps_unsent",
        message="no answer came, and sending it again might say it twice: it counts as sent, see whether it arrived",
    )


def not_applied(message: Any, kind: Kind = Kind.VALIDATION, code: Any = None, wait: float | None = None) -> Outcome:
    return Outcome(Result.NOT_APPLIED, kind, str(code or kind.value), short(message), wait=wait)


def for_all(batch: Batch, outcome: Outcome) -> dict[str, Outcome]:
    return {delivery.record_key: outcome for delivery in batch}


def complete(batch: Batch, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """One outcome for each record of the batch: one that the answer does not mention is in doubt."""
    missing = _NOT_MENTIONED
    return {delivery.record_key: outcomes.get(delivery.record_key, missing) for delivery in batch}


_NOT_MENTIONED = doubtful("the answer does not mention this record", "not_mentioned")


def raise_for_error(
    answer: Answer, meanings: Meanings, code: Any = None, message: Any = None, cause: str | None = None
) -> None:
    """Raise what the status or the code means; silent for a success without a code."""
    if code is not None or not 200 <= answer.status < 300:
        raise meanings.error(answer, code, message, cause)


def for_error(batch: Batch, error: DeliveryError) -> dict[str, Outcome]:
    """Outcomes of a whole request that ended in an error.

    A refusal of several records together says nothing about any one of them: not applied, to be sent in halves.
    """
    outcome = of_record(error)
    if len(batch) > 1 and isinstance(error, RejectedRecord):
        outcome = not_applied(error, error.kind, error.code)
    elif isinstance(error, StopSync):
        outcome = not_applied(error, error.kind, error.code, error.wait)
    return for_all(batch, outcome)


def of_record(error: DeliveryError) -> Outcome:
    """The outcome of the one record an error is about. What would stop a whole sync refuses the record it is said of."""
    result = Result.REJECTED
    if isinstance(error, NewKeyNeeded):
        result = Result.NEEDS_NEW_KEY
    elif isinstance(error, RetryLater):
        result = Result.NOT_APPLIED
    elif isinstance(error, InDoubt):
        result = Result.IN_DOUBT
    wait = error.wait if isinstance(error, RetryLater) else None
    return Outcome(result, error.kind, error.code, short(error), wait=wait, cause=error.cause)


def unreadable() -> InDoubt:
    """A success whose content is not what was asked for."""
    return InDoubt("the answer can not be read", kind=Kind.UNKNOWN, code="unreadable")
