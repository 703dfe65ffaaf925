"""What stock is worth, first in first out: a cent that came in either left or is still there."""

# ruff: noqa: DTZ001

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.warehouse import TRANSFORM

IDENTITY = (TRANSFORM / "tests" / "assert_s_12_stock_is_worth_its_layers.sql").read_text()


def moved(number: int, kind: str, units: int, cost: int | None, day: int, task: str | None = None) -> dict[str, Any]:
    row = {"stock_movement_id": f"m{number:03}", "platform": "cin7", "sku": "CUP", "location_id": "BER"}
    more = {"movement_type": kind, "units": units, "cost_minor": cost, "platform_document_id": task or f"t{number}"}
    return row | more | {"moved_at": datetime(2026, 10, day)}


@pytest.fixture
def book() -> CanonicalRows:
    """10 for 40.00, 6 for 30.01; 12 are sold: 40.00 + 2/6 of 30.01 (10.00, rounded down) = 50.00; 4 stay for 20.01."""
    return CanonicalRows().rows(
        "can_stock_movements",
        moved(1, "receipt", 10, 4_000, 1),
        moved(2, "receipt", 6, 3_001, 3),
        moved(3, "shipment", -7, None, 5),
        moved(4, "shipment", -5, None, 6),
        moved(5, "transfer", -2, -900, 7),
        moved(6, "transfer", 2, 900, 8),
    )


def test_the_oldest_units_leave_first_at_what_they_cost(book: CanonicalRows) -> None:
    taken = book.query(
        "select movement_id, cost_layer_id, units, cost_minor from {{ ref('fct_cost_consumptions') }} order by all"
    )
    assert taken == [("m003", "m001", 7, 2_800), ("m004", "m001", 3, 1_200), ("m004", "m002", 2, 1_000)]
    left = book.query(
        "select remaining_units, remaining_minor from {{ ref('fct_cost_layers') }} order by cost_layer_id"
    )
    assert left == [(0, 0), (4, 2_001)]
    worth = book.query("select units, value_minor, cost_of_goods_minor from {{ ref('fct_stock_values') }}")
    assert worth == [(4, 2_001, 5_000)]
    assert book.query(IDENTITY) == []


def test_a_later_invoice_changes_the_layer_of_its_document_and_what_was_taken_from_it() -> None:
    world = CanonicalRows().rows(
        "can_stock_movements",
        moved(1, "receipt", 10, 4_000, 1, "PO-1"),
        moved(2, "shipment", -5, None, 2),
        moved(3, "receipt", 0, 500, 9, "PO-1"),
    )
    assert world.query("select cost_minor, consumed_minor, remaining_minor from {{ ref('fct_cost_layers') }}") == [
        (4_500, 2_250, 2_250)
    ]
    assert world.query(IDENTITY) == []


def test_a_cost_nobody_says_is_the_average_or_a_gap_and_never_nought() -> None:
    world = CanonicalRows().rows("can_stock_movements", moved(1, "adjustment", 3, None, 1))
    assert world.query("select value_minor, units_without_cost from {{ ref('fct_stock_values') }}") == [(0, 3)]
    world = CanonicalRows().rows("can_stock_movements", moved(1, "adjustment", 3, None, 1))
    world.rows("can_products", {"product_id": "p", "platform": "cin7", "sku": "CUP", "unit_cost_minor": 250})
    assert world.query("select cost_minor, cost_rule from {{ ref('fct_cost_layers') }}") == [(750, "average")]


def test_units_that_left_before_any_came_in_have_no_cost_and_are_a_row() -> None:
    world = CanonicalRows().rows(
        "can_stock_movements", moved(1, "shipment", -5, None, 1), moved(2, "receipt", 3, 300, 2)
    )
    taken = world.query("select cost_layer_id, units, cost_minor from {{ ref('fct_cost_consumptions') }} order by all")
    assert taken == [("m002", 3, 300), (None, 2, None)]
    assert world.query("select units, uncovered_units, value_minor from {{ ref('fct_stock_values') }}") == [(0, 2, 0)]
    assert world.query(IDENTITY) == []


def test_every_cent_of_random_books_is_in_a_layer_or_gone_with_a_departure() -> None:
    rng = random.Random(5)
    kinds = ["receipt", "shipment", "return", "adjustment", "count", "assembly", "transfer"]
    rows = []
    for number in range(400):
        units = rng.randint(-9, 9)
        cost = None if rng.random() < 0.1 else units * rng.randint(90, 999) + rng.randint(0, 9)
        row = moved(number, rng.choice(kinds), units, cost, rng.randint(1, 28), f"t{rng.randrange(60)}")
        rows.append(row | {"sku": f"S{rng.randrange(4)}"})
    world = CanonicalRows().rows("can_stock_movements", *rows)
    assert world.query(IDENTITY) == []
    # A model that forgets a layer is told apart.
    world.connection.execute(
        "update fct_cost_layers set remaining_minor = remaining_minor + 1 where cost_layer_id in (select min(cost_layer_id) from fct_cost_layers where cost_minor is not null)"
    )
    assert len(world.query(IDENTITY)) == 1
