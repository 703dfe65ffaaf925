"""Records without a number: money received and spent, payments, transfers between banks.

Each carries our key in a text of its own and is looked for among the records of its day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reverse_etl.answers import accepted, at
from reverse_etl.destination import Answer, Batch, LookUp, Outcome, ReadBack, References, Request, Write
from reverse_etl.destinations.xero import api
from reverse_etl.money import major, minor
from reverse_etl.plan import Delivery

Body = Callable[[Delivery, References], dict[str, Any]]


def _keyed(
    collection: str,
    id_field: str,
    body: Body,
    owns: tuple[str, ...],
    *,
    amount: str,
) -> Write:
    """One collection whose records are told apart by the key in their reference; `amount` names their total."""

    def encode(batch: Batch, request_key: str, found: References) -> Request:
        return api.put(collection, [body(delivery, found) for delivery in batch], request_key)

    def mark(delivery: Delivery, record: Any) -> bool:
        return api.is_ours(delivery, record)

    def look_up(delivery: Delivery, found: References) -> Request:
        return api.of_the_day(collection, str(delivery.payload["document_date"]))

    def found(delivery: Delivery, answer: Answer) -> Outcome | None:
        ours = api.ours(delivery, collection, answer)
        return accepted(at(ours, id_field)) if ours is not None else None

    def held(delivery: Delivery, answer: Answer) -> Mapping[str, Any] | None:
        ours = api.ours(delivery, collection, answer)
        if not api.stands(ours):
            return None
        total = minor(at(ours, amount), delivery.currency_code or "")
        return {"document_date": api.iso_day(at(ours, "Date")), "total_minor": total}

    return Write(
        encode=encode,
        decode=api.decoder(collection, id_field, mark),
        look_up=LookUp(look_up, found),
        read_back=ReadBack(look_up, held),
        owns=frozenset(f"{collection}.{name}" for name in owns),
        marks_by_hand=lambda delivery: {"Reference": delivery.record_key},
    )


def _bank_transaction(kind: str = "") -> Body:
    """Money received or spent; without a kind the payload says which."""

    def body(delivery: Delivery, references: References) -> dict[str, Any]:
        payload = delivery.payload
        return {
            "Type": kind or _KINDS[payload["direction"]],
            "Contact": api.contact(delivery, references),
            "BankAccount": {"Code": payload["bank_account_number"]},
            "Date": payload["document_date"],
            "Reference": api.reference(delivery, payload.get("document_number")),
            "LineAmountTypes": "Exclusive",
            "LineItems": api.lines(delivery),
            "CurrencyCode": delivery.currency_code,
            "Status": "AUTHORISED",
        }

    return body


def _payment(delivery: Delivery, references: References) -> dict[str, Any]:
    payload = delivery.payload
    return {
        "Invoice": {"InvoiceNumber": payload["invoice_number"]},
        "Account": {"Code": payload["bank_account_number"]},
        "Date": payload["document_date"],
        "Amount": major(payload["total_minor"], delivery.currency_code or ""),
        "Reference": api.reference(delivery),
    }


def _transfer(delivery: Delivery, references: References) -> dict[str, Any]:
    payload = delivery.payload
    return {
        "FromBankAccount": {"Code": payload["from_account_number"]},
        "ToBankAccount": {"Code": payload["bank_account_number"]},
        "Date": payload["document_date"],
        "Amount": major(payload["total_minor"], delivery.currency_code or ""),
        "Reference": api.reference(delivery),
    }


_LINES = tuple(
    f"LineItems.{name}" for name in ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "TaxAmount")
)
_KINDS = {"spent": "SPEND", "received": "RECEIVE"}
_OWNED = (
    "Type", "Contact.Name", "BankAccount.Code", "Date", "Reference", "LineAmountTypes", "CurrencyCode", "Status", *_LINES,
)  # fmt: skip


def _bank(kind: str = "") -> Write:
    return _keyed("BankTransactions", "BankTransactionID", _bank_transaction(kind), _OWNED, amount="Total")


RECEIPT, REFUND, BANK_TRANSACTION = _bank("RECEIVE"), _bank("SPEND"), _bank()
PAYMENT = _keyed(
    "Payments",
    "PaymentID",
    _payment,
    ("Invoice.InvoiceNumber", "Account.Code", "Date", "Amount", "Reference"),
    amount="Amount",
)
TRANSFER = _keyed(
    "BankTransfers",
    "BankTransferID",
    _transfer,
    ("FromBankAccount.Code", "ToBankAccount.Code", "Date", "Amount", "Reference"),
    amount="Amount",
)
