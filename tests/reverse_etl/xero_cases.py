"""What Xero's documents carry beyond those of other books, and what it says of a record it holds or lacks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reverse_etl.destination import Answer

NUMBER = "customer:main:ann"
PAYLOAD = {
    "contact_number": NUMBER, "contact_name": "Ann", "po_number": "7", "direction": "spent", "platform_contact_id": "9", "invoice_number": "#1042",
    "bank_account_number": "1000", "from_account_number": "1100", "due_date": "2026-11-04", "tax_id": "12-3456789",
    "credit_note_key": "je:note", "credit_note_id": "9", "credit_note_number": "#1042",
}  # fmt: skip
# Collection and id of each object, and where our key stands.
OBJECTS = {
    "invoice": ("Invoices", "InvoiceID", "Reference"),
    "credit_note": ("CreditNotes", "CreditNoteID", "Reference"),
    "payment": ("Payments", "PaymentID", "Reference"),
    "receipt": ("BankTransactions", "BankTransactionID", "Reference"),
    "refund": ("BankTransactions", "BankTransactionID", "Reference"),
    "bank_transaction": ("BankTransactions", "BankTransactionID", "Reference"),
    "transfer": ("BankTransfers", "BankTransferID", "Reference"),
    "contact": ("Contacts", "ContactID", ""),
    "allocation": ("CreditNotes", "CreditNoteID", "Reference"),
}
# 2026-10-05 and 2026-11-04 at midnight
DAY, DUE = "/Date(1791158400000+0000)/", "/Date(1793750400000+0000)/"


def held(name: str) -> tuple[Any, dict[str, Any], Answer]:
    """(body that holds the record, our values in it, the answer without it) of a sync's object."""
    collection, id_field, text = OBJECTS[name]
    values: dict[str, Any]
    absent = Answer(200, {"Id": "x", "Status": "OK", collection: []})
    if name == "contact":
        row = {"ContactID": "9", "ContactNumber": NUMBER, "Name": "Ann", "TaxNumber": "12-3456789"}
        return {collection: [row]}, {"contact_name": "Ann", "tax_id": "12-3456789"}, absent
    if name == "allocation":
        note = {id_field: "9", "CreditNoteNumber": "#1042", text: "7 | je:note", "Status": "PAID"}
        made = {"AllocationID": "a-1", "Amount": Decimal("96.80"), "Date": DAY, "Invoice": {"InvoiceNumber": "#1042"}}
        free = {**note, "Status": "AUTHORISED", "Allocations": [], "RemainingCredit": Decimal("96.80")}
        taken = {**note, "Allocations": [made], "RemainingCredit": Decimal("0.00")}
        values = {"document_date": "2026-10-05", "total_minor": 9680}
        return {collection: [taken]}, values, Answer(200, {collection: [free]})
    amount = "Amount" if name in ("payment", "transfer") else "Total"
    row = {id_field: "9", text: "7 | record-0", "Date": DAY, amount: Decimal("96.80"), "Status": "AUTHORISED"}
    values = {"document_date": "2026-10-05", "total_minor": 9680}
    if name == "invoice":
        row |= {"InvoiceNumber": "#1042", "DueDate": DUE}
        values["due_date"] = "2026-11-04"
    if name == "credit_note":
        row["CreditNoteNumber"] = "#1042"
    return {collection: [row]}, values, absent
