"""Klaviyo: custom profile properties, one profile per request.

Private key in the Authorization header and a dated `revision`. `profile-import` is class L: 75 a second, which the pace
keeps, and 750 a minute in fixed windows, whose state the RateLimit headers tell. It is chosen over the bulk job because
it answers at once and for its record; the job answers "accepted for processing", and what became of a profile has to be
asked for later. An upsert by e-mail needs no key; null clears a property and absent keeps it. Consent is never written.
Money is text in major units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, for_all, items, raise_for_error, unreadable
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
from reverse_etl.errors import ConfigurationError, InDoubt, Kind, RejectedRecord, RetryLater, StopSync
from reverse_etl.meanings import Meanings
from reverse_etl.plan import Delivery
from reverse_etl.reading import settled_by
from reverse_etl.score_properties import PROPERTIES, held, shown, touched, written

REVISION = "2026-07-15"
# Addresses in one filter, and profiles on one page.
_MOST = 100
PACE = Pace(requests=75, seconds=1.0, in_flight=8)

MEANINGS = Meanings(
    codes={
        "not_authenticated": (StopSync, Kind.AUTH),
        "authentication_failed": (StopSync, Kind.AUTH),
        "permission_denied": (StopSync, Kind.AUTH),
        "throttled": (RetryLater, Kind.THROTTLED),
        "invalid": (RejectedRecord, Kind.VALIDATION),
        "parse_error": (RejectedRecord, Kind.VALIDATION),
        "not_found": (RejectedRecord, Kind.GONE),
        "duplicate_profile": (RejectedRecord, Kind.CONFLICT),
        "invalid_revision": (ConfigurationError, Kind.VALIDATION),
        "not_acceptable": (ConfigurationError, Kind.VALIDATION),
        "unsupported_media_type": (ConfigurationError, Kind.VALIDATION),
        "method_not_allowed": (ConfigurationError, Kind.VALIDATION),
        "error": (InDoubt, Kind.TRANSIENT),
        "service_unavailable": (RetryLater, Kind.TRANSIENT),
    }
)


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    return _import(delivery, written(delivery))


def _encode_delete(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    return _import(delivery, dict.fromkeys(touched(delivery).values()))


def _import(delivery: Delivery, properties: Mapping[str, Any]) -> Request:
    attributes = {"email": delivery.payload["email"], "properties": properties}
    return Request("POST", "/api/profile-import", json={"data": {"type": "profile", "attributes": attributes}})


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    _raise_for_error(answer)
    profile_id = at(answer.body, "data", "id")
    return complete(batch, for_all(batch, accepted(profile_id)) if profile_id is not None else {})


def _raise_for_error(answer: Answer) -> None:
    if not 200 <= answer.status < 300:
        error = at(items(answer.body, "errors"), 0)
        raise_for_error(answer, MEANINGS, at(error, "code"), at(error, "detail") or at(error, "title"))


def _read(delivery: Delivery, references: References) -> Request:
    return _profiles(f"equals(email,{_quoted(delivery)})")


def _held(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    profiles = _found(answer)
    return _properties(delivery, profiles[0]) if profiles else None


def _read_many(batch: Batch, references: References) -> Request:
    return _profiles(f"any(email,[{','.join(_quoted(delivery) for delivery in batch)}])", {"page[size]": str(_MOST)})


def _held_many(batch: Batch, answer: Answer) -> dict[str, dict[str, Any] | None]:
    """Who is not among the profiles is not there, unless one came under another address than was asked for."""
    profiles = _found(answer)
    by_email = {str(delivery.payload["email"]).lower(): delivery for delivery in batch}
    found: dict[str, dict[str, Any] | None] = {}
    are_known = at(answer.body, "links", "next") is None
    for profile in profiles:
        delivery = by_email.get(str(at(profile, "attributes", "email")).lower())
        if delivery is None:
            are_known = False
        else:
            found[delivery.record_key] = _properties(delivery, profile)
    absent = [delivery.record_key for delivery in batch if delivery.record_key not in found]
    return found | (dict.fromkeys(absent) if are_known else {})


def _profiles(asked: str, more: Mapping[str, str] | None = None) -> Request:
    return Request("GET", "/api/profiles", {"filter": asked, "fields[profile]": "email,properties", **(more or {})})


def _quoted(delivery: Delivery) -> str:
    escaped = str(delivery.payload["email"]).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _found(answer: Answer) -> list[Any]:
    _raise_for_error(answer)
    profiles = at(answer.body, "data")
    if not isinstance(profiles, list):
        raise unreadable()
    return profiles


def _properties(delivery: Delivery, profile: Any) -> dict[str, Any]:
    properties = at(profile, "attributes", "properties")
    if not isinstance(properties, Mapping):
        raise unreadable()
    return held(properties, delivery.currency_code or "")


def _hold(answer: Answer) -> float:
    """When the minute's window has no room left for all that may be in flight, the next one is waited for."""
    left, reset = (answer.headers.get(f"ratelimit-{name}", "") for name in ("remaining", "reset"))
    if not (left.isdecimal() and reset.isdecimal()):
        return 0.0
    return float(reset) if int(left) < PACE.in_flight else 0.0


def _headers(credentials: Mapping[str, str]) -> dict[str, str]:
    return {
        "Authorization": f"Klaviyo-API-Key {credentials['api_key']}",
        "revision": REVISION,
        "Content-Type": "application/vnd.api+json",
        "Accept": "application/vnd.api+json",
    }


_READ_BACK = ReadBack(_read, _held, ReadMany(_read_many, _held_many, _MOST))
_OWNED = ("type", "attributes.email", *(f"attributes.properties.{name}" for name in PROPERTIES.values()))

DESTINATION = Destination(
    name="klaviyo",
    credential_names=("api_key",),
    headers=_headers,
    writes={
        "profile": Write(
            encode=_encode,
            decode=_decode,
            look_up=settled_by(_READ_BACK),
            read_back=_READ_BACK,
            encode_delete=_encode_delete,
            marks_by_hand=shown,
            owns=frozenset(f"data.{name}" for name in _OWNED),
        )
    },
    pace=PACE,
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
    hold=_hold,
    request_id_header="x-klaviyo-req-id",
)
