"""Facts in Stripe's words: each function gives one object of the API as its reference describes it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from sandbox.facts import Charge, Dispute, Movement, Payout, Refund

if TYPE_CHECKING:
    from sandbox.world import World

# Kind of a movement → reporting_category and type.
REPORTED_AS = {
    "charge": "charge", "refund": "refund", "refund_failure": "refund_failure", "dispute": "dispute",
    "dispute_reversal": "dispute_reversal", "payout": "payout", "payout_failure": "payout_reversal", "fee": "fee",
    "reserve": "risk_reserved_funds", "contribution": "contribution",
}  # fmt: skip
TYPES = {
    "charge": "charge", "refund": "refund", "refund_failure": "refund_failure", "dispute": "adjustment",
    "dispute_reversal": "adjustment", "payout": "payout", "payout_failure": "payout_failure", "fee": "stripe_fee",
    "reserve": "reserve_transaction", "contribution": "contribution",
}  # fmt: skip
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def refunded_minor(world: World, charge: Charge) -> int:
    """What was given back of a charge, refunds made through this API included."""
    made: dict[str, int] = world.state("stripe").get("refunded", {})
    return charge.refunded_minor + made.get(charge.charge_id, 0)


def charge(world: World, fact: Charge) -> dict[str, Any]:
    """https://docs.stripe.com/api/charges/object"""
    refunded = refunded_minor(world, fact)
    return {
        "id": fact.charge_id,
        "object": "charge",
        "amount": fact.amount_minor,
        "amount_captured": fact.amount_minor if fact.is_captured else 0,
        # A voided authorisation is shown as refunded in full, although no money ever moved.
        "amount_refunded": fact.amount_minor if fact.is_voided else refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": _movement_of_charge(world, fact),
        "billing_details": {"address": _NO_ADDRESS, "email": fact.email, "name": fact.billing_name, "phone": None},
        "calculated_statement_descriptor": "CARTWHEEL DEMO",
        "captured": fact.is_captured,
        "created": _seconds(fact.created_at),
        "currency": world.currency.lower(),
        "customer": None,
        "description": f"Order {fact.order_number}",
        "disputed": fact.is_disputed,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "invoice": None,
        "livemode": False,
        "metadata": {"order_number": fact.order_number, "channel": fact.channel},
        "on_behalf_of": None,
        "outcome": _APPROVED,
        "paid": True,
        "payment_intent": fact.payment_intent_id,
        "payment_method": f"pm_{fact.charge_id[3:]}",
        "payment_method_details": {"card": _card(fact), "type": "card"},
        "receipt_email": fact.email,
        "receipt_number": None,
        "receipt_url": f"https://pay.stripe.com/receipts/{fact.charge_id}",
        "refunded": fact.is_voided or refunded >= fact.amount_minor,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


_APPROVED = {
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "seller_message": "Payment complete.",
    "type": "authorized",
}
_NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def _card(fact: Charge) -> dict[str, Any]:
    return {
        "brand": fact.card_brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": "pass", "cvc_check": "pass"},
        "country": fact.card_country,
        "exp_month": 8,
        "exp_year": 2030,
        "fingerprint": f"fp{fact.card_last4}{fact.card_brand}",
        "funding": "credit",
        "installments": None,
        "last4": fact.card_last4,
        "mandate": None,
        "network": fact.card_brand,
        "three_d_secure": None,
        "wallet": None,
    }


def _movement_of_charge(world: World, fact: Charge) -> str | None:
    """A charge has a balance transaction once it is captured."""
    if not fact.is_captured:
        return None
    index = world.history.index_of(fact.order_number)
    if index is not None:
        return world.history.charge_movement(index).movement_id
    return _movements_by_source(world).get(fact.charge_id)


def _movements_by_source(world: World) -> dict[str, str]:
    state = world.state("stripe")
    tail = world.movements.tail
    if state.get("indexed") != len(tail):
        state["indexed"] = len(tail)
        state["by_source"] = {movement.source_id: movement.movement_id for movement in tail}
    by_source: dict[str, str] = state["by_source"]
    return by_source


def refund(world: World, fact: Refund) -> dict[str, Any]:
    """https://docs.stripe.com/api/refunds/object"""
    made: dict[str, dict[str, str]] = world.state("stripe").get("refund_metadata", {})
    metadata = made.get(fact.stripe_refund_id, {"order_number": fact.order_number})
    paid = world.charges.find(fact.charge_id)
    is_reason = fact.reason in {"duplicate", "fraudulent", "requested_by_customer"}
    return {
        "id": fact.stripe_refund_id,
        "object": "refund",
        "amount": fact.amount_minor,
        "balance_transaction": _movements_by_source(world).get(fact.stripe_refund_id),
        "charge": fact.charge_id,
        "created": _seconds(fact.created_at),
        "currency": world.currency.lower(),
        "metadata": metadata,
        "payment_intent": paid.payment_intent_id if paid else None,
        "reason": fact.reason if is_reason else ("requested_by_customer" if fact.reason else None),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def dispute(world: World, fact: Dispute) -> dict[str, Any]:
    """https://docs.stripe.com/api/disputes/object"""
    movement = world.movements.find(fact.movement_id)
    opened = _seconds(fact.opened_at)
    return {
        "id": fact.dispute_id,
        "object": "dispute",
        "amount": fact.amount_minor,
        "balance_transactions": [balance_transaction(world, movement)] if movement else [],
        "charge": fact.charge_id,
        "created": opened,
        "currency": world.currency.lower(),
        "evidence": dict.fromkeys(EVIDENCE),
        "evidence_details": {
            "due_by": opened + 7 * 86_400,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {"order_number": fact.order_number},
        "payment_intent": fact.payment_intent_id,
        "reason": fact.reason,
        "status": fact.status,
    }


def balance_transaction(world: World, fact: Movement) -> dict[str, Any]:
    """https://docs.stripe.com/api/balance_transactions/object"""
    currency = world.currency.lower()
    is_available = fact.available_at <= world.clock.now()
    parts = [
        {"amount": part.amount_minor, "application": None, "currency": currency, "description": part.description,
         "type": "stripe_fee"}
        for part in fact.fee_parts
    ]  # fmt: skip
    return {
        "id": fact.movement_id,
        "object": "balance_transaction",
        "amount": fact.amount_minor,
        "available_on": _seconds(fact.available_at),
        "created": _seconds(fact.occurred_at),
        "currency": currency,
        "description": _description(fact),
        "exchange_rate": None,
        "fee": fact.fee_minor,
        "fee_details": parts,
        "net": fact.net_minor,
        "reporting_category": REPORTED_AS[fact.kind],
        "source": fact.source_id,
        "status": "available" if is_available else "pending",
        "type": TYPES[fact.kind],
    }


def _description(fact: Movement) -> str:
    if fact.kind == "payout":
        return "STRIPE PAYOUT"
    if fact.kind == "dispute":
        return f"Chargeback withdrawal for {fact.charge_id}"
    if fact.kind == "refund":
        return f"REFUND FOR CHARGE (Order {fact.order_number})"
    return f"Order {fact.order_number}" if fact.order_number else fact.kind.replace("_", " ").capitalize()


def payout(world: World, fact: Payout) -> dict[str, Any]:
    """https://docs.stripe.com/api/payouts/object; `trace_id.value` is what the bank line carries."""
    arrives = datetime.combine(fact.arrival_date, time(), UTC)
    return {
        "id": fact.payout_id,
        "object": "payout",
        "amount": fact.amount_minor,
        "arrival_date": _seconds(arrives),
        "automatic": fact.is_automatic,
        "balance_transaction": fact.movement_id,
        "created": _seconds(fact.created_at),
        "currency": world.currency.lower(),
        "description": "STRIPE PAYOUT",
        "destination": "ba_sandbox",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard" if fact.is_automatic else "instant",
        "original_payout": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": fact.reference,
        "status": fact.status,
        "trace_id": {"status": "supported", "value": fact.reference},
        "type": "bank_account",
    }


def balance(world: World) -> dict[str, Any]:
    """What all movements leave. History is paid out, so only the written months count."""
    now = world.clock.now()
    left = sum(item.net_minor for item in world.movements.tail)
    pending = sum(item.net_minor for item in world.movements.tail if item.payout_id is None and item.available_at > now)
    available = left - pending
    currency = world.currency.lower()

    def part(amount: int) -> list[dict[str, Any]]:
        return [{"amount": amount, "currency": currency, "source_types": {"card": amount}}]

    return {"object": "balance", "available": part(available), "livemode": False, "pending": part(pending)}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
