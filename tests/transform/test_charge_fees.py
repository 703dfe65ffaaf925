"""What a charge cost beside what the contract says: single charges, in Stripe's words, each with the claim it makes or none."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.raw_rows import RawRows

pytestmark = pytest.mark.dbt

NOON = 1_791_633_600  # 2026-10-10 12:00:00 UTC


def rate(component: str, ppm: int, fixed: int = 0, **columns: Any) -> dict[str, Any]:
    """A row of the contract."""
    return {
        "platform": "stripe", "currency_code": "USD", "payment_method": "card", "component": component, "applies_to": "any",
        "payer_countries": "*", "card_brand": "*", "rate_ppm": ppm, "fixed_minor": fixed, "valid_from": "2026-01-01", "contract_version": "v1",
    } | columns  # fmt: skip


AT_HOME = rate("processing", 25_000, 30)
ABROAD = rate("foreign card", 15_000, applies_to="outside", payer_countries="US CA")


class Charge(NamedTuple):
    """A charge of 100.00 unless told otherwise, its fee, and the rows of its contract."""

    fee: int
    contract: tuple[dict[str, Any], ...] = (AT_HOME, ABROAD)
    amount: int = 10_000
    method: str = "card"
    brand: str = "visa"
    country: str | None = "US"
    tax: int = 0


AMEX = rate("processing", 35_000, 30, card_brand="amex")
BRITISH = rate("processing", 20_000, 50, applies_to="inside", payer_countries="GB IE")
ELSEWHERE = rate("processing", 29_000, applies_to="outside", payer_countries="US")
AS_AGREED = {
    "a card from home": Charge(280),
    "a card from abroad bears both parts, each rounded by itself": Charge(83 + 30 + 50, amount=3_333, country="DE"),
    "half a cent goes up": Charge(1 + 30, amount=20),
    "a neighbour that counts as home": Charge(280, country="CA"),
    "a brand with its own rate": Charge(380, (AT_HOME, AMEX), brand="amex"),
    "a rate of another brand": Charge(280, (AT_HOME, AMEX)),
    "a country with its own rate, before that of all others": Charge(250, (BRITISH, ELSEWHERE), country="GB"),
    "the contract that ended the day before": Charge(280, (rate("processing", 29_000, 30, valid_to="2026-10-09"), rate("processing", 25_000, 30, valid_from="2026-10-10"))),
    "the newer of two contracts": Charge(280, (rate("processing", 29_000, 30), rate("processing", 25_000, 30, valid_from="2026-10-10"))),
    "a way to pay with its own rate": Charge(629, (AT_HOME, rate("processing", 59_900, 30, payment_method="klarna")), method="klarna"),
    "a way to pay with its own rate, before that of any": Charge(280, (AT_HOME, rate("processing", 59_900, 30, payment_method="*"))),
    "tax on the fee": Charge(280, tax=53),
}  # fmt: skip
NOT_AGREED = {
    "a way to pay without a row": Charge(599, (AT_HOME,), method="klarna"),
    "a card whose country is not told, where it would decide": Charge(430, country=None),
    "an account without a contract": Charge(430, (rate("processing", 1, account_id="nobody's"),)),
    "another currency": Charge(430, (rate("processing", 1, currency_code="EUR"),)),
    "before the contract began": Charge(430, (rate("processing", 1, valid_from="2026-10-11"),)),
    "after it ended": Charge(430, (rate("processing", 1, valid_to="2026-10-09"),)),
}
CLAIMED = {
    "45 cents too much": (Charge(325), 45, "taken 3.25 of 100.00 by visa from US; contract v1 asks 2.80 (processing)"),
    "a cent too much": (Charge(281), 1, "taken 2.81 of 100.00 by visa from US; contract v1 asks 2.80 (processing)"),
    "a cent too little": (Charge(279), -1, "taken 2.79 of 100.00 by visa from US; contract v1 asks 2.80 (processing)"),
    "abroad": (Charge(475, country="DE"), 45, "taken 4.75 of 100.00 by visa from DE; contract v1 asks 4.30 (foreign card, processing)"),
    "without a card": (
        Charge(630, (rate("processing", 59_900, 30, payment_method="klarna"),), method="klarna"), 1,
        "taken 6.30 of 100.00 by klarna; contract v1 asks 6.29 (processing)",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def fees() -> RawRows:
    """Each case is an account of its own."""
    world = RawRows()
    contract: list[dict[str, Any]] = []
    cases = AS_AGREED | NOT_AGREED | {case: charge for case, (charge, _, _) in CLAIMED.items()}
    for case, charge in cases.items():
        _told_by_stripe(world, case, charge)
        contract += [{"account_id": case} | row for row in charge.contract]
    for noun in ("processor_movements", "processor_fees", "charge_methods"):
        world.mapped(noun, "stripe")
    world.seed("fee_contracts", *contract).build("fct_differences")
    return world


def _told_by_stripe(world: RawRows, case: str, charge: Charge) -> None:
    details = [
        {"type": "stripe_fee", "amount": charge.fee, "currency": "usd", "description": None, "application": None}
    ]
    if charge.tax:
        details.append(
            {"type": "tax", "amount": charge.tax, "currency": "usd", "description": "VAT", "application": None}
        )
    of_card = {"card": {"brand": charge.brand, "country": charge.country}}
    world.raw(
        "stripe", "charges",
        [{
            "id": "ch_1", "amount": charge.amount, "amount_captured": charge.amount, "amount_refunded": 0, "currency": "usd", "created": NOON,
            "captured": True, "status": "succeeded", "balance_transaction": "txn_1", "metadata": {"order_number": case},
            "payment_method_details": {"type": charge.method, **(of_card if charge.method == "card" else {charge.method: {}})},
        }],
        case,
    )  # fmt: skip
    fee = charge.fee + charge.tax
    world.raw(
        "stripe", "balance_transactions",
        [{
            "id": "txn_1", "object": "balance_transaction", "type": "charge", "reporting_category": "charge", "amount": charge.amount, "fee": fee,
            "net": charge.amount - fee, "currency": "usd", "created": NOON, "available_on": NOON, "status": "available", "source": "ch_1",
            "fee_details": details, "description": None,
        }],
        case,
    )  # fmt: skip


def claims(world: RawRows, case: str) -> list[tuple[Any, ...]]:
    return world.connection.execute(
        "select amount_minor, evidence, suggested_action, needs_a_human from fct_differences where reason_code = 'FEE-10' and reference = ?", [case]
    ).fetchall()  # fmt: skip


def asked(world: RawRows, case: str) -> list[tuple[Any, ...]]:
    return world.connection.execute(
        "select expected_fee_minor, difference_minor from fct_charge_fees where account_id = ?", [case]
    ).fetchall()


def test_fees_and_claims_are_the_same_reckoned_another_way(fees: RawRows) -> None:
    assert fees.singular_test("assert_i_07_a_charge_is_held_to_its_contract") == []


@pytest.mark.parametrize("case", AS_AGREED)
def test_a_fee_as_agreed_claims_nothing(fees: RawRows, case: str) -> None:
    assert asked(fees, case) == [(AS_AGREED[case].fee, 0)]
    assert claims(fees, case) == []


@pytest.mark.parametrize("case", NOT_AGREED)
def test_a_fee_nothing_was_agreed_about_is_compared_with_nothing(fees: RawRows, case: str) -> None:
    assert asked(fees, case) == [(None, None)]
    assert claims(fees, case) == []


@pytest.mark.parametrize("case", CLAIMED)
def test_a_fee_other_than_agreed_is_claimed_to_the_cent(fees: RawRows, case: str) -> None:
    _, off, evidence = CLAIMED[case]
    assert claims(fees, case) == [(off, evidence, "claim it from the processor", True)]


def test_a_fee_taken_later_is_the_charges_and_one_given_back_is_not() -> None:
    of_charge = {
        "platform": "paypal",
        "account_id": "eu",
        "charge_reference": "cap",
        "occurred_at": "2026-10-10 12:00:00",
        "movement_date": "2026-10-10",
    }
    world = CanonicalRows()
    world.rows(
        "can_processor_movements",
        {**of_charge, "movement_id": "m1", "movement_type": "charge", "amount_minor": 10_000, "fee_minor": 0, "processing_fee_minor": 0, "net_minor": 10_000},
        {**of_charge, "movement_id": "m2", "movement_type": "charge", "amount_minor": 500, "fee_minor": 12, "processing_fee_minor": 12, "net_minor": 488,
         "occurred_at": "2026-10-11 12:00:00"},
        {**of_charge, "movement_id": "m3", "movement_type": "fee", "amount_minor": 0, "fee_minor": 349, "processing_fee_minor": 349, "net_minor": -349},
        {**of_charge, "movement_id": "m4", "movement_type": "fee", "amount_minor": 0, "fee_minor": -100, "processing_fee_minor": -100, "net_minor": 100},
    )  # fmt: skip
    assert world.query("select movement_id, fee_minor, effective_rate_ppm from {{ ref('fct_charge_fees') }} order by 1") == [
        ("m1", 349, 34_900), ("m2", 12, 24_000),
    ]  # fmt: skip
