"""Documents of the books: each made once, under a number or on a day, with our key in its private note.

`requestid` (at most 50 characters) repeats the first answer; how long is not published, so a doubt is looked up by
`DocNumber` (at most 21 characters) before anything is sent again, and `PrivateNote` = our record key tells our own
document from a human's with the same number. Deposits and payments have no number: they are looked up among those of
their day. A document names others by their ids: from the warehouse where it was read back, else as the ledger was told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reverse_etl import canonical_json
from reverse_etl.answers import accepted, at, complete, for_all, rejected, unreadable
from reverse_etl.destination import (
    UPSTREAM,
    Answer,
    Batch,
    LookUp,
    Outcome,
    ReadBack,
    ReadMany,
    ReferenceReads,
    References,
    Request,
    Write,
)  # fmt: skip
from reverse_etl.destinations.quickbooks import api
from reverse_etl.errors import Kind, RejectedRecord
from reverse_etl.money import major, minor
from reverse_etl.plan import Delivery

_NUMBER_LENGTH = 21
# Numbers in one question: an address of some 3,000 characters, less than any server on the way refuses.
MOST = 100

Body = dict[str, Any]
Header = Callable[[Delivery, References], Body]
Line = Callable[[Delivery, Mapping[str, Any], References], Body]


@dataclass(frozen=True)
class Form:
    """One kind of document: its entity there, whether it bears a number, and what it has beside date, note and lines."""

    entity: str
    has_number: bool
    header: Header
    line: Line
    owns: tuple[str, ...]
    references: ReferenceReads
    # What a document held there comes to.
    total: Callable[[Any], Any] = lambda document: at(document, "TotalAmt")

    def write(self) -> Write:
        return Write(
            encode=self._encode,
            decode=self._decode,
            look_up=LookUp(self._look_up, self._found),
            read_back=ReadBack(self._look_up, self._held, self._many() if self.has_number else None),
            owns=frozenset(("TxnDate", "PrivateNote", "CurrencyRef.value", *self.owns)),
            references=self.references,
            marks_by_hand=self._marks,
        )

    def _encode(self, batch: Batch, request_key: str, references: References) -> Request:
        (delivery,) = batch
        document: Body = {"TxnDate": delivery.payload["document_date"], "PrivateNote": delivery.record_key}
        if self.has_number:
            document["DocNumber"] = document_number(delivery)
        if delivery.currency_code:
            document["CurrencyRef"] = {"value": delivery.currency_code}
        document |= self.header(delivery, references)
        document["Line"] = [self.line(delivery, line, references) for line in delivery.lines]
        return api.post(self.entity, document, request_key)

    def _decode(self, batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
        api.refuse(answer)
        document_id = at(answer.body, self.entity, "Id")
        return complete(batch, for_all(batch, accepted(document_id)) if document_id is not None else {})

    def _look_up(self, delivery: Delivery, references: References) -> Request:
        field, value = "TxnDate", str(delivery.payload["document_date"])
        if self.has_number:
            field, value = "DocNumber", document_number(delivery)
        statement = f"select * from {self.entity} where {field} = {api.quoted(value)} maxresults {api.PAGE}"
        return api.query(statement)

    def _found(self, delivery: Delivery, answer: Answer) -> Outcome | None:
        """Ours by its note; a human's document with our number is a conflict; else it is free to be created.

        Many documents without a number share a day, so another one there means nothing.
        """
        documents = self._documents(delivery, answer)
        for document in documents:
            if at(document, "PrivateNote") == delivery.record_key:
                return accepted(at(document, "Id"))
        if documents and self.has_number:
            return rejected("a document with this number was entered by someone else", Kind.CONFLICT, "number_taken")
        return None

    def _held(self, delivery: Delivery, answer: Answer) -> Body | None:
        """Date and total of our document; what it names is held there by ids that mean nothing here."""
        for document in self._documents(delivery, answer):
            if at(document, "PrivateNote") == delivery.record_key:
                return self._compared(delivery, document)
        return None

    def _compared(self, delivery: Delivery, document: Any) -> Body:
        total = minor(self.total(document), delivery.currency_code or "")
        return {"document_date": at(document, "TxnDate"), "total_minor": total}

    def _many(self) -> ReadMany:
        """The same of several, by their numbers; those without one share the question about their day anyway."""

        def encode(batch: Batch, references: References) -> Request:
            numbers = ", ".join(sorted({api.quoted(document_number(each)) for each in batch}))
            return api.query(f"select * from {self.entity} where DocNumber in ({numbers}) maxresults {api.PAGE}")

        def read(batch: Batch, answer: Answer) -> dict[str, Body | None]:
            documents = api.rows(self.entity, answer)
            by_note = {str(at(document, "PrivateNote")): document for document in reversed(documents)}
            # Of a full page nothing can be said about those it leaves out.
            certain = batch if len(documents) < api.PAGE else [each for each in batch if each.record_key in by_note]
            return {
                each.record_key: self._compared(each, by_note[each.record_key]) if each.record_key in by_note else None
                for each in certain
            }

        return ReadMany(encode, read, MOST)

    def _documents(self, delivery: Delivery, answer: Answer) -> list[Any]:
        documents = api.rows(self.entity, answer)
        if len(documents) >= api.PAGE and not any(at(each, "PrivateNote") == delivery.record_key for each in documents):
            # Ours may stand on the next page.
            raise unreadable()
        return documents

    def _marks(self, delivery: Delivery) -> dict[str, str]:
        number = {"DocNumber": document_number(delivery)} if self.has_number else {}
        return {**number, "PrivateNote": delivery.record_key}


def document_number(delivery: Delivery) -> str:
    """The document's number, cut to what fits with a digest of the rest: two long numbers stay two."""
    number = str(delivery.payload["document_number"])
    if len(number) <= _NUMBER_LENGTH:
        return number
    return f"{number[:12]}-{canonical_json.digest(number)[:8]}"


def amount_of(delivery: Delivery, line: Mapping[str, Any]) -> Any:
    """A line's amount in major units."""
    return major(line["line_amount_minor"], delivery.currency_code or "")


def linked_id(delivery: Delivery, line: Mapping[str, Any], references: References) -> str:
    """The books' id of the document a line names: as read back, else as the ledger was told when it was accepted."""
    found = line["linked_document_id"] or references.get(UPSTREAM, {}).get(str(line["linked_key"]))
    if found is None:
        raise RejectedRecord(
            f"the id of {line['linked_key']} in QuickBooks is not known: refresh, and plan again",
            code="missing_document",
            cause=f"document {line['linked_key']}",
        )
    return str(found)


def sold_item(delivery: Delivery, line: Mapping[str, Any], references: References) -> Body:
    """A line of a sales form: the item decides the account."""
    amount = amount_of(delivery, line)
    item = {"ItemRef": {"value": api.id_of(references, "items", line["item_name"])}, "Qty": 1, "UnitPrice": amount}
    return {
        "Amount": amount,
        "Description": line["line_description"],
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": item,
    }


def deposited(delivery: Delivery, references: References) -> Body:
    """The account the money goes to."""
    return {
        "DepositToAccountRef": {"value": api.id_of(references, "accounts", delivery.payload["deposit_account_number"])}
    }
