"""Invoices, credit notes, bank transactions, payments and manual journals by their own date, which has no time zone.

Voided and deleted documents stay in the lists and in their counts. Journals are numbered without a gap by Xero itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.http import body, request

_LISTS = {
    "invoices": "Invoices",
    "credit_notes": "CreditNotes",
    "payments": "Payments",
    "bank_transactions": "BankTransactions",
    "manual_journals": "ManualJournals",
}


def _counted(name: str) -> Callable[[httpx.Client, date], PlatformCount]:
    def counted(client: httpx.Client, day: date) -> PlatformCount:
        where = f"Date == DateTime({day.year}, {day.month:02}, {day.day:02})"
        answer = body(request(client, "GET", f"/{name}", params={"where": where, "page": "1", "pageSize": "1"}))
        return PlatformCount(answer["pagination"]["itemCount"])

    return counted


COUNTABLE = {table: Countable(_counted(name), "cast(date as date)") for table, name in _LISTS.items()}
