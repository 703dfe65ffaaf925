"""What people do at Xero's screen: type, edit, void and copy documents. No effect is counted, because nobody asked us to.

The same rules hold for them as for the API; `type_all` is how a world's typed facts come into the books.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.decimal_json import amount
from sandbox.facts import BookDocument
from sandbox.platforms import xero_settlements as settlements
from sandbox.platforms import xero_writes as writes
from sandbox.platforms.xero_books import KINDS, Books, Record

# What a typed document is in Xero's words: collection, and its Type.
_TYPED = {
    "invoice": ("Invoices", "ACCREC"),
    "sales_receipt": ("BankTransactions", "RECEIVE"),
    "refund_receipt": ("BankTransactions", "SPEND"),
}
_READ_ONLY = ("UpdatedDateUTC", "Payments", "Allocations", "CreditNotes")


def type_in(books: Books, name: str, **body: Any) -> Record:
    """A new record."""
    if name == "Payments":
        return settlements.pay(books, body, by_hand=True)
    return writes.write(books, name, body, is_create=True, by_hand=True)


def edit(books: Books, name: str, key: str, **changes: Any) -> Record:
    """A change of a record found by its id or number."""
    kind, found = KINDS[name], _found(books, name, key)
    return writes.write(books, name, {**changes, kind.id_field: found[kind.id_field]}, by_hand=True)


def end(books: Books, name: str, key: str) -> Record:
    """Void a document, or delete what can not be voided."""
    if name == "Payments":
        return settlements.take_back(books, _found(books, name, key), {"Status": "DELETED"}, by_hand=True)
    is_voided = name in {"Invoices", "CreditNotes", "ManualJournals"}
    return edit(books, name, key, Status="VOIDED" if is_voided else "DELETED")


def take_off(books: Books, note: str, invoice: str) -> Record:
    """Remove what of a credit note stands against an invoice."""
    found = _found(books, "CreditNotes", note)
    made = next(one for one in found["Allocations"] if one["Invoice"]["InvoiceNumber"] == invoice)
    return settlements.take_off(books, found, made["AllocationID"], by_hand=True)


def copy(books: Books, name: str, key: str, **changes: Any) -> Record:
    """The same document once more, under a number of its own where it needs one."""
    kind, found = KINDS[name], _found(books, name, key)
    left_out = {kind.id_field, kind.number_field, *_READ_ONLY}
    body = {field: value for field, value in found.items() if field not in left_out}
    return writes.write(books, name, {**body, **changes}, is_create=True, by_hand=True)


def type_all(books: Books, documents: Iterable[BookDocument]) -> None:
    """Documents of a world as their people typed them; the tax is put on the first line that can carry it."""
    for document in documents:
        name, kind = _TYPED[document.kind]
        lines, bank = _lines(document), {"Code": document.deposit_account}
        body: Record = {
            "Type": kind,
            "Contact": {"Name": document.customer_name},
            "Date": document.document_date,
            "LineAmountTypes": "Exclusive",
            "LineItems": lines,
            "Status": "AUTHORISED",
        }
        if name == "Invoices":
            body |= {"InvoiceNumber": document.number, "DueDate": document.document_date, "Reference": document.memo}
        else:
            body |= {"BankAccount": bank, "Reference": document.memo or document.number}
        type_in(books, name, **body)


def _lines(document: BookDocument) -> list[Record]:
    tax = sum(line.amount_minor for line in document.lines if line.item == "Sales tax")
    lines = []
    for line in document.lines:
        if line.item == "Sales tax":
            continue
        carries, tax = (tax, 0) if tax and line.amount_minor > 0 else (0, tax)
        taxed = {"TaxType": "OUTPUT", "TaxAmount": amount(carries)} if carries else {"TaxType": "NONE"}
        what = {"Description": line.description or line.item, "AccountCode": line.account_number}
        lines.append({**what, "UnitAmount": amount(line.amount_minor), "Quantity": 1, **taxed})
    return lines


def _found(books: Books, name: str, key: str) -> Record:
    found = books.get(name, key)
    if found is None:
        raise LookupError(f"there is no {KINDS[name].effect} {key}")
    return found
