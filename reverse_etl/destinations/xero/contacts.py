"""Contacts, kept by the number we give them: a POST with a ContactNumber that exists changes that contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import at
from reverse_etl.destination import Answer, Batch, ReadBack, References, Request, Write
from reverse_etl.destinations.xero import api
from reverse_etl.plan import Delivery
from reverse_etl.reading import settled_by

# Our field → their property; an empty text clears one.
_PROPERTIES = {"contact_name": "Name", "tax_id": "TaxNumber"}


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    return api.put("Contacts", [_body(delivery) for delivery in batch], request_key, method="POST")


def _body(delivery: Delivery) -> dict[str, Any]:
    written = {theirs: delivery.payload.get(name) or "" for name, theirs in _PROPERTIES.items()}
    known = delivery.payload.get("platform_contact_id")
    # A contact that people made has no number yet: it is found by its id and gets ours.
    return {
        **({"ContactID": known} if known else {}),
        "ContactNumber": api.contact_number(str(delivery.payload["contact_number"])),
        **written,
    }


def _mark(delivery: Delivery, record: Any) -> bool:
    return bool(at(record, "ContactNumber") == api.contact_number(str(delivery.payload["contact_number"])))


def _read(delivery: Delivery, references: References) -> Request:
    quoted = api.contact_number(str(delivery.payload["contact_number"])).replace('"', "")
    return api.read("Contacts", where=f'ContactNumber=="{quoted}"', page="1", pageSize=str(api.PAGE))


def _held(delivery: Delivery, answer: Answer) -> Mapping[str, Any] | None:
    found = next((one for one in api.records("Contacts", answer) if _mark(delivery, one)), None)
    if found is None:
        return None
    return {name: at(found, theirs) or None for name, theirs in _PROPERTIES.items() if name in delivery.payload}


_READ_BACK = ReadBack(_read, _held)
CONTACT = Write(
    encode=_encode,
    decode=api.decoder("Contacts", "ContactID", _mark),
    look_up=settled_by(_READ_BACK),
    read_back=_READ_BACK,
    owns=frozenset(f"Contacts.{name}" for name in ("ContactID", "ContactNumber", *_PROPERTIES.values())),
    marks_by_hand=lambda delivery: {"ContactNumber": api.contact_number(str(delivery.payload["contact_number"]))},
)
