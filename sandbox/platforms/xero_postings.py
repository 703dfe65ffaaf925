"""What a document posts: account, amount (debit positive), tax, on its day. A draft, deleted or voided one posts nothing.

Journals keep the pattern of the vendor: a line of its own for each document line at its net amount, one for the tax
account per taxed line, and one for the account in the header (receivable, bank).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.platforms.xero_chart import RECEIVABLE, TAX

Record = dict[str, Any]
_POSTED = {"AUTHORISED", "PAID", "POSTED"}


@dataclass(frozen=True)
class Posting:
    day: date
    account_code: str
    net: Decimal
    tax: Decimal = Decimal(0)
    tax_type: str = ""
    description: str = ""

    def reversed(self) -> Posting:
        return replace(self, net=-self.net, tax=-self.tax)


def postings(name: str, record: Record) -> Iterator[Posting]:
    """The record's lines in the journal; they sum to zero."""
    if record.get("Status") in _POSTED and name in _POSTINGS:
        yield from _POSTINGS[name](record)


def _sale(record: Record) -> Iterator[Posting]:
    yield Posting(record["Date"], RECEIVABLE, record["Total"])
    yield from _lines(record, -1)


def _credit(record: Record) -> Iterator[Posting]:
    yield Posting(record["Date"], RECEIVABLE, -record["Total"])
    yield from _lines(record, 1)


def _bank(record: Record) -> Iterator[Posting]:
    if record["Type"].endswith("-TRANSFER"):
        return
    sign = 1 if record["Type"].startswith("RECEIVE") else -1
    yield Posting(record["Date"], record["BankAccount"]["Code"], sign * record["Total"])
    yield from _lines(record, -sign)


def _payment(record: Record) -> Iterator[Posting]:
    sign = 1 if record["PaymentType"] == "ACCRECPAYMENT" else -1
    yield Posting(record["Date"], record["Account"]["Code"], sign * record["Amount"])
    yield Posting(record["Date"], RECEIVABLE, -sign * record["Amount"])


def _transfer(record: Record) -> Iterator[Posting]:
    yield Posting(record["Date"], record["ToBankAccount"]["Code"], record["Amount"])
    yield Posting(record["Date"], record["FromBankAccount"]["Code"], -record["Amount"])


def _manual(record: Record) -> Iterator[Posting]:
    for line in record["JournalLines"]:
        tax = line["TaxAmount"]
        net = line["LineAmount"] - tax if record["LineAmountTypes"] == "Inclusive" else line["LineAmount"]
        yield Posting(record["Date"], line["AccountCode"], net, tax, line["TaxType"], line.get("Description", ""))
        if tax:
            yield Posting(record["Date"], TAX, tax, description="VAT")


def _lines(record: Record, sign: int) -> Iterator[Posting]:
    inclusive = record["LineAmountTypes"] == "Inclusive"
    for line in record["LineItems"]:
        tax = line["TaxAmount"]
        net = line["LineAmount"] - tax if inclusive else line["LineAmount"]
        yield Posting(
            record["Date"], line["AccountCode"], sign * net, sign * tax, line["TaxType"], line.get("Description", "")
        )
        if tax:
            yield Posting(record["Date"], TAX, sign * tax, description="VAT")


_POSTINGS = {
    "Invoices": _sale,
    "CreditNotes": _credit,
    "BankTransactions": _bank,
    "BankTransfers": _transfer,
    "Payments": _payment,
    "ManualJournals": _manual,
}
