"""Journal entries: what moved without a sale, as debits and credits that balance to the cent.

The books check the balance themselves and refuse what does not; an entry names no customer, so none of its lines may be
on a receivable.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reverse_etl.answers import at, items
from reverse_etl.destination import References
from reverse_etl.destinations.quickbooks import api
from reverse_etl.destinations.quickbooks.documents import Body, Form, amount_of
from reverse_etl.plan import Delivery

_DETAIL = "Line.JournalEntryLineDetail"
_OWNS = (
    "DocNumber", "Line.Amount", "Line.Description", "Line.DetailType", f"{_DETAIL}.PostingType", f"{_DETAIL}.AccountRef.value",
)  # fmt: skip


def _no_header(delivery: Delivery, references: References) -> Body:
    return {}


def _posting(delivery: Delivery, line: Mapping[str, Any], references: References) -> Body:
    account = {"value": api.id_of(references, "accounts", line["account_number"])}
    return {
        "Amount": amount_of(delivery, line),
        "Description": line["line_description"],
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": {"PostingType": line["side"].capitalize(), "AccountRef": account},
    }


def _debits(document: Any) -> Any:
    """The books often leave an entry's total out; its debits are its total."""
    amounts = [
        at(line, "Amount")
        for line in items(document, "Line")
        if at(line, "JournalEntryLineDetail", "PostingType") == "Debit"
    ]
    return sum((Decimal(str(amount)) for amount in amounts), Decimal(0)) if amounts else at(document, "TotalAmt")


JOURNAL_ENTRY = Form("JournalEntry", True, _no_header, _posting, _OWNS, api.tables("accounts"), _debits)
