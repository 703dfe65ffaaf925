"""Slack: messages through one incoming webhook, several lines to a message.

The address is the secret: `https://hooks.slack.com/services/` and then the webhook's own three parts, which are the
credential here and stand in a path only as a name, so that no log, plan or exception holds them. One webhook writes to
one channel. One message a second. Answers are a word, `ok` for a success. Nothing can be looked up, changed or taken
back, and there is no key: a message in doubt is not sent again (decision 0046). Text is escaped: `&`, `<`, `>`.
"""

from __future__ import annotations

from collections.abc import Mapping

from reverse_etl.answers import accepted, complete, for_all, raise_for_error, unreadable
from reverse_etl.destination import Answer, Batch, Destination, Outcome, Pace, References, Request, Write
from reverse_etl.errors import ConfigurationError, InDoubt, Kind, RejectedRecord, StopSync
from reverse_etl.meanings import Meanings
from reverse_etl.plan import Delivery

PATH = "/services/{webhook_token}"
# Slack cuts a text at 40,000 characters and asks for 4,000 at most; a batch is twenty lines.
_LONGEST_LINE = 190

_GONE = (StopSync, Kind.GONE)
MEANINGS = Meanings(
    # An address that is unknown or gone is not this record's fault: every other message would end there too.
    errors={404: _GONE, 410: _GONE},
    codes={
        "invalid_payload": (RejectedRecord, Kind.VALIDATION),
        "no_text": (RejectedRecord, Kind.VALIDATION),
        "action_prohibited": (StopSync, Kind.AUTH),
        "invalid_token": (StopSync, Kind.AUTH),
        "no_active_hooks": _GONE,
        "no_service": _GONE,
        "no_team": _GONE,
        "team_disabled": (ConfigurationError, Kind.GONE),
        "channel_not_found": _GONE,
        "channel_is_archived": _GONE,
        "rollup_error": (InDoubt, Kind.TRANSIENT),
    },
)


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    return Request("POST", PATH, json={"text": "\n".join(line_of(delivery) for delivery in batch)})


def line_of(delivery: Delivery) -> str:
    """One record's line, escaped as Slack asks and on one line whatever a title holds."""
    said = " ".join(str(delivery.payload["message"]).split())[:_LONGEST_LINE]
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    said = answer.body if isinstance(answer.body, str) else ""
    if not 200 <= answer.status < 300:
        raise_for_error(answer, MEANINGS, said if said in MEANINGS.codes else None)
    if said != "ok":
        raise unreadable()
    return complete(batch, for_all(batch, accepted()))


DESTINATION = Destination(
    name="slack",
    credential_names=("webhook_token",),
    headers=lambda credentials: {},
    writes={
        "message": Write(
            encode=_encode,
            decode=_decode,
            owns=frozenset({"text"}),
            marks_by_hand=lambda delivery: {"message": str(delivery.payload["message"])},
        )
    },
    pace=Pace(requests=1, seconds=1.0, in_flight=1),
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
    answers_in_words=True,
)
