"""Klaviyo: custom profile properties, one profile per request.

Private key in the Authorization header and a dated `revision`. `profile-import` is class L (75 a second, 700 a
minute): the pace keeps the minute. It is chosen over the bulk job because it answers at once and for its record; the
job answers "accepted for processing", and what became of a profile has to be asked for later. An upsert by e-mail
needs no key. Consent is never written. Money is text in major units.
"""

from __future__ import annotations

from collections.abc import Mapping

from reverse_etl.answers import accepted, at, complete, for_all, items, raise_for_error
from reverse_etl.destination import Answer, Batch, Destination, Outcome, Pace, References, Request, Write
from reverse_etl.money import major

REVISION = "2026-07-15"


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    payload, minor = delivery.payload, delivery.payload["net_revenue_minor"]
    properties = {
        "cartwheel_segment": payload["segment"],
        "cartwheel_r_score": payload["r_score"],
        "cartwheel_f_score": payload["f_score"],
        "cartwheel_m_score": payload["m_score"],
        "cartwheel_as_of": payload["as_of_date"],
        "cartwheel_net_revenue": None if minor is None else str(major(minor, delivery.currency_code or "")),
        "cartwheel_orders": payload["orders_count"],
        "cartwheel_rule_version": payload["rule_version"],
    }
    attributes = {"email": payload["email"], "properties": properties}
    return Request("POST", "/api/profile-import", json={"data": {"type": "profile", "attributes": attributes}})


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    raise_for_error(answer, {}, at(items(answer.body, "errors"), 0, "detail"))
    profile_id = at(answer.body, "data", "id")
    return complete(batch, for_all(batch, accepted(profile_id)) if profile_id is not None else {})


def _headers(credentials: Mapping[str, str]) -> dict[str, str]:
    return {
        "Authorization": f"Klaviyo-API-Key {credentials['api_key']}",
        "revision": REVISION,
        "Content-Type": "application/vnd.api+json",
        "Accept": "application/vnd.api+json",
    }


DESTINATION = Destination(
    name="klaviyo",
    credential_names=("api_key",),
    headers=_headers,
    writes={"profile": Write(encode=_encode, decode=_decode)},
    pace=Pace(requests=70, seconds=1.0, in_flight=8),
    request_id_header="x-klaviyo-req-id",
)
