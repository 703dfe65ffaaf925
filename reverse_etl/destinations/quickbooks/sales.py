"""Sales forms: receipts of what was paid at once, refund receipts, invoices on terms; and deposits of payouts.

A receipt names one collective customer per channel, where the books have one; an invoice is owed by a company, so it
must be there. Terms are written beside the due date they lead to: the books' own arithmetic of terms decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.destination import References
from reverse_etl.destinations.quickbooks import api
from reverse_etl.destinations.quickbooks.documents import Body, Form, amount_of, deposited, sold_item
from reverse_etl.plan import Delivery

_LINE = ("Line.Amount", "Line.Description", "Line.DetailType")
_ITEM = tuple(f"Line.SalesItemLineDetail.{name}" for name in ("ItemRef.value", "Qty", "UnitPrice"))
_SALE = ("DocNumber", "DepositToAccountRef.value", "CustomerRef.value", *_LINE, *_ITEM)
_INVOICE = ("DocNumber", "CustomerRef.value", "DueDate", "SalesTermRef.value", "CustomerMemo.value", *_LINE, *_ITEM)
_PAYOUT = ("DepositToAccountRef.value", *_LINE, "Line.DepositLineDetail.AccountRef.value")
_NAMES = api.tables("items", "accounts", "customers")


def _received(delivery: Delivery, references: References) -> Body:
    customer = references.get("customers", {}).get(delivery.payload.get("customer_name") or "")
    named = {"CustomerRef": {"value": customer}} if customer else {}
    return deposited(delivery, references) | named


def _owed(delivery: Delivery, references: References) -> Body:
    payload = delivery.payload
    note = {"CustomerMemo": {"value": payload["customer_note"]}} if payload["customer_note"] else {}
    return {
        "CustomerRef": {"value": api.id_of(references, "customers", payload["customer_name"])},
        "SalesTermRef": {"value": api.id_of(references, "terms", payload["terms_name"])},
        "DueDate": payload["due_date"],
        **note,
    }


def _paid_out(delivery: Delivery, line: Mapping[str, Any], references: References) -> Body:
    return {
        "Amount": amount_of(delivery, line),
        "Description": line["line_description"],
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": {"AccountRef": {"value": api.id_of(references, "accounts", line["account_number"])}},
    }


SALES_RECEIPT = Form("SalesReceipt", True, _received, sold_item, _SALE, _NAMES)
REFUND_RECEIPT = Form("RefundReceipt", True, _received, sold_item, _SALE, _NAMES)
INVOICE = Form("Invoice", True, _owed, sold_item, _INVOICE, api.tables("items", "customers", "terms"))
DEPOSIT = Form("Deposit", False, deposited, _paid_out, _PAYOUT, _NAMES)
