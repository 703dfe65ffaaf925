"""Reading answers without trusting their shape: a malformed one is a doubt, never an exception or a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reverse_etl.destination import Answer, Batch, Outcome, Result
from reverse_etl.errors import DeliveryError, ErrorTable, InDoubt, Kind, RejectedRecord, RetryLater, for_status

# Enough of the destination's words to act on; an answer may quote the whole payload back.
_WORDS = 300


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


def rejected(message: Any, kind: Kind = Kind.VALIDATION, code: Any = None) -> Outcome:
    return Outcome(Result.REJECTED, kind, str(code or kind.value), _short(message))


def doubtful(message: Any, code: str = "unknown") -> Outcome:
    return Outcome(Result.IN_DOUBT, Kind.UNKNOWN, code, _short(message))


def not_applied(message: Any, kind: Kind = Kind.VALIDATION, code: Any = None, wait: float | None = None) -> Outcome:
    return Outcome(Result.NOT_APPLIED, kind, str(code or kind.value), _short(message), wait=wait)


def for_all(batch: Batch, outcome: Outcome) -> dict[str, Outcome]:
    return {delivery.record_key: outcome for delivery in batch}


def complete(batch: Batch, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """One outcome for each record of the batch: one that the answer does not mention is in doubt."""
    missing = doubtful("the answer does not mention this record", "not_mentioned")
    return {delivery.record_key: outcomes.get(delivery.record_key, missing) for delivery in batch}


def raise_for_error(answer: Answer, table: ErrorTable, message: Any = None) -> None:
    """Raise what the status means; silent for a success."""
    if 200 <= answer.status < 300:
        return
    error, kind = for_status(answer.status, table)
    said = _short(message) if message else f"HTTP {answer.status}"
    raise error(f"{said}{_reference(answer)}", kind=kind, code=f"http_{answer.status}", wait=retry_after(answer))


def retry_after(answer: Answer) -> float | None:
    """Seconds the destination asked to wait, when it said so in seconds."""
    value = answer.headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        return None


def for_error(batch: Batch, error: DeliveryError) -> dict[str, Outcome]:
    """Outcomes of a whole request that ended in an error.

    A refusal of several records together says nothing about any one of them: not applied, to be sent in halves.
    """
    if isinstance(error, InDoubt):
        outcome = Outcome(Result.IN_DOUBT, error.kind, error.code, _short(error))
    elif isinstance(error, RejectedRecord) and len(batch) == 1:
        outcome = Outcome(Result.REJECTED, error.kind, error.code, _short(error))
    else:
        wait = error.wait if isinstance(error, RetryLater) else None
        outcome = Outcome(Result.NOT_APPLIED, error.kind, error.code, _short(error), wait=wait)
    return for_all(batch, outcome)


def first_message(errors: Iterable[Any], *path: str | int) -> str | None:
    for error in errors:
        found = at(error, *path)
        if found:
            return str(found)
    return None


def _short(message: Any) -> str:
    return str(message)[:_WORDS]


def _reference(answer: Answer) -> str:
    return f" (request {answer.request_id})" if answer.request_id else ""
