"""Stripe's objects to processor movements, payouts, disputes and balances, in house words and ISO minor units."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.transform.raw_rows import RawRows

SHARED = Path(__file__).parents[3] / "shared"
NOON = int(datetime(2026, 10, 1, 2, tzinfo=UTC).timestamp())  # still 30 September in New York


def transaction(
    number: str, kind: str = "charge", amount: int = 10000, fee: int = 0, source: str = "ch_1", **more: object
) -> dict:
    details = [{"amount": fee, "currency": "usd", "description": "fee", "type": "stripe_fee"}] if fee else []
    return {
        "id": number,
        "type": kind,
        "reporting_category": kind,
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "fee_details": details,
        "currency": "usd",
        "created": NOON,
        "available_on": NOON,
        "status": "available",
        "source": source,
        **more,
    }


CHARGE = {
    "id": "ch_1",
    "amount": 10000,
    "amount_captured": 10000,
    "amount_refunded": 0,
    "currency": "usd",
    "created": NOON,
    "status": "succeeded",
    "captured": True,
    "payment_intent": "pi_1",
    "metadata": {"order_number": "#1042"},
    "description": "Order #9999",
}
REFUND = {"id": "re_1", "amount": 2500, "charge": "ch_1", "created": NOON, "currency": "usd", "status": "succeeded"}
DISPUTE = {
    "id": "dp_1",
    "amount": 5000,
    "charge": "ch_1",
    "created": NOON,
    "currency": "usd",
    "status": "needs_response",
}
PAYOUT = {
    "id": "po_1",
    "amount": 720,
    "automatic": True,
    "status": "paid",
    "currency": "usd",
    "created": NOON,
    "arrival_date": int(datetime(2026, 10, 3, tzinfo=UTC).timestamp()),
    "trace_id": {"status": "supported", "value": "TRACE-1"},
    "statement_descriptor": "SHOP",
}
# 10,000 − 320 fee − 2,500 refund − (5,000 + 1,500 fee) dispute + 40 correction = 720 paid out.
MOVEMENTS = [
    transaction("txn_1", fee=320),
    transaction("txn_2", "refund", -2500, source="re_1"),
    transaction("txn_3", "adjustment", -5000, 1500, "dp_1", reporting_category="dispute"),
    transaction("txn_4", "adjustment", 40, source=None, reporting_category="other_adjustment"),
    transaction("txn_5", "payout", -720, source="po_1"),
]


def story(contents: list[dict] | None = None) -> RawRows:
    held = [
        {**row, "payout_id": "po_1", "payout_created": NOON} for row in (MOVEMENTS if contents is None else contents)
    ]
    return (
        RawRows()
        .raw("stripe", "charges", [CHARGE])
        .raw("stripe", "refunds", [REFUND])
        .raw("stripe", "disputes", [DISPUTE])
        .raw("stripe", "payouts", [PAYOUT])
        .raw("stripe", "balance_transactions", MOVEMENTS)
        .raw("stripe", "payout_balance_transactions", held)
        .mapped("processor_movements", "stripe")
        .mapped("payouts", "stripe")
    )


def test_each_movement_goes_back_to_its_charge_and_splits_its_fee() -> None:
    columns = "platform_movement_id, movement_type, amount_minor, processing_fee_minor, dispute_fee_minor, net_minor"
    references = "charge_reference, payment_intent_reference, order_reference, payout_id"
    query = f"select {columns}, {references} from {{{{ ref('can_processor_movements') }}}} order by 1"
    assert story().query(query) == [
        ("txn_1", "charge", 10000, 320, 0, 9680, "ch_1", "pi_1", "#1042", "stripe:main:po_1"),
        ("txn_2", "refund", -2500, 0, 0, -2500, "ch_1", "pi_1", "#1042", "stripe:main:po_1"),
        ("txn_3", "dispute", -5000, 0, 1500, -6500, "ch_1", "pi_1", "#1042", "stripe:main:po_1"),
        ("txn_4", "adjustment", 40, 0, 0, 40, None, None, None, "stripe:main:po_1"),
        ("txn_5", "payout", -720, 0, 0, -720, None, None, None, "stripe:main:po_1"),
    ]


def test_the_day_of_a_movement_is_the_entitys_and_the_arrival_is_the_banks() -> None:
    rows = story()
    assert rows.query("select distinct occurred_at, movement_date from {{ ref('can_processor_movements') }}") == [
        (datetime(2026, 10, 1, 2), date(2026, 9, 30))  # noqa: DTZ001 - the warehouse's plain UTC
    ]
    assert rows.query("select arrival_date, reference, amount_minor from {{ ref('can_payouts') }}") == [
        (date(2026, 10, 3), "TRACE-1", 720)
    ]


def test_a_payout_without_a_trace_is_known_by_its_statement_text() -> None:
    rows = RawRows().raw("stripe", "payouts", [{**PAYOUT, "trace_id": None}])
    assert rows.query("select reference from {{ ref('can_payouts__stripe') }}") == [("SHOP",)]


def test_identities_hold_for_the_story_and_fail_when_a_movement_or_a_fee_is_missing() -> None:
    whole = story()
    assert whole.singular_test("assert_i_08_payout_is_the_net_of_its_movements") == []
    assert whole.singular_test("assert_i_07_movement_is_fee_and_net") == []
    assert story(MOVEMENTS[1:]).singular_test("assert_i_08_payout_is_the_net_of_its_movements") == [
        ("stripe:main:po_1", "USD", 720, 720 + 8960)
    ]
    assert story([]).singular_test("assert_i_08_payout_is_the_net_of_its_movements") == [
        ("stripe:main:po_1", "USD", 720, 720)
    ]
    torn = RawRows().raw("stripe", "balance_transactions", [{**MOVEMENTS[0], "fee_details": []}])
    torn.mapped("processor_movements", "stripe")
    assert [row[0] for row in torn.singular_test("assert_i_07_movement_is_fee_and_net")] == ["stripe:main:txn_1"]


def test_a_movement_of_a_failed_payout_belongs_to_the_one_that_replaced_it() -> None:
    held = [
        {**MOVEMENTS[0], "payout_id": "po_0", "payout_created": NOON - 99},
        {**MOVEMENTS[0], "payout_id": "po_1", "payout_created": NOON},
    ]
    rows = RawRows().raw(
        "stripe", "payouts", [PAYOUT, {**PAYOUT, "id": "po_0", "status": "failed", "created": NOON - 99}]
    )
    rows.raw("stripe", "balance_transactions", MOVEMENTS[:1]).raw("stripe", "payout_balance_transactions", held)
    assert rows.query("select payout_id from {{ ref('can_processor_movements__stripe') }}") == [("stripe:main:po_1",)]


@pytest.mark.parametrize(
    ("kind", "category", "house"),
    [
        ("payment", "charge", "charge"),
        ("payment_refund", "refund", "refund"),
        ("refund_failure", "refund_failure", "refund_failure"),
        ("adjustment", "refund_failure", "refund_failure"),
        ("payment_failure_refund", "charge_failure", "unmapped"),
        ("adjustment", "dispute", "dispute"),
        ("adjustment", "dispute_reversal", "dispute_reversal"),
        ("stripe_fee", "fee", "fee"),
        ("payout_cancel", "payout_reversal", "payout_failure"),
        ("payout_failure", "payout_reversal", "payout_failure"),
        ("adjustment", "other_adjustment", "adjustment"),
        ("reserve_transaction", "risk_reserved_funds", "reserve_release"),
        ("something_new", "something_new", "unmapped"),
    ],
)
def test_stripes_types_become_house_words_and_an_unknown_one_says_so(kind: str, category: str, house: str) -> None:
    rows = RawRows().raw("stripe", "balance_transactions", [transaction("txn_1", kind, reporting_category=category)])
    assert rows.query("select movement_type from {{ ref('stg_stripe__balance_transactions') }}") == [(house,)]


@pytest.mark.parametrize(
    ("currency", "stripe", "minor"),
    [
        ("usd", 1999, 1999),
        ("jpy", 500, 500),
        ("isk", 50000, 500),  # Stripe writes ISK with two decimals, ISO has none
        ("isk", 50050, None),  # half a krona does not exist
        ("ugx", -1500, -15),
        ("mga", 12, 1200),  # whole units at Stripe, two decimals in ISO
        ("kwd", 12340, 12340),
        ("huf", 12300, 12300),
        ("iqd", 1000, None),  # not a Stripe currency: no guess
    ],
)
def test_stripes_units_become_iso_minor_units_or_null(currency: str, stripe: int, minor: int | None) -> None:
    rows = RawRows().raw("stripe", "charges", [{**CHARGE, "currency": currency, "amount": stripe}])
    assert rows.query("select amount_minor from {{ ref('stg_stripe__charges') }}") == [(minor,)]


@pytest.mark.parametrize(
    ("stripe", "house"),
    [
        ("warning_needs_response", "open"),
        ("under_review", "open"),
        ("warning_closed", "won"),
        ("lost", "lost"),
        ("x", "unmapped"),
    ],
)
def test_dispute_statuses_become_house_words(stripe: str, house: str) -> None:
    rows = RawRows().raw("stripe", "disputes", [{**DISPUTE, "status": stripe}])
    query = "select dispute_status, amount_minor, charge_reference from {{ ref('can_disputes__stripe') }}"
    assert rows.query(query) == [(house, 5000, "ch_1")]


def test_a_balance_is_one_row_per_currency_dated_by_stripe_or_else_by_its_load() -> None:
    parts = {
        "available": [{"amount": 60000, "currency": "usd"}],
        "pending": [{"amount": 4000, "currency": "usd"}, {"amount": -7, "currency": "jpy"}],
    }
    query = "select balance_id, available_minor, pending_minor, as_of_at from {{ ref('can_processor_balances__stripe') }} order by 1"
    read_at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    for read, as_of in ((read_at, read_at), (None, datetime(2026, 11, 1, 12, 0, 1, tzinfo=UTC))):
        rows = RawRows().raw("stripe", "balance", [{"object": "balance", **parts, "read_at": read}])
        at = as_of.replace(tzinfo=None)
        assert rows.query(query) == [("stripe:main:JPY", 0, -7, at), ("stripe:main:USD", 60000, 4000, at)]


def test_two_accounts_with_the_same_ids_stay_apart() -> None:
    rows = RawRows()
    for account in ("main", "eu"):
        rows.raw("stripe", "charges", [CHARGE], account_id=account).raw(
            "stripe", "payouts", [PAYOUT], account_id=account
        )
        rows.raw("stripe", "balance_transactions", MOVEMENTS[:1], account_id=account)
    query = "select movement_id, entity_id, payout_id from {{ ref('can_processor_movements__stripe') }} order by 1"
    assert rows.query(query) == [("stripe:eu:txn_1", "main", None), ("stripe:main:txn_1", "main", None)]


# --- recorded payloads ------------------------------------------------------------------------------------------------


def recorded(name: str) -> Path:
    path = SHARED / "payloads/stripe" / name
    if not path.is_file():
        pytest.skip(f"the recorded payloads are not at {path}")
    return path


@pytest.mark.parametrize(
    ("sample", "table", "model"),
    [
        ("charge", "charges", "stg_stripe__charges"),
        ("refund", "refunds", "stg_stripe__refunds"),
        ("payout", "payouts", "can_payouts__stripe"),
        ("balance_transaction", "balance_transactions", "can_processor_movements__stripe"),
    ],
)
def test_the_vendors_sample_objects_arrive_with_amount_currency_and_known_words(
    sample: str, table: str, model: str
) -> None:
    found = json.loads(recorded(f"api_fixtures/{sample}.json").read_text())
    rows = RawRows().raw("stripe", table, [found])
    assert rows.query(f"select amount_minor, currency_code from {{{{ ref('{model}') }}}}") == [(found["amount"], "USD")]
    text = rows.query(f"select cast(t as varchar) from {model} as t")[0][0]
    assert "unmapped" not in text


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_recorded_balance_transactions_keep_amount_fee_and_net_to_the_cent() -> None:
    source = list(csv.DictReader(recorded("connector_seed/balance_transaction_data.csv").open()))
    fees: dict[str, list[dict]] = {}
    for fee in csv.DictReader(recorded("connector_seed/fee_data.csv").open()):
        fees.setdefault(fee["balance_transaction_id"], []).append({**fee, "amount": int(fee["amount"])})
    # The recorded shape has no reporting category; with the type alone every row must still find its word.
    records = [
        {**{name: text or None for name, text in row.items()}, **{name: int(row[name]) for name in ("amount", "fee", "net")}, "created": epoch(row["created"]),
         "available_on": epoch(row["available_on"]), "reporting_category": row["type"],
         "fee_details": fees.get(row["id"], [])}
        for row in source
    ]  # fmt: skip
    rows = RawRows().raw("stripe", "balance_transactions", records)
    query = "select {} from {{{{ ref('stg_stripe__balance_transactions') }}}}"
    assert rows.query(query.format("sum(amount_minor), sum(fee_minor), sum(net_minor), count(*)")) == [
        (sum(r["amount"] for r in records), sum(r["fee"] for r in records), sum(r["net"] for r in records), len(source))
    ]
    assert rows.query(query.format("count(*) filter (where movement_type = 'unmapped')")) == [(0,)]


def test_recorded_charges_and_refunds_keep_every_cent() -> None:
    for name, table in (("charge", "charges"), ("refund", "refunds")):
        source = list(csv.DictReader(recorded(f"connector_seed/{name}_data.csv").open()))
        records = [
            {"id": row["id"], "amount": int(row["amount"]), "currency": row["currency"], "status": row["status"],
             "charge": row.get("charge_id"), "created": epoch(row["created"]), "metadata": json.loads(row["metadata"] or "{}")}
            for row in source
        ]  # fmt: skip
        rows = RawRows().raw("stripe", table, records)
        status = f"{name}_status"
        query = f"select sum(amount_minor), count(*), count(*) filter (where {status} = 'unmapped') from {{{{ ref('stg_stripe__{table}') }}}}"
        assert rows.query(query) == [(sum(r["amount"] for r in records), len(source), 0)]
