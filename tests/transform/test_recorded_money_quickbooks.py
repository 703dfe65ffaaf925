"""Every field of money in QuickBooks' recorded tables is mapped by staging, or listed with the reason why it isn't."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.recorded_money import Recorded, list_as

DOCUMENTS = ("invoice", "credit_memo", "payment")
LINES = ("invoice_line", "invoice_line_bundle", "credit_memo_line", "payment_line")
OTHERS = ("estimate", "estimate_line", "estimate_tax_line", "invoice_tax_line", "credit_memo_tax_line")
MASTERS = ("account", "customer", "vendor", "item", "bundle")
KINDS = {name: f"connector_seed/{name}_data.csv" for name in (*DOCUMENTS, *LINES, *OTHERS, *MASTERS)}

MAPPED = {
    "invoice.total_amount": "stg_quickbooks__documents.total_minor",
    "invoice.total_tax": "stg_quickbooks__documents.tax_minor",
    "credit_memo.total_amount": "stg_quickbooks__documents.total_minor",
    "credit_memo.total_tax": "stg_quickbooks__documents.tax_minor",
    "payment.total_amount": "stg_quickbooks__documents.total_minor",
    "invoice_line.amount": "stg_quickbooks__document_lines.amount_minor",
    "invoice_line_bundle.amount": "stg_quickbooks__document_lines.amount_minor",
    "credit_memo_line.amount": "stg_quickbooks__document_lines.amount_minor",
}

UNIT = "a price per piece: the line's amount is what posts"
OPEN = "what is still open on the document: follows from payments and credit notes, which are documents"
RATE = "the document's tax by rate: the header's total tax is their sum"
BALANCE = "QuickBooks' own running balance: the postings are read, and a balance is their sum"
NOT_USED = {
    **list_as("repeats other lines: a subtotal or a description posts nothing", "invoice_line_repeating", "amount sales_item_unit_price sales_item_discount_amount"),
    **list_as(UNIT, "invoice_line", "sales_item_unit_price"),
    **list_as(UNIT, "invoice_line_bundle", "unit_price"),
    **list_as(UNIT, "credit_memo_line", "sales_item_unit_price"),
    **list_as("says how the line's amount came about; a document whose lines miss its total is named out of balance", "invoice_line", "sales_item_discount_amount"),
    **list_as(OPEN, "invoice", "balance"),
    **list_as(OPEN, "credit_memo", "balance remaining_credit"),
    **list_as(OPEN, "payment", "unapplied_amount"),
    **list_as("which invoice a payment pays: its total posts to receivables as one sum", "payment_line", "amount"),
    **list_as(RATE, "invoice_tax_line", "amount net_amount_taxable override_delta_amount"),
    **list_as(RATE, "credit_memo_tax_line", "amount net_amount_taxable override_delta_amount"),
    **list_as("a quote posts nothing", "estimate", "total_amount total_tax"),
    **list_as("a quote posts nothing", "estimate_line", "amount sales_item_unit_price"),
    **list_as("a quote posts nothing", "estimate_tax_line", "amount net_amount_taxable override_delta_amount"),
    **list_as(BALANCE, "account", "balance balance_with_sub_accounts"),
    **list_as(BALANCE, "customer", "balance balance_with_jobs"),
    **list_as(BALANCE, "vendor", "balance"),
    **list_as("a price list: nothing moved", "item", "purchase_cost unit_price"),
    **list_as("a price list: nothing moved", "bundle", "purchase_cost unit_price"),
}  # fmt: skip


def split(kind: str, record: dict[str, Any]) -> str:
    is_repeating = record.get("detail_type") in ("SubTotalLineDetail", "DescriptionOnly")
    return "invoice_line_repeating" if kind == "invoice_line" and is_repeating else kind


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded("quickbooks", KINDS, split).fill_zeros(MAPPED)


def header(row: dict[str, Any]) -> dict[str, Any]:
    """A recorded document as the platform writes it. Tables know no `TxnTaxDetail`: the API nests the total tax."""
    written = {"Id": row["id"], "TxnDate": row.get("transaction_date"), "CurrencyRef": {"value": "USD"}, "Line": []}
    if "total_amount" in row:
        written["TotalAmt"] = Decimal(row["total_amount"])
    if "total_tax" in row:
        written["TxnTaxDetail"] = {"TotalTax": Decimal(row["total_tax"])}
    return written


def line(row: dict[str, Any]) -> dict[str, Any]:
    kind = row.get("detail_type", "SalesItemLineDetail")
    return {"DetailType": kind, "Amount": Decimal(row["amount"])} if "amount" in row else {"DetailType": kind}


def test_every_field_of_money_is_mapped_or_listed(recorded: Recorded) -> None:
    recorded.assert_claimed(MAPPED, NOT_USED)


def test_every_mapped_amount_arrives_in_staging_to_the_last_minor_unit(recorded: Recorded) -> None:
    of = recorded.records
    parts = [line(row) for row in of["invoice_line_bundle"]]
    bundle = {"DetailType": "GroupLineDetail", "Amount": 0, "GroupLineDetail": {"Line": parts}}
    sold = [line(row) for row in (*of["invoice_line"], *of["invoice_line_repeating"])]
    given_back = [line(row) for row in of["credit_memo_line"]]
    # The tables' lines and headers are not one story (the README of the payloads): lines get a document of their own.
    invoices = [*map(header, of["invoice"]), {"Id": "lines", "CurrencyRef": {"value": "USD"}, "Line": [*sold, bundle]}]
    memos = [*map(header, of["credit_memo"]), {"Id": "lines", "CurrencyRef": {"value": "USD"}, "Line": given_back}]
    rows = RawRows().raw("quickbooks", "invoices", invoices).raw("quickbooks", "credit_memos", memos)
    rows.raw("quickbooks", "payments", [header(row) for row in of["payment"]])
    recorded.assert_arrives(rows, MAPPED)
