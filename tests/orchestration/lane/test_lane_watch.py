"""What Dagster sees of the lane, and what it does for it: a report without a run, a check, and a refresh for what was left."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.lane_watch import LANE, behind_because, lane_check, lane_sensor, state_metadata
from pipelines.intake.inbox import Arrived, Inbox
from reverse_etl import engine, exception_reading
from reverse_etl.lane_states import LaneState

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.delenv("CARTWHEEL_OPERATIONS_URL", raising=False)
    return tmp_path


def arrive(*ages: float) -> None:
    """Events that came in so many seconds ago, one after the other."""
    inbox = Inbox.at_home()
    for number, age in enumerate(ages):
        moment = datetime.now(UTC) - timedelta(seconds=age)
        inbox.keep(
            [
                Arrived(
                    "shopify", "main", "orders/create", f"e{number}-{age}", "1", None, b"{}", moment, moment, True, True
                )
            ]
        )
    inbox.close()


def say(confirmed: int, *, age: float = 0, **more) -> None:
    at = datetime.now(UTC) - timedelta(seconds=age)
    ledger = engine.open_ledger()
    ledger.note_lane(LaneState("stock_lane", os.getpid(), at, at, confirmed, confirmed, **more))
    ledger.close()


def open_cases() -> list[str]:
    ledger = engine.open_ledger()
    with ledger.reader() as connection:
        found = [case["code"] for case in map(vars_of, exception_reading.listed(connection, datetime.now(UTC)))]
    ledger.close()
    return found


def vars_of(case) -> dict:
    return case if isinstance(case, dict) else {"code": case.code}


@pytest.fixture
def tick(home):
    @dg.op
    def nothing() -> None:
        return None

    @dg.job
    def refresh_warehouse() -> None:
        nothing()

    sensor = lane_sensor(refresh_warehouse)
    instance = dg.DagsterInstance.ephemeral()
    cursor: list[str | None] = [None]

    def once() -> list[dg.RunRequest]:
        context = dg.build_sensor_context(instance=instance, cursor=cursor[0])
        result = sensor(context)
        cursor[0] = result.cursor
        return list(result.run_requests or [])

    once.instance = instance
    return once


def test_what_the_lane_left_is_asked_of_the_batch_lane_once(tick):
    arrive(120, 90, 1)
    say(confirmed=0, trouble="shopify__stock_levels: not reachable")
    assert [request.run_key for request in tick()] == ["inbox:2"]
    assert tick() == []
    # The third is past its grace by now for another reason: nobody confirmed it either.
    say(confirmed=3)
    assert tick() == []


def test_events_that_no_lane_ever_saw_are_the_batch_lanes(tick):
    arrive(60)
    assert len(tick()) == 1
    assert open_cases() == ["lane_behind"]
    say(confirmed=1)
    tick()
    assert open_cases() == []


def test_the_state_is_reported_without_a_run_and_once_per_news(tick):
    say(confirmed=0, deliveries=7, p50_ms=20, p99_ms=90)
    tick()
    tick()
    found = tick.instance.fetch_materializations(LANE, limit=10).records
    assert len(found) == 1
    metadata = found[0].asset_materialization.metadata
    assert (metadata["p50 milliseconds"].value, metadata["p99 milliseconds"].value) == (20, 90)
    say(confirmed=0, deliveries=8)
    tick()
    assert len(tick.instance.fetch_materializations(LANE, limit=10).records) == 2


def test_the_check_fails_for_a_silent_lane_with_events_waiting_and_holds_without(home):
    check = lane_check()
    arrive(60)
    say(confirmed=0, age=60)
    assert not check().passed
    say(confirmed=1, age=60)
    assert check().passed


@pytest.mark.parametrize(
    ("state", "waits", "says"),
    [
        (None, 60, "no lane ever ran"),
        ({"age": 60}, 60, "silent"),
        ({"trouble": "shopify is down"}, 60, "shopify is down"),
        ({"waiting": 3}, 60, "3 records"),
        ({"waiting": 3}, 10, None),
        ({}, None, None),
    ],
)
def test_a_lane_is_behind_only_when_an_event_waits_too_long(state, waits, says):
    lane = None
    if state is not None:
        beat = NOW - timedelta(seconds=state.pop("age", 0))
        lane = LaneState("stock_lane", 1, beat, beat, 9, 5, **state)
    since = NOW - timedelta(seconds=waits) if waits is not None else None
    because = behind_because(lane, 9, since, NOW)
    assert because is None if says is None else says in because
    assert state_metadata(lane, NOW)["state"]
