"""A client of the Xero twin that fetches its token, and bodies of documents the twin takes."""

from __future__ import annotations

from typing import Any

import httpx

from sandbox.server import EUROPE_CREDENTIALS, Sandbox

NAMES = EUROPE_CREDENTIALS["xero"]
API = "/api.xro/2.0"


def token(sandbox: Sandbox, **form: str) -> httpx.Response:
    """The token service's answer; by default to the client's own credentials."""
    asked = {"grant_type": "client_credentials", **form}
    client = (NAMES["client_id"], NAMES["client_secret"])
    return httpx.post(f"{sandbox.url}/xero/connect/token", data=asked, auth=client)


def opened(sandbox: Sandbox) -> httpx.Client:
    """A client of the API with a fresh token."""
    access = token(sandbox).json()["access_token"]
    headers = {
        "Authorization": f"Bearer {access}",
        "xero-tenant-id": NAMES["tenant_id"],
        "Accept": "application/json",
    }
    return httpx.Client(base_url=f"{sandbox.url}/xero{API}", headers=headers)


def line(amount: str = "100.00", account: str = "4000", tax: str = "OUTPUT", **more: Any) -> dict[str, Any]:
    return {
        "Description": "Mug",
        "Quantity": 1,
        "UnitAmount": float(amount),
        "AccountCode": account,
        "TaxType": tax,
        **more,
    }


def invoice(number: str = "1001", **more: Any) -> dict[str, Any]:
    """An approved invoice of 119.00 with 19 % VAT."""
    return {
        "Type": "ACCREC",
        "InvoiceNumber": number,
        "Reference": f"PO 7 | je:europe:{number}",
        "Contact": {"Name": "Kontor GmbH"},
        "Date": "2026-10-05",
        "DueDate": "2026-11-04",
        "LineAmountTypes": "Exclusive",
        "LineItems": [line()],
        "CurrencyCode": "EUR",
        "Status": "AUTHORISED",
        **more,
    }


def credit_note(number: str = "1001-R1", **more: Any) -> dict[str, Any]:
    return {
        **invoice(),
        "Type": "ACCRECCREDIT",
        "InvoiceNumber": None,
        "CreditNoteNumber": number,
        "DueDate": None,
        **more,
    }


def bank_transaction(reference: str = "je:europe:fee", **more: Any) -> dict[str, Any]:
    """A processing fee of 3.58 out of clearing."""
    return {
        "Type": "SPEND",
        "Contact": {"Name": "PayPal"},
        "Date": "2026-10-06",
        "Reference": reference,
        "BankAccount": {"Code": "1100"},
        "LineAmountTypes": "NoTax",
        "LineItems": [line("3.58", "6000", "NONE")],
        **more,
    }


def transfer(reference: str = "je:europe:payout", **more: Any) -> dict[str, Any]:
    accounts = {"FromBankAccount": {"Code": "1100"}, "ToBankAccount": {"Code": "1000"}}
    return {**accounts, "Amount": 50.25, "Date": "2026-10-07", "Reference": reference, **more}


def manual_journal(narration: str = "je:europe:deferred", **more: Any) -> dict[str, Any]:
    sides = (("20.00", "4000"), ("-20.00", "2300"))
    lines = [
        {"LineAmount": float(amount), "AccountCode": account, "Description": "Deferred"} for amount, account in sides
    ]
    return {"Narration": narration, "Date": "2026-10-31", "JournalLines": lines, "Status": "POSTED", **more}
