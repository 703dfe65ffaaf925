"""What follows an invoice: credit notes against it, payments on it, deposits of what was paid.

A payment names what it settles and the credits it uses up; a credit alone is applied by a payment of nothing. Money
that came by bank waits in undeposited funds until its deposit, which is the line of the bank statement, cent for cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.destination import References
from reverse_etl.destinations.quickbooks import api
from reverse_etl.destinations.quickbooks.documents import Body, Form, amount_of, deposited, linked_id, sold_item
from reverse_etl.money import major
from reverse_etl.plan import Delivery

_TYPES = {"invoice": "Invoice", "credit_memo": "CreditMemo"}
_LINE = ("Line.Amount", "Line.Description", "Line.DetailType")
_ITEM = tuple(f"Line.SalesItemLineDetail.{name}" for name in ("ItemRef.value", "Qty", "UnitPrice"))
_LINK = ("Line.LinkedTxn.TxnId", "Line.LinkedTxn.TxnType")
_CREDIT = ("DocNumber", "CustomerRef.value", *_LINE, *_ITEM)
_PAYMENT = (
    "CustomerRef.value", "DepositToAccountRef.value", "TotalAmt", "PaymentRefNum", "Line.Amount", *_LINK,
)  # fmt: skip
_BANKED = (
    "DepositToAccountRef.value", *_LINE, *_LINK, "Line.LinkedTxn.TxnLineId", "Line.DepositLineDetail.AccountRef.value",
)  # fmt: skip
# The vendor's limit of a payment's reference.
_REFERENCE_LENGTH = 21


def _of_customer(delivery: Delivery, references: References) -> Body:
    return {"CustomerRef": {"value": api.id_of(references, "customers", delivery.payload["customer_name"])}}


def _paid(delivery: Delivery, references: References) -> Body:
    payload = delivery.payload
    return {
        **_of_customer(delivery, references),
        **deposited(delivery, references),
        "TotalAmt": major(payload["total_minor"], delivery.currency_code or ""),
        "PaymentRefNum": str(payload["payment_reference"])[:_REFERENCE_LENGTH],
    }


def _settles(delivery: Delivery, line: Mapping[str, Any], references: References) -> Body:
    linked = {"TxnId": linked_id(delivery, line, references), "TxnType": _TYPES[line["linked_type"]]}
    return {"Amount": amount_of(delivery, line), "LinkedTxn": [linked]}


def _banks(delivery: Delivery, line: Mapping[str, Any], references: References) -> Body:
    """A line that banks a payment, or one of money beyond the invoice on an account of its own."""
    amount = amount_of(delivery, line)
    if line["linked_key"]:
        linked = {"TxnId": linked_id(delivery, line, references), "TxnLineId": "0", "TxnType": "Payment"}
        return {"Amount": amount, "LinkedTxn": [linked]}
    return {
        "Amount": amount,
        "Description": line["line_description"],
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": {"AccountRef": {"value": api.id_of(references, "accounts", line["account_number"])}},
    }


CREDIT_MEMO = Form("CreditMemo", True, _of_customer, sold_item, _CREDIT, api.tables("items", "customers"))
PAYMENT = Form("Payment", False, _paid, _settles, _PAYMENT, api.tables("accounts", "customers"))
PAYMENT_DEPOSIT = Form("Deposit", False, deposited, _banks, _BANKED, api.tables("accounts"))
