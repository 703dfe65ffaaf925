"""What a POST does to the books: checks as the vendor's business rules make them, then one record kept."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.platforms import quickbooks_chart as chart
from sandbox.platforms import quickbooks_payments as payments
from sandbox.platforms.quickbooks_books import Books, Record, subtotal
from sandbox.platforms.quickbooks_faults import Fault, cents, closed, inactive, missing
from sandbox.webhooks import events

SALES_FORMS = {"SalesReceipt", "Invoice", "RefundReceipt", "CreditMemo"}
WRITABLE = {*SALES_FORMS, "Deposit", "JournalEntry", "Payment", "Customer"}
EFFECTS = {
    "SalesReceipt": "sales_receipt", "Invoice": "invoice", "RefundReceipt": "refund_receipt",
    "CreditMemo": "credit_memo", "Deposit": "deposit", "JournalEntry": "journal_entry", "Payment": "payment",
    "Customer": "customer",
}  # fmt: skip


def write(books: Books, entity: str, body: Any) -> Record:
    """Create, or update when the body has an Id."""
    if not isinstance(body, dict):
        raise Fault("2010", "Request has invalid or unsupported property", "The request body is not an object")
    old = _current(books, entity, body) if body.get("Id") else None
    new = {**old, **body} if old is not None and body.get("sparse") is True else dict(body)
    if entity == "Deposit":
        # The vendor's deposits have no number; one that is sent along is not kept.
        new.pop("DocNumber", None)
    _check_number(books, entity, new, old)
    if entity != "Customer":
        _check_open(books, new, old)
    record = _BUILDERS[entity](books, entity, new)
    now = books.world.clock.advance(0.001)
    record["Id"] = old["Id"] if old else books.new_id()
    record["SyncToken"] = str(int(old["SyncToken"]) + 1) if old else "0"
    record["MetaData"] = {
        "CreateTime": old["MetaData"]["CreateTime"] if old else chart.pacific(now),
        "LastUpdatedTime": chart.pacific(now),
    }
    record["domain"], record["sparse"] = "QBO", False
    books.keep(entity, record)
    done = "updated" if old else "created"
    books.world.effects.record("quickbooks", f"{EFFECTS[entity]}_{done}", natural_key(record))
    events.book_changed(books.world, entity, record["Id"], "Update" if old else "Create")
    return record


def delete(books: Books, entity: str, body: Any) -> Record:
    """`?operation=delete` with Id and SyncToken."""
    if not isinstance(body, dict) or not body.get("Id"):
        raise Fault("2020", "Required param missing, need to supply the required value for the API",
                    "Required parameter Id is missing in the request", "Id")  # fmt: skip
    old = _current(books, entity, body)
    if entity != "Customer":
        _check_open(books, old, old)
    now = books.world.clock.advance(0.001)
    books.delete(entity, {**old, "MetaData": {**old["MetaData"], "LastUpdatedTime": chart.pacific(now)}})
    books.world.effects.record("quickbooks", f"{EFFECTS[entity]}_deleted", natural_key(old))
    events.book_changed(books.world, entity, old["Id"], "Delete")
    return {"Id": old["Id"], "domain": "QBO", "status": "Deleted"}


def natural_key(record: Record) -> str:
    """What the writer calls the record: its private note, else its number, else its name, else our id."""
    return str(record.get("PrivateNote") or record.get("DocNumber") or record.get("DisplayName") or record["Id"])


def _current(books: Books, entity: str, body: Record) -> Record:
    old = books.get(entity, str(body["Id"]))
    if old is None:
        raise Fault("610", "Object Not Found", f"Object Not Found : Something you're trying to use has been made "
                    f"inactive. Check the fields with accounts, customers, items, vendors or employees. Id={body['Id']}")  # fmt: skip
    if str(body.get("SyncToken")) != old["SyncToken"]:
        raise Fault("5010", "Stale Object Error", f"Stale Object Error : You and another user were working on this at "
                    f"the same time. Your SyncToken is {body.get('SyncToken')}, it should be {old['SyncToken']}")  # fmt: skip
    return old


def _check_number(books: Books, entity: str, body: Record, old: Record | None) -> None:
    number = body.get("DocNumber")
    if not number:
        return
    if len(number) > 21:
        raise Fault("2050", "String length is either shorter or longer than supported by specification",
                    "String length specified does not match the supported length. Min:0 Max:21", "DocNumber")  # fmt: skip
    if (old is None or old.get("DocNumber") != number) and books.has_number(entity, number):
        raise Fault("6140", "Duplicate Document Number Error", "Duplicate Document Number Error : You must specify a "
                    f"different number. This number has already been used. DocNumber={number}")  # fmt: skip


def _check_open(books: Books, *documents: Record | None) -> None:
    """Neither the day a document had nor the one it gets may be closed."""
    for document in documents:
        day = (document or {}).get("TxnDate")
        if books.closing_date is not None and day is not None and day <= books.closing_date.isoformat():
            raise closed()


def _sales_form(books: Books, entity: str, body: Record) -> Record:
    lines = [line for line in _lines(body) if line.get("DetailType") != "SubTotalLineDetail"]
    if not lines:
        raise missing("Line")
    if entity in {"Invoice", "CreditMemo"} and not body.get("CustomerRef"):
        raise missing("CustomerRef")
    if entity == "RefundReceipt" and not body.get("DepositToAccountRef"):
        raise missing("DepositToAccountRef")
    kept = [_sales_line(books, line, place) for place, line in enumerate(lines, start=1)]
    # A discount line is written as a positive amount and taken off.
    total = sum(
        (-line["Amount"] if line["DetailType"] == "DiscountLineDetail" else line["Amount"] for line in kept), Decimal(0)
    )
    if total < 0:
        raise Fault("6000", "A business validation error has occurred while processing your request",
                    "Business Validation Error: Transaction amount must be 0 or greater.")  # fmt: skip
    record = _with_refs(books, body)
    record.setdefault("TxnDate", _today(books))
    record["CurrencyRef"] = {"value": books.world.currency, "name": "United States Dollar"}
    record["Line"] = [*kept, subtotal(total)]
    record["TotalAmt"] = total
    record.setdefault("TxnTaxDetail", {"TotalTax": Decimal(0)})
    record["Balance"] = total if entity in {"Invoice", "CreditMemo"} else Decimal(0)
    if entity == "Invoice":
        record.setdefault("DueDate", record["TxnDate"])
    if entity in {"SalesReceipt", "RefundReceipt"}:
        record.setdefault("DepositToAccountRef", chart.account_ref("1100"))
    return record


def _sales_line(books: Books, line: Record, place: int) -> Record:
    kind = line.get("DetailType")
    if kind not in {"SalesItemLineDetail", "DiscountLineDetail"}:
        raise Fault(
            "2010",
            "Request has invalid or unsupported property",
            f"Property Name:{kind} is not supported",
            "DetailType",
        )
    money = _money(line)
    kept: Record = {"Id": str(place), "LineNum": place, **line, "Amount": money}
    if kind == "SalesItemLineDetail":
        detail = dict(line.get("SalesItemLineDetail") or {})
        item = _reference(books, "Item", detail.get("ItemRef") or {}, "ItemRef")
        price, quantity = detail.get("UnitPrice"), detail.get("Qty")
        if price is not None and quantity is not None and cents(Decimal(price) * Decimal(quantity)) != money:
            raise Fault("6070", "Amount is not equal to UnitPrice * Qty",
                        f"Amount calculation incorrect in the request. Amount is not equal to UnitPrice * Qty. Supplied value:{money}")  # fmt: skip
        detail["ItemRef"] = {"value": item["Id"], "name": item["Name"]}
        detail["ItemAccountRef"] = item["IncomeAccountRef"]
        detail.setdefault("TaxCodeRef", {"value": "NON"})
        kept["SalesItemLineDetail"] = detail
    return kept


def _deposit(books: Books, entity: str, body: Record) -> Record:
    target = _reference(books, "Account", body.get("DepositToAccountRef") or {}, "DepositToAccountRef")
    lines = _lines(body)
    if not lines:
        raise missing("Line")
    kept = []
    for place, line in enumerate(lines, start=1):
        if line.get("LinkedTxn"):
            kept.append({"Id": str(place), "LineNum": place, **payments.deposited(books, line)})
            continue
        detail = dict(line.get("DepositLineDetail") or {})
        source = _reference(books, "Account", detail.get("AccountRef") or {}, "AccountRef")
        detail["AccountRef"] = {"value": source["Id"], "name": source["Name"]}
        named = {"DetailType": "DepositLineDetail", "DepositLineDetail": detail}
        kept.append({"Id": str(place), "LineNum": place, **line, **named, "Amount": _money(line)})
    total = sum((line["Amount"] for line in kept), Decimal(0))
    if total < 0:
        raise Fault("6000", "A business validation error has occurred while processing your request",
                    "Business Validation Error: The total of a deposit can't be negative.")  # fmt: skip
    record = _with_refs(books, body)
    record.setdefault("TxnDate", _today(books))
    reference = {"value": target["Id"], "name": target["Name"]}
    return {**record, "DepositToAccountRef": reference, "Line": kept, "TotalAmt": total}


def _journal_entry(books: Books, entity: str, body: Record) -> Record:
    sides = {"Debit": Decimal(0), "Credit": Decimal(0)}
    kept = []
    for place, line in enumerate(_lines(body), start=1):
        detail = dict(line.get("JournalEntryLineDetail") or {})
        side = detail.get("PostingType")
        if side not in sides:
            raise missing("PostingType")
        account = _reference(books, "Account", detail.get("AccountRef") or {}, "AccountRef")
        detail["AccountRef"] = {"value": account["Id"], "name": account["Name"]}
        money = _money(line)
        sides[side] += money
        kept.append({"Id": str(place - 1), **line, "Amount": money, "JournalEntryLineDetail": detail})
    if not kept:
        raise missing("Line")
    if sides["Debit"] != sides["Credit"]:
        raise Fault("6000", "A business validation error has occurred while processing your request",
                    "Business Validation Error: The transaction is not balanced. Please make sure total debits equal "
                    f"total credits. Debits {sides['Debit']}, credits {sides['Credit']}")  # fmt: skip
    record = _with_refs(books, body)
    record.setdefault("TxnDate", _today(books))
    return {**record, "Line": kept, "TotalAmt": sides["Debit"], "Adjustment": bool(body.get("Adjustment", False))}


def _customer(books: Books, entity: str, body: Record) -> Record:
    name = body.get("DisplayName") or " ".join(filter(None, (body.get("GivenName"), body.get("FamilyName"))))
    if not name:
        raise missing("DisplayName")
    others = (record for record in books.records("Customer") if record["Id"] != str(body.get("Id")))
    if any(record["DisplayName"].lower() == name.lower() for record in others):
        raise Fault("6240", "Duplicate Name Exists Error", "The name supplied already exists. : Another customer, vendor "
                    "or employee is already using this name. Please use a different name.")  # fmt: skip
    fresh = chart.customer(name, None, books.world.currency)
    return {**fresh, **_with_refs(books, body), "DisplayName": name, "FullyQualifiedName": name}


_BUILDERS: dict[str, Callable[[Books, str, Record], Record]] = {
    **dict.fromkeys(SALES_FORMS, _sales_form),
    "Deposit": _deposit,
    "JournalEntry": _journal_entry,
    "Payment": lambda books, entity, body: payments.payment(books, _with_refs(books, body), _today(books)),
    "Customer": _customer,
}


def _with_refs(books: Books, body: Record) -> Record:
    """The body with its references checked and named."""
    record = dict(body)
    for field, entity in (("CustomerRef", "Customer"), ("DepositToAccountRef", "Account"), ("SalesTermRef", "Term")):
        if body.get(field):
            found = _reference(books, entity, body[field], field)
            record[field] = {"value": found["Id"], "name": found.get("DisplayName") or found["Name"]}
    return record


def _reference(books: Books, entity: str, reference: Record, field: str) -> Record:
    if not reference.get("value"):
        raise missing(field)
    found = books.get(entity, str(reference["value"]))
    if found is None:
        raise Fault(
            "2500",
            "Invalid Reference Id",
            f"Invalid Reference Id : {entity} with id {reference['value']} not found",
            field,
        )
    if not found.get("Active", True):
        raise inactive(field)
    return found


def _lines(body: Record) -> list[Record]:
    return [line for line in body.get("Line") or [] if isinstance(line, dict)]


def _money(line: Record) -> Decimal:
    value = line.get("Amount")
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise missing("Amount")
    if cents(Decimal(value)) != Decimal(value):
        raise Fault(
            "2010",
            "Request has invalid or unsupported property",
            f"Amount {value} has more than two decimals",
            "Amount",
        )
    return cents(Decimal(value))


def _today(books: Books) -> str:
    return books.world.clock.now().astimezone(chart.PACIFIC).date().isoformat()
