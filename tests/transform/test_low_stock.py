"""Which SKUs are low, by season, and which line the channel must have heard: one per crossing."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.transform.canonical_rows import CanonicalRows

SYNC = "slack__low_stock_alerts"


def world(pool: int, counted_at: datetime = datetime(2026, 10, 31, 12), **seeds: list[dict[str, Any]]) -> CanonicalRows:
    made = CanonicalRows()
    made.rows("fct_stock_pools", {"sku": "CUP", "pool": pool, "as_of_at": counted_at})
    made.rows("fct_stock", {"sku": "CUP", "location_id": "a", "incoming": 7})
    made.rows("dim_stock_clock", {"newest_count_at": counted_at})
    made.rows("can_products", {"product_id": "p", "platform": "cin7", "sku": "CUP", "title": "Ceramic Mug"})
    for name, rows in seeds.items():
        made.seed(name, *rows)
    return made


def threshold(units: int, margin: int = 3, sku: str = "*", season: str = "01-01 12-31") -> dict[str, Any]:
    first, last = season.split()
    return {"sku": sku, "season_from": first, "season_until": last, "threshold": units, "margin": margin}


def said(made: CanonicalRows, *statuses: str) -> CanonicalRows:
    """What the ledger remembers of the SKU, oldest first."""
    made.rows(
        "can_deliveries",
        *(
            {"delivery_id": f"d{at}", "sync": SYNC, "record_key": "CUP", "delivery_status": "accepted"}
            | {"status_changed_at": datetime(2026, 10, 1 + at)}
            for at in range(len(statuses))
        ),
    )
    return made.rows(
        "can_plan_changes",
        *(
            {"delivery_id": f"d{at}", "change_number": 1, "sync": SYNC, "record_key": "CUP"}
            | {"field_name": "alert_status", "after_value": status}
            for at, status in enumerate(statuses)
        ),
    )


ROW = "select alert_status, units_left from {{ ref('act_slack__low_stock_alerts') }}"
# Told at 5 or fewer, over above 5 + 3 = 8.
CROSSINGS = [
    (6, (), []),
    (5, (), [("low", 5)]),
    (-2, (), [("low", -2)]),
    (5, ("low",), [("low", 5)]),
    (6, ("low",), []),
    (8, ("low",), []),
    (9, ("low",), [("recovered", 9)]),
    (9, ("low", "recovered"), []),
    (6, ("low", "recovered"), []),
    (5, ("low", "recovered"), [("low", 5)]),
    (9, ("low", "recovered", "low"), [("recovered", 9)]),
]


@pytest.mark.parametrize(("pool", "before", "wanted"), CROSSINGS)
def test_between_threshold_and_margin_the_last_word_stands(
    pool: int, before: tuple[str, ...], wanted: list[Any]
) -> None:
    made = said(world(pool, low_stock_thresholds=[threshold(5)]), *before)
    assert made.query(ROW) == wanted


SEASONS = [
    # counted on, threshold that applies
    (datetime(2026, 10, 31, 23), 5),
    (datetime(2026, 11, 1), 20),
    (datetime(2026, 12, 24, 23), 20),
    (datetime(2026, 12, 25), 12),
    (datetime(2027, 1, 2), 12),
    (datetime(2027, 1, 3), 5),
]


@pytest.mark.parametrize(("counted_at", "applies"), SEASONS)
def test_a_season_raises_the_threshold_on_its_days_and_may_span_the_new_year(
    counted_at: datetime, applies: int
) -> None:
    rows = [threshold(5), threshold(20, season="11-01 12-24"), threshold(12, season="12-25 01-02")]
    made = world(3, counted_at, low_stock_thresholds=rows)
    assert made.query("select threshold from {{ ref('fct_low_stock') }}") == [(applies,)]


def test_a_sku_s_own_row_comes_before_everybody_s_season() -> None:
    rows = [threshold(5), threshold(20, season="10-01 12-24"), threshold(2, sku="CUP")]
    assert world(3, low_stock_thresholds=rows).query(
        "select threshold, low_stock_status from {{ ref('fct_low_stock') }}"
    ) == [(2, "between")]


def test_the_line_says_what_people_need_to_know() -> None:
    made = world(4, low_stock_thresholds=[threshold(5)])
    assert made.query("select message from {{ ref('act_slack__low_stock_alerts') }}") == [
        ("Low stock: CUP Ceramic Mug, 4 left to sell, 7 on their way (told at 5 or fewer)",)
    ]
    made = said(world(40, low_stock_thresholds=[threshold(5)]), "low")
    assert made.query("select message from {{ ref('act_slack__low_stock_alerts') }}") == [
        ("Back in stock: CUP Ceramic Mug, 40 to sell again",)
    ]


def test_the_mailbox_has_a_memory_of_its_own() -> None:
    made = said(world(9, low_stock_thresholds=[threshold(5)]), "low")
    assert made.query(ROW) == [("recovered", 9)]
    assert made.query(ROW.replace("slack", "email")) == []


def test_a_refused_line_was_not_heard() -> None:
    made = said(world(9, low_stock_thresholds=[threshold(5)]), "low")
    made.connection.execute("update can_deliveries set delivery_status = 'rejected'")
    assert made.query(ROW) == []
