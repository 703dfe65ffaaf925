"""Bank lines from the statement's words to signed minor units."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.transform.raw_rows import RawRows


def line(number: str, amount: str, currency: str = "USD", **changes: str) -> dict:
    return {
        "id": number,
        "date": "2026-10-05",
        "value_date": "2026-10-06",
        "description": "STRIPE PAYOUT",
        "reference": "TRACE-1",
        "amount": Decimal(amount),
        "currency": currency,
        **changes,
    }


def test_a_line_is_signed_minor_units_on_its_value_date() -> None:
    rows = RawRows().raw("bank", "statement_lines", [line("B-1", "1234.50", reference=" ")])
    assert rows.query("select * from {{ ref('can_bank_lines__bank') }}") == [
        ("bank:main:B-1", "bank", "main", "main", "B-1", date(2026, 10, 6), 123450, "USD", "STRIPE PAYOUT", None)
    ]


def test_amounts_follow_the_currencys_exponent_and_an_inexact_one_is_null_not_rounded() -> None:
    found = [
        line("1", "-0.10"),
        line("2", "5000", "JPY"),
        line("3", "1.234", "kwd"),
        line("4", "0.005"),
        line("5", "1.5", "JPY"),
    ]
    rows = RawRows().raw("bank", "statement_lines", found)
    query = "select amount_minor from {{ ref('stg_bank__statement_lines') }} order by platform_bank_line_id"
    assert [row[0] for row in rows.query(query)] == [-10, 5000, 1234, None, None]


def test_a_refused_line_says_where_and_why() -> None:
    refused = {"file": "s.csv", "row_number": 3, "column": "amount", "reason": "is not …", "line_digest": "ab"}
    rows = RawRows().raw("bank", "rejected_lines", [refused])
    assert rows.query("select * from {{ ref('stg_bank__rejected_lines') }}") == [
        ("main", "s.csv", 3, "amount", "is not …", "ab")
    ]
