"""The month of the three totals, from the platforms' own answers: every cause to the cent, nothing unexplained."""

from __future__ import annotations

import pytest

from tests.transform import sandbox_warehouse
from tests.transform.test_finance_bridges import STEPS, bridge
from tests.transform.warehouse import Warehouse

pytestmark = [pytest.mark.dbt, pytest.mark.world]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return sandbox_warehouse.shared(tmp_path_factory)


@pytest.mark.parametrize("name", STEPS)
def test_each_cause_comes_out_of_raw_payloads(warehouse: Warehouse, name: str) -> None:
    rows = bridge(warehouse, name)
    expected = dict(STEPS[name])
    start, end = expected.pop(None)
    assert (rows[0]["amount_minor"], rows[-1]["amount_minor"]) == (start, end)
    assert {row["reason_code"]: row["amount_minor"] for row in rows[1:-1]} == expected


def test_clearing_closes_on_what_the_processor_reports(warehouse: Warehouse) -> None:
    amounts = [row["amount_minor"] for row in bridge(warehouse, "clearing")]
    assert amounts == [81_345, 4_563_000, -118_000, -128_845, -13_500, -4_320_000, 64_000]
    assert (
        warehouse.value(
            "select available_minor + pending_minor from canonical.can_processor_balances where currency_code = 'USD'"
        )
        == 64_000
    )


def test_no_month_has_an_unexplained_row(warehouse: Warehouse) -> None:
    assert warehouse.query("select * from marts.fct_differences where reason_code = 'UNX-00'") == []


def test_each_channel_has_orders_in_the_month(warehouse: Warehouse) -> None:
    channels = warehouse.query(
        "select distinct channel from marts.fct_net_revenue where event_month = '2026-10' and entity_id = 'main'"
    )
    assert {row["channel"] for row in channels} == {"shopify", "woocommerce"}


def test_every_cent_an_account_of_the_books_differs_by_has_its_document(warehouse: Warehouse) -> None:
    standings = warehouse.query(
        """select standing, count(*) as events from marts.fct_close_account_parts
           where entity_id = 'main' and period_month = '2026-10' group by all"""
    )
    assert {row["standing"] for row in standings} == {"missing", "differs"}
