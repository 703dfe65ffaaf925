"""A PayPal account's facts in the vendor's words: decimal strings, times in the account's zone with an offset."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.paypal_facts import Paypal, PaypalDispute, PaypalEntry

Row = dict[str, Any]


def money(currency_code: str, minor: int) -> Row:
    """Every currency of this account has two decimals."""
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    return {"currency_code": currency_code, "value": f"{sign}{minor // 100}.{minor % 100:02d}"}


def when(account: Paypal, moment: datetime) -> str:
    """A moment in the time zone of the account."""
    return moment.astimezone(ZoneInfo(account.time_zone)).isoformat(timespec="seconds")


def transaction(account: Paypal, entry: PaypalEntry, fields: str) -> Row:
    """A row of the ledger; who paid is told only to those who ask with `fields`."""
    info: Row = {
        "transaction_id": entry.transaction_id,
        "transaction_event_code": entry.event_code,
        "transaction_initiation_date": when(account, entry.initiated_at),
        "transaction_updated_date": when(account, entry.updated_at or entry.initiated_at),
        "transaction_amount": money(entry.currency_code, entry.amount_minor),
        "transaction_status": entry.status,
    }
    if entry.fee_minor:
        info["fee_amount"] = money(entry.currency_code, entry.fee_minor)
    if entry.reference_id:
        info |= {"paypal_reference_id": entry.reference_id, "paypal_reference_id_type": entry.reference_type}
    optional = {
        "invoice_id": entry.invoice_id,
        "transaction_subject": entry.subject,
        "bank_reference_id": entry.bank_reference,
    }
    info |= {name: value for name, value in optional.items() if value is not None}
    row: Row = {"transaction_info": info}
    if entry.payer_email and fields.split(",")[0] in {"all", "payer_info"}:
        row["payer_info"] = {
            "email_address": entry.payer_email,
            "payer_status": "Y",
            "payer_name": {"alternate_full_name": entry.payer_name},
            "country_code": entry.payer_country,
        }
    return row


def balances(account: Paypal, at: datetime, refreshed_at: datetime, only: str | None) -> Row:
    """What is in the account: all of it, what can be used, and what PayPal holds back."""
    rows = [
        {
            "currency": code,
            "primary": code == account.currencies[0],
            "total_balance": money(code, available + withheld),
            "available_balance": money(code, available),
            "withheld_balance": money(code, withheld),
        }
        for code, (available, withheld) in account.balances(at).items()
        if only is None or only == code
    ]
    return {
        "balances": rows,
        "account_id": account.account_id,
        "as_of_time": when(account, at),
        "last_refresh_time": when(account, refreshed_at),
    }


def dispute_summary(account: Paypal, fact: PaypalDispute) -> Row:
    """A case as the list shows it, which does not say what it is about."""
    is_open = fact.outcome is None
    return {
        "dispute_id": fact.dispute_id,
        "create_time": when(account, fact.opened_at),
        "update_time": when(account, fact.updated_at),
        "reason": fact.reason,
        "status": fact.status,
        "dispute_state": "REQUIRED_ACTION" if is_open else "RESOLVED",
        "dispute_amount": money(fact.currency_code, fact.amount_minor),
        "dispute_life_cycle_stage": "CHARGEBACK" if is_open else "ARBITRATION",
        "dispute_channel": "INTERNAL",
        "links": [{"href": f"https://api-m.paypal.com/v1/customer/disputes/{fact.dispute_id}", "rel": "self", "method": "GET"}],
    }  # fmt: skip


def dispute(account: Paypal, fact: PaypalDispute) -> Row:
    """A case in full: the payment in dispute, and how it ended."""
    about: Row = {
        "seller_transaction_id": fact.transaction_id,
        "create_time": when(account, fact.opened_at),
        "transaction_status": "COMPLETED",
        "gross_amount": money(fact.currency_code, fact.amount_minor),
        "buyer": {"name": fact.buyer_name},
    }
    if fact.invoice_id:
        about["invoice_number"] = fact.invoice_id
    row = {**dispute_summary(account, fact), "disputed_transactions": [about]}
    if fact.outcome is not None:
        refunded = fact.amount_minor if fact.outcome == "RESOLVED_BUYER_FAVOUR" else 0
        row["dispute_outcome"] = {
            "outcome_code": fact.outcome,
            "amount_refunded": money(fact.currency_code, refunded),
        }
    return row
