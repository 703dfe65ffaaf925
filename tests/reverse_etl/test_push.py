"""Pushing over real HTTP: the shop's own count of effects decides, never our ledger."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reverse_etl import engine, flows
from reverse_etl.claims import Answered, Claim, Purpose
from reverse_etl.destination import Outcome, Result
from reverse_etl.errors import ConfigurationError, StopSync
from reverse_etl.plan import Action
from reverse_etl.push import request_key
from reverse_etl.sync import Guard
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW, SECRET, newest_plan, settings_for
from tests.reverse_etl.postgres_server import on_both_stores
from tests.reverse_etl.sudden_death import DEATHS, die_at

# One sync for each guard and shape of record; every document beside them is tried at its twin (test_destinations_at_the_twin).
SYNCS = (
    "shopify__stock_levels",
    "woocommerce__stock_levels",
    "shopify__tracking",
    "quickbooks__sales_receipts",
    "quickbooks__credit_memos",
    "quickbooks__deposits",
    "hubspot__contacts",
    "klaviyo__profiles",
)
ITEM = "gid://shopify/InventoryItem/{}|gid://shopify/Location/70000000001"


def seed(turn, sync):
    """One record for a sync, ready to be pushed; returns (effect kind, effect key)."""
    if sync == "shopify__stock_levels":
        rows.stock(turn.warehouse, {"1": (0, 5)})
        return "stock", ITEM.format(1)
    if sync == "shopify__tracking":
        turn.shop.remaining["gid://shopify/FulfillmentOrderLineItem/p1"] = 1
        rows.tracking(turn.warehouse, ["p1"])
        return "fulfilment", "1Zp1"
    if sync == "woocommerce__stock_levels":
        rows.woo(turn.warehouse, ["11"])
        return "stock", "11"
    if sync.startswith("quickbooks"):
        objects = sync.split("__")[1]
        rows.receipts(turn.warehouse, ["#1042"], objects)
        entity = {"sales_receipts": "salesreceipt", "credit_memos": "refundreceipt", "deposits": "deposit"}[objects]
        return entity, "je:main:#1042:captured:0"
    rows.contacts(turn.warehouse, ["ann@example.com"], sync=sync)
    return ("contact" if sync.startswith("hubspot") else "profile"), "ann@example.com"


@on_both_stores
@pytest.mark.parametrize("sync", SYNCS)
def test_each_sync_delivers_once_and_then_has_nothing_to_do(turn, sync):
    effect = seed(turn, sync)
    result = turn.push(turn.plan(sync))
    assert (result.accepted, result.rejected, result.in_doubt, result.waiting) == (1, 0, 0, 0), result
    assert turn.shop.count(*effect) == 1
    second = turn.plan(sync)
    assert (second.deliveries, second.noops) == ((), 1)
    assert turn.push(second).calls == 0


@pytest.mark.parametrize("fault", ["lose_reply", "lose_request", "500", "429", "503", "garbage"])
@pytest.mark.parametrize("sync", SYNCS)
def test_a_fault_on_the_way_ends_in_one_effect(turn, sync, fault):
    effect = seed(turn, sync)
    turn.shop.faults = [fault]
    result = turn.push(turn.plan(sync))
    assert result.accepted == 1, result
    assert turn.shop.count(*effect) == 1


@on_both_stores
@pytest.mark.parametrize("label", ["written_ahead", "answered", "recorded"])
@pytest.mark.parametrize("sync", SYNCS)
def test_a_process_that_dies_at_any_step_leaves_a_ledger_the_next_push_can_finish(turn, sync, label):
    effect = seed(turn, sync)
    plan = turn.plan(sync)
    with pytest.raises(DEATHS):
        turn.push(plan, step=die_at(label))
    assert turn.states(plan) == ["accepted" if label == "recorded" else "sending"]
    if label != "recorded":
        assert turn.plan(sync).count(Action.WAITING) == 1
    turn.push(plan)
    assert turn.states(plan) == ["accepted"]
    assert turn.shop.count(*effect) == 1


def test_a_lost_document_is_resent_under_the_same_key(turn):
    seed(turn, "quickbooks__sales_receipts")
    turn.shop.faults = ["lose_request", "lose_reply"]
    turn.push(turn.plan("quickbooks__sales_receipts"))
    keys = {request["query"]["requestid"] for request in turn.shop.requests if request["method"] == "POST"}
    assert len(keys) == 1
    assert all(len(key) <= 50 for key in keys)


@on_both_stores
def test_a_record_the_answer_does_not_mention_is_looked_up_and_not_sent_again(turn):
    rows.contacts(turn.warehouse, ["a@example.com", "b@example.com"])
    turn.shop.faults = ["omit_last"]
    plan = turn.plan("hubspot__contacts")
    assert turn.push(plan).accepted == 2
    assert [turn.shop.count("contact", email) for email in ("a@example.com", "b@example.com")] == [1, 1]
    # It is told apart in the ledger: its first attempt is a doubt, not a success.
    results = [row["result"] for row in turn.ledger.queries.attempts(f"{plan.plan_id}/2")]
    assert results == ["in_doubt", "accepted"]


@on_both_stores
def test_a_bad_record_in_a_batch_is_rejected_alone(turn):
    rows.contacts(turn.warehouse, ["a@example.com", "bad", "c@example.com"])
    turn.shop.bad_records = {"bad"}
    result = turn.push(turn.plan("hubspot__contacts"))
    assert (result.accepted, result.rejected, result.calls) == (2, 1, 1)


@on_both_stores
def test_a_refusal_that_names_no_record_is_halved_until_the_bad_one_stands_alone(turn):
    rows.woo(turn.warehouse, [str(number) for number in range(1, 65)])
    turn.shop.bad_records = {"37"}
    result = turn.push(turn.plan("woocommerce__stock_levels"))
    assert (result.accepted, result.rejected) == (63, 1)
    # One call and at most 2·log2(64) more.
    assert result.calls <= 13


def test_variations_go_under_their_product(turn):
    rows.woo(turn.warehouse, ["11"], variants=[("20", "21"), ("20", "22"), ("30", "31")])
    assert turn.push(turn.plan("woocommerce__stock_levels")).accepted == 4
    assert sorted(request["path"].removeprefix("/wp-json/wc/v3/products") for request in turn.shop.requests) == [
        "/20/variations/batch",
        "/30/variations/batch",
        "/batch",
    ]


@on_both_stores
def test_a_stale_quantity_is_a_conflict_and_the_other_quantities_still_go(turn):
    rows.stock(turn.warehouse, {"1": (0, 5), "2": (3, 8), "3": (0, 2)})
    plan = turn.plan("shopify__stock_levels")
    result = turn.push(plan)
    assert (result.accepted, result.rejected) == (2, 1)
    attempt = turn.ledger.queries.attempts(f"{plan.plan_id}/2")[-1]
    assert (attempt["kind"], attempt["code"]) == ("conflict", "CHANGE_FROM_QUANTITY_STALE")
    # Read again, the next plan replaces what is really there, under a new key.
    rows.stock(turn.warehouse, {"1": (5, 5), "2": (0, 8), "3": (2, 2)})
    second = turn.plan("shopify__stock_levels")
    assert [delivery.record_key for delivery in second.deliveries] == [ITEM.format(2)]
    assert turn.push(second).accepted == 1
    assert turn.shop.stock[ITEM.format(2)] == 8


@on_both_stores
def test_the_same_stock_wanted_again_after_a_sale_is_a_new_intention(turn):
    rows.stock(turn.warehouse, {"1": (0, 5)})
    first = turn.plan("shopify__stock_levels")
    turn.push(first)
    turn.shop.stock[ITEM.format(1)] = 0
    again = turn.plan("shopify__stock_levels", observed_at=NOW.replace(hour=13))
    assert [(change.before, change.after) for change in again.deliveries[0].changes] == [(0, 5)]
    assert again.deliveries[0].idempotency_key != first.deliveries[0].idempotency_key
    turn.push(again)
    assert turn.shop.stock[ITEM.format(1)] == 5


@on_both_stores
def test_refused_access_stops_the_sync_and_leaves_the_rest_planned(turn):
    rows.receipts(turn.warehouse, [f"#{number}" for number in range(8)])
    turn.shop.faults = ["401"] * 8
    plan = turn.plan("quickbooks__sales_receipts")
    result = turn.push(plan)
    assert (result.accepted, result.waiting) == (0, 8)
    assert result.stopped
    assert turn.shop.effects == []
    turn.shop.faults = []
    assert turn.push(plan).accepted == 8


def test_a_missing_item_rejects_its_document_by_name_and_no_other(turn):
    rows.receipts(turn.warehouse, ["#1"], item="Surcharge")
    plan = turn.plan("quickbooks__sales_receipts")
    assert turn.push(plan).rejected == 1
    assert "Surcharge" in turn.ledger.queries.attempts(f"{plan.plan_id}/1")[0]["message"]


def test_a_document_entered_by_a_human_under_our_number_is_not_doubled(turn):
    seed(turn, "quickbooks__sales_receipts")
    plan = turn.plan("quickbooks__sales_receipts")
    with pytest.raises(DEATHS):
        turn.push(plan, step=die_at("written_ahead"))
    turn.shop.documents.append({"Id": "77", "DocNumber": "#1042", "PrivateNote": "typed by Bob"})
    assert turn.push(plan).rejected == 1
    assert turn.shop.effects == []


def test_amounts_reach_the_books_to_the_cent(turn):
    seed(turn, "quickbooks__sales_receipts")
    turn.push(turn.plan("quickbooks__sales_receipts"))
    lines = turn.shop.documents[0]["Line"]
    # 100.00 of product less a fee of 3.20 = the 96.80 that reach clearing.
    assert [line["Amount"] for line in lines] == [100.0, -3.2]
    assert [line["SalesItemLineDetail"]["ItemRef"]["value"] for line in lines] == ["i0", "i7"]


def test_planning_sends_nothing(turn):
    for sync in SYNCS:
        seed(turn, sync)
        turn.plan(sync)
    assert turn.shop.requests == []


@on_both_stores
def test_a_dead_destination_leaves_deliveries_waiting(turn, tmp_path):
    rows.contacts(turn.warehouse, ["a@example.com"])
    plan = turn.plan("hubspot__contacts")
    reachable, turn.settings = turn.settings, settings_for("http://127.0.0.1:9", tmp_path)
    assert turn.push(plan).waiting == 1
    turn.settings = reachable
    assert turn.push(plan).accepted == 1


@on_both_stores
@pytest.mark.parametrize(
    "sync",
    [name for name in SYNCS if engine.syncs()[name].guard in (Guard.IDEMPOTENCY_KEY, Guard.COMPARE_AND_SET)],
)
def test_a_key_older_than_the_vendor_keeps_it_is_looked_up_not_trusted(turn, sync):
    effect = seed(turn, sync)
    plan = turn.plan(sync)
    with pytest.raises(DEATHS):
        turn.push(plan, step=die_at("answered"))
    # Two days later the destination has forgotten the key.
    turn.shop.answered.clear()
    turn.at = NOW.replace(day=3)
    assert turn.push(plan).accepted == 1
    assert turn.shop.count(*effect) == 1


def test_live_hosts_need_two_switches(turn, tmp_path):
    rows.contacts(turn.warehouse, ["a@example.com"])
    plan = turn.plan("hubspot__contacts")
    for switches in ({}, {"CARTWHEEL_ENVIRONMENT": "production"}, {"CARTWHEEL_ALLOW_WRITES": "production"}):
        turn.settings = settings_for("https://api.hubapi.com", tmp_path, **switches)
        with pytest.raises(ConfigurationError, match="CARTWHEEL_ALLOW_WRITES=production"):
            turn.push(plan)
    assert turn.states(plan) == ["approved"]


@on_both_stores
def test_a_superseded_plan_is_refused_by_the_name_of_its_successor(turn):
    rows.contacts(turn.warehouse, ["a@example.com"])
    old = turn.plan("hubspot__contacts")
    rows.contacts(turn.warehouse, ["a@example.com"], segment="champions")
    new = turn.plan("hubspot__contacts")
    with pytest.raises(StopSync, match=new.plan_id):
        turn.push(old)
    assert turn.push(new).accepted == 1


@on_both_stores
def test_what_another_worker_holds_is_left_to_it_until_its_lease_ends(turn):
    effect = seed(turn, "hubspot__contacts")
    plan, other = turn.plan("hubspot__contacts"), turn.open()
    turn.ledger.approve_within_limits(plan.plan_id, NOW)
    with other.working() as holder:
        other.commit([Claim(holder, plan.deliveries, Purpose.WRITE, request_key)], NOW)
        assert (turn.push(plan).calls, turn.shop.count(*effect)) == (0, 0)
        # Six minutes on it is taken to be dead, wherever it ran: looked up, then sent.
        turn.at = NOW + timedelta(minutes=6)
        assert turn.push(plan).accepted == 1
        assert turn.shop.count(*effect) == 1
    other.close()


@on_both_stores
def test_an_outcome_under_an_old_fence_moves_nothing(turn):
    seed(turn, "hubspot__contacts")
    plan = turn.plan("hubspot__contacts")
    turn.ledger.approve_within_limits(plan.plan_id, NOW)
    with turn.ledger.working() as holder:
        (stale,) = turn.ledger.commit([Claim(holder, plan.deliveries, Purpose.WRITE, request_key)], NOW)
        turn.ledger.commit([Claim(holder, [stale[0].delivery], Purpose.WRITE, request_key)], NOW)
        said = {stale[0].delivery.record_key: Outcome(Result.ACCEPTED)}
        turn.ledger.commit([Answered(stale, said)], NOW)
        assert turn.states(plan) == ["sending"]


@on_both_stores
def test_a_pause_takes_effect_between_two_records(turn):
    rows.receipts(turn.warehouse, [f"#{number}" for number in range(12)])
    plan, met = turn.plan("quickbooks__sales_receipts"), []

    def pause_after_the_third(label):
        met.append(label)
        if met.count("recorded") == 3:
            with turn.ledger.engine.begin() as connection:
                flows.switch(connection, "everything", "paused", "ann", "books look wrong", NOW)

    result = turn.push(plan, step=pause_after_the_third)
    assert (result.is_paused, result.waiting + result.accepted) == (True, 12)
    # Those already on their way when the switch was thrown are at most what may be in flight.
    assert 3 <= len(turn.shop.effects) == result.accepted <= 3 + 4
    with turn.ledger.engine.begin() as connection:
        flows.switch(connection, "everything", "active", "ann", "checked", NOW)
    assert turn.push(plan).accepted == 12 - result.accepted


def test_no_secret_reaches_plan_ledger_or_result(turn):
    shown = []
    for sync in SYNCS:
        seed(turn, sync)
        turn.shop.faults = ["garbage", "401"]
        plan = turn.plan(sync)
        shown += [repr(plan), repr(turn.push(plan)), repr(turn.settings)]
    turn.ledger.close()
    stored = b"".join(path.read_bytes() for path in turn.folder.glob("operations.sqlite*"))
    assert SECRET not in "".join(shown)
    assert SECRET.encode() not in stored
    assert any(SECRET in json.dumps(request["headers"]) for request in turn.shop.requests)


@hypothesis_settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.sampled_from(["written_ahead", "answered", "lose_reply", "lose_request", "500", "429", "replan"]), max_size=5
    ),
    sync=st.sampled_from(SYNCS),
)
def test_any_mix_of_crash_and_resume_ends_accepted_once(tmp_path_factory, steps, sync):
    from tests.reverse_etl.conftest import Turn
    from tests.reverse_etl.receiving_shop import ReceivingShop

    with ReceivingShop() as shop:
        turn = Turn(shop, tmp_path_factory.mktemp("mix"))
        effect = seed(turn, sync)
        plan = turn.plan(sync)
        for step in steps:
            if step == "replan":
                turn.plan(sync)
            elif step in ("written_ahead", "answered"):
                try:
                    turn.push(newest_plan(turn.ledger, sync), step=die_at(step))
                except BaseExceptionGroup:
                    turn.ledger.close()
                    turn.ledger = turn.open()
            else:
                shop.faults = [step] * 5
                turn.push(newest_plan(turn.ledger, sync))
                shop.faults = []
        turn.push(newest_plan(turn.ledger, sync))
        assert shop.count(*effect) == 1
        assert turn.plan(sync).deliveries == ()
        assert plan.plan_id
        turn.ledger.close()
