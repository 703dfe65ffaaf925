"""However often a value changes between two pushes, only its last one goes out; and stock goes before parcels."""

from __future__ import annotations

from reverse_etl import engine, plan
from reverse_etl.destinations.shopify.graphql import PACE
from reverse_etl.plan import Memory
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import newest_plan
from tests.reverse_etl.postgres_server import on_both_stores

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
    newest = newest_plan(turn.ledger, SYNC.name)
    result = turn.push(newest)
    assert (newest.plan_id, result.accepted, result.calls) == (f"{SYNC.name}-{CHANGES + 1}", 2, 1)
    assert list(turn.shop.stock.values()) == [CHANGES, CHANGES]
    assert result.is_clean


@on_both_stores
def test_stock_that_was_planned_later_goes_out_before_the_parcels_of_the_same_push(turn):
    """Forty parcels are planned and pushed; one stock level was approved after them, and overtakes them at the shop."""
    parcels = [f"p{number}" for number in range(40)]
    turn.shop.remaining = {f"gid://shopify/FulfillmentOrderLineItem/{parcel}": 1 for parcel in parcels}
    rows.tracking(turn.warehouse, parcels)
    shipped = turn.plan("shopify__tracking")
    for wanted in (3, 4, 5):
        # Plans are numbered by sync: the third of one would come after the first of the other.
        rows.stock(turn.warehouse, {"1": (0, wanted)})
        stock = turn.plan(SYNC.name)
    turn.ledger.approve_within_limits(stock.plan_id, turn.at)
    turn.push(shipped)
    kinds = [kind for kind, _ in turn.shop.effects]
    assert (len(kinds), kinds[0]) == (41, "stock")
    # Not only done first, since a parcel is asked for before it is made: sent first, too, with those that were sent at the same moment.
    sent = ["inventorySetQuantities" in request["json"]["query"] for request in turn.shop.requests]
    assert any(sent[: PACE.in_flight])
