"""What stops a push before it does harm: a dead destination, a spent day, a canary, a document that is not there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from reverse_etl import destinations, engine
from reverse_etl.breaker import FAILURES, breaker_of
from reverse_etl.claims import Claim, Purpose
from reverse_etl.client import DestinationClient
from reverse_etl.destination import Pace
from reverse_etl.errors import StopSync
from reverse_etl.feed import Feed
from reverse_etl.group_commit import GroupCommit
from reverse_etl.push import Push, request_key
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW, no_sleep, settings_for


def test_a_dead_destination_is_left_alone_for_a_minute_and_everything_goes_out_when_it_is_back(turn, tmp_path):
    emails = [f"c{number}@example.com" for number in range(40)]
    rows.contacts(turn.warehouse, emails, sync="klaviyo__profiles")
    plan = turn.plan("klaviyo__profiles")
    reachable, turn.settings = turn.settings, settings_for("http://127.0.0.1:9", tmp_path)
    first = turn.push(plan)
    assert (first.accepted, first.waiting, first.stopped_code) == (0, 40, "breaker_open")
    # Eight in flight may fail together before the breaker is open to all of them.
    assert first.calls < FAILURES + 8
    assert turn.push(plan).calls == 0
    assert "breaker_open" in turn.open_codes()
    turn.settings, turn.at = reachable, NOW + timedelta(minutes=2)
    assert turn.push(plan).accepted == 40
    assert turn.open_codes() == []
    assert sorted(turn.shop.effects) == sorted(("profile", email) for email in emails)


def test_a_dead_destination_does_not_stop_another(turn, tmp_path):
    rows.contacts(turn.warehouse, [f"c{number}@example.com" for number in range(20)], sync="klaviyo__profiles")
    rows.contacts(turn.warehouse, ["a@example.com"])
    reachable, turn.settings = turn.settings, settings_for("http://127.0.0.1:9", tmp_path)
    turn.push(turn.plan("klaviyo__profiles"))
    turn.settings = reachable
    assert turn.push(turn.plan("hubspot__contacts")).accepted == 1


def test_a_stop_holds_for_what_was_written_ahead_and_has_not_left(turn):
    emails = [f"c{number}@example.com" for number in range(30)]
    rows.contacts(turn.warehouse, emails, sync="klaviyo__profiles")
    plan = turn.plan("klaviyo__profiles")
    turn.ledger.approve_within_limits(plan.plan_id, NOW)
    turn.shop.faults = ["401"]
    tally, written = asyncio.run(push_one_at_a_time(turn, "klaviyo__profiles"))
    # Several were claimed when the answer to the first came; access is refused to all alike, so none of them left.
    assert written.count("written_ahead") > 1
    assert (tally.accepted, tally.stopped.kind, len(turn.shop.requests)) == (0, "auth", 1)
    assert set(turn.states(plan)) == {"approved"}
    assert turn.push(plan).accepted == 30
    assert sorted(turn.shop.effects) == sorted(("profile", email) for email in emails)


async def push_one_at_a_time(turn, sync):
    """The engine's own loop with no pace and one request in flight; what it said, and the steps it took."""
    destination = destinations.load(engine.sync_named(sync).destination)
    destination = replace(destination, pace=Pace(requests=1e6, seconds=1.0, in_flight=1))
    syncs, steps = {sync: engine.sync_named(sync)}, []
    breaker = breaker_of(turn.ledger.engine, destination.name, lambda: turn.at)
    with turn.ledger.working() as holder:
        async with (
            GroupCommit(turn.ledger, lambda: turn.at) as commits,
            DestinationClient(destination, turn.settings.connection(destination), breaker, no_sleep) as client,
        ):
            run = Push(
                destination, syncs, turn.ledger, commits, client, holder,
                lambda: turn.at, lambda done: None, steps.append, no_sleep,
            )  # fmt: skip
            await run.drain(Feed(turn.ledger.queries, destination, syncs, holder))
    return run.tallies[sync], steps


def test_a_spent_day_stops_before_the_request_and_the_next_day_goes_on(turn):
    rows.contacts(turn.warehouse, ["a@example.com", "b@example.com", "c@example.com"])
    plan = turn.plan("hubspot__contacts")
    turn.ledger.approve_within_limits(plan.plan_id, NOW)

    def claim(delivery, at):
        return turn.ledger.commit([Claim("here/1", [delivery], Purpose.WRITE, request_key, daily=2)], at)[0]

    first, second, third = plan.deliveries
    assert [len(claim(delivery, NOW)) for delivery in (first, second)] == [1, 1]
    refused = claim(third, NOW + timedelta(hours=23))
    assert isinstance(refused, StopSync)
    assert refused.code == "budget_spent"
    assert turn.states(plan) == ["sending", "sending", "approved"]
    assert len(claim(third, NOW + timedelta(hours=25))) == 1


def test_a_canary_that_does_not_read_back_leaves_the_rest_unsent_until_a_person_says_so(turn):
    emails = [f"c{number}@example.com" for number in range(30)]
    rows.contacts(turn.warehouse, emails)
    turn.shop.dropped_properties = {"cartwheel_segment"}
    plan = turn.plan("hubspot__contacts")
    result = turn.push(plan)
    assert (result.accepted, result.stopped_code) == (5, "canary_failed")
    assert len(turn.shop.effects) == 5
    assert "canary_failed" in turn.open_codes()
    with pytest.raises(StopSync, match="canary"):
        turn.push(plan)
    # The property is writable again; a new plan still waits for a person, because the last one went wrong.
    turn.shop.dropped_properties, turn.at = set(), NOW + timedelta(hours=1)
    again = turn.plan("hubspot__contacts")
    with pytest.raises(StopSync, match="cartwheel approve"):
        turn.push(again)
    turn.ledger.approve(again.plan_id, "ann", "the property is writable again", turn.at)
    assert turn.push(again).accepted == 25


def test_after_a_canary_failed_a_plan_with_nothing_to_send_waits_for_nobody_and_the_next_one_with_something_does(turn):
    sync = "quickbooks__sales_receipts"
    rows.receipts(turn.warehouse, ["#1", "#2", "#3", "#4"])
    turn.shop.faults = ["400"] * 3
    assert turn.push(turn.plan(sync)).stopped_code == "canary_failed"
    turn.warehouse.execute(f"delete from activation.act_{sync}")
    nothing = turn.plan(sync)
    assert (nothing.deliveries, turn.push(nothing).stopped_code) == ((), None)
    assert turn.open_codes() == []
    rows.receipts(turn.warehouse, ["#5"])
    with pytest.raises(StopSync, match="cartwheel approve"):
        turn.push(turn.plan(sync))


def test_a_document_waits_for_the_one_it_belongs_to_and_a_failure_stops_only_its_chain(turn):
    rows.receipts(turn.warehouse, ["#1", "#2"], item="Surcharge")
    turn.plan("quickbooks__sales_receipts")
    rows.receipts(turn.warehouse, ["#1", "#2"])
    turn.warehouse.execute(
        "update activation.act_quickbooks__sales_receipts set item_name = 'Surcharge'"
        " where record_key like '%#1:%' and line_number = 1"
    )
    rows.receipts(turn.warehouse, ["#1", "#2"], objects="credit_memos")
    turn.warehouse.execute(
        "alter table activation.act_quickbooks__credit_memos add column if not exists sales_receipt_key varchar"
    )
    turn.warehouse.execute(
        "update activation.act_quickbooks__credit_memos set sales_receipt_key = record_key,"
        " record_key = record_key || ':refund', document_number = document_number || '-R'"
    )
    sales, memos = turn.plan("quickbooks__sales_receipts"), turn.plan("quickbooks__credit_memos")
    # Before any receipt is there, no refund goes out.
    assert turn.push(memos).accepted == 0
    assert turn.push(sales).accepted == 1
    result = turn.push(memos)
    assert (result.accepted, result.waiting) == (1, 1)
    assert [key for kind, key in turn.shop.effects if kind == "refundreceipt"] == ["je:main:#2:captured:0:refund"]
    assert "waiting_for_upstream" in turn.open_codes()
