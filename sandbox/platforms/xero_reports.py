"""The trial balance as the vendor's report of rows and cells: the month's movement, and the balance of the year to date."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.platforms.xero_books import Books, Record
from sandbox.platforms.xero_chart import RETAINED, account_id

_SECTIONS = {
    "REVENUE": "Revenue", "EXPENSE": "Expenses", "ASSET": "Assets", "LIABILITY": "Liabilities", "EQUITY": "Equity",
}  # fmt: skip
_OF_THE_YEAR = {"REVENUE", "EXPENSE"}
_HEADERS = ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")


def trial_balance(books: Books, on: date) -> Record:
    """The report as of the end of a day."""
    month: dict[str, Decimal] = defaultdict(Decimal)
    year: dict[str, Decimal] = defaultdict(Decimal)
    groups = {account["Code"]: account["Class"] for account in books.all("Accounts")}
    for day, code, amount in books.movements():
        if day > on:
            continue
        if (day.year, day.month) == (on.year, on.month):
            month[code] += amount
        # Revenue and expenses start at zero each year; what they left is retained earnings.
        year[RETAINED if groups[code] in _OF_THE_YEAR and day.year < on.year else code] += amount
    used = sorted(code for code in {*month, *year} if month[code] or year[code])
    names = {account["Code"]: account["Name"] for account in books.all("Accounts")}
    rows: list[Record] = [{"RowType": "Header", "Cells": [{"Value": value} for value in _HEADERS]}]
    for group, title in _SECTIONS.items():
        mine = [
            _row(f"{names[code]} ({code})", code, month[code], year[code]) for code in used if groups[code] == group
        ]
        if mine:
            rows.append({"RowType": "Section", "Title": title, "Rows": mine})
    rows.append({"RowType": "Section", "Title": "", "Rows": [_total(month, year)]})
    told = f"{on.day} {on:%B %Y}"
    return {
        "ReportID": "TrialBalance",
        "ReportName": "Trial Balance",
        "ReportType": "TrialBalance",
        "ReportTitles": ["Trial Balance", "Sandbox Europe", f"As at {told}"],
        "ReportDate": told,
        "UpdatedDateUTC": books.world.clock.now(),
        "Fields": [],
        "Rows": rows,
    }


def _row(name: str, code: str, month: Decimal, year: Decimal) -> Record:
    attributes = [{"Value": account_id(code), "Id": "account"}]
    values = (name, *_sides(month), *_sides(year))
    return {"RowType": "Row", "Cells": [{"Value": value, "Attributes": attributes} for value in values]}


def _sides(amount: Decimal) -> tuple[str, str]:
    return (f"{amount:.2f}", "") if amount > 0 else ("", f"{-amount:.2f}")


def _total(month: dict[str, Decimal], year: dict[str, Decimal]) -> Record:
    values: list[Any] = ["Total"]
    for amounts in (month, year):
        debits = sum((amount for amount in amounts.values() if amount > 0), Decimal(0))
        credits = -sum((amount for amount in amounts.values() if amount < 0), Decimal(0))
        values += [f"{debits:.2f}", f"{credits:.2f}"]
    return {"RowType": "SummaryRow", "Cells": [{"Value": value} for value in values]}
