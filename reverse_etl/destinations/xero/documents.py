"""Invoices and credit notes: documents with a number, found by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import accepted, at, rejected
from reverse_etl.destination import Answer, Batch, LookUp, Outcome, ReadBack, ReadMany, References, Request, Write
from reverse_etl.destinations.xero import api
from reverse_etl.errors import Kind
from reverse_etl.money import minor
from reverse_etl.plan import Delivery

# Numbers in one question, which stand in its address.
_MOST = 50
_HEADER = (
    "Type", "Contact.ContactID", "Date", "Reference", "LineAmountTypes", "CurrencyCode", "Status",
    *(f"LineItems.{name}" for name in ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "TaxAmount")),
)  # fmt: skip


def _document(collection: str, kind: str, number: str, id_field: str, *, is_due: bool) -> Write:
    """One collection of documents; only invoices fall due."""

    def encode(batch: Batch, request_key: str, references: References) -> Request:
        return api.put(collection, [_body(delivery, references) for delivery in batch], request_key)

    def _body(delivery: Delivery, references: References) -> dict[str, Any]:
        payload = delivery.payload
        return {
            "Type": kind,
            number: payload["document_number"],
            "Reference": api.reference(delivery, payload.get("po_number")),
            "Contact": api.contact(delivery, references),
            "Date": payload["document_date"],
            **({"DueDate": payload["due_date"]} if is_due else {}),
            "LineAmountTypes": "Exclusive",
            "LineItems": api.lines(delivery),
            "CurrencyCode": delivery.currency_code,
            "Status": "AUTHORISED",
        }

    def mark(delivery: Delivery, record: Any) -> bool:
        return bool(at(record, number) == delivery.payload["document_number"])

    def look_up(delivery: Delivery, references: References) -> Request:
        said = str(delivery.payload["document_number"])
        if collection == "Invoices" and "," not in said:
            return api.read(collection, InvoiceNumbers=said, page="1", pageSize=str(api.PAGE))
        quoted = said.replace('"', "")
        return api.read(collection, where=f'{number}=="{quoted}"', page="1", pageSize=str(api.PAGE))

    def found(delivery: Delivery, answer: Answer) -> Outcome | None:
        """Ours by its key, whatever became of it since; a standing one of somebody else keeps the number."""
        ours = api.ours(delivery, collection, answer)
        if ours is not None:
            return accepted(at(ours, id_field))
        if any(mark(delivery, one) and api.stands(one) for one in api.records(collection, answer)):
            said = "a document with this number was entered by someone else"
            return rejected(said, Kind.CONFLICT, "number_taken")
        return None

    def held(delivery: Delivery, answer: Answer) -> Mapping[str, Any] | None:
        """What can be compared of our document; a voided one is not there."""
        return _compared(delivery, api.ours(delivery, collection, answer))

    def _compared(delivery: Delivery, ours: Any) -> Mapping[str, Any] | None:
        if not api.stands(ours):
            return None
        due = {"due_date": api.iso_day(at(ours, "DueDate"))} if is_due else {}
        total = minor(at(ours, "Total"), delivery.currency_code or "")
        return {"document_date": api.iso_day(at(ours, "Date")), "total_minor": total, **due}

    def read_many(batch: Batch, references: References) -> Request:
        numbers = {str(delivery.payload["document_number"]) for delivery in batch}
        asked = ",".join(sorted(said for said in numbers if "," not in said))
        return api.read(collection, InvoiceNumbers=asked, page="1", pageSize=str(api.PAGE))

    def held_many(batch: Batch, answer: Answer) -> Mapping[str, Mapping[str, Any] | None]:
        """Without those that were not asked for, and of a full page without those it leaves out."""
        records, said = api.records(collection, answer), dict[str, Mapping[str, Any] | None]()
        for delivery in batch:
            ours = next((record for record in records if api.is_ours(delivery, record)), None)
            is_certain = len(records) < api.PAGE and "," not in str(delivery.payload["document_number"])
            if ours is not None or is_certain:
                said[delivery.record_key] = _compared(delivery, ours)
        return said

    def marks(delivery: Delivery) -> dict[str, str]:
        reference = api.reference(delivery, delivery.payload.get("po_number"))
        return {number: str(delivery.payload["document_number"]), "Reference": reference}

    own = (*_HEADER, number, *(("DueDate",) if is_due else ()))
    return Write(
        encode=encode,
        decode=api.decoder(collection, id_field, mark),
        look_up=LookUp(look_up, found),
        # Only the list of invoices takes several numbers.
        read_back=ReadBack(look_up, held, ReadMany(read_many, held_many, _MOST) if is_due else None),
        owns=frozenset(f"{collection}.{name}" for name in own),
        references=api.CONTACTS,
        marks_by_hand=marks,
    )


INVOICE = _document("Invoices", "ACCREC", "InvoiceNumber", "InvoiceID", is_due=True)
CREDIT_NOTE = _document("CreditNotes", "ACCRECCREDIT", "CreditNoteNumber", "CreditNoteID", is_due=False)
