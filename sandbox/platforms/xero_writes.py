"""What a PUT or POST does to the books: checks as the vendor's validation makes them, then one record kept.

PUT only creates. POST creates, or updates what the body's id or number names. `by_hand` is a person at the keyboard:
the same rules, but no effect is counted, because nobody wrote it for us.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sandbox.platforms import xero_amounts as amounts
from sandbox.platforms.xero_books import KINDS, Books, Record, Refused
from sandbox.platforms.xero_chart import BANK_TYPE
from sandbox.webhooks import events

Builder = Callable[[Books, Record, Record | None], Record]
_PAST = {"VOIDED", "DELETED"}
# Collections whose changes webhooks tell of, by the vendor's word there.
_TOLD = {"Invoices": "INVOICE", "Contacts": "CONTACT", "CreditNotes": "CREDITNOTE"}


def write(books: Books, name: str, body: Any, *, is_create: bool = False, by_hand: bool = False) -> Record:
    """Create or update one record of a collection; raises Refused."""
    if not isinstance(body, dict):
        raise Refused("The element is not an object")
    kind = KINDS[name]
    old = _current(books, name, body)
    if is_create and old is not None:
        raise Refused(_taken(name))
    record = _BUILDERS[name](books, body, old)
    record[kind.id_field] = old[kind.id_field] if old else books.new_id(name)
    books.keep(name, record)
    if not by_hand:
        ended = {"VOIDED": "voided", "DELETED": "deleted"}.get(str(record.get("Status")), "updated")
        done = "created" if old is None else ended
        books.world.effects.record("xero", f"{kind.effect}_{done}", natural_key(name, record))
    if name in _TOLD:
        events.xero_changed(books.world, _TOLD[name], str(record[kind.id_field]), "UPDATE" if old else "CREATE")
    return record


def natural_key(name: str, record: Record) -> str:
    """What the writer calls the record: its reference, else the number people see, else our id."""
    number = record.get(KINDS[name].number_field or "")
    return str(record.get("Reference") or record.get("Narration") or number or record[KINDS[name].id_field])


def _current(books: Books, name: str, body: Record) -> Record | None:
    kind = KINDS[name]
    if body.get(kind.id_field):
        found = books.records[name].get(str(body[kind.id_field]))
        if found is None:
            raise Refused(f"A record matching the provided {kind.id_field} does not exist.")
        return found
    number = body.get(kind.number_field or "")
    return books.numbered(name, str(number)) if number else None


def _taken(name: str) -> str:
    return {"Invoices": "Invoice # must be unique.", "CreditNotes": "Credit note # must be unique."}.get(
        name, "This record exists already."
    )


def day(body: Record, field: str, default: date | None = None) -> date:
    """A date of the body, `2026-10-05` with or without a time, or the old form."""
    said = body.get(field)
    if said is None and default is not None:
        return default
    try:
        if isinstance(said, date):
            return said
        if isinstance(said, str) and said.startswith("/Date("):
            return datetime.fromtimestamp(int(said[6:].split(")")[0].split("+")[0]) / 1000, UTC).date()
        return date.fromisoformat(str(said)[:10])
    except ValueError:
        raise Refused(f"{field} is not a valid date") from None


def _today(books: Books) -> date:
    return books.world.clock.now().date()


def _contact(books: Books, reference: Any) -> Record:
    """The contact a document names: by id or number it must exist; an unknown name makes a new contact."""
    if not isinstance(reference, dict):
        raise Refused("A Contact must be specified for this type of transaction")
    key = reference.get("ContactID") or reference.get("ContactNumber")
    found = books.get("Contacts", str(key)) if key else None
    if key and found is None:
        raise Refused("The contact specified could not be found")
    if found is None:
        name = reference.get("Name")
        if not name:
            raise Refused("A Contact must be specified for this type of transaction")
        same = (one for one in books.all("Contacts") if one["Name"] == name and one["ContactStatus"] == "ACTIVE")
        found = next(same, None) or write(books, "Contacts", {"Name": name})
    return {"ContactID": found["ContactID"], "Name": found["Name"], "HasValidationErrors": False}


def _document(books: Books, body: Record, old: Record | None, kind: str, number_field: str, id_field: str) -> Record:
    """An invoice or a credit note; an update may leave out what it does not change."""
    status = str(body.get("Status") or (old or {}).get("Status") or "DRAFT")
    if old is not None:
        _check_change(old, status)
    merged = {**(old or {}), **body}
    on = day(merged, "Date", _today(books))
    books.check_open(on, *((old["Date"],) if old else ()))
    if status in _PAST and old is not None:
        return {**old, "Status": status}
    if merged.get("Type") != kind:
        raise Refused("Type is not valid")
    if status == "AUTHORISED" and kind == "ACCREC" and not merged.get("DueDate"):
        raise Refused("The due date must be specified")
    line_type, lines, subtotal, tax = amounts.line_items(books, merged)
    total = subtotal + tax
    if total < 0:
        raise Refused("The document total must be greater than or equal to zero.")
    texts = {name: str(merged[name]) for name in ("Reference", "Url") if merged.get(name)}
    number = (
        merged.get(number_field) or f"{'INV' if kind == 'ACCREC' else 'CN'}-{len(books.records[_NAMES[kind]]) + 1:04d}"
    )
    if len(str(number)) > 255 or len(texts.get("Reference", "")) > 255:
        raise Refused("A field is longer than 255 characters")
    return {
        "Type": kind,
        number_field: str(number),
        **({id_field: old[id_field]} if old else {}),
        "Reference": "",
        **texts,
        "Contact": _contact(books, merged.get("Contact")),
        "Date": on,
        **({"DueDate": day(merged, "DueDate")} if merged.get("DueDate") else {}),
        "Status": status,
        "LineAmountTypes": line_type,
        "LineItems": lines,
        "SubTotal": subtotal,
        "TotalTax": tax,
        "Total": total,
        "CurrencyCode": amounts.currency_of(books, merged),
        "CurrencyRate": Decimal(1),
        "Payments": (old or {}).get("Payments", []),
        "SentToContact": bool(merged.get("SentToContact", False)),
        "HasAttachments": False,
        "HasErrors": False,
    }


def _check_change(old: Record, status: str) -> None:
    if old["Status"] in _PAST:
        raise Refused(f"{'Invoice' if 'InvoiceID' in old else 'Credit note'} not of valid status for modification")
    if old.get("Payments") or old.get("Allocations") or old.get("CreditNotes"):
        raise Refused(
            "Invoice not of valid status for modification. This document cannot be edited as it has a payment or credit"
            " note allocated to it."
        )
    if status == "DELETED" and old["Status"] not in {"DRAFT", "SUBMITTED"}:
        raise Refused("Only draft and submitted documents can be deleted; void it instead")


def _invoice(books: Books, body: Record, old: Record | None) -> Record:
    record = _document(books, body, old, "ACCREC", "InvoiceNumber", "InvoiceID")
    due = Decimal("0.00") if record["Status"] in _PAST else record["Total"]
    left = {"AmountDue": due, "AmountPaid": Decimal("0.00"), "AmountCredited": Decimal("0.00")}
    return {**record, **left, "CreditNotes": [], "Prepayments": [], "Overpayments": [], "IsDiscounted": False}


def _credit_note(books: Books, body: Record, old: Record | None) -> Record:
    record = _document(books, body, old, "ACCRECCREDIT", "CreditNoteNumber", "CreditNoteID")
    left = Decimal("0.00") if record["Status"] in _PAST else record["Total"]
    return {**record, "RemainingCredit": left, "Allocations": []}


def _bank_account(books: Books, reference: Any, what: str) -> Record:
    account = books.account(reference)
    if account is None or account["Type"] != BANK_TYPE:
        raise Refused(f"{what} must be a bank account")
    return {"AccountID": account["AccountID"], "Code": account["Code"], "Name": account["Name"]}


def _bank_transaction(books: Books, body: Record, old: Record | None) -> Record:
    merged = {**(old or {}), **body}
    status = str(merged.get("Status") or "AUTHORISED")
    on = day(merged, "Date", _today(books))
    books.check_open(on, *((old["Date"],) if old else ()))
    if old is not None and old["Status"] in _PAST:
        raise Refused("The bank transaction can not be edited: it was deleted")
    if status in _PAST and old is not None:
        return {**old, "Status": status}
    if merged.get("Type") not in {"RECEIVE", "SPEND"}:
        raise Refused("Type is not valid")
    kind, lines, subtotal, tax = amounts.line_items(books, merged)
    if subtotal + tax <= 0:
        raise Refused("The bank transaction total must be greater than zero.")
    return {
        "Type": merged["Type"],
        "Contact": _contact(books, merged.get("Contact")),
        "LineItems": lines,
        "BankAccount": _bank_account(books, merged.get("BankAccount"), "BankAccount"),
        "IsReconciled": bool(merged.get("IsReconciled", False)),
        "Date": on,
        "Reference": str(merged.get("Reference") or ""),
        "CurrencyCode": amounts.currency_of(books, merged),
        "CurrencyRate": Decimal(1),
        "Status": status,
        "LineAmountTypes": kind,
        "SubTotal": subtotal,
        "TotalTax": tax,
        "Total": subtotal + tax,
        "HasAttachments": False,
    }


def _bank_transfer(books: Books, body: Record, old: Record | None) -> Record:
    if old is not None:
        if body.get("Status") != "DELETED":
            raise Refused("A bank transfer can not be changed, only deleted")
        books.check_open(old["Date"])
        return {**old, "Status": "DELETED"}
    on, amount = day(body, "Date", _today(books)), amounts.number(body, "Amount")
    books.check_open(on)
    if amount <= 0 or amounts.cents(amount) != amount:
        raise Refused("Amount must be greater than zero, with at most two decimal places")
    return {
        "FromBankAccount": _bank_account(books, body.get("FromBankAccount"), "FromBankAccount"),
        "ToBankAccount": _bank_account(books, body.get("ToBankAccount"), "ToBankAccount"),
        "Amount": amount,
        "Date": on,
        "Reference": str(body.get("Reference") or ""),
        "CurrencyRate": Decimal(1),
        "FromBankTransactionID": books.new_id("leg"),
        "ToBankTransactionID": books.new_id("leg"),
        "FromIsReconciled": False,
        "ToIsReconciled": False,
        "HasAttachments": False,
        "CreatedDateUTC": books.world.clock.now(),
        "Status": "AUTHORISED",
    }


def _manual_journal(books: Books, body: Record, old: Record | None) -> Record:
    merged = {**(old or {}), **body}
    on, status = day(merged, "Date", _today(books)), str(merged.get("Status") or "DRAFT")
    books.check_open(on, *((old["Date"],) if old else ()))
    if old is not None and old["Status"] in _PAST:
        raise Refused("The manual journal can not be edited: it was voided or deleted")
    if not merged.get("Narration"):
        raise Refused("Narration is required")
    if status in _PAST and old is not None:
        return {**old, "Status": status}
    kind, lines = amounts.journal_lines(books, merged)
    said = {"Narration": str(merged["Narration"]), "JournalLines": lines, "Date": on, "LineAmountTypes": kind}
    return {**said, "Status": status, "ShowOnCashBasisReports": True, "HasAttachments": False}


def _contact_record(books: Books, body: Record, old: Record | None) -> Record:
    merged = {**(old or {}), **body}
    name = merged.get("Name")
    if not name:
        raise Refused("The contact name must be specified")
    others = (one for one in books.all("Contacts") if one is not old and one["ContactStatus"] == "ACTIVE")
    if any(one["Name"].lower() == str(name).lower() for one in others):
        raise Refused(
            f"The contact name {name} is already assigned to another contact. The contact name must be unique."
        )
    kept = ("ContactNumber", "AccountNumber", "FirstName", "LastName", "EmailAddress", "TaxNumber", "PaymentTerms")
    return {
        **({"ContactID": old["ContactID"]} if old else {}),
        "ContactStatus": merged.get("ContactStatus") or "ACTIVE",
        "Name": str(name),
        **{field: merged[field] for field in kept if merged.get(field)},
        "BankAccountDetails": "",
        "Addresses": merged.get("Addresses") or [],
        "Phones": [],
        "ContactGroups": [],
        "IsSupplier": False,
        "IsCustomer": True,
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


_NAMES = {"ACCREC": "Invoices", "ACCRECCREDIT": "CreditNotes"}
_BUILDERS: dict[str, Builder] = {
    "Invoices": _invoice,
    "CreditNotes": _credit_note,
    "BankTransactions": _bank_transaction,
    "BankTransfers": _bank_transfer,
    "ManualJournals": _manual_journal,
    "Contacts": _contact_record,
}
