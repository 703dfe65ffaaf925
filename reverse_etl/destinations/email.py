"""E-mail: messages to people through a mail server of the user's own, several lines to a message.

The base URL is the server's, `smtp://host:587` or `smtps://host:465`; login, sender and recipients are settings. What
SMTP answers stands for statuses: 4xx says later, 5xx says no, and either way nothing was taken. Nothing can be looked up
or taken back, so a message in doubt is not sent again (decision 0046); its `Message-ID` is the key of the request all the
same, for a mailbox that folds repeats.
"""

from __future__ import annotations

from collections.abc import Mapping

from reverse_etl.answers import accepted, complete, for_all, raise_for_error
from reverse_etl.destination import Answer, Batch, Destination, Outcome, Pace, References, Request, Write
from reverse_etl.errors import Kind, RejectedRecord, RetryLater, StopSync
from reverse_etl.meanings import Meanings
from reverse_etl.plan import Delivery

_LONGEST_LINE = 190
_LONGEST_SUBJECT = 120

_LOGIN = (StopSync, Kind.AUTH)
# A mailbox that is not there, moved or named wrongly would refuse every other message too.
_MAILBOX = (StopSync, Kind.GONE)
MEANINGS = Meanings(
    errors=dict.fromkeys(range(400, 500), (RetryLater, Kind.TRANSIENT))
    | dict.fromkeys(range(500, 600), (RejectedRecord, Kind.VALIDATION))
    | dict.fromkeys((530, 534, 535, 538), _LOGIN)
    | dict.fromkeys((521, 550, 551, 553, 556), _MAILBOX)
    | {452: (RetryLater, Kind.THROTTLED)},
)


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    lines = [line_of(delivery) for delivery in batch]
    subject = lines[0] if len(lines) == 1 else f"Stock: {len(lines)} SKUs are low or back"
    said = {"subject": subject[:_LONGEST_SUBJECT], "text": "\n".join(lines) + "\n", "message_id": request_key}
    return Request("POST", "/", json=said)


def line_of(delivery: Delivery) -> str:
    """One record's line, on one line whatever a title holds."""
    return " ".join(str(delivery.payload["message"]).split())[:_LONGEST_LINE]


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    raise_for_error(answer, MEANINGS, message=answer.body)
    return complete(batch, for_all(batch, accepted()))


DESTINATION = Destination(
    name="email",
    credential_names=("username", "password", "sender", "recipients"),
    headers=lambda credentials: {},
    writes={
        "message": Write(
            encode=_encode,
            decode=_decode,
            owns=frozenset({"subject", "text", "message_id"}),
            marks_by_hand=lambda delivery: {"message": str(delivery.payload["message"])},
        )
    },
    pace=Pace(requests=1, seconds=1.0, in_flight=1),
    errors=MEANINGS.errors,
    answers_in_words=True,
)
