"""However often a value changes between two pushes, only its last one goes out."""

from __future__ import annotations

from reverse_etl import engine, plan
from reverse_etl.plan import Memory
from tests.reverse_etl import activation_rows as rows

CHANGES = 1_000
SYNC = engine.sync_named("shopify__stock_levels")


def test_a_thousand_changes_of_stock_cost_one_push_the_calls_of_one_plan(turn):
    levels = {"1": (5, 6), "2": (7, 8)}
    rows.stock(turn.warehouse, levels)
    first = turn.plan(SYNC.name)
    turn.shop.stock = {delivery.record_key: delivery.before["quantity"] for delivery in first.deliveries}
    read = [
        {name: getattr(delivery, name) for name in ("record_key", "payload", "lines", "fingerprint", "quick", "reason")}
        | {"observed": delivery.before, "source_key": "s", "money_minor": None, "currency_code": None}
        for delivery in first.deliveries
    ]
    for change in range(1, CHANGES + 1):
        changed = [row | {"payload": row["payload"] | {"quantity": change}} for row in read]
        turn.ledger.store_plan(SYNC, plan.make(SYNC, 2, changed, Memory(), at=turn.at), turn.at)
    newest = turn.ledger.queries.newest_plan(SYNC.name)
    result = turn.push(newest)
    assert (newest.plan_id, result.accepted, result.calls) == (f"{SYNC.name}-{CHANGES + 1}", 2, 1)
    assert list(turn.shop.stock.values()) == [CHANGES, CHANGES]
    assert result.is_clean
