"""Credit notes set against their invoices: a step of its own, which posts nothing and has no reference to find it by.

Whether it was done is read from the credit note: what of it is set against the invoice, and what is left of it. So it is
looked at before each write, and after a doubt, and the key in the header covers nothing but the retries of one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reverse_etl.answers import accepted, at, items, rejected, unreadable
from reverse_etl.destination import UPSTREAM, Answer, Batch, LookUp, Outcome, ReadBack, References, Request, Write
from reverse_etl.destinations.xero import api
from reverse_etl.errors import Kind, RejectedRecord
from reverse_etl.money import major, minor
from reverse_etl.plan import Delivery


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    allocation = {
        "Invoice": {"InvoiceNumber": delivery.payload["invoice_number"]},
        "Amount": _wanted(delivery),
        "Date": delivery.payload["document_date"],
    }
    return api.put(f"CreditNotes/{_note_id(delivery, references)}/Allocations", [allocation], request_key)


def _note_id(delivery: Delivery, references: References) -> str:
    """The credit note's id: as the books were read, else as they answered when we made it."""
    key = str(delivery.payload["credit_note_key"])
    found = delivery.payload["credit_note_id"] or references.get(UPSTREAM, {}).get(key)
    if found is None:
        raise RejectedRecord(
            f"the books hold no credit note {key}: it is made by xero__credit_notes", code="missing_document", kind=Kind.GONE,
            cause=f"credit note {key}",
        )  # fmt: skip
    return str(found)


def _wanted(delivery: Delivery) -> Decimal:
    return _major(delivery, delivery.payload["total_minor"])


def _major(delivery: Delivery, amount_minor: int) -> Decimal:
    return major(amount_minor, delivery.currency_code or "")


def _read(delivery: Delivery, references: References) -> Request:
    quoted = str(delivery.payload["credit_note_number"]).replace('"', "")
    return api.read("CreditNotes", where=f'CreditNoteNumber=="{quoted}"', page="1", pageSize=str(api.PAGE))


def _note(delivery: Delivery, answer: Answer) -> Any:
    """The credit note as the books hold it, None when it is not there any more."""
    key = str(delivery.payload["credit_note_key"])
    said = (one for one in api.records("CreditNotes", answer) if api.stands(one))
    return next((one for one in said if str(at(one, "Reference") or "").strip().rpartition(" | ")[2] == key), None)


def _against(delivery: Delivery, note: Any) -> list[Any]:
    """What of the credit note stands against our invoice."""
    ours = delivery.payload["invoice_number"]
    made = [one for one in items(note, "Allocations") if not at(one, "IsDeleted")]
    return [one for one in made if at(one, "Invoice", "InvoiceNumber") == ours]


def _found(delivery: Delivery, answer: Answer) -> Outcome | None:
    """Done if the amount stands there, whoever set it; free while nothing does and enough is left of the credit."""
    note = _note(delivery, answer)
    if note is None:
        return rejected("the credit note is no longer in the books", Kind.GONE, "missing_document")
    made, wanted = _against(delivery, note), delivery.payload["total_minor"]
    done = _sum(delivery, made)
    if made and done == wanted:
        return accepted(at(made[0], "AllocationID"))
    if made:
        said = (
            f"{_major(delivery, done)} of the credit note stands against the invoice where {_wanted(delivery)} should"
        )
        return rejected(said, Kind.CONFLICT, "allocated_otherwise")
    left = at(note, "RemainingCredit")
    if left is not None and _minor(delivery, left) < wanted:
        said = f"only {left} is left of the credit note where {_wanted(delivery)} should stand against the invoice"
        return rejected(said, Kind.CONFLICT, "credit_used")
    return None


def _held(delivery: Delivery, answer: Answer) -> Mapping[str, Any] | None:
    """The amount that stands against our invoice; None when a person took it off, or the credit note is gone."""
    note = _note(delivery, answer)
    made = _against(delivery, note) if note is not None else []
    if not made:
        return None
    return {"document_date": api.iso_day(at(made[0], "Date")), "total_minor": _sum(delivery, made)}


def _sum(delivery: Delivery, allocations: list[Any]) -> int:
    return sum(_minor(delivery, at(one, "Amount")) for one in allocations)


def _minor(delivery: Delivery, amount: Any) -> int:
    """Minor units of an amount they say. Raises InDoubt when it is none."""
    found = minor(amount, delivery.currency_code or "")
    if found is None:
        raise unreadable()
    return found


ALLOCATION = Write(
    encode=_encode,
    decode=api.decoder("Allocations", "AllocationID", lambda delivery, record: True),
    look_up=LookUp(_read, _found),
    read_back=ReadBack(_read, _held),
    owns=frozenset(f"Allocations.{name}" for name in ("Invoice.InvoiceNumber", "Amount", "Date")),
    marks_by_hand=lambda delivery: {
        "credit note": str(delivery.payload["credit_note_number"]),
        "invoice": str(delivery.payload["invoice_number"]),
    },
)
