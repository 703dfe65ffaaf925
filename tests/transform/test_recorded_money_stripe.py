"""Every field of money in Stripe's recorded objects is mapped by staging, or listed with the reason why it isn't."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.recorded_money import Recorded, list_as

KINDS = {
    name: f"api_fixtures/{name}.json connector_seed/{name}_data.csv"
    for name in (
        *("charge", "refund", "payout", "balance_transaction", "fee", "balance", "customer", "payment_intent"),
        *("invoice", "checkout.session", "price", "subscription", "shipping_rate", "tax_rate", "event"),
    )
}

MAPPED = {
    "charge.amount": "stg_stripe__charges.amount_minor",
    "charge.amount_captured": "stg_stripe__charges.captured_minor",
    "charge.amount_refunded": "stg_stripe__charges.refunded_minor",
    "refund.amount": "stg_stripe__refunds.amount_minor",
    "payout.amount": "stg_stripe__payouts.amount_minor",
    "balance_transaction.amount": "stg_stripe__balance_transactions.amount_minor",
    "balance_transaction.fee": "stg_stripe__balance_transactions.fee_minor",
    "balance_transaction.net": "stg_stripe__balance_transactions.net_minor",
    "fee.amount": "stg_stripe__balance_transaction_fees.amount_minor",
    "balance.available[].amount": "stg_stripe__balances.amount_minor",
    "balance.pending[].amount": "stg_stripe__balances.amount_minor",
}

BILLING = "Stripe Billing: the storefronts take the orders, a charge is the only thing of it that moves money"
CHECKOUT = "what a checkout page would ask; the money that came is a charge"
NOT_USED = {
    **list_as("the same balance split by card and bank", "balance", "available[].source_types.card pending[].source_types.card"),
    **list_as("held for connected accounts: a platform's own shops have none", "balance", "connect_reserved[].amount"),
    **list_as("what could be captured, not what was", "charge", "payment_method_details.card.overcapture.maximum_amount_capturable"),
    **list_as("an intent to pay: its charges carry the money", "payment_intent", "amount amount_capturable amount_received"),
    **list_as("credit a customer holds against future invoices: " + BILLING, "customer", "balance account_balance"),
    **list_as(CHECKOUT, "checkout.session", "shipping_cost.amount_subtotal shipping_cost.amount_tax shipping_cost.amount_total total_details.amount_discount total_details.amount_tax currency_conversion.amount_subtotal currency_conversion.amount_total"),
    **list_as(BILLING, "invoice", "amount_due amount_paid amount_remaining amount_shipping amount_overpaid lines.data[].amount lines.data[].subtotal post_payment_credit_notes_amount pre_payment_credit_notes_amount starting_balance subtotal subtotal_excluding_tax total total_excluding_tax shipping_cost.amount_subtotal shipping_cost.amount_tax shipping_cost.amount_total"),
    **list_as(BILLING, "subscription", "items.data[].price.unit_amount items.data[].price.unit_amount_decimal"),
    **list_as("a price list: nothing moved", "price", "unit_amount unit_amount_decimal"),
    **list_as("a price list: nothing moved", "shipping_rate", "fixed_amount.amount"),
    **list_as("a number of days", "shipping_rate", "delivery_estimate.maximum.value delivery_estimate.minimum.value"),
    **list_as("a rule for a tax: nothing moved", "tax_rate", "flat_amount.amount"),
    **list_as("a notice of an object that is read itself", "event", "data.object.amount data.object.amount_decimal"),
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded("stripe", KINDS).fill_zeros(MAPPED)


def test_every_field_of_money_is_mapped_or_listed(recorded: Recorded) -> None:
    recorded.assert_claimed(MAPPED, NOT_USED)


def test_every_mapped_amount_arrives_in_staging_to_the_last_minor_unit(recorded: Recorded) -> None:
    rows = RawRows()
    tables = {"charges": "charge", "refunds": "refund", "payouts": "payout", "balance": "balance"}
    for table, kind in tables.items():
        rows.raw("stripe", table, [_typed(record) for record in recorded.records[kind]])
    # The recorded fees name their movement; the platform writes them inside it.
    movements = [_typed(record) for record in recorded.records["balance_transaction"]]
    bare = {"id": "txn_of_fees", "amount": 0, "fee": 0, "net": 0, "currency": "usd"}
    fees = [_typed(record) for record in recorded.records["fee"]]
    rows.raw("stripe", "balance_transactions", [*movements, {**bare, "fee_details": fees}])
    recorded.assert_arrives(rows, MAPPED, minor_per_unit=1)


def _typed(record: dict[str, Any]) -> dict[str, Any]:
    """A recorded row with the types the platform's JSON has: whole amounts; what no amount needs is left out."""
    kept = ("id", "currency", "amount", "amount_captured", "amount_refunded", "fee", "net", "available", "pending")
    found = {name: record[name] for name in kept if record.get(name) is not None}
    return {name: int(value) if str(value).lstrip("-").isdigit() else value for name, value in found.items()}
