"""What we send to QuickBooks, judged by the vendor's entity definitions: every field exists there, every word is allowed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.reverse_etl.test_destination_contract import request
from tests.sandbox import quickbooks_elements

ENTITIES = {
    "quickbooks__sales_receipts": "SalesReceipt",
    "quickbooks__credit_memos": "RefundReceipt",
    "quickbooks__deposits": "Deposit",
    "quickbooks__invoices": "Invoice",
    "quickbooks__credit_notes": "CreditMemo",
    "quickbooks__payments": "Payment",
    "quickbooks__payment_deposits": "Deposit",
    "quickbooks__journal_entries": "JournalEntry",
}


@pytest.fixture(scope="module")
def elements() -> dict[str, set[str]]:
    return quickbooks_elements.elements()


def body(sync: str) -> dict[str, Any]:
    sent: dict[str, Any] = request(sync).json
    return sent


@pytest.mark.parametrize("sync", ENTITIES)
def test_every_field_we_send_is_an_element_of_its_entity(elements: dict[str, set[str]], sync: str) -> None:
    sent = body(sync)
    assert set(sent) <= elements[ENTITIES[sync]]
    assert sent["Line"]
    for line in sent["Line"]:
        assert set(line) <= elements["Line"]
        details = {name: value for name, value in line.items() if name.endswith("Detail")}
        linked = [set(link) <= elements["LinkedTxn"] for link in line.get("LinkedTxn", [])]
        assert all(linked)
        # A line that settles or banks another document is described by that document.
        named = [] if linked else [line["DetailType"]]
        assert list(details) == named, "a line carries the detail its type names, and no other"
        for name, value in details.items():
            assert set(value) <= elements[name]


@pytest.mark.parametrize("sync", ENTITIES)
def test_every_kind_of_line_is_a_word_of_the_vendor(sync: str) -> None:
    allowed = quickbooks_elements.words("LineDetailTypeEnum")
    assert {line["DetailType"] for line in body(sync)["Line"] if "DetailType" in line} <= allowed


@pytest.mark.parametrize("sync", ENTITIES)
def test_the_number_the_date_and_the_amounts_fit_the_books(sync: str) -> None:
    sent = body(sync)
    assert len(sent.get("DocNumber", "")) <= 21
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", sent["TxnDate"])
    for line in sent["Line"]:
        assert Decimal(str(line["Amount"])).as_tuple().exponent >= -2
