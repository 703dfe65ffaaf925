"""Which stock is dead and which is too much, on hand-written rows."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.transform.canonical_rows import CanonicalRows

TODAY = date(2026, 10, 31)
# on hand, (day, units) sold → cover, status
AGES = [
    (30, [], None, "dead"),
    # 90 days ago is too long ago, 89 are not: 30 · 90 ÷ 1 = 2,700 days.
    (30, [(date(2026, 8, 2), 1)], None, "dead"),
    (30, [(date(2026, 8, 3), 1)], 2700, "overstock"),
    # 30 units at 15 in 90 days last 180 days, 31 last 186.
    (30, [(date(2026, 10, 1), 15)], 180, "moving"),
    (31, [(date(2026, 10, 1), 10), (date(2026, 10, 2), 5)], 186, "overstock"),
]


@pytest.mark.parametrize(("on_hand", "sold", "cover", "status"), AGES)
def test_stock_is_dead_by_its_last_sale_and_too_much_by_its_rate(
    on_hand: int, sold: list[tuple[date, int]], cover: int | None, status: str
) -> None:
    made = CanonicalRows()
    made.rows("fct_stock", {"sku": "CUP", "location_id": "a", "on_hand": on_hand, "owner_platform": "cin7"})
    made.rows("dim_stock_clock", {"newest_order_date": TODAY})
    made.rows(
        "can_products", {"product_id": "p", "platform": "cin7", "sku": "CUP", "title": "Mug", "unit_cost_minor": 700}
    )
    orders = [
        {"order_id": f"o{at}", "order_date": day, "placed_at": datetime(day.year, day.month, day.day)}
        for at, (day, _) in enumerate(sold)
    ]
    made.rows("can_orders", *orders, {"order_id": "never", "order_date": TODAY, "cancelled_at": datetime(2026, 10, 31)})
    lines = [
        {"order_line_id": f"l{at}", "order_id": f"o{at}", "sku": "CUP", "quantity": units}
        for at, (_, units) in enumerate(sold)
    ]
    made.rows("can_order_lines", *lines, {"order_line_id": "x", "order_id": "never", "sku": "CUP", "quantity": 99})
    asked = "select days_of_cover, stock_age_status, value_minor from {{ ref('fct_stock_ages') }}"
    assert made.query(asked) == [(cover, status, on_hand * 700)]
