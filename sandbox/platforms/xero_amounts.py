"""The arithmetic of a document: line amounts, tax rounded line by line, totals. Decimals, two places."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.platforms.xero_books import Books, Record, Refused
from sandbox.platforms.xero_chart import BANK_TYPE

AMOUNT_TYPES = ("Exclusive", "Inclusive", "NoTax")
_SYSTEM = {"DEBTORS", "GST"}


def cents(value: Decimal | int) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)


def number(record: Record, field: str, what: str = "") -> Decimal:
    """A number of the body; refuses anything else, and amounts with more than two decimals."""
    value = record.get(field)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused(f"{what or field} must be a number")
    return Decimal(value)


def line_items(books: Books, body: Record) -> tuple[str, list[Record], Decimal, Decimal]:
    """(LineAmountTypes, lines with amounts and taxes, SubTotal, TotalTax) of a body with LineItems."""
    kind = body.get("LineAmountTypes", "Exclusive")
    if kind not in AMOUNT_TYPES:
        raise Refused("LineAmountTypes is not valid")
    given = body.get("LineItems")
    if not isinstance(given, list) or not given:
        raise Refused("One or more line items must be specified")
    lines = [_line(books, line, kind) for line in given]
    tax = sum((line["TaxAmount"] for line in lines), Decimal(0))
    amount = sum((line["LineAmount"] for line in lines), Decimal(0))
    return kind, lines, amount - tax if kind == "Inclusive" else amount, tax


def _line(books: Books, line: Record, kind: str) -> Record:
    if not line.get("Description"):
        raise Refused("Description is required")
    quantity = number(line, "Quantity") if "Quantity" in line else Decimal(1)
    unit = number(line, "UnitAmount") if "UnitAmount" in line else cents(number(line, "LineAmount") / quantity)
    if cents(unit) != unit:
        raise Refused("UnitAmount has more than two decimal places")
    amount = cents(quantity * unit)
    if "LineAmount" in line and number(line, "LineAmount") != amount:
        raise Refused(f"The line total {line['LineAmount']} does not match the expected line total {amount}")
    account = _account(books, line)
    tax_type = line.get("TaxType") or account["TaxType"]
    made = {
        "LineItemID": line.get("LineItemID") or books.new_id("line"),
        "Description": line["Description"],
        "Quantity": quantity,
        "UnitAmount": unit,
        "LineAmount": amount,
        "AccountCode": account["Code"],
        "AccountID": account["AccountID"],
        "TaxType": tax_type,
        "TaxAmount": tax_of(books, line, amount, tax_type, kind),
        "Tracking": [],
    }
    return {**made, **({"ItemCode": line["ItemCode"]} if line.get("ItemCode") else {})}


def _account(books: Books, line: Record) -> Record:
    account = books.account({"Code": line.get("AccountCode"), "AccountID": line.get("AccountID")})
    if account is None or account["Status"] != "ACTIVE" or account["Type"] == BANK_TYPE:
        raise Refused(f"Account code '{line.get('AccountCode', '')}' is not a valid code for this document.")
    if account.get("SystemAccount") in _SYSTEM:
        raise Refused(f"Account code '{account['Code']}' is a system account and can not be used here.")
    return account


def tax_of(books: Books, line: Record, amount: Decimal, tax_type: str, kind: str) -> Decimal:
    """The tax of a line: what the body says, else by its rate, rounded half up."""
    rate = books.records["TaxRates"].get(tax_type)
    if rate is None or rate["Status"] != "ACTIVE":
        raise Refused(f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction.")
    if kind == "NoTax":
        return Decimal("0.00")
    percent = rate["EffectiveRate"]
    if "TaxAmount" in line:
        said = number(line, "TaxAmount")
        if said and not percent:
            raise Refused(f"The TaxType '{tax_type}' has no tax, and the line says {said}")
        return cents(said)
    return cents(amount * percent / (100 + percent)) if kind == "Inclusive" else cents(amount * percent / 100)


def journal_lines(books: Books, body: Record) -> tuple[str, list[Record]]:
    """(LineAmountTypes, lines) of a manual journal; debits are positive, and all must sum to zero."""
    kind = body.get("LineAmountTypes", "NoTax")
    if kind not in AMOUNT_TYPES:
        raise Refused("LineAmountTypes is not valid")
    given = body.get("JournalLines")
    if not isinstance(given, list) or len(given) < 2:
        raise Refused("A manual journal must have at least two lines")
    lines = []
    for line in given:
        account, amount = _account(books, line), number(line, "LineAmount")
        if cents(amount) != amount:
            raise Refused("LineAmount has more than two decimal places")
        tax_type = line.get("TaxType") or "NONE"
        named = {"AccountCode": account["Code"], "AccountID": account["AccountID"], "Tracking": [], "IsBlank": False}
        tax = tax_of(books, line, amount, tax_type, kind)
        said = {"Description": line.get("Description", ""), "TaxType": tax_type, "TaxAmount": tax}
        lines.append({"LineAmount": amount, **named, **said})
    total = sum((line["LineAmount"] + (line["TaxAmount"] if kind == "Exclusive" else 0) for line in lines), Decimal(0))
    if total:
        raise Refused(f"The total debits must equal total credits; the difference is {total}")
    return kind, lines


def currency_of(books: Books, body: Record) -> str:
    """The document's currency; only those the organisation subscribed to can be used."""
    said: Any = body.get("CurrencyCode") or books.currency
    if said != books.currency:
        raise Refused(f"Organisation is not subscribed to currency {said}")
    return str(said)
