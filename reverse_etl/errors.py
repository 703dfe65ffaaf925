"""What went wrong while writing to a destination, named by what the caller must do.

* DeliveryError
  - RetryLater            certainly no effect: send the same thing again, after `wait` seconds when the destination said so
    - NewKeyNeeded        as above, but under a fresh idempotency key: the destination has burnt the old one
  - RejectedRecord        certainly no effect, and none will come from trying again: a person or a new plan is needed
  - InDoubt               perhaps an effect: look it up, or resend under the same key, never anew
    - Unforeseen          the program met what it was not written for: hold this record back, go on with the others
  - StopSync              no effect, and every further record would fail alike: stop, fix access, push again
    - ConfigurationError  set or correct the named key or declaration

Messages carry the destination's own words and request id, cut short; never a header, a credential or a payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from types import TracebackType


class Kind(StrEnum):
    """Why, in the words the operator's queue groups by."""

    TRANSIENT = "transient"
    THROTTLED = "throttled"
    AUTH = "auth"
    VALIDATION = "validation"
    CONFLICT = "conflict"
    GONE = "gone"
    UNKNOWN = "unknown"


UNFORESEEN = "unforeseen"


class DeliveryError(Exception):
    """Base of everything the engine raises on purpose. `cause` names what many records may fail for, e.g. 'item Tip'."""

    def __init__(
        self,
        message: str,
        *,
        kind: Kind = Kind.UNKNOWN,
        code: str = "",
        wait: float | None = None,
        cause: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code or kind.value
        self.wait = wait
        self.cause = cause


class RetryLater(DeliveryError):
    pass


class NewKeyNeeded(RetryLater):
    pass


class RejectedRecord(DeliveryError):
    pass


class InDoubt(DeliveryError):
    pass


class Unforeseen(InDoubt):
    """Names the type alone: the message of an error that nobody foresaw may quote a payload or a credential."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"unforeseen {type(error).__name__}", code=UNFORESEEN)


class StopSync(DeliveryError):
    pass


class ConfigurationError(StopSync):
    pass


class _Foreseen:
    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, DeliveryError):
            raise Unforeseen(error) from error


_FORESEEN = _Foreseen()


def foreseen() -> AbstractContextManager[None]:
    """Whatever else goes wrong inside comes out as Unforeseen: what one record breaks on must not end the others' work."""
    return _FORESEEN


Meaning = tuple[type[DeliveryError], Kind]
ErrorTable = Mapping[int, Meaning]
CodeTable = Mapping[str, Meaning]

# 500, 502 and 504 are answers of a machine that may have done the work before it failed, so they are never "no effect";
# 503 and 429 are refusals at the door. A destination overrides a row where its documentation says otherwise.
STATUS_ERRORS: ErrorTable = {
    400: (RejectedRecord, Kind.VALIDATION),
    401: (StopSync, Kind.AUTH),
    402: (StopSync, Kind.AUTH),
    403: (StopSync, Kind.AUTH),
    404: (RejectedRecord, Kind.GONE),
    408: (InDoubt, Kind.TRANSIENT),
    409: (RejectedRecord, Kind.CONFLICT),
    410: (RejectedRecord, Kind.GONE),
    413: (RejectedRecord, Kind.VALIDATION),
    422: (RejectedRecord, Kind.VALIDATION),
    423: (RetryLater, Kind.TRANSIENT),
    425: (RetryLater, Kind.TRANSIENT),
    429: (RetryLater, Kind.THROTTLED),
    503: (RetryLater, Kind.TRANSIENT),
}


def for_status(status: int, table: ErrorTable) -> tuple[type[DeliveryError], Kind]:
    """The error a status means: the destination's own row, then the general one; an unlisted status is a doubt."""
    found = table.get(status) or STATUS_ERRORS.get(status)
    if found is not None:
        return found
    return (RejectedRecord, Kind.VALIDATION) if 400 <= status < 500 else (InDoubt, Kind.TRANSIENT)
