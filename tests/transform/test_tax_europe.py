"""The second company's taxes, from its shop's answers to the boxes, held against the sandbox's own orders."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sandbox.europe import build_europe
from sandbox.facts import Order
from tests.transform import sandbox_warehouse
from tests.transform.warehouse import Warehouse

pytestmark = [pytest.mark.dbt, pytest.mark.world]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return sandbox_warehouse.shared(tmp_path_factory)


def month(moment: datetime) -> str:
    return f"{moment.astimezone(BERLIN):%Y-%m}"


def taxed(order: Order) -> Counter[tuple[str, str, int]]:
    """Tax of an order by month, country and rate, less what went back in its own month."""
    assert order.address is not None
    country, found = order.address.country_code, Counter[tuple[str, str, int]]()
    if order.cancelled_at is not None:
        return found
    rates = {line.line_id: line.tax_rate_ppm or 0 for line in order.lines}
    paid = month(order.placed_at)
    for line in order.lines:
        found[paid, country, rates[line.line_id]] += line.tax_minor
    for shipping in order.shipping:
        found[paid, country, order.tax_rate_ppm] += shipping.tax_minor
    for refund in order.refunds:
        for back in refund.lines:
            found[month(refund.created_at), country, rates[back.line_id]] -= back.tax_minor
    return found


def test_the_boxes_are_the_taxes_of_the_orders_by_month_country_and_rate(warehouse: Warehouse) -> None:
    expected = sum((taxed(order) for order in build_europe(7).orders.values()), Counter[tuple[str, str, int]]())
    # An invoice of 481.95 was paid early less 2 %: 9.64, of which 19 / 119 are tax.
    expected["2026-10", "DE", 190_000] -= 154
    rows = warehouse.query(
        "select period_month, jurisdiction, rate_ppm, cast(sum(tax_minor) as bigint) as tax_minor from marts.fct_tax_boxes"
        " where entity_id = 'europe' group by all having sum(tax_minor) != 0"
    )
    assert {(row["period_month"], row["jurisdiction"], row["rate_ppm"]): row["tax_minor"] for row in rows} == {
        key: amount for key, amount in expected.items() if amount
    }


def test_what_is_charged_is_what_the_accountant_asks(warehouse: Warehouse) -> None:
    assert warehouse.query("select * from marts.fct_tax_checks where reason_code is not null") == []
    assert warehouse.query("select * from marts.fct_tax_lines where box = 'unmapped'") == []


def test_each_scheme_of_the_second_company_is_used(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "select distinct scheme, box from marts.fct_tax_lines where entity_id = 'europe' order by all"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("domestic", "81"),
        ("domestic", "86"),
        ("export", "43"),
        ("oss", "oss"),
        ("reverse_charge", "41"),
    ]
