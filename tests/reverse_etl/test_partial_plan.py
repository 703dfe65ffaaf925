"""Plans of some records only: they touch nothing else, know more than an older reading, and are judged by the whole."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from reverse_etl import comparison, engine, replay
from reverse_etl.delivery import Why
from reverse_etl.errors import StopSync
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.partial_plan import Handed
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW

SYNC = engine.sync_named("shopify__stock_levels")
PLACE = "gid://shopify/Location/70000000001"
# The snapshot was read an hour ago; the lane hears of things now.
READ_AT = {"shopify": NOW - timedelta(hours=1), "woocommerce": NOW - timedelta(hours=1)}
HEARD = {"woocommerce": NOW - timedelta(seconds=1)}


def key(name: str) -> str:
    return f"gid://shopify/InventoryItem/{name}|{PLACE}"


def handed(levels, **more) -> Handed:
    """levels: record → (shown, wanted)."""
    connection = rows.warehouse()
    rows.stock(connection, levels)
    wanted = connection.execute("select * from activation.act_shopify__stock_levels").to_arrow_table().to_pylist()
    marked = comparison.marked(SYNC, wanted)
    shown_at = {row["record_key"]: NOW for row in marked}
    return Handed(SYNC, marked, **({"records": 50_000, "made_from": HEARD, "shown_at": shown_at} | more))


def plan_records(turn, levels, **more):
    return turn.ledger.commit([handed(levels, **more)], turn.at)[0].plan


def whole(turn, levels, read_at=READ_AT):
    rows.stock(turn.warehouse, levels)
    return turn.plan(SYNC.name, observed_at=read_at["shopify"], read_at=read_at)


def standing(turn) -> dict[str, list[str]]:
    with turn.ledger.reader() as connection:
        found = connection.execute(sa.select(DELIVERIES.c.delivery_id, DELIVERIES.c.state))
        by_plan: dict[str, list[str]] = {}
        for delivery_id, state in found:
            by_plan.setdefault(delivery_id.partition("/")[0], []).append(state)
    return {plan: sorted(states) for plan, states in by_plan.items()}


def test_it_replaces_what_is_unsent_of_its_own_records_and_nothing_else(turn):
    batch = whole(turn, {"1": (5, 6), "2": (7, 8), "3": (9, 10)})
    made = plan_records(turn, {"2": (7, 4)})
    assert [(item.record_key, item.payload["quantity"], item.state) for item in made.deliveries] == [
        (key("2"), 4, "approved")
    ]
    assert standing(turn) == {batch.plan_id: ["planned", "planned", "superseded"], made.plan_id: ["approved"]}
    turn.shop.stock = {key("1"): 5, key("2"): 7, key("3"): 9}
    # The batch plan is not superseded as a whole: what is left of it goes, and so does the newer number.
    assert turn.push(batch).is_clean
    assert turn.shop.stock == {key("1"): 6, key("2"): 4, key("3"): 10}


def test_planned_twice_it_has_one_effect(turn):
    turn.shop.stock = {key("1"): 5}
    first, second = plan_records(turn, {"1": (5, 3)}), plan_records(turn, {"1": (5, 3)})
    assert standing(turn) == {first.plan_id: ["superseded"], second.plan_id: ["approved"]}
    rows.stock(turn.warehouse, {})
    turn.push(turn.plan(SYNC.name, read_at=READ_AT))
    assert turn.shop.count("stock", key("1")) == 1
    assert plan_records(turn, {"1": (3, 3)}).plan_id == ""


def test_what_is_no_longer_wanted_takes_back_what_waits_and_stores_no_plan(turn):
    waiting = plan_records(turn, {"1": (5, 3)})
    nothing = plan_records(turn, {"1": (5, 5)})
    assert (nothing.plan_id, standing(turn)) == ("", {waiting.plan_id: ["superseded"]})


def test_a_plan_from_an_older_reading_leaves_alone_what_was_planned_or_written_from_newer_events(turn):
    turn.shop.stock = {key("1"): 5, key("2"): 9}
    plan_records(turn, {"1": (5, 3)})
    # Waiting: neither replaced nor planned again.
    batch = whole(turn, {"1": (5, 6), "2": (9, 8)})
    assert [(item.record_key, item.code) for item in batch.skipped] == [(key("1"), Why.NEWER)]
    turn.push(batch)
    assert turn.shop.stock == {key("1"): 3, key("2"): 8}
    # Written: the old reading would put the sold units back.
    assert [item.code for item in whole(turn, {"1": (5, 6), "2": (8, 8)}).skipped] == [Why.NEWER]
    # A reading that began after the lane heard decides again.
    later = dict.fromkeys(READ_AT, NOW + timedelta(minutes=11))
    decided = whole(turn, {"1": (3, 7), "2": (8, 8)}, later)
    assert [(item.record_key, item.payload["quantity"]) for item in decided.deliveries] == [(key("1"), 7)]


def test_a_plan_that_was_made_before_the_lanes_and_is_stored_after_it_is_made_again(turn):
    rows.stock(turn.warehouse, {"1": (5, 6)})
    late = engine.derive_plan(SYNC.name, turn.warehouse, turn.ledger, turn.at, READ_AT["shopify"], READ_AT)
    plan_records(turn, {"1": (5, 3)})
    with pytest.raises(StopSync, match="plan again"):
        turn.ledger.store_plan(SYNC, late, turn.at, read_at=READ_AT)


def test_it_is_judged_against_the_whole_model_and_by_all_that_changed_of_late(turn):
    turn.shop.stock = {key(str(number)): 9 for number in range(60)}
    levels = {str(number): (9, 8) for number in range(60)}
    turn.push(whole(turn, levels))
    fall = dict.fromkeys(levels, (8, 0))
    # Sixty of fifty thousand are no alarm; sixty of sixty are, and so are ten with the fifty before them.
    assert plan_records(turn, fall).breaches == ()
    stopped = plan_records(turn, fall, records=60)
    assert "60 of 60 records" in stopped.breaches[0]
    assert [item.state for item in stopped.deliveries] == ["planned"] * 60
    ten = dict(list(fall.items())[:10])
    before = [key(str(number)) for number in range(10, 60)]
    assert "60 of 60 records" in plan_records(turn, ten, records=60, changed_lately=before).breaches[0]
    assert plan_records(turn, ten, records=60).breaches == ()


def test_it_says_when_it_heard_and_when_the_destination_answered(turn):
    turn.shop.stock = {key("1"): 5}
    heard, happened = NOW - timedelta(seconds=2), NOW - timedelta(seconds=9)
    made = plan_records(turn, {"1": (5, 3)}, heard_at={key("1"): heard}, happened_at={key("1"): happened})
    rows.stock(turn.warehouse, {})
    turn.push(turn.plan(SYNC.name, read_at=READ_AT))
    exported = turn.ledger.queries.export_arrow()["deliveries"].to_pylist()
    told = [tuple(row[name] for name in ("plan_id", "happened_at", "heard_at", "acknowledged_at")) for row in exported]
    assert told == [(made.plan_id, happened, heard, NOW)]


def test_it_is_derived_again_from_its_stored_inputs_to_the_byte(turn):
    held = {key("2"): "nothing proves the increase"}
    made = plan_records(turn, {"1": (5, 3), "2": (5, 9)}, held=held, changed_lately=["x"])
    assert [item.reason for item in made.skipped] == ["nothing proves the increase"]
    assert replay.replay(turn.ledger.engine, made.plan_id).is_identical


def test_a_batch_plan_made_at_the_same_time_neither_doubles_nor_puts_back(turn):
    names = [str(number) for number in range(4)]
    turn.shop.stock = {key(name): 30 for name in names}
    errors: list[BaseException] = []
    done = threading.Event()

    def batch() -> None:
        """The batch lane, over and over, from a reading of an hour ago: thirty everywhere, forty wanted."""
        mine, warehouse = turn.open(), rows.warehouse()
        rows.stock(warehouse, dict.fromkeys(names, (30, 40)))
        try:
            while not done.is_set():
                made = engine.make_plan(SYNC.name, warehouse, mine, turn.at, READ_AT["shopify"], read_at=READ_AT)
                engine.push(made, mine, turn.settings, clock=lambda: turn.at)
        except StopSync as stop:
            if stop.code not in ("plan_overtaken", "superseded"):
                errors.append(stop)
        finally:
            mine.close()

    # The first numbers are the lane's, so that the batch has something to put back.
    for name in names:
        plan_records(turn, {name: (30, 29)})
    thread = threading.Thread(target=batch)
    thread.start()
    try:
        for wanted in range(28, 19, -1):
            for name in names:
                plan_records(
                    turn, {name: (turn.shop.stock[key(name)], wanted)}, shown_at={key(name): NOW - timedelta(hours=2)}
                )
    finally:
        done.set()
        thread.join(60)
    settle(turn)
    assert not errors
    written = [
        row["quantity"]
        for request in turn.shop.requests
        if "inventorySetQuantities" in str((request["json"] or {}).get("query"))
        for row in request["json"]["variables"]["input"]["quantities"]
    ]
    assert max(written) <= 29, "a batch plan of an hour ago put sold units back"
    assert set(turn.shop.stock.values()) == {20}


def settle(turn) -> None:
    """What waits goes out, in a push of its own."""
    rows.stock(turn.warehouse, {})
    for _ in range(3):
        turn.push(turn.plan(SYNC.name, read_at=READ_AT))
