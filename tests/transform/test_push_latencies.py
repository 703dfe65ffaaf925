"""How long the fast lane's deliveries took, as an analyst reads it: ranks of what happened, per sync and hour."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import datetime, timedelta

from tests.transform.canonical_rows import CanonicalRows

HEARD = datetime(2026, 11, 1, 12, 30)


def delivery(number: int, milliseconds: int | None, sync: str = "shopify__stock_levels") -> dict[str, object]:
    answered = HEARD + timedelta(milliseconds=milliseconds) if milliseconds is not None else None
    row = {"delivery_id": f"d{number:03}", "sync": sync, "destination": sync.split("__")[0], "heard_at": HEARD}
    return row | {"acknowledged_at": answered}


def test_percentiles_are_latencies_that_happened_and_a_batch_delivery_has_none() -> None:
    world = CanonicalRows()
    batch = {"delivery_id": "b", "sync": "shopify__stock_levels", "destination": "shopify", "acknowledged_at": HEARD}
    world.rows(
        "can_deliveries",
        *(delivery(number, number) for number in range(1, 101)),
        delivery(200, None),
        batch,
        delivery(300, 70, "woocommerce__stock_levels"),
    )
    found = world.query(
        "select sync, hour_at, deliveries, fastest_ms, p50_ms, p99_ms, slowest_ms"
        " from {{ ref('fct_push_latencies') }} order by sync"
    )
    hour = datetime(2026, 11, 1, 12)
    assert found == [
        ("shopify__stock_levels", hour, 100, 1, 50, 99, 100),
        ("woocommerce__stock_levels", hour, 1, 70, 70, 70, 70),
    ]
