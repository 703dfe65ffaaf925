"""A company's document chain as activation rows: customer, invoice, credit note, payment, deposit; tables from their yml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from tests.transform.warehouse import contract

SYNCS = (
    "quickbooks__customers", "quickbooks__invoices", "quickbooks__credit_notes", "quickbooks__payments",
    "quickbooks__payment_deposits",
)  # fmt: skip
DAY = "2026-10-05"
Row = dict[str, Any]


def fill(connection: duckdb.DuckDBPyConnection, sync: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """The activation table of a sync with these rows; what a row leaves out is null."""
    columns = contract(f"act_{sync}")
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"create or replace table activation.act_{sync} ({listed})")
    for row in rows:
        assert set(row) <= set(columns), set(row) - set(columns)
        values = [row.get(name) for name in columns]
        connection.execute(f"insert into activation.act_{sync} values ({', '.join('?' * len(values))})", values)


def customer(company: str, terms: str = "Net 30") -> list[Row]:
    known = {"display_name": company, "tax_id": "12-3456789", "terms_name": terms}
    return [{"record_key": customer_key(company), **known, "reason": "invoiced on terms", "source_key": company}]


def customer_key(company: str) -> str:
    return f"customer:main:{company.lower()}"


def invoice(company: str, number: str, waits: bool = True) -> list[Row]:
    """Goods of 100.00 and 8.00 tax on net 30."""
    header = {
        "document_number": number, "due_date": "2026-11-04", "customer_name": company, "terms_name": "Net 30",
        "customer_note": "Purchase order 7", "customer_key": customer_key(company) if waits else None,
    }  # fmt: skip
    sold = [("Product", "4000", 10000), ("Sales tax", "2100", 800)]
    return _document(
        f"{number}:captured", 10800, header, [{"item_name": i, "account_number": a, **_line(m)} for i, a, m in sold]
    )


def credit_note(company: str, number: str, waits: bool = True) -> list[Row]:
    """2.16 off for paying early: 2 % of 108.00, of which 0.16 is tax."""
    header = {
        "document_number": f"{number}-D1",
        "customer_name": company,
        "invoice_key": _key(f"{number}:captured") if waits else None,
    }
    sold = [("Discount", "4010", 200), ("Sales tax", "2100", 16)]
    return _document(
        f"{number}:discounted", 216, header, [{"item_name": i, "account_number": a, **_line(m)} for i, a, m in sold]
    )


def payment(company: str, number: str, invoice_id: str | None = None, credited: bool = True) -> list[Row]:
    """105.84 received: the invoice less its discount; or all of it, without a credit note."""
    header = {"payment_reference": number, "customer_name": company, "deposit_account_number": "1140"}
    wanted = _key(f"{number}:captured")
    lines: list[Row] = [
        {"linked_type": "invoice", "linked_key": wanted, "linked_document_id": invoice_id, "line_amount_minor": 10800}
        | {"invoice_key": None if invoice_id else wanted}
    ]
    if credited:
        note = _key(f"{number}:discounted")
        lines.append(
            {"linked_type": "credit_memo", "linked_key": note, "line_amount_minor": 216, "credit_note_key": note}
        )
    return _document(f"{number}:received", 10584 if credited else 10800, header, lines)


def deposit(number: str, payment_id: str | None = None, credited: bool = True) -> list[Row]:
    """The bank's line of the payment, and 1.00 beyond it."""
    paid = 10584 if credited else 10800
    wanted = _key(f"{number}:received")
    lines: list[Row] = [
        {"account_number": "1140", "linked_key": wanted, "linked_document_id": payment_id, **_line(paid)}
        | {"payment_key": None if payment_id else wanted},
        {"account_number": "2330", **_line(100)},
    ]
    return _document(f"{number}:banked", paid + 100, {"deposit_account_number": "1000"}, lines)


def dispute(name: str) -> list[Row]:
    """120.00 disputed and a fee of 15.00 taken."""
    postings = [("debit", "1130", 12000), ("debit", "6010", 1500), ("credit", "1100", 13500)]
    lines = [{"side": side, "account_number": account, **_line(amount)} for side, account, amount in postings]
    return _document(f"{name}:dispute", 13500, {"document_number": name}, lines)


def chain(connection: duckdb.DuckDBPyConnection, companies: Mapping[str, str]) -> None:
    """Everything about these companies (name → invoice number), nothing of it in the books yet."""
    rows: dict[str, list[Row]] = {sync: [] for sync in SYNCS}
    for company, number in companies.items():
        made = (
            customer(company),
            invoice(company, number),
            credit_note(company, number),
            payment(company, number),
            deposit(number),
        )
        for sync, found in zip(SYNCS, made, strict=True):
            rows[sync] += found
    for sync, found in rows.items():
        fill(connection, sync, found)


def _key(event: str) -> str:
    return f"je:main:{event}:0"


def _line(minor: int) -> Row:
    return {"line_description": "a line", "line_amount_minor": minor}


def _document(event: str, total: int, header: Row, lines: list[Row]) -> list[Row]:
    shared = {
        "record_key": _key(event),
        "document_date": DAY,
        "memo": _key(event),
        "total_minor": total,
        "money_minor": total,
    }
    shared |= {"currency_code": "USD", "reason": "the books hold no such document", "source_key": event}
    return [{"line_number": place, **shared, **header, **line} for place, line in enumerate(lines, start=1)]
