"""PayPal's ledger, cases and balances to processor movements, payouts, disputes and balances, in house words."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.platforms import paypal_objects as objects
from sandbox.world import build_world
from tests.transform.canonical_rows import TRANSFORM
from tests.transform.raw_rows import RawRows

SHARED = Path(__file__).parents[3] / "shared"
LATE = "2026-09-30T23:30:00-00:00"  # already October in Berlin


def entry(key: str, code: str, amount: str, fee: str | None = None, **more: Any) -> dict:
    """A row of the ledger as the connector yields it."""
    currency = more.pop("currency", "EUR")
    info = {
        "transaction_id": key,
        "transaction_event_code": code,
        "transaction_initiation_date": more.pop("at", LATE),
        "transaction_amount": {"currency_code": currency, "value": amount},
        "transaction_status": "S",
        **({"fee_amount": {"currency_code": currency, "value": fee}} if fee else {}),
        **more,
    }
    names = ("transaction_id", "transaction_event_code", "transaction_initiation_date")
    return {**{name: info[name] for name in names}, "transaction_currency_code": currency, "transaction_info": info}


def about(key: str) -> dict[str, str]:
    return {"paypal_reference_id": key, "paypal_reference_id_type": "TXN"}


def story(*entries: dict) -> RawRows:
    return RawRows().raw("paypal", "transactions", entries, account_id="eu").mapped("processor_movements", "paypal")


LEDGER = (
    entry("CAP1", "T0006", "120.00", "-3.34", invoice_id="W-2001"),
    entry("REF1", "T1107", "-20.00", **about("CAP1")),
    entry("HLD1", "T1110", "-100.00", **about("CAP1")),
    entry("FEE1", "T0106", "-20.00", **about("CAP1")),
    entry("FEE2", "T0100", "-11.90"),
    entry("RSV1", "T2103", "-50.00"),
    entry("RSV2", "T1105", "50.00"),
    entry("OUT1", "T0400", "-50.00", bank_reference_id="PPOUT1"),
    entry("BACK", "T1101", "50.00", **about("OUT1")),
)


def test_each_code_becomes_a_kind_of_movement_and_goes_back_to_its_payment() -> None:
    columns = "platform_movement_id, movement_type, amount_minor, fee_minor, dispute_fee_minor, net_minor, charge_reference, order_reference"
    assert story(*LEDGER).query(f"select {columns} from {{{{ ref('can_processor_movements') }}}} order by 1") == [
        ("BACK:T1101:EUR", "payout_failure", 5000, 0, 0, 5000, "OUT1", None),
        ("CAP1:T0006:EUR", "charge", 12000, 334, 0, 11666, "CAP1", "W-2001"),
        ("FEE1:T0106:EUR", "fee", 0, 2000, 2000, -2000, "CAP1", None),
        ("FEE2:T0100:EUR", "fee", -1190, 0, 0, -1190, None, None),
        ("HLD1:T1110:EUR", "dispute", -10000, 0, 0, -10000, "CAP1", None),
        ("OUT1:T0400:EUR", "payout", -5000, 0, 0, -5000, None, None),
        ("REF1:T1107:EUR", "refund", -2000, 0, 0, -2000, "CAP1", None),
        ("RSV1:T2103:EUR", "reserve_hold", -5000, 0, 0, -5000, None, None),
        ("RSV2:T1105:EUR", "reserve_release", 5000, 0, 0, 5000, None, None),
    ]


def test_a_movement_belongs_to_the_company_of_its_account_and_to_that_companys_day() -> None:
    query = "select distinct entity_id, movement_date from {{ ref('can_processor_movements') }}"
    assert story(*LEDGER).query(query) == [("europe", date(2026, 10, 1))]


def test_both_legs_of_a_conversion_stay_even_where_they_share_an_id() -> None:
    rows = story(
        entry("CNV", "T0200", "-115.72", currency="GBP", **about("CAP1")),
        entry("CNV", "T0200", "133.67", **about("CAP1")),
    )
    query = "select currency_code, movement_type, amount_minor from {{ ref('can_processor_movements') }} order by 1"
    assert rows.query(query) == [("EUR", "currency_conversion", 13367), ("GBP", "currency_conversion", -11572)]


def test_an_id_that_comes_again_is_another_movement() -> None:
    rows = story(entry("CAP1", "T0006", "1.00"), entry("CAP1", "T0006", "1.00", at="2026-10-05T10:00:00+02:00"))
    query = "select platform_movement_id from {{ ref('can_processor_movements') }} order by 1"
    assert rows.query(query) == [("CAP1:T0006:EUR",), ("CAP1:T0006:EUR:2",)]


def test_a_denied_payment_and_an_authorisation_move_nothing() -> None:
    rows = story(entry("NO", "T0006", "9.00", transaction_status="D"), entry("AUTH", "T1300", "9.00"))
    assert rows.query("select * from {{ ref('can_processor_movements') }}") == []


def test_a_code_nobody_listed_is_unmapped_and_not_guessed() -> None:
    rows = story(entry("NEW", "T7777", "1.00"))
    assert rows.query("select movement_type from {{ ref('can_processor_movements') }}") == [("unmapped",)]


def test_a_currency_without_decimals_and_an_amount_that_is_too_fine_are_read_exactly() -> None:
    rows = story(entry("YEN", "T0006", "1200", currency="JPY"), entry("FINE", "T0006", "1.005"))
    query = "select platform_transaction_id, amount_minor from {{ ref('stg_paypal__transactions') }} order by 1"
    assert rows.query(query) == [("FINE", None), ("YEN", 1200)]


def test_a_withdrawal_is_a_payout_and_fails_when_the_bank_sends_it_back() -> None:
    entries = (*LEDGER, entry("OUT2", "T0400", "-7.00", transaction_status="P"), entry("OUT3", "T0400", "-8.00"))
    rows = story(*entries).mapped("payouts", "paypal")
    query = "select platform_payout_id, payout_status, amount_minor, is_automatic, reference from {{ ref('can_payouts') }} order by 1"
    assert rows.query(query) == [
        ("OUT1", "failed", 5000, False, "PPOUT1"),
        ("OUT2", "in_transit", 700, False, None),
        ("OUT3", "paid", 800, False, None),
    ]


@pytest.mark.parametrize(
    ("sample", "path", "minor"),
    [
        ("customer_disputes_v1/*__make_offer.json", ("offer_amount",), 2_300),
        ("payments_payment_v2/*__refund_request.json", ("amount",), 1_000),
        ("payments_payment_v2/*__capture_request.json", ("amount",), 1_099),
        ("checkout_orders_v2/*__orders_request_create.json", ("purchase_units", 0, "amount"), 10_000),
    ],
)
def test_money_as_the_vendors_samples_write_it_is_read_to_the_cent(
    sample: str, path: tuple[str | int, ...], minor: int
) -> None:
    found = sorted((SHARED / "payloads/paypal").glob(sample))
    if not found:
        pytest.skip(f"the vendor's sample {sample} is not in {SHARED}/payloads/paypal")
    money: Any = json.loads(found[0].read_text())
    for step in path:
        money = money[step]
    rows = story(entry("CAP", "T0006", money["value"], currency=money["currency_code"]))
    query = "select currency_code, amount_minor from {{ ref('can_processor_movements') }}"
    assert rows.query(query) == [("USD", minor)]


@pytest.mark.parametrize(
    ("status", "outcome", "expected"),
    [
        ("UNDER_REVIEW", None, "open"),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"),
        ("RESOLVED", "CANCELED_BY_BUYER", "won"),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"),
        ("RESOLVED", "ACCEPTED", "lost"),
        ("RESOLVED", "SOMETHING_NEW", "unmapped"),
        ("NEW_STATUS", None, "unmapped"),
    ],
)
def test_a_case_ends_in_a_house_word(status: str, outcome: str | None, expected: str) -> None:
    case = {
        "dispute_id": "PP-1",
        "create_time": LATE,
        "update_time": LATE,
        "status": status,
        "dispute_amount": {"currency_code": "EUR", "value": "5.00"},
        "disputed_transactions": [{"seller_transaction_id": "CAP1"}],
        **({"dispute_outcome": {"outcome_code": outcome}} if outcome else {}),
    }
    rows = RawRows().raw("paypal", "disputes", [case], account_id="eu")
    query = "select charge_reference, amount_minor, dispute_status from {{ ref('can_disputes__paypal') }}"
    assert rows.query(query) == [("CAP1", 500, expected)]


def test_available_and_reserved_are_what_the_ledger_of_the_twin_makes() -> None:
    europe = build_world().europe
    assert europe is not None
    account = europe.paypal
    assert account is not None
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    answer = objects.balances(account, at, at, None)
    found = [objects.transaction(account, fact, "all") for fact in account.entries]
    ledger = [
        {
            **row,
            **{name: row["transaction_info"][name] for name in ("transaction_id", "transaction_event_code", "transaction_initiation_date")},
            "transaction_currency_code": row["transaction_info"]["transaction_amount"]["currency_code"],
        }
        for row in found
    ]  # fmt: skip
    rows = story(*ledger).raw("paypal", "balances", [{**answer, "merchant_id": "M"}], account_id="eu")
    moved = rows.query(
        "select currency_code, cast(sum(net_minor) as bigint),"
        " cast(-sum(case when movement_type like 'reserve%' then net_minor else 0 end) as bigint)"
        " from {{ ref('can_processor_movements') }} group by 1 order by 1"
    )
    query = "select currency_code, available_minor, withheld_minor from {{ ref('can_processor_balances__paypal') }} order by 1"
    assert rows.query(query) == moved
    assert moved[0][2] == 10_000


def test_every_group_of_codes_the_vendor_names_has_a_row_and_no_exact_code_lacks_its_group() -> None:
    with (TRANSFORM / "seeds/paypal_event_codes.csv").open() as file:
        codes = {row["event_code"] for row in csv.DictReader(file)}
    groups = {f"T{number:02d}" for number in (*range(23), 30, 50, 97, 98, 99)}
    assert groups <= codes
    assert {code[:3] for code in codes} == groups
