"""The four bridges on the golden month, each amount from canonical rows, none written down in a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transform.finance_rows import golden
from tests.transform.warehouse import Warehouse

pytestmark = pytest.mark.dbt

STEPS = {
    "storefront_to_bank": {
        None: [4_700_000, 4_320_000], "TIM-04": -32_000, "TND-01": -45_000, "TND-03": -60_000, "REF-01": -118_000,
        "FEE-01": -128_845, "DSP-01": -12_000, "FEE-03": -1_500, "TIM-01": -64_000, "TIM-02": 81_345,
    },
    "storefront_to_net_revenue": {
        None: [4_700_000, 4_083_000], "LIA-04": -420_000, "LIA-03": -50_000, "LIA-02": -12_000, "TIM-04": -28_800, "REF-01": -106_200,
    },
    "net_revenue_to_books": {
        None: [4_083_000, 4_480_000], "TAX-04": 260_000, "LIA-01": 50_000, "BKS-11": 74_200, "BKS-02": 31_500, "BKS-07": 8_650,
        "RND-03": 150, "BKS-01": -27_500,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder: Path = tmp_path_factory.mktemp("golden")
    built = Warehouse(folder)
    built.fill(golden().rows)
    built.seed()
    built.dbt(
        "build", "marts.finance", "marts.tax", "marts.books", "marts.journal", "marts.operations", "fct_parcels", "dim_posting_accounts"
    )  # fmt: skip
    return built


def bridge(warehouse: Warehouse, name: str, month: str = "2026-10") -> list[dict[str, object]]:
    return warehouse.query(
        """select label, reason_code, amount_minor from marts.fct_bridge
           where entity_id = 'main' and currency_code = 'USD' and bridge = ? and period_month = ? order by position""",
        name,
        month,
    )


@pytest.mark.parametrize("name", STEPS)
def test_each_cause_has_its_exact_amount(warehouse: Warehouse, name: str) -> None:
    rows = bridge(warehouse, name)
    expected = dict(STEPS[name])
    start, end = expected.pop(None)
    assert (rows[0]["amount_minor"], rows[-1]["amount_minor"]) == (start, end)
    assert {row["reason_code"]: row["amount_minor"] for row in rows[1:-1]} == expected


def test_clearing_rolls_from_last_months_balance_to_the_one_reported(warehouse: Warehouse) -> None:
    # 813.45 + 45,630 − 1,180 − 1,288.45 − 135 − 43,200 = 640
    amounts = [row["amount_minor"] for row in bridge(warehouse, "clearing")]
    assert amounts == [81_345, 4_563_000, -118_000, -128_845, -13_500, -4_320_000, 64_000]


def test_nothing_is_unexplained(warehouse: Warehouse) -> None:
    assert warehouse.query("select * from marts.fct_differences where reason_code = 'UNX-00'") == []


def test_a_test_order_is_in_no_table(warehouse: Warehouse) -> None:
    for table in ("fct_net_revenue", "fct_order_reconciliation", "fct_differences", "fct_book_documents"):
        assert warehouse.value(f"select count(*) from marts.{table} where order_id = '#14'") == 0


def test_september_closes_on_its_own(warehouse: Warehouse) -> None:
    # The order of September is charged in September and reaches the bank in October.
    rows = bridge(warehouse, "storefront_to_bank", "2026-09")
    assert [row["amount_minor"] for row in rows] == [82_345, -1_000, -81_345, 0]
    assert [row["reason_code"] for row in rows] == [None, "FEE-01", "TIM-01", None]
