"""Switches and the register: who may run, who stopped it, and what the row of a flow says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from reverse_etl import audit, flows
from reverse_etl.errors import ConfigurationError
from reverse_etl.flows import EVERYTHING, FlowState, Switch, Told
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import AUDIT_LOG, EXCEPTIONS, FLOW_RUNS
from reverse_etl.syncs import all_syncs
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.postgres_server import on_both_stores

pytestmark = on_both_stores

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SYNC = "shopify__stock_levels"
OTHER = "hubspot__contacts"
TOLD = {
    "refresh_warehouse": Told("every five minutes", "team:operations", "not running", "read and build", "next time"),
    SYNC: Told("sensor shopify__stock_levels_changes", "team:operations"),
}


@pytest.fixture
def connection(store):
    engine = open_store(store)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def put(connection: Connection, flow: str, to: Switch, because: str = "wrong prices", at: datetime = NOW) -> Switch:
    return flows.switch(connection, flow, to, "Ann", because, at)


def row_of(connection: Connection, flow: str) -> flows.Flow:
    return next(found for found in flows.register(connection, all_syncs(), TOLD, NOW) if found.flow == flow)


def test_a_flow_that_nobody_touched_may_run(connection):
    assert flows.paused_because(connection, SYNC) is None
    assert row_of(connection, SYNC).state is FlowState.ACTIVE


def test_a_paused_flow_says_who_and_why_and_the_others_go_on(connection):
    put(connection, SYNC, Switch.PAUSED)
    said = flows.paused_because(connection, SYNC)
    assert said == f"{SYNC} is paused since 2026-11-01 12:00 UTC by Ann: wrong prices"
    assert flows.paused_because(connection, OTHER) is None
    assert (row_of(connection, SYNC).state, row_of(connection, SYNC).because) == (FlowState.PAUSED, said)
    assert row_of(connection, OTHER).state is FlowState.ACTIVE


def test_the_kill_switch_stops_every_flow_and_giving_it_free_leaves_the_single_ones_paused(connection):
    put(connection, SYNC, Switch.PAUSED)
    put(connection, EVERYTHING, Switch.PAUSED, "audit")
    register = flows.register(connection, all_syncs(), TOLD, NOW)
    assert {found.state for found in register} == {FlowState.PAUSED}
    assert all("everything is paused" in found.because for found in register)
    assert len(register) == len(all_syncs()) + 1, "the refresh and every sync, once each"

    put(connection, EVERYTHING, Switch.ACTIVE, "audit done")
    assert flows.paused_because(connection, SYNC) is not None
    assert flows.paused_because(connection, OTHER) is None
    assert put(connection, SYNC, Switch.ACTIVE) is Switch.PAUSED
    assert flows.paused_because(connection, SYNC) is None


def test_every_switch_is_in_the_audit_log_with_what_it_replaced(connection):
    put(connection, SYNC, Switch.PAUSED)
    put(connection, SYNC, Switch.ACTIVE, "prices corrected")
    logged = connection.execute(select(AUDIT_LOG).order_by(AUDIT_LOG.c.number)).mappings().all()
    assert [(row["who"], row["action"], row["subject"], row["because"]) for row in logged] == [
        ("Ann", "flow_pause", SYNC, "wrong prices"),
        ("Ann", "flow_resume", SYNC, "prices corrected"),
    ]
    assert logged[1]["details"] == '{"after":"active","before":"paused"}'
    assert audit.verify(connection) == []


@pytest.mark.parametrize(("who", "because"), [("", "x"), ("Ann", "  ")])
def test_a_switch_without_name_or_reason_changes_nothing(connection, who, because):
    with pytest.raises(ConfigurationError):
        flows.switch(connection, SYNC, Switch.PAUSED, who, because, NOW)
    connection.rollback()
    assert flows.paused_because(connection, SYNC) is None


def run_row(number: int, minutes: int, code: str | None = None, stopped: str | None = None) -> dict:
    at = NOW + timedelta(minutes=minutes)
    counts = {"accepted": 3, "rejected": 0, "in_doubt": 1, "waiting": 0, "requests": 4}
    times = {"started_at": at, "finished_at": at + timedelta(seconds=5)}
    return {"run_id": f"r{number}", "flow": SYNC, "stopped_code": code, "stopped": stopped, **counts, **times}


def test_a_flow_is_errored_when_its_newest_run_was_stopped_and_active_again_after_a_good_one(connection):
    connection.execute(insert(FLOW_RUNS), [run_row(1, 0), run_row(2, 10, "auth", "HTTP 401")])
    found = row_of(connection, SYNC)
    assert (found.state, found.because) == (FlowState.ERRORED, "the last run stopped (auth): HTTP 401")
    assert found.last_run_at == NOW + timedelta(minutes=10, seconds=5)
    assert found.history.last_result == "3 accepted, 1 in doubt; HTTP 401"

    connection.execute(insert(FLOW_RUNS), [run_row(3, 20)])
    assert row_of(connection, SYNC).state is FlowState.ACTIVE


def test_a_run_that_was_paused_is_no_error_once_the_flow_is_free(connection):
    connection.execute(insert(FLOW_RUNS), [run_row(1, 0, "paused", "everything is paused")])
    assert row_of(connection, SYNC).state is FlowState.ACTIVE


def exception_row(number: int, severity: str, status: str = "open") -> dict:
    words = dict.fromkeys(("root_cause", "message", "evidence", "actions"), "")
    same = {"code": "auth", "kind": "auth", "sync": SYNC, "occurrences": 1, "opened_at": NOW, "seen_at": NOW}
    own = {"exception_id": f"e{number}", "number": number, "fingerprint": f"f{number}"}
    return {**own, **words, **same, "severity": severity, "exception_status": status}


def test_open_exceptions_are_counted_and_a_critical_one_is_an_error_of_the_flow(connection):
    connection.execute(insert(EXCEPTIONS), [exception_row(1, "low"), exception_row(2, "critical", "resolved")])
    assert (row_of(connection, SYNC).history.open_exceptions, row_of(connection, SYNC).state) == (1, FlowState.ACTIVE)
    connection.execute(insert(EXCEPTIONS), [exception_row(3, "critical")])
    found = row_of(connection, SYNC)
    assert (found.history.open_exceptions, found.state) == (2, FlowState.ERRORED)
    assert found.because == "1 critical exceptions, first number 3 (auth)"


def test_what_waits_shows_its_age_and_what_was_accepted_its_time(turn):
    rows.stock(turn.warehouse, {"a": (5, 3), "b": (1, 2)})
    turn.plan(SYNC)
    with turn.ledger.engine.connect() as connection:
        found = next(
            row
            for row in flows.register(connection, all_syncs(), TOLD, turn.at + timedelta(hours=3))
            if row.flow == SYNC
        )
    assert sum((found.history.waiting or {}).values()) == 2
    assert found.waiting_for == timedelta(hours=3)
    assert found.history.newest_accepted_at is None


def test_every_flow_names_trigger_condition_action_and_fallback(connection):
    told = TOLD | {name: Told(f"sensor {name}_changes", "team:x") for name in all_syncs()}
    for found in flows.register(connection, all_syncs(), told, NOW):
        assert all((found.trigger, found.condition, found.action, found.fallback, found.owner)), found.flow
    assert row_of(connection, SYNC).action == "create or update stock level at shopify"
    # What may be said once only is not looked up, and the register does not say so.
    assert row_of(connection, "slack__low_stock_alerts").fallback.startswith("no answer: not sent again, and a row")
    assert row_of(connection, SYNC).fallback.startswith("no answer: looked up")
