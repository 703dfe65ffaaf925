"""What people do about a case, on a real ledger: each deed is audited, wrong states are refused by name, retry works."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reverse_etl import audit, exception_queue
from reverse_etl import exception_actions as actions
from reverse_etl import exception_reading as reading
from reverse_etl.delivery_states import State
from reverse_etl.errors import ConfigurationError
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.operations_tables import BREAKERS
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW
from tests.reverse_etl.postgres_server import on_both_stores

pytestmark = on_both_stores
SYNC = "hubspot__contacts"
TOMORROW = NOW + timedelta(days=1)


def meet(turn, *records, code="INVALID", kind="validation", sync=SYNC, **more):
    keys = records or (None,)
    found = [Finding(code, kind, "not a number", sync, "hubspot", key, **more) for key in keys]
    with turn.ledger.engine.begin() as connection:
        return exception_queue.open_findings(connection, found, turn.at)


def act(turn, action, ids, *extra, because="the shop asked", cause=None):
    with turn.ledger.engine.begin() as connection:
        cases = reading.chosen(connection, ids, cause, turn.at)
        return getattr(actions, action)(connection, cases, *extra, "ann", because, turn.at)


def status(turn, name="EX-1"):
    with turn.ledger.engine.connect() as connection:
        return reading.shown(connection, name, turn.at)["exception_status"]


def shown(turn, name="EX-1"):
    with turn.ledger.engine.connect() as connection:
        return reading.shown(connection, name, turn.at)


def decisions(turn):
    with turn.ledger.engine.connect() as connection:
        assert audit.verify(connection) == []
        return [(row["action"], row["subject"], row["who"], row["because"]) for row in audit.newest(connection, None)]


def test_a_refused_record_is_held_until_somebody_retries_it_and_its_case_ends_when_it_is_accepted(turn):
    rows.contacts(turn.warehouse, ["bad@example.com"])
    turn.shop.bad_records = {"bad@example.com"}
    turn.push(turn.plan(SYNC))
    case = shown(turn)
    assert (case["record_key"], case["exception_status"]) == ("bad@example.com", "open")
    assert case["attempts"][0]["result"] == "rejected"
    turn.shop.bad_records = set()
    turn.at += timedelta(minutes=1)
    assert turn.plan(SYNC).deliveries == ()
    (told,) = act(turn, "retry", ["EX-1"])
    assert "may be planned again" in told
    turn.push(turn.plan(SYNC))
    assert turn.shop.count("contact", "bad@example.com") == 1
    ended = shown(turn)
    assert (ended["exception_status"], ended["ended_by"]) == ("resolved", "cause gone")
    assert [row["action"] for row in ended["audit"]] == ["exception.retry"]


@pytest.mark.parametrize("state", [State.APPROVED, State.IN_DOUBT])
def test_retry_makes_what_waits_due_now(turn, state):
    rows.contacts(turn.warehouse, ["a@example.com"])
    plan = turn.plan(SYNC)
    with turn.ledger.engine.begin() as connection:
        connection.execute(sa.update(DELIVERIES).values(state=state, due_at=TOMORROW))
    meet(turn, "a@example.com", code="http_503", kind="transient", delivery_id=plan.deliveries[0].delivery_id)
    act(turn, "snooze", ["EX-1"], TOMORROW)
    (told,) = act(turn, "retry", ["EX-1"])
    assert "due now" in told
    with turn.ledger.engine.connect() as connection:
        assert connection.execute(sa.select(DELIVERIES.c.due_at)).scalar_one() is None
    assert status(turn) == "open"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.PLANNED, f"waits for approval: cartwheel approve {SYNC}-1"),
        (State.SENDING, "is being sent right now"),
        (State.HANDED_OFF, "was handed to a person"),
        (State.ACCEPTED, "was accepted in the meantime"),
        (State.SUPERSEDED, "was replaced by a newer plan"),
    ],
)
def test_retry_refuses_what_can_not_be_hurried_and_says_what_it_waits_for(turn, state, reason):
    rows.contacts(turn.warehouse, ["a@example.com"])
    turn.plan(SYNC)
    with turn.ledger.engine.begin() as connection:
        connection.execute(sa.update(DELIVERIES).values(state=state))
    meet(turn, "a@example.com")
    with pytest.raises(ConfigurationError, match=f"can not retry EX-1: its delivery {reason}"):
        act(turn, "retry", ["EX-1"])
    assert decisions(turn) == []


def test_retry_of_a_destination_given_up_on_asks_it_again(turn):
    rows.contacts(turn.warehouse, ["a@example.com", "b@example.com"])
    turn.plan(SYNC)
    with turn.ledger.engine.begin() as connection:
        connection.execute(sa.update(DELIVERIES).values(state=State.APPROVED, due_at=TOMORROW))
        down = {"destination": "hubspot", "breaker_status": "open", "failures": 10, "opened_at": NOW}
        connection.execute(sa.insert(BREAKERS), [down])
    meet(turn, code="breaker_open", kind="transient")
    assert act(turn, "retry", ["EX-1"]) == ["EX-1: 2 deliveries are due now; cartwheel push hubspot__contacts"]
    with turn.ledger.engine.connect() as connection:
        assert connection.execute(sa.select(BREAKERS.c.breaker_status)).scalar_one() != "open"


def test_retry_of_what_no_retry_helps_says_what_does(turn):
    meet(turn, code="over_limits")
    with pytest.raises(ConfigurationError, match=r"retry does not help against over_limits \(EX-1\): read the plan"):
        act(turn, "retry", ["EX-1"])


def test_each_deed_is_in_the_log_with_who_and_why(turn):
    meet(turn, "a")
    act(turn, "assign", ["EX-1"], "bob")
    act(turn, "snooze", ["EX-1"], TOMORROW)
    act(turn, "accept", ["EX-1"], because="known since May")
    act(turn, "resolve", ["EX-1"])
    assert (shown(turn)["owner"], status(turn)) == ("bob", "resolved")
    assert decisions(turn) == [
        ("exception.resolve", "EX-1", "ann", "the shop asked"),
        ("exception.accept", "EX-1", "ann", "known since May"),
        ("exception.snooze", "EX-1", "ann", "the shop asked"),
        ("exception.assign", "EX-1", "ann", "the shop asked"),
    ]
    details = [row["details"] for row in shown(turn)["audit"]]
    assert [detail["was"] for detail in details] == ["open", "open", "snoozed", "accepted"]
    assert details[0]["owner"] == "bob"


ARGUMENTS = {"assign": ("bob",), "snooze": (TOMORROW,)}


@pytest.mark.parametrize("action", actions.FROM)
def test_nothing_is_done_about_a_case_that_is_over_nor_about_the_others_named_with_it(turn, action):
    meet(turn, "a", "b")
    act(turn, "resolve", ["EX-2"])
    before = decisions(turn)
    with pytest.raises(ConfigurationError, match=f"can not {action}: EX-2 is resolved; nothing was done"):
        act(turn, action, ["EX-1", "EX-2"], *ARGUMENTS.get(action, ()))
    assert decisions(turn) == before
    assert (status(turn), shown(turn)["owner"]) == ("open", None)


@pytest.mark.parametrize("action", actions.FROM)
def test_nobody_acts_without_a_reason(turn, action):
    meet(turn, "a")
    with pytest.raises(ConfigurationError, match="say who does it and why"):
        act(turn, action, ["EX-1"], *ARGUMENTS.get(action, ()), because=" ")
    assert (status(turn), shown(turn)["owner"]) == ("open", None)


def test_an_unknown_id_is_named(turn):
    meet(turn, "a")
    with pytest.raises(ConfigurationError, match="there is no exception EX-7, EX-8"):
        act(turn, "accept", ["EX-1", "EX-7", "EX-8"])
    with pytest.raises(ConfigurationError, match="there is no exception EX-7"):
        shown(turn, "EX-7")


def test_nothing_is_hidden_until_a_moment_that_is_past(turn):
    meet(turn, "a")
    with pytest.raises(ConfigurationError, match="2026-11-01 11:00 UTC is past"):
        act(turn, "snooze", ["EX-1"], NOW - timedelta(hours=1))


def test_a_whole_group_is_acted_on_at_once_and_what_has_ended_is_left_alone(turn):
    meet(turn, "a", "b", "c", "d")
    meet(turn, "other", code="ANOTHER")
    act(turn, "resolve", ["EX-4"])
    cause = shown(turn)["root_cause"]
    assert len(act(turn, "accept", [], cause=cause[:8])) == 3
    assert [status(turn, f"EX-{n}") for n in range(1, 6)] == ["accepted", "accepted", "accepted", "resolved", "open"]
    with pytest.raises(ConfigurationError, match="names more than one group"):
        act(turn, "resolve", [], cause="")
    with pytest.raises(ConfigurationError, match="names no group that still stands"):
        act(turn, "resolve", [], cause="zz")


def test_ten_thousand_cases_are_accepted_in_one_deed(turn):
    meet(turn, *(f"r{n}" for n in range(10_000)))
    counted = []
    sa.event.listen(turn.ledger.engine, "before_cursor_execute", lambda *_: counted.append(1))
    assert len(act(turn, "accept", [], cause=shown(turn)["root_cause"])) == 10_000
    # Reading the group, then per thousand one read, one update and the log's rows.
    assert len(counted) < 60
    assert len(decisions(turn)) == 10_000


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"severity": "high"}, []),
        ({"sync": SYNC}, ["EX-1", "EX-2"]),
        ({"destination": "shopify"}, []),
        ({"owner": "bob"}, ["EX-2"]),
        ({"code": "ANOTHER"}, ["EX-3"]),
        ({"status": "accepted"}, ["EX-4"]),
        ({"status": "all"}, ["EX-1", "EX-2", "EX-3", "EX-4"]),
        ({}, ["EX-1", "EX-2", "EX-3"]),
    ],
)
def test_the_list_can_be_narrowed(turn, filters, found):
    meet(turn, "a", "b")
    meet(turn, "c", code="ANOTHER", sync="klaviyo__profiles")
    meet(turn, "d", code="KNOWN", sync="klaviyo__profiles")
    act(turn, "assign", ["EX-2"], "bob")
    act(turn, "accept", ["EX-4"])
    with turn.ledger.engine.connect() as connection:
        listed = reading.listed(connection, turn.at, reading.Filters(**filters))
    assert sorted(case["exception_id"] for case in listed) == found
