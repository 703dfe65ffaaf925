"""What a destination declares: two pure functions per object (encode, decode), how to look a record up, and tables.

A destination does not sleep, loop, open a socket or know the ledger; push.py does that with what is declared here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reverse_etl.errors import CodeTable, ErrorTable, Kind
from reverse_etl.plan import Delivery

# What was read before the first write, e.g. {"items": {"Product": "1"}}, and under UPSTREAM the destination's ids of
# the documents a delivery waited for, by their record keys.
References = Mapping[str, Mapping[str, str]]
UPSTREAM = "upstream"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back: status, JSON body with Decimals (None when it is no JSON), and the destination's own request id."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None


class Result(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"
    # Certainly without effect and not this record's fault: its batch was refused, or the destination asked to wait.
    NOT_APPLIED = "not_applied"
    # As above, and the destination wants a fresh idempotency key for the next try.
    NEEDS_NEW_KEY = "needs_new_key"


@dataclass(frozen=True)
class Outcome:
    result: Result
    kind: Kind | None = None
    code: str = ""
    message: str = ""
    destination_id: str | None = None
    wait: float | None = None
    # What many records may fail for alike, e.g. 'item Surcharge': they are one trouble, not two hundred.
    cause: str | None = None


Outcomes = Mapping[str, Outcome]
Batch = Sequence[Delivery]


@dataclass(frozen=True)
class LookUpMany:
    """Asking for several records of one object in one request, at most `most`.

    `found` says of each record key what LookUp.found says of one; a key it leaves out is asked for alone.
    """

    encode: Callable[[Batch, References], Request]
    found: Callable[[Batch, Answer], Mapping[str, Outcome | None]]
    most: int
    documents: Callable[[Batch, Answer], Iterable[Request]] = lambda batch, answer: ()


@dataclass(frozen=True)
class LookUp:
    """Asking the destination for a record by our own reference.

    `found` gives an Outcome when the destination's state settles the matter (already there, or impossible), None when
    the record is certainly not there and may be sent. Where a list only names what has to be read, `documents` asks for
    each, and their bodies lie under `documents` beside the list's own when `found` is asked.
    """

    encode: Callable[[Delivery, References], Request]
    found: Callable[[Delivery, Answer], Outcome | None]
    many: LookUpMany | None = None
    documents: Callable[[Delivery, Answer], Iterable[Request]] = lambda delivery, answer: ()

    @property
    def alone(self) -> LookUpMany:
        """The same question about one record."""
        return LookUpMany(
            encode=lambda batch, references: self.encode(batch[0], references),
            found=lambda batch, answer: {batch[0].record_key: self.found(batch[0], answer)},
            most=1,
            documents=lambda batch, answer: self.documents(batch[0], answer),
        )


@dataclass(frozen=True)
class ReadMany:
    """What ReadBack asks, of several records in one request; `read` leaves out what the answer does not speak of."""

    encode: Callable[[Batch, References], Request]
    read: Callable[[Batch, Answer], Mapping[str, Mapping[str, Any] | None]]
    most: int


@dataclass(frozen=True)
class ReadBack:
    """Asking the destination what it holds of a record now.

    `read` gives the values it holds under our own field names and in our own types (only those fields that can be
    compared), or None when the record is not there.
    """

    encode: Callable[[Delivery, References], Request]
    read: Callable[[Delivery, Answer], Mapping[str, Any] | None]
    many: ReadMany | None = None


@dataclass(frozen=True)
class ReferenceReads:
    """Reads done once per push, before the first write that needs them; each yields one table of References.

    `next` gives the request for the page after this answer, None when it was the last.
    """

    requests: Mapping[str, Request]
    read: Callable[[str, Answer], Mapping[str, str]]
    next: Callable[[str, Answer], Request | None] = lambda table, answer: None


@dataclass(frozen=True)
class Write:
    """One object of a destination. `decode` gives outcomes by record key; a key it leaves out is in doubt."""

    encode: Callable[[Batch, str, References], Request]
    decode: Callable[[Batch, Answer], Outcomes]
    look_up: LookUp | None = None
    read_back: ReadBack | None = None
    # Takes back what we wrote (Mode.MIRROR); answers are decoded like writes.
    encode_delete: Callable[[Batch, str, References], Request] | None = None
    # The destination's own names of what we may write; a request with any other never leaves. See ownership.py.
    owns: frozenset[str] = frozenset()
    # Records in one request must share this, e.g. the product whose variations a batch addresses.
    group: Callable[[Delivery], str] = lambda delivery: ""
    references: ReferenceReads | None = None
    # What a person who does this by hand must put where, so that a look-up finds it: {"private note": our record key}.
    marks_by_hand: Callable[[Delivery], Mapping[str, str]] = lambda delivery: {"record": delivery.record_key}


@dataclass(frozen=True)
class Pace:
    """Requests allowed per period of seconds, and how many may be in flight."""

    requests: float
    seconds: float
    in_flight: int = 8
    # Requests per rolling day, where the vendor counts them.
    daily: int | None = None


@dataclass(frozen=True)
class Grant:
    """Where access tokens come from, for destinations whose credentials are a client's id and secret."""

    # base URL of the connection → address of the token service.
    url: Callable[[str], str]
    # Credentials → the form that asks for a token.
    form: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda names: {"grant_type": "client_credentials"}
    # Whether the client signs the form with its id and secret (Basic); else they stand in it.
    is_signed: bool = True
    # Token → the headers a request carries it in.
    carried_by: Callable[[str], Mapping[str, str]] = lambda token: {"Authorization": f"Bearer {token}"}
    # Statuses that may mean that the token is no longer good.
    refused_as: frozenset[int] = frozenset({401})


@dataclass(frozen=True)
class Destination:
    name: str
    credential_names: tuple[str, ...]
    headers: Callable[[Mapping[str, str]], Mapping[str, str]]
    writes: Mapping[str, Write]
    pace: Pace
    errors: ErrorTable = field(default_factory=dict)
    # The vendor's error codes that mean something else than their status: code → (error, kind).
    codes: CodeTable = field(default_factory=dict)
    # Seconds every further request must wait after this answer, read from the vendor's own meter; 0 = go on.
    hold: Callable[[Answer], float] = lambda answer: 0.0
    request_id_header: str = "x-request-id"
    # Hosts of the vendor that are meant for trying out; any other public host counts as production.
    sandbox_hosts: tuple[str, ...] = ()
    # Where answers are bare words, not JSON: `Answer.body` is then that text.
    answers_in_words: bool = False
    # Set where requests carry an access token that is fetched with `client_id` and `client_secret`.
    grant: Grant | None = None
