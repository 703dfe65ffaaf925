"""The organisation's records, its journal, and what it refuses because a period is locked.

Records are kept in Xero's words with dates as dates and amounts as Decimals; `xero_chart.wire` shows them. Nothing ever
leaves: a deleted or voided record keeps its row and changes its Status. Every change of what a document posts writes
journals: the old ones reversed, then the new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.facts import BookDocument
from sandbox.platforms import xero_chart as chart
from sandbox.platforms.xero_postings import Posting, postings

if TYPE_CHECKING:
    from sandbox.world import World

Record = dict[str, Any]
CURRENCY = "EUR"


class Refused(Exception):
    """A record Xero does not take, with its reasons in its own words."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)


@dataclass(frozen=True)
class Kind:
    """A collection: its id, the number people see (unique where there is one), its word for effects."""

    id_field: str
    effect: str
    number_field: str | None = None
    source_type: str = ""


KINDS = {
    "Invoices": Kind("InvoiceID", "invoice", "InvoiceNumber", "ACCREC"),
    "CreditNotes": Kind("CreditNoteID", "credit_note", "CreditNoteNumber", "ACCRECCREDIT"),
    "Payments": Kind("PaymentID", "payment", None, "ACCRECPAYMENT"),
    "BankTransactions": Kind("BankTransactionID", "bank_transaction", None, "CASHREC"),
    "BankTransfers": Kind("BankTransferID", "bank_transfer", None, "TRANSFER"),
    "ManualJournals": Kind("ManualJournalID", "manual_journal", None, "MANJOURNAL"),
    "Contacts": Kind("ContactID", "contact", "ContactNumber"),
    "Accounts": Kind("AccountID", "account", "Code"),
    "TaxRates": Kind("TaxType", "tax_rate", "TaxType"),
}


class Books:
    """One organisation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.currency = CURRENCY
        self.period_lock_date: date | None = None
        self.records: dict[str, dict[str, Record]] = {name: {} for name in KINDS}
        self.journals: list[Record] = []
        self._numbered: dict[tuple[str, str], str] = {}
        self._standing: dict[str, tuple[Posting, ...]] = {}
        self._made = 0
        for record in chart.accounts(self.currency):
            self.records["Accounts"][record["AccountID"]] = record
            self._numbered["Accounts", record["Code"]] = record["AccountID"]
        for record in chart.tax_rates():
            self.records["TaxRates"][record["TaxType"]] = record

    def all(self, name: str) -> Iterable[Record]:
        return self.records[name].values()

    def get(self, name: str, key: str) -> Record | None:
        """By id, else by number."""
        return self.records[name].get(key) or self.numbered(name, key)

    def numbered(self, name: str, number: str) -> Record | None:
        found = self._numbered.get((name, number))
        return self.records[name][found] if found else None

    def account(self, reference: Any) -> Record | None:
        """The account a body names by Code or AccountID."""
        if not isinstance(reference, dict):
            return None
        return self.get("Accounts", str(reference.get("AccountID") or reference.get("Code") or ""))

    def new_id(self, name: str) -> str:
        self._made += 1
        return chart.identity(name, self._made)

    def check_open(self, *days: date) -> None:
        """No record may stand on a locked day, nor be taken from one."""
        lock = self.period_lock_date
        if lock is not None and any(day <= lock for day in days):
            told = f"{lock.day} {lock:%b %Y}"
            raise Refused(f"The document date cannot be before the end of the locked period, currently set at {told}")

    def keep(self, name: str, record: Record) -> Record:
        """Store a new or changed record and post what it now stands for."""
        kind = KINDS[name]
        record["UpdatedDateUTC"] = self.world.clock.advance(0.001)
        key = record[kind.id_field]
        old = self.records[name].get(key)
        if kind.number_field and old and self._numbered.get((name, str(old.get(kind.number_field)))) == key:
            del self._numbered[name, str(old[kind.number_field])]
        # A number is free again once its document was voided or deleted.
        if kind.number_field and record.get(kind.number_field) and record.get("Status") not in {"VOIDED", "DELETED"}:
            self._numbered[name, str(record[kind.number_field])] = key
        self.records[name][key] = record
        self._post(name, record)
        return record

    def _post(self, name: str, record: Record) -> None:
        key, now = record[KINDS[name].id_field], tuple(postings(name, record))
        before = self._standing.get(key, ())
        if now == before:
            return
        if before:
            self._journal(name, record, [posting.reversed() for posting in before])
        if now:
            self._journal(name, record, now)
        self._standing[key] = now

    def _journal(self, name: str, record: Record, lines: Iterable[Posting]) -> None:
        number = len(self.journals) + 1
        lines = list(lines)
        self.journals.append(
            {
                "JournalID": chart.identity("journal", number),
                "JournalDate": lines[0].day,
                "JournalNumber": number,
                "CreatedDateUTC": self.world.clock.now(),
                "Reference": record.get("Reference") or record.get("Narration") or "",
                "SourceID": record[KINDS[name].id_field],
                "SourceType": _source_type(name, record),
                "JournalLines": [self._journal_line(number, place, line) for place, line in enumerate(lines, start=1)],
            }
        )

    def _journal_line(self, number: int, place: int, line: Posting) -> Record:
        account = self.records["Accounts"][chart.account_id(line.account_code)]
        return {
            "JournalLineID": chart.identity("journal line", f"{number}/{place}"),
            "AccountID": account["AccountID"],
            "AccountCode": account["Code"],
            "AccountType": account["Type"],
            "AccountName": account["Name"],
            "Description": line.description,
            "NetAmount": line.net,
            "GrossAmount": line.net + line.tax,
            "TaxAmount": line.tax,
            "TaxType": line.tax_type,
            "TaxName": self.records["TaxRates"].get(line.tax_type, {}).get("Name", ""),
            "TrackingCategories": [],
        }

    def movements(self) -> Iterator[tuple[date, str, Decimal]]:
        """Every journal line as (day, account code, amount with debit positive)."""
        for journal in self.journals:
            for line in journal["JournalLines"]:
                yield journal["JournalDate"], line["AccountCode"], line["NetAmount"]


def typed_documents(world: World) -> Iterable[BookDocument]:
    """What a person typed into these books before anybody connected them: the second company's documents."""
    return world.europe.documents.tail if world.europe is not None else ()


def _source_type(name: str, record: Record) -> str:
    if name == "BankTransactions":
        return "CASHPAID" if record["Type"].startswith("SPEND") else "CASHREC"
    if name == "Payments" and record["PaymentType"] == "ARCREDITPAYMENT":
        return "ARCREDITPAYMENT"
    return KINDS[name].source_type
