"""What is in doubt is asked for together where the destination reads several at once, and a stop loses no claim."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reverse_etl import engine, flows
from reverse_etl.claims import Claim, Purpose
from reverse_etl.push import request_key
from reverse_etl.score_properties import shown
from reverse_etl.score_properties import written as of_profile
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.postgres_server import on_both_stores
from tests.reverse_etl.receiving_shop import is_read

ITEM = "gid://shopify/InventoryItem/{}|gid://shopify/Location/70000000001"
TOGETHER = ("hubspot__contacts", "klaviyo__profiles", "shopify__stock_levels")


def several(turn, sync, count):
    """So many records of a sync, ready to be pushed; the keys the shop counts them by."""
    if sync == "shopify__stock_levels":
        rows.stock(turn.warehouse, {str(number): (0, 5) for number in range(count)})
        return [ITEM.format(number) for number in range(count)]
    keys = [f"p{number}@example.com" for number in range(count)]
    rows.contacts(turn.warehouse, keys, sync=sync)
    return keys


def in_doubt(turn, sync, count):
    """A plan all of which is in doubt after a process died; the shop's requests are forgotten."""
    keys = several(turn, sync, count)
    plan = turn.plan(sync)
    turn.ledger.approve_within_limits(plan.plan_id, turn.at)
    # Its first records were read back before: that is another question than the one asked here.
    turn.ledger.pass_canary(plan.plan_id)
    deliveries = turn.ledger.queries.deliveries(plan.plan_id)
    size = engine.sync_named(sync).batch_size
    for start in range(0, count, size):
        claim = Claim("dead", deliveries[start : start + size], Purpose.WRITE, request_key)
        turn.ledger.commit([claim], turn.at)
    turn.at += timedelta(hours=1)
    return plan, keys


@on_both_stores
@pytest.mark.parametrize("sync", TOGETHER)
def test_a_batch_in_doubt_is_looked_up_in_one_request(turn, sync):
    """Of forty records thirty arrived: one question, and only the ten that are not there go out."""
    plan, keys = in_doubt(turn, sync, 40)
    if sync == "shopify__stock_levels":
        turn.shop.stock = dict.fromkeys(keys[:30], 5)
    else:
        write = shown if sync == "hubspot__contacts" else of_profile
        held = {item.record_key: item for item in turn.ledger.queries.deliveries(plan.plan_id)}
        turn.shop.people = {key: write(held[key]) for key in keys[:30]}
    result = turn.push(plan)
    assert (result.accepted, result.in_doubt, result.waiting) == (40, 0, 0), result
    reads = [request for request in turn.shop.requests if is_read(request)]
    assert len(reads) == 1, [request["path"] for request in reads]
    kind = {"hubspot__contacts": "contact", "klaviyo__profiles": "profile"}.get(sync, "stock")
    assert sorted(turn.shop.effects) == sorted((kind, key) for key in keys[30:])


@on_both_stores
def test_what_an_answer_about_several_leaves_out_is_asked_for_alone(turn):
    plan, keys = in_doubt(turn, "hubspot__contacts", 10)
    held = {item.record_key: item for item in turn.ledger.queries.deliveries(plan.plan_id)}
    turn.shop.people = {key: shown(held[key]) for key in keys}
    turn.shop.unmentioned = set(keys[:2])
    result = turn.push(plan)
    assert (result.accepted, turn.shop.effects) == (10, [])
    assert len(turn.shop.requests) == 3
    results = [row["result"] for row in turn.ledger.queries.attempts(f"{plan.plan_id}/1")]
    assert results[-2:] == ["not_applied", "accepted"]


@on_both_stores
@pytest.mark.parametrize("sync", TOGETHER)
def test_a_stop_in_the_middle_of_looking_up_leaves_every_doubt_a_doubt(turn, sync):
    plan, keys = in_doubt(turn, sync, 10)
    turn.shop.unmentioned = set(keys)
    turn.shop.refuses_reads = True
    result = turn.push(plan)
    assert (result.stopped_code, set(turn.states(plan))) == ("http_401", {"in_doubt"})
    turn.shop.refuses_reads = False
    turn.at += timedelta(hours=1)
    assert turn.push(plan).accepted == 10
    assert len(turn.shop.effects) == len(set(turn.shop.effects)) == 10


@on_both_stores
def test_a_pause_between_the_question_about_several_and_those_about_one_lets_every_claim_go(turn):
    plan, keys = in_doubt(turn, "hubspot__contacts", 10)
    turn.shop.unmentioned = set(keys)

    def step(label):
        if label == "look_up_recorded":
            with turn.ledger.engine.begin() as connection:
                flows.switch(connection, plan.sync, flows.Switch.PAUSED, "Ann", "stocktaking", turn.at)

    assert turn.push(plan, step=step).stopped_code == "paused"
    assert set(turn.states(plan)) == {"in_doubt"}
    assert turn.shop.effects == []
