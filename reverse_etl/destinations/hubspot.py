"""HubSpot CRM: contact properties by batch upsert on e-mail.

Bearer token of a private app. 190 requests per 10 seconds; 429 says which window is full. An upsert on a unique
property needs no key. Each input carries an `objectWriteTraceId`, which makes the batch answer per record (207).
Money is text in major units, as all property values are text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, items, raise_for_error, rejected
from reverse_etl.destination import Answer, Batch, Destination, Outcome, Pace, References, Request, Write
from reverse_etl.errors import Kind, StopSync
from reverse_etl.money import major
from reverse_etl.plan import Delivery

_UPSERT = "/crm/v3/objects/contacts/batch/upsert"
_KINDS = {"OBJECT_NOT_FOUND": Kind.GONE, "CONFLICT": Kind.CONFLICT}


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    inputs = [
        {
            "id": delivery.payload["email"],
            "idProperty": "email",
            "objectWriteTraceId": delivery.idempotency_key,
            "properties": _properties(delivery),
        }
        for delivery in batch
    ]
    return Request("POST", _UPSERT, json={"inputs": inputs})


def _properties(delivery: Delivery) -> dict[str, str]:
    payload = delivery.payload
    values: dict[str, Any] = {
        "cartwheel_segment": payload["segment"],
        "cartwheel_r_score": payload["r_score"],
        "cartwheel_f_score": payload["f_score"],
        "cartwheel_m_score": payload["m_score"],
        "cartwheel_as_of": payload["as_of_date"],
        "cartwheel_net_revenue": _money(delivery),
        "cartwheel_orders": payload["orders_count"],
        "cartwheel_rule_version": payload["rule_version"],
    }
    # An empty text clears a property; leaving it out would keep the old value.
    return {"email": payload["email"], **{name: "" if value is None else str(value) for name, value in values.items()}}


def _money(delivery: Delivery) -> str | None:
    minor = delivery.payload["net_revenue_minor"]
    return None if minor is None else str(major(minor, delivery.currency_code or ""))


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    if at(answer.body, "category") == "MISSING_SCOPES":
        raise StopSync(str(at(answer.body, "message"))[:300], kind=Kind.AUTH, code="MISSING_SCOPES")
    raise_for_error(answer, {}, at(answer.body, "message"))
    by_email = {delivery.payload["email"].lower(): delivery.record_key for delivery in batch}
    by_trace = {delivery.idempotency_key: delivery.record_key for delivery in batch}
    outcomes = {}
    for result in items(answer.body, "results"):
        key = by_trace.get(str(at(result, "objectWriteTraceId"))) or by_email.get(
            str(at(result, "properties", "email")).lower()
        )
        if key is not None and at(result, "id") is not None:
            outcomes[key] = accepted(at(result, "id"))
    for error in items(answer.body, "errors"):
        category = str(at(error, "category"))
        outcome = rejected(at(error, "message"), _KINDS.get(category, Kind.VALIDATION), category)
        for trace in items(error, "context", "objectWriteTraceId"):
            if trace in by_trace:
                outcomes[by_trace[trace]] = outcome
    return complete(batch, outcomes)


DESTINATION = Destination(
    name="hubspot",
    credential_names=("access_token",),
    headers=lambda credentials: {"Authorization": f"Bearer {credentials['access_token']}"},
    writes={"contact": Write(encode=_encode, decode=_decode)},
    pace=Pace(requests=180, seconds=10.0, in_flight=4),
    request_id_header="x-hubspot-correlation-id",
)
