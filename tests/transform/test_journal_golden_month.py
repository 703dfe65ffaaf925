"""The journal of the golden month, from the platforms' own answers: the trial balance to the cent, and nothing waiting."""

from __future__ import annotations

import pytest

from tests.transform import sandbox_warehouse
from tests.transform.warehouse import Warehouse

pytestmark = [pytest.mark.dbt, pytest.mark.world]

# Movements of October, debit positive; sales stand after discounts: 40,240.00 − 288.00 not captured = 39,952.00.
MOVEMENTS = {
    "1000": 4_320_000,
    "1100": 64_000 - 81_345,
    "1130": 12_000,
    "1200": 60_000,
    "2100": -(416_800 - 11_800),
    "2200": -50_000 + 45_000,
    "2340": -12_000,
    "4000 less 4010": -(4_024_000 - 28_800),
    "4020": 106_200,
    "4030": -194_000,
    "6000": 128_845,
    "6010": 1_500,
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return sandbox_warehouse.shared(tmp_path_factory)


def test_the_trial_balance_of_the_month_comes_out_of_raw_payloads(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        """select case when account_number in ('4000', '4010') then '4000 less 4010' else account_number end as account,
               cast(sum(debits_minor - credits_minor) as bigint) as moved_minor
           from marts.fct_trial_balance
           where entity_id = 'main' and period_month = '2026-10' and currency_code = 'USD'
           group by all having sum(debits_minor - credits_minor) <> 0"""
    )
    assert {row["account"]: row["moved_minor"] for row in rows} == MOVEMENTS
    assert sum(MOVEMENTS.values()) == 0


def test_net_revenue_of_the_ledger_is_that_of_the_bridge(warehouse: Warehouse) -> None:
    # 39,952.00 + 1,940.00 − 1,062.00
    assert (
        warehouse.value(
            """select cast(sum(credits_minor - debits_minor) as bigint) from marts.fct_trial_balance
               where account_number between '4000' and '4060' and entity_id = 'main' and period_month = '2026-10'"""
        )
        == 4_083_000
    )


def test_clearing_opens_and_closes_as_the_processor_says(warehouse: Warehouse) -> None:
    [row] = warehouse.query(
        """select opening_minor, closing_minor from marts.fct_trial_balance
           where account_number = '1100' and entity_id = 'main' and period_month = '2026-10'"""
    )
    assert row == {"opening_minor": 81_345, "closing_minor": 64_000}


def test_no_entry_of_the_month_waits(warehouse: Warehouse) -> None:
    assert warehouse.query("select * from marts.fct_journal_entries where entry_status = 'held'") == []
