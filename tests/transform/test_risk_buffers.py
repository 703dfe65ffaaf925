"""A buffer reckoned from the risk: the smallest that is exceeded no more often than the target, exact to the unit."""

# ruff: noqa: DTZ001

from __future__ import annotations

import csv
import importlib.util
from datetime import date, datetime
from fractions import Fraction
from math import factorial

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level
from tests.transform.warehouse import TRANSFORM

TABLE = TRANSFORM / "seeds" / "poisson_buffers.csv"

FIGURES = [
    # sold elsewhere on the busiest day, latency in ms, buffer at 0.1 %
    (60 * 24, 5_000, 2),  # 60 an hour, 5 s
    (129_600, 3_000, 12),  # a flash sale of 1.5 a second, 3 s
    (129_600, 60_000, 121),  # the same behind a batch every minute
    (60 * 24, 3_600_000, 85),  # 60 an hour behind a batch every hour
]


@pytest.mark.parametrize(("sold_a_day", "p99_ms", "buffer"), FIGURES)
def test_latency_has_its_price_in_units_nobody_may_sell(sold_a_day: int, p99_ms: int, buffer: int) -> None:
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", 1_000))
    world.seed(
        "channel_policies", {"channel": "shopify", "sku": "*", "share_percent": 100, "oversell_target_ppm": 1_000}
    )
    world.seed("assumed_latencies", {"channel": "*", "p99_ms": p99_ms})
    days = [(date(2026, 10, 29), sold_a_day), (date(2026, 10, 30), 3)]
    orders = [
        {"order_id": f"{n}", "channel": "woocommerce", "order_date": day, "order_fulfilment_status": "fulfilled"}
        for n, (day, _) in enumerate(days)
    ]
    # What the channel sells itself, a test and what is long past are no risk to it.
    none = [
        {"order_id": "own", "channel": "shopify", "order_date": date(2026, 10, 30)},
        {"order_id": "test", "channel": "woocommerce", "order_date": date(2026, 10, 30), "is_test": True},
        {"order_id": "past", "channel": "woocommerce", "order_date": date(2026, 10, 20)},
    ]
    fulfilled = {"order_fulfilment_status": "fulfilled", "placed_at": datetime(2026, 10, 30)}
    world.rows("can_orders", *orders, *(order | fulfilled for order in none))
    lines = [{"order_id": f"{n}", "quantity": units} for n, (_, units) in enumerate(days)]
    lines += [{"order_id": order["order_id"], "quantity": 500_000} for order in none]
    world.rows("can_order_lines", *(line | {"order_line_id": f"{n}", "sku": "CUP"} for n, line in enumerate(lines)))
    found = world.query(
        "select buffer, buffer_rule, shared - offer from {{ ref('fct_ats') }} where channel = 'shopify'"
    )
    assert found == [(buffer, "risk", buffer)]


def test_the_table_is_what_its_maker_writes() -> None:
    spec = importlib.util.spec_from_file_location("poisson_buffers", TABLE.with_suffix(".py"))
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert TABLE.read_text() == maker.text()


def test_the_table_is_right_by_fractions_alone() -> None:
    """P(Poisson(x) > b) ≤ target as Σ xᵏ/k! up to b ≥ (1 − target) · eˣ, eˣ from below and above by its own series."""
    rows = [tuple(int(cell) for cell in row) for row in list(csv.reader(TABLE.open()))[1:]]
    checked = [row for row in rows if row[1] <= 14 or row[1] % 40 == 0]
    assert len(checked) > 50
    for target, buffer, up_to in checked:
        kept = Fraction(1_000_000 - target, 1_000_000)
        assert _sum(up_to, buffer) >= kept * _exp_above(up_to), (target, buffer)
        assert _sum(up_to + 1, buffer) < kept * _sum(up_to + 1, _enough(up_to + 1)), (target, buffer)


def _sum(thousandths: int, terms: int) -> Fraction:
    mean, term, total = Fraction(thousandths, 1000), Fraction(1), Fraction(1)
    for count in range(1, terms + 1):
        term = term * mean / count
        total += term
    return total


def _enough(thousandths: int) -> int:
    return 3 * (thousandths // 1000) + 40


def _exp_above(thousandths: int) -> Fraction:
    """eˣ and a little more: the terms left out are at most twice the first of them, for each halves the one before."""
    terms = _enough(thousandths)
    mean = Fraction(thousandths, 1000)
    assert 2 * mean <= terms + 2
    return _sum(thousandths, terms) + 2 * mean ** (terms + 1) / factorial(terms + 1)
