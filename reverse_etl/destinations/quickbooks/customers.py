"""Customers: companies that are invoiced, kept in step by their name, which no two records of the books share.

An update needs the record's SyncToken and leaves every field alone that is not ours (`sparse`). A name somebody else
gave a vendor or an employee is refused there (6240): only a person can tell the two apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, for_all
from reverse_etl.destination import (
    Answer,
    Batch,
    LookUp,
    Outcome,
    ReadBack,
    ReferenceReads,
    References,
    Request,
    Write,
)  # fmt: skip
from reverse_etl.destinations.quickbooks import api
from reverse_etl.plan import Delivery

_FIELDS = "Id, DisplayName, SyncToken"
_VERSIONED = "customer versions"
_TERMS = api.tables("terms")


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    payload = delivery.payload
    customer: dict[str, Any] = {
        "DisplayName": payload["display_name"],
        "CompanyName": payload["display_name"],
        "SalesTermRef": {"value": api.id_of(references, "terms", payload["terms_name"])},
    }
    if payload["tax_id"]:
        customer["ResaleNum"] = payload["tax_id"]
    known = references.get(_VERSIONED, {}).get(str(payload["display_name"]))
    if known is None:
        return api.post("Customer", customer, request_key)
    customer_id, _, token = known.partition("/")
    # No requestid: the token is in the body, and one id must go with one body. A stale token changes nothing.
    return api.post("Customer", {"Id": customer_id, "SyncToken": token, "sparse": True, **customer})


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    api.refuse(answer)
    customer_id = at(answer.body, "Customer", "Id")
    return complete(batch, for_all(batch, accepted(customer_id)) if customer_id is not None else {})


def _look_up(delivery: Delivery, references: References) -> Request:
    name = api.quoted(str(delivery.payload["display_name"]))
    return api.query(f"select * from Customer where DisplayName = {name} maxresults {api.PAGE}")


def _found(delivery: Delivery, answer: Answer) -> Outcome | None:
    """There as wanted, or free to be written: a second write of the same values changes nothing."""
    held = _held(delivery, answer)
    if held is None or "terms_name" not in held or any(held[name] != delivery.payload[name] for name in held):
        return None
    return accepted(at(api.rows("Customer", answer)[0], "Id"))


def _held(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    for customer in api.rows("Customer", answer):
        terms = at(customer, "SalesTermRef")
        # An id alone can not be compared with a name.
        named = {"terms_name": at(terms, "name")} if terms is None or at(terms, "name") else {}
        return {"display_name": at(customer, "DisplayName"), "tax_id": at(customer, "ResaleNum"), **named}
    return None


def _read(table: str, answer: Answer) -> dict[str, str]:
    if table != _VERSIONED:
        return dict(_TERMS.read(table, answer))
    return {
        str(at(row, "DisplayName")): f"{at(row, 'Id')}/{at(row, 'SyncToken')}" for row in api.rows("Customer", answer)
    }


def _next_page(table: str, answer: Answer) -> Request | None:
    if table != _VERSIONED:
        return _TERMS.next(table, answer)
    start = api.next_start("Customer", answer)
    return _page(start) if start is not None else None


def _page(start: int) -> Request:
    return api.query(f"select {_FIELDS} from Customer orderby Id startposition {start} maxresults {api.PAGE}")


CUSTOMER = Write(
    encode=_encode,
    decode=_decode,
    look_up=LookUp(_look_up, _found),
    read_back=ReadBack(_look_up, _held),
    owns=frozenset(("Id", "SyncToken", "sparse", "DisplayName", "CompanyName", "ResaleNum", "SalesTermRef.value")),
    references=ReferenceReads(requests={_VERSIONED: _page(1), **_TERMS.requests}, read=_read, next=_next_page),
    marks_by_hand=lambda delivery: {"DisplayName": str(delivery.payload["display_name"])},
)
