"""HubSpot CRM: contact properties by batch upsert on e-mail.

Bearer token of a private app. 190 requests per rolling 10 seconds and 650,000 a day; every answer tells what is left of
both, and 429 says which window is full. An upsert on a unique property needs no key. Each input carries an
`objectWriteTraceId`, which makes the batch answer per record (207). What we wrote is taken back by `batch/update`, which
unlike the upsert makes no contact that is not there. Money is text in major units, as all property values are text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from reverse_etl.answers import accepted, at, complete, items, of_record, unreadable
from reverse_etl.destination import (
    Answer,
    Batch,
    Destination,
    Outcome,
    Pace,
    ReadBack,
    ReadMany,
    References,
    Request,
    Write,
)
from reverse_etl.errors import DeliveryError, InDoubt, Kind, RejectedRecord, RetryLater, StopSync
from reverse_etl.meanings import Meanings
from reverse_etl.plan import Action, Delivery
from reverse_etl.reading import settled_by
from reverse_etl.score_properties import PROPERTIES, held, shown

_CONTACTS = "/crm/v3/objects/contacts"
PACE = Pace(requests=190, seconds=10.0, in_flight=4, daily=650_000)

MEANINGS = Meanings(
    # Their account is being moved between data centres; no work is done meanwhile.
    errors={477: (RetryLater, Kind.TRANSIENT)},
    codes={
        "VALIDATION_ERROR": (RejectedRecord, Kind.VALIDATION),
        "INVALID_EMAIL": (RejectedRecord, Kind.VALIDATION),
        "PROPERTY_DOESNT_EXIST": (RejectedRecord, Kind.VALIDATION),
        "OBJECT_NOT_FOUND": (RejectedRecord, Kind.GONE),
        "CONFLICT": (RejectedRecord, Kind.CONFLICT),
        "OBJECT_ALREADY_EXISTS": (RejectedRecord, Kind.CONFLICT),
        "INVALID_AUTHENTICATION": (StopSync, Kind.AUTH),
        "EXPIRED_AUTHENTICATION": (StopSync, Kind.AUTH),
        "MISSING_SCOPES": (StopSync, Kind.AUTH),
        "BANNED": (StopSync, Kind.AUTH),
        "RATE_LIMITS": (RetryLater, Kind.THROTTLED),
        "TEN_SECONDLY_ROLLING": (RetryLater, Kind.THROTTLED),
        # Nobody sleeps until midnight with a lease in hand.
        "DAILY": (StopSync, Kind.THROTTLED),
        "INTERNAL_ERROR": (InDoubt, Kind.TRANSIENT),
    },
    # By then the whole window has rolled by.
    waits={"TEN_SECONDLY_ROLLING": 10.0},
)


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    # An empty text clears a property; leaving it out would keep the old value.
    inputs = [_input(delivery, {"email": delivery.payload["email"], **shown(delivery)}) for delivery in batch]
    return Request("POST", f"{_CONTACTS}/batch/upsert", json={"inputs": inputs})


def _encode_delete(batch: Batch, request_key: str, references: References) -> Request:
    inputs = [_input(delivery, shown(delivery)) for delivery in batch]
    return Request("POST", f"{_CONTACTS}/batch/update", json={"inputs": inputs})


def _input(delivery: Delivery, properties: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": delivery.payload["email"],
        "idProperty": "email",
        "objectWriteTraceId": delivery.idempotency_key,
        "properties": properties,
    }


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    _raise_for_error(answer)
    by_email = {delivery.payload["email"].lower(): delivery for delivery in batch}
    by_trace = {delivery.idempotency_key: delivery for delivery in batch}
    outcomes = {}
    for result in items(answer.body, "results"):
        delivery = by_trace.get(str(at(result, "objectWriteTraceId"))) or by_email.get(
            str(at(result, "properties", "email")).lower()
        )
        if delivery is not None and at(result, "id") is not None:
            outcomes[delivery.record_key] = accepted(at(result, "id"))
    for error in items(answer.body, "errors"):
        refusal = _error(answer, error)
        for trace in items(error, "context", "objectWriteTraceId"):
            delivery = by_trace.get(str(trace))
            if delivery is not None:
                outcomes[delivery.record_key] = _refused(delivery, refusal)
    return complete(batch, outcomes)


def _refused(delivery: Delivery, error: DeliveryError) -> Outcome:
    """A contact that is not there any more holds nothing of ours, which is what a deletion wants."""
    if delivery.action is Action.DELETE and error.kind is Kind.GONE:
        return accepted()
    return of_record(error)


def _raise_for_error(answer: Answer) -> None:
    if not 200 <= answer.status < 300:
        raise _error(answer, answer.body)


def _error(answer: Answer, said: Any) -> DeliveryError:
    """The error of a body or of one entry of its errors; its first detail is the more exact code."""
    detail = at(said, "errors", 0)
    code = at(said, "policyName") or at(detail, "code") or at(said, "category")
    name = at(detail, "context", "propertyName", 0)
    cause = f"property {name}" if name and code == "PROPERTY_DOESNT_EXIST" else None
    if str(code) not in MEANINGS.codes:
        code = at(said, "category")
    return MEANINGS.error(answer, code, at(said, "message"), cause)


def _read(delivery: Delivery, references: References) -> Request:
    asked = {"idProperty": "email", "properties": ",".join(("email", *PROPERTIES.values()))}
    return Request("GET", f"{_CONTACTS}/{quote(delivery.payload['email'], safe='')}", asked)


def _held(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    if answer.status == 404 and at(answer.body, "category") == "OBJECT_NOT_FOUND":
        return None
    _raise_for_error(answer)
    properties = at(answer.body, "properties")
    if not isinstance(properties, Mapping) or at(answer.body, "id") is None:
        raise unreadable()
    return held(properties, delivery.currency_code or "")


def _read_many(batch: Batch, references: References) -> Request:
    asked = {"idProperty": "email", "properties": ["email", *PROPERTIES.values()]}
    inputs = [{"id": delivery.payload["email"]} for delivery in batch]
    return Request("POST", f"{_CONTACTS}/batch/read", json={**asked, "inputs": inputs})


def _held_many(batch: Batch, answer: Answer) -> dict[str, dict[str, Any] | None]:
    """Those found under the address they were asked by, and those said not to be there. A merged contact is neither."""
    _raise_for_error(answer)
    found: dict[str, dict[str, Any] | None] = {}
    by_email = {delivery.payload["email"].lower(): delivery for delivery in batch}
    for result in items(answer.body, "results"):
        properties = at(result, "properties")
        delivery = by_email.get(str(at(properties, "email")).lower())
        if delivery is not None and at(result, "id") is not None:
            found[delivery.record_key] = held(properties, delivery.currency_code or "")
    for error in items(answer.body, "errors"):
        if at(error, "category") == "OBJECT_NOT_FOUND":
            absent = [by_email.get(str(email).lower()) for email in items(error, "context", "ids")]
            found |= {delivery.record_key: None for delivery in absent if delivery is not None}
    return found


def _hold(answer: Answer) -> float:
    """Their rolling window tells what is left: nothing more until it has room for all that may be in flight."""
    left = _number(answer, "remaining")
    if left is None or left >= PACE.in_flight:
        return 0.0
    window = (_number(answer, "interval-milliseconds") or 10_000) / 1000
    return window * (PACE.in_flight - left) / PACE.in_flight


def _number(answer: Answer, name: str) -> float | None:
    said = answer.headers.get(f"x-hubspot-ratelimit-{name}", "")
    return float(said) if said.isdecimal() else None


_MOST = 100
_READ_BACK = ReadBack(_read, _held, ReadMany(_read_many, _held_many, _MOST))
_ENVELOPE = ("id", "idProperty", "objectWriteTraceId", "properties.email")

DESTINATION = Destination(
    name="hubspot",
    credential_names=("access_token",),
    headers=lambda credentials: {"Authorization": f"Bearer {credentials['access_token']}"},
    writes={
        "contact": Write(
            encode=_encode,
            decode=_decode,
            look_up=settled_by(_READ_BACK),
            read_back=_READ_BACK,
            encode_delete=_encode_delete,
            marks_by_hand=shown,
            owns=frozenset(
                f"inputs.{name}" for name in (*_ENVELOPE, *(f"properties.{name}" for name in PROPERTIES.values()))
            ),
        )
    },
    pace=PACE,
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
    hold=_hold,
    request_id_header="x-hubspot-correlation-id",
)
