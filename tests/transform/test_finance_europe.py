"""The second company, from its platforms' own answers: PayPal, a shop with VAT in its prices, a bank that merges and splits.

Both companies are read together, and the first one's numbers must not move by a cent.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from sandbox.europe_orders import COUNT
from tests.transform import sandbox_warehouse
from tests.transform.test_finance_bridges import STEPS
from tests.transform.warehouse import Warehouse

pytestmark = [pytest.mark.dbt, pytest.mark.world]

# Month, currency → start, end, and the rows between by reason code. Cents, counted by hand from the planted stories.
BANK: dict[tuple[str, str], tuple[int, int, dict[str, int]]] = {
    ("2026-09", "EUR"): (
        463_640,
        300_000,
        {
            "TND-03": -48_195,  # an invoice, paid in October
            "REF-01": -12_000,
            "REF-02": -6_545,
            "FEE-01": -11_326,
            "DSP-01": -12_495,
            "TIM-09": 0,  # held on the 17th, released on the 22nd
            "BNK-04": -73_079,  # what the balance grew by
        },
    ),
    ("2026-10", "EUR"): (
        388_424,
        345_426,
        {
            "TND-03": 0,  # two invoices less two transfers and the discount one of them took: 481.95 stays open
            "REF-06": -964,  # 2 % for paying early
            "TND-04": -5_355,
            "SRC-05": -2_975,
            "SRC-01": 8_000,
            "REF-01": -9_500,
            "FEE-01": -8_209,
            "FEE-03": -2_000,
            "FEE-06": -1_190,
            "DSP-01": -12_495,
            "DSP-02": 12_495,
            "DSP-03": -15_000,
            "TIM-09": -10_000,
            "TIM-03": -74_000,  # sent on the 30th
            "CUR-05": 17_272,
            "BNK-02": 0,  # sent on the 9th, back on the 13th
            "BNK-04": 60_923,  # 730.79 at the start of the month, 121.56 at its end
        },
    ),
    ("2026-10", "GBP"): (15_500, 0, {"FEE-01": -547, "CUR-05": -14_953, "BNK-04": 0}),
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return sandbox_warehouse.shared(tmp_path_factory)


def bridge(warehouse: Warehouse, entity: str, month: str, currency: str, name: str) -> list[dict[str, Any]]:
    return warehouse.query(
        "select reason_code, label, amount_minor from marts.fct_bridge where entity_id = ? and period_month = ?"
        " and currency_code = ? and bridge = ? order by position",
        entity, month, currency, name,
    )  # fmt: skip


@pytest.mark.parametrize(("month", "currency"), BANK)
def test_from_the_shop_to_the_bank_every_planted_cause_has_its_code_and_its_cents(
    warehouse: Warehouse, month: str, currency: str
) -> None:
    rows = bridge(warehouse, "europe", month, currency, "storefront_to_bank")
    start, end, expected = BANK[month, currency]
    assert (rows[0]["amount_minor"], rows[-1]["amount_minor"]) == (start, end)
    assert {row["reason_code"]: row["amount_minor"] for row in rows[1:-1]} == expected
    assert start + sum(expected.values()) == end


def test_nothing_is_unexplained_in_either_company(warehouse: Warehouse) -> None:
    assert (
        warehouse.query("select * from marts.fct_differences where reason_code in ('UNX-00', 'SRC-06', 'BNK-01')") == []
    )


def test_each_code_names_what_it_is_about(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "select reason_code, reference from marts.fct_differences where entity_id = 'europe' and bridge = 'storefront_to_bank'"
    )
    named: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        named[row["reason_code"]].add(row["reference"])
    expected = {
        "REF-01": {"W-2005", "W-2041"}, "REF-02": {"W-2008"}, "DSP-01": {"W-2011", "W-2050"}, "DSP-02": {"W-2011"},
        "DSP-03": {"W-2014"}, "TND-03": {"W-2029", "W-2032", "W-2035"}, "TND-04": {"W-2038"}, "SRC-05": {"W-2047"},
    }  # fmt: skip
    assert {code: named[code] for code in expected} == expected


def test_the_balance_closes_per_account_and_currency_on_what_paypal_reports(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "select currency_code, computed_closing_minor, reported_closing_minor from marts.fct_clearing_months"
        " where platform = 'paypal' and account_id = 'eu' and period_month = '2026-10' order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [("EUR", 12_156, 12_156), ("GBP", 0, 0)]
    assert (
        warehouse.value("select withheld_minor from canonical.can_processor_balances where currency_code = 'EUR'")
        == 10_000
    )


def test_the_remainder_of_manual_payouts_is_the_change_of_the_balance(warehouse: Warehouse) -> None:
    wrong = warehouse.query(
        """
        with remainders as (
            select period_month, currency_code, cast(sum(amount_minor) as bigint) as amount_minor
            from marts.fct_differences
            where entity_id = 'europe' and reason_code = 'BNK-04'
            group by period_month, currency_code
        )
        select * from remainders
        inner join marts.fct_clearing_months as months using (period_month, currency_code)
        where months.entity_id = 'europe' and remainders.amount_minor != months.opening_minor - months.computed_closing_minor
        """
    )
    assert wrong == []


def test_every_event_is_posted_and_clearing_in_the_ledger_is_the_processors_balance(warehouse: Warehouse) -> None:
    held = (
        "select entry_id, held_code from marts.fct_journal_entries where entity_id = 'europe' and entry_status = 'held'"
    )
    assert warehouse.query(held) == []
    balances = warehouse.query(
        "select account_number, currency_code, closing_minor from marts.fct_trial_balance where entity_id = 'europe'"
        " and period_month = '2026-10' and account_number in ('1100', '1110', '1120', '9999') order by 1, 2"
    )
    assert [tuple(row.values()) for row in balances] == [
        ("1100", "EUR", 12_156),  # what PayPal reports
        ("1100", "GBP", 0),  # changed to the last penny
        ("1110", "EUR", 74_000),  # on its way to the bank
        ("1120", "EUR", 10_000),  # held in reserve
        ("9999", "EUR", -8_000),  # the payment by telephone, until somebody says whose it is
    ]


def test_a_payment_in_pounds_costs_what_paypals_rate_was_worse_than_the_book_rate(warehouse: Warehouse) -> None:
    """149.53 GBP are 173.48 EUR at the book rate of 1.1602; PayPal gave 172.72."""
    base = "select sum(base_closing_minor) from marts.fct_trial_balance where entity_id = 'europe' and period_month = '2026-10'"
    assert warehouse.value(f"{base} and account_number = '7000'") == 76
    assert warehouse.value(f"{base} and account_number = '1100'") == 12_156
    assert warehouse.value(base) == 0


def test_a_case_lost_at_paypal_is_a_loss_of_the_books_though_its_movement_names_the_payment_only(
    warehouse: Warehouse,
) -> None:
    lost = (
        "select order_number, lost_minor, cost_minor from marts.fct_lost_disputes where entity_id = 'europe' order by 1"
    )
    assert [tuple(row.values()) for row in warehouse.query(lost)] == [("W-2014", 15_000, 15_000)]
    balances = (
        "select account_number, closing_minor from marts.fct_trial_balance where entity_id = 'europe'"
        " and period_month = '2026-10' and account_number in ('1130', '6030') order by 1"
    )
    # W-2011 is won and W-2014 is lost: only the open case of W-2050 is still at stake.
    assert [tuple(row.values()) for row in warehouse.query(balances)] == [("1130", 12_495), ("6030", 15_000)]


def test_a_merged_line_and_a_split_payout_are_linked_and_a_returned_one_is_not(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "select link_type, count(distinct payout_id) as payouts, count(distinct bank_line_id) as lines,"
        " cast(sum(amount_minor) as bigint) as amount from marts.fct_payout_bank_links where entity_id = 'europe' group by 1 order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("merged", 2, 1, 71_200),
        ("one_to_one", 2, 2, 289_900),
        ("split", 1, 2, 188_900),
    ]
    states = warehouse.query(
        "select payout_status, bank_line_id is not null as is_at_bank, count(*) as payouts from marts.fct_payouts"
        " where entity_id = 'europe' group by 1, 2 order by 1"
    )
    assert [tuple(row.values()) for row in states] == [
        ("failed", False, 1),
        ("in_transit", False, 1),
        ("paid", True, 5),
    ]


def test_two_shops_with_the_same_ids_and_numbers_never_mix(warehouse: Warehouse) -> None:
    twice = "select order_number from canonical.can_orders where platform = 'woocommerce' group by 1 having count(distinct account_id) = 2"
    assert len(warehouse.query(twice)) == COUNT
    mixed = warehouse.query(
        "select matches.* from marts.fct_payment_matches as matches where leg_entity_id != charge_entity_id"
        " or (leg_entity_id = 'europe' and charge_reference like 'ch_%')"
    )
    assert mixed == []
    parcels = "select * from marts.fct_parcels where order_id like 'woocommerce:eu:%'"
    assert warehouse.query(parcels) == []


def test_prices_with_vat_come_out_without_it_and_exports_bear_none(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "select order_number, total_minor, tax_minor from canonical.can_orders where account_id = 'eu'"
        " and order_number in ('W-2001', 'W-2020', 'W-2023', 'W-2029') order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("W-2001", 9_755, 1_255),  # 50.00 and 5.00 shipping at 19 %, a book of 30.00 at 7 %
        ("W-2020", 12_500, 0),  # export
        ("W-2023", 40_500, 0),  # reverse charge
        ("W-2029", 48_195, 7_695),
    ]
    terms = "select order_number, payment_terms from canonical.can_orders where payment_terms is not null and account_id = 'eu' order by 1"
    assert [row["payment_terms"] for row in warehouse.query(terms)] == ["net_30", "eom_15", "2_10_net_30"]


@pytest.mark.parametrize("name", STEPS)
def test_the_first_company_is_the_same_to_the_cent(warehouse: Warehouse, name: str) -> None:
    rows = bridge(warehouse, "main", "2026-10", "USD", name)
    expected = dict(STEPS[name])
    start, end = expected.pop(None)
    assert (rows[0]["amount_minor"], rows[-1]["amount_minor"]) == (start, end)
    assert {row["reason_code"]: row["amount_minor"] for row in rows[1:-1]} == expected


def test_the_second_shop_keeps_no_stock_and_changes_none(warehouse: Warehouse) -> None:
    for model in ("fct_ats", "fct_stock_levels", "fct_commitments"):
        assert warehouse.query(f"select * from marts.{model} where sku like 'EU-%'") == [], model
