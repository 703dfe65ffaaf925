"""A person edits what we wrote to QuickBooks: each kind of document, each change, its code and the exact cents."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows

DAY = date(2026, 11, 9)
KEY = "je:main:o:event:0"
# Sync and kind of document, header, lines as written, and the postings that makes (debit is positive).
WRITTEN: dict[str, tuple[str, dict[str, Any], list[dict[str, Any]], dict[str, int]]] = {
    "invoices": ("invoice", {}, [{"account_number": "4000", "line_amount_minor": 10000},
                                 {"account_number": "2100", "line_amount_minor": 800}],
                 {"1200": 10800, "4000": -10000, "2100": -800}),
    "credit_notes": ("credit_memo", {}, [{"account_number": "4010", "line_amount_minor": 200},
                                         {"account_number": "2100", "line_amount_minor": 16}],
                     {"1200": -216, "4010": 200, "2100": 16}),
    "payments": ("payment", {"deposit_account_number": "1140"},
                 [{"linked_type": "invoice", "linked_key": "k", "line_amount_minor": 10800}],
                 {"1140": 10584, "1200": -10584}),
    "payment_deposits": ("deposit", {"deposit_account_number": "1000"},
                         [{"account_number": "1140", "line_amount_minor": 10584},
                          {"account_number": "2330", "line_amount_minor": 100}],
                         {"1000": 10684, "1140": -10584, "2330": -100}),
    "journal_entries": ("journal_entry", {}, [{"account_number": "1130", "side": "debit", "line_amount_minor": 12000},
                                              {"account_number": "6010", "side": "debit", "line_amount_minor": 1500},
                                              {"account_number": "1100", "side": "credit", "line_amount_minor": 13500}],
                        {"1130": 12000, "6010": 1500, "1100": -13500}),
    "sales_receipts": ("sales_receipt", {"deposit_account_number": "1100"},
                       [{"account_number": "4000", "line_amount_minor": 10000},
                        {"account_number": "6000", "line_amount_minor": -320}],
                       {"1100": 9680, "4000": -10000, "6000": 320}),
    "credit_memos": ("refund_receipt", {"deposit_account_number": "1100"},
                     [{"account_number": "4020", "line_amount_minor": 4000}], {"1100": -4000, "4020": 4000}),
    "deposits": ("deposit", {"deposit_account_number": "1000"}, [{"account_number": "1100", "line_amount_minor": 9680}],
                 {"1000": 9680, "1100": -9680}),
}  # fmt: skip
TOTALS = {"invoices": 10800, "credit_notes": 216, "payments": 10584, "payment_deposits": 10684, "journal_entries": 13500,
          "sales_receipts": 9680, "credit_memos": 4000, "deposits": 9680}  # fmt: skip
EDITS = "select reason_code, amount_minor from {{ ref('fct_book_edits') }} order by all"


def accepted(sync: str) -> CanonicalRows:
    """What the ledger says the books accepted."""
    _, header, lines, _ = WRITTEN[sync]
    fields: list[tuple[str, Any]] = [("document_date", DAY), ("total_minor", TOTALS[sync]), *header.items()]
    for place, line in enumerate(lines, start=1):
        fields += [(f"line {place}: {name}", value) for name, value in line.items()]
    same = {
        "delivery_id": "d-1",
        "plan_id": "p-1",
        "sync": f"quickbooks__{sync}",
        "record_key": KEY,
        "action": "create",
    }
    changes = [
        {**same, "change_number": number, "field_name": name, "after_value": str(value)}
        for number, (name, value) in enumerate(fields, start=1)
    ]
    delivered = {
        "destination": "quickbooks",
        "delivery_status": "accepted",
        "destination_record_id": "501",
        "attempts": 1,
    }
    return CanonicalRows().rows("can_plan_changes", *changes).rows("can_deliveries", {**same, **delivered})


def held(world: CanonicalRows, sync: str, postings: dict[str, int], copies: int = 1, **more: Any) -> CanonicalRows:
    """What the books hold under our key now."""
    document = {
        "platform": "quickbooks",
        "document_type": WRITTEN[sync][0],
        "memo": KEY,
        "document_date": DAY,
        "total_minor": 0,
    }
    ids = [str(501 + copy) for copy in range(copies)]
    world.rows(
        "can_book_documents", *[document | {"document_id": name, "platform_document_id": name} | more for name in ids]
    )
    lines = [
        {"book_line_id": f"{name}/{account}", "document_id": name, "account_number": account, "signed_minor": amount}
        for name in ids
        for account, amount in postings.items()
    ]
    return world.rows("can_book_lines", *lines)


@pytest.mark.parametrize("sync", WRITTEN)
def test_a_document_nobody_touched_is_no_edit(sync: str) -> None:
    assert held(accepted(sync), sync, WRITTEN[sync][3]).query(EDITS) == []


@pytest.mark.parametrize("sync", WRITTEN)
def test_another_amount_another_account_and_nothing_left_each_have_their_code(sync: str) -> None:
    postings = WRITTEN[sync][3]
    debit = next(account for account, amount in postings.items() if amount > 0)
    second = next(account for account, amount in postings.items() if amount < 0)
    more = postings | {debit: postings[debit] + 500, second: postings[second] - 500}
    assert held(accepted(sync), sync, more).query(EDITS) == [("BKS-03", 500)]
    moved = {account: amount for account, amount in postings.items() if account != second} | {"9999": postings[second]}
    assert held(accepted(sync), sync, moved).query(EDITS) == [("BKS-04", abs(postings[second]))]
    written = sum(amount for amount in postings.values() if amount > 0)
    assert held(accepted(sync), sync, dict.fromkeys(postings, 0)).query(EDITS) == [("BKS-09", written)]
    assert held(accepted(sync), sync, postings, is_deleted=True).query(EDITS) == [("BKS-09", written)]


@pytest.mark.parametrize("sync", WRITTEN)
def test_another_day_another_month_and_a_copy_each_have_their_code(sync: str) -> None:
    postings = WRITTEN[sync][3]
    amount = sum(amount for amount in postings.values() if amount > 0)
    assert held(accepted(sync), sync, postings, document_date=date(2026, 11, 20)).query(EDITS) == [("BKS-05", amount)]
    assert held(accepted(sync), sync, postings, document_date=date(2026, 12, 1)).query(EDITS) == [("TIM-11", amount)]
    assert held(accepted(sync), sync, postings, copies=2).query(EDITS) == [("BKS-02", amount)]
