"""What settles a document: payments in and out, and credit notes set against invoices.

A payment is never changed: it is deleted, and the document it paid is open again. Setting a credit note against an
invoice posts nothing, because both stand in the receivable.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.platforms import xero_amounts as amounts
from sandbox.platforms.xero_books import Books, Record, Refused
from sandbox.platforms.xero_chart import BANK_TYPE, identity
from sandbox.platforms.xero_writes import day, natural_key

ZERO = Decimal("0.00")


def pay(books: Books, body: Any, *, by_hand: bool = False) -> Record:
    """Create a payment of an invoice, or a refund of a credit note."""
    if not isinstance(body, dict):
        raise Refused("The element is not an object")
    name, document = _document(books, body)
    if document["Status"] != "AUTHORISED":
        raise Refused("Payments can only be made against Authorised documents")
    amount = amounts.number(body, "Amount")
    left = _left(name, document)
    if amount <= 0 or amounts.cents(amount) != amount:
        raise Refused("The payment amount must be greater than zero, with at most two decimal places")
    if amount > left:
        raise Refused("Payment amount exceeds the amount outstanding on this document")
    account = books.account(body.get("Account"))
    if account is None or not (account["Type"] == BANK_TYPE or account["EnablePaymentsToAccount"]):
        raise Refused("Account could not be found, or payments can not be made to it")
    on = day(body, "Date", books.world.clock.now().date())
    books.check_open(on)
    number, id_field = ("InvoiceNumber", "InvoiceID") if name == "Invoices" else ("CreditNoteNumber", "CreditNoteID")
    noun = "Invoice" if name == "Invoices" else "CreditNote"
    payment = {
        "PaymentID": books.new_id("Payments"),
        "Date": on,
        "Amount": amount,
        "BankAmount": amount,
        "CurrencyRate": Decimal(1),
        "Reference": str(body.get("Reference") or ""),
        "Status": "AUTHORISED",
        "PaymentType": "ACCRECPAYMENT" if name == "Invoices" else "ARCREDITPAYMENT",
        "IsReconciled": bool(body.get("IsReconciled", False)),
        "Account": {"AccountID": account["AccountID"], "Code": account["Code"], "Name": account["Name"]},
        noun: {
            id_field: document[id_field],
            number: document[number],
            "Type": document["Type"],
            "Contact": document["Contact"],
            "CurrencyCode": document["CurrencyCode"],
            "HasErrors": False,
        },
        "HasAccount": True,
        "HasValidationErrors": False,
    }
    books.keep("Payments", payment)
    short = {name: payment[name] for name in ("PaymentID", "Date", "Amount", "Reference", "CurrencyRate")}
    _settled(books, name, {**document, "Payments": [*document["Payments"], short]})
    if not by_hand:
        books.world.effects.record("xero", "payment_created", natural_key("Payments", payment))
    return payment


def take_back(books: Books, payment: Record, body: Any, *, by_hand: bool = False) -> Record:
    """Delete a payment: the only change there is."""
    if not isinstance(body, dict) or body.get("Status") != "DELETED":
        raise Refused("A payment can only be deleted")
    if payment["Status"] == "DELETED":
        raise Refused("Payment has already been deleted")
    books.check_open(payment["Date"])
    name, document = _document(books, payment)
    kept = books.keep("Payments", {**payment, "Status": "DELETED"})
    left = [one for one in document["Payments"] if one["PaymentID"] != payment["PaymentID"]]
    _settled(books, name, {**document, "Payments": left})
    if not by_hand:
        books.world.effects.record("xero", "payment_deleted", natural_key("Payments", payment))
    return kept


def allocate(books: Books, note: Record, body: Any, *, by_hand: bool = False) -> Record:
    """Set part of a credit note against an invoice."""
    if not isinstance(body, dict):
        raise Refused("The element is not an object")
    invoice = _named(books, "Invoices", body.get("Invoice"), "InvoiceID", "InvoiceNumber")
    amount = amounts.number(body, "Amount")
    if note["Status"] != "AUTHORISED" or invoice["Status"] != "AUTHORISED":
        raise Refused("Credit can only be allocated between authorised documents")
    if (
        note["Contact"]["ContactID"] != invoice["Contact"]["ContactID"]
        or note["CurrencyCode"] != invoice["CurrencyCode"]
    ):
        raise Refused("Credit can only be allocated to an invoice of the same contact in the same currency")
    if amounts.cents(amount) != amount:
        raise Refused("The amount allocated must have at most two decimal places")
    if not ZERO < amount <= min(note["RemainingCredit"], invoice["AmountDue"]):
        raise Refused("The amount allocated exceeds what is left of the credit, or what is due on the invoice")
    on = day(body, "Date", books.world.clock.now().date())
    books.check_open(on)
    made = books.world.state("xero")["allocations"] = books.world.state("xero").get("allocations", 0) + 1
    allocation = {
        "AllocationID": identity("allocation", f"{note['CreditNoteID']}/{made}"),
        "Amount": amount,
        "Date": on,
        "Invoice": {"InvoiceID": invoice["InvoiceID"], "InvoiceNumber": invoice["InvoiceNumber"]},
        "IsDeleted": False,
    }
    _settled(books, "CreditNotes", {**note, "Allocations": [*note["Allocations"], allocation]})
    applied = {
        "CreditNoteID": note["CreditNoteID"],
        "CreditNoteNumber": note["CreditNoteNumber"],
        "AppliedAmount": amount,
        "Date": on,
    }
    _settled(books, "Invoices", {**invoice, "CreditNotes": [*invoice["CreditNotes"], applied]})
    if not by_hand:
        books.world.effects.record(
            "xero", "allocation_created", f"{note['CreditNoteNumber']}>{invoice['InvoiceNumber']}"
        )
    return allocation


def take_off(books: Books, note: Record, key: str, *, by_hand: bool = False) -> Record:
    """Delete an allocation: credit and invoice are open again by its amount."""
    found = next((one for one in note["Allocations"] if one["AllocationID"] == key), None)
    if found is None:
        raise Refused("Allocation could not be found")
    books.check_open(found["Date"])
    _settled(books, "CreditNotes", {**note, "Allocations": [one for one in note["Allocations"] if one is not found]})
    invoice = _named(books, "Invoices", found["Invoice"], "InvoiceID")
    said = (note["CreditNoteID"], found["Amount"], found["Date"])
    applied = [(one["CreditNoteID"], one["AppliedAmount"], one["Date"]) for one in invoice["CreditNotes"]]
    left = [one for nth, one in enumerate(invoice["CreditNotes"]) if nth != applied.index(said)]
    _settled(books, "Invoices", {**invoice, "CreditNotes": left})
    if not by_hand:
        books.world.effects.record(
            "xero", "allocation_deleted", f"{note['CreditNoteNumber']}>{invoice['InvoiceNumber']}"
        )
    return {**found, "IsDeleted": True}


def _left(name: str, document: Record) -> Decimal:
    left: Decimal = document["AmountDue" if name == "Invoices" else "RemainingCredit"]
    return left


def _settled(books: Books, name: str, document: Record) -> None:
    """Keep a document with what its payments and allocations leave open."""
    paid = sum((one["Amount"] for one in document["Payments"]), ZERO)
    if name == "Invoices":
        credited = sum((one["AppliedAmount"] for one in document["CreditNotes"]), ZERO)
        left = document["Total"] - paid - credited
        document |= {"AmountPaid": paid, "AmountCredited": credited, "AmountDue": left}
    else:
        left = document["Total"] - paid - sum((one["Amount"] for one in document["Allocations"]), ZERO)
        document["RemainingCredit"] = left
    document["Status"] = "AUTHORISED" if left else "PAID"
    document.pop("FullyPaidOnDate", None)
    if not left:
        document["FullyPaidOnDate"] = books.world.clock.now().date()
    books.keep(name, document)


def _document(books: Books, body: Record) -> tuple[str, Record]:
    if body.get("CreditNote") or body.get("CreditNoteNumber"):
        reference = body.get("CreditNote") or {"CreditNoteNumber": body["CreditNoteNumber"]}
        return "CreditNotes", _named(books, "CreditNotes", reference, "CreditNoteID", "CreditNoteNumber")
    reference = body.get("Invoice") or {"InvoiceNumber": body.get("InvoiceNumber")}
    return "Invoices", _named(books, "Invoices", reference, "InvoiceID", "InvoiceNumber")


def _named(books: Books, name: str, reference: Any, *fields: str) -> Record:
    key = (
        next((str(reference[field]) for field in fields if reference.get(field)), "")
        if isinstance(reference, dict)
        else ""
    )
    found = books.get(name, key)
    if found is None:
        raise Refused(f"{'Invoice' if name == 'Invoices' else 'Credit note'} could not be found")
    return found
