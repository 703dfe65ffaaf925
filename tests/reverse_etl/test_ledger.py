"""The ledger on a real SQLite file and a real PostgreSQL server: what it remembers, what it refuses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from reverse_etl import engine
from reverse_etl.claims import LEASE, Answered, Claim, Purpose, Release
from reverse_etl.delivery_states import TRANSITIONS, State, sources
from reverse_etl.destination import Outcome, Result
from reverse_etl.errors import ConfigurationError
from reverse_etl.group_commit import GroupCommit
from reverse_etl.ledger_store import NEWEST
from reverse_etl.ledger_tables import ATTEMPTS, DELIVERIES
from reverse_etl.plan import Action
from reverse_etl.push import request_key
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW, newest_plan
from tests.reverse_etl.postgres_server import on_both_stores


def planned(turn, emails=("a@example.com",), **more):
    rows.contacts(turn.warehouse, emails, **more)
    return turn.plan("hubspot__contacts")


def test_the_newest_step_is_the_last_migration():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from reverse_etl.ledger_store import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


@on_both_stores
def test_planning_the_same_twice_is_one_plan_and_a_change_supersedes_it(turn):
    first = planned(turn)
    assert turn.plan("hubspot__contacts").plan_id == first.plan_id
    second = planned(turn, segment="champions")
    assert second.plan_id != first.plan_id
    assert (turn.states(first), turn.states(second)) == (["superseded"], ["planned"])


@on_both_stores
def test_a_record_has_at_most_one_open_delivery(turn):
    plan = planned(turn)
    with turn.ledger._engine.begin() as connection:
        row = dict(connection.execute(sa.select(DELIVERIES)).mappings().one())
        with pytest.raises(IntegrityError):
            connection.execute(sa.insert(DELIVERIES), [{**row, "delivery_id": "another"}])
    assert turn.states(plan) == ["planned"]


def claimed(turn, deliveries, holder="here/1"):
    """The attempts of one request that is about to leave."""
    turn.ledger.approve_within_limits(deliveries[0].plan_id, NOW)
    wanted = {delivery.delivery_id for delivery in deliveries}
    stored = turn.ledger.queries.deliveries(deliveries[0].plan_id)
    now_there = [delivery for delivery in stored if delivery.delivery_id in wanted]
    (attempts,) = turn.ledger.commit([Claim(holder, now_there, Purpose.WRITE, request_key)], NOW)
    return attempts


@on_both_stores
def test_what_is_not_approved_or_is_at_an_end_can_not_be_claimed(turn):
    (delivery,) = planned(turn).deliveries
    assert turn.ledger.commit([Claim("here/1", [delivery], Purpose.WRITE, request_key)], NOW) == [[]]
    attempts = claimed(turn, [delivery])
    turn.ledger.commit([Answered(attempts, {delivery.record_key: Outcome(Result.ACCEPTED)})], NOW)
    assert claimed(turn, [delivery]) == []


def test_every_state_is_reached_and_the_ends_are_ends():
    assert all(sources(state) for state in State if state is not State.PLANNED)
    assert [state for state, after in TRANSITIONS.items() if not after] == ["accepted", "rejected", "superseded"]


@on_both_stores
def test_attempts_are_written_ahead_and_only_appended(turn):
    (delivery,) = planned(turn).deliveries
    attempts = claimed(turn, [delivery])
    assert [row["result"] for row in turn.ledger.queries.attempts(delivery.delivery_id)] == [None]
    doubt = {delivery.record_key: Outcome(Result.IN_DOUBT, code="no_answer")}
    turn.ledger.commit([Answered(attempts, doubt)], NOW)
    claimed(turn, [delivery])
    results = [row["result"] for row in turn.ledger.queries.attempts(delivery.delivery_id)]
    assert results == ["in_doubt", None]
    with pytest.raises(IntegrityError):
        turn.ledger.commit([Answered(attempts, doubt)], NOW)


@on_both_stores
def test_what_no_answer_settled_is_in_doubt_and_keeps_the_next_plan_waiting(turn):
    plan = planned(turn)
    claimed(turn, plan.deliveries)
    # Its worker lives on another machine, as far as anybody knows: only the end of its lease frees it.
    assert turn.ledger.doubt_unanswered("hubspot", NOW) == 0
    assert turn.ledger.doubt_unanswered("hubspot", NOW + LEASE) == 1
    again = planned(turn, segment="champions")
    assert (again.deliveries, again.count(Action.WAITING)) == ((), 1)


@on_both_stores
def test_a_delivery_with_an_older_attempt_in_doubt_is_never_released_as_unsent(turn):
    (delivery,) = planned(turn).deliveries
    (attempt,) = claimed(turn, [delivery])
    turn.ledger.commit([Release([attempt.delivery], frozenset({delivery.delivery_id}))], NOW)
    assert [item.state for item in turn.ledger.queries.unsettled("hubspot__contacts")] == ["in_doubt"]


@on_both_stores
def test_a_rejected_intention_gets_a_new_key_next_time(turn):
    (delivery,) = planned(turn).deliveries
    refused = {delivery.record_key: Outcome(Result.REJECTED, code="x")}
    turn.ledger.commit([Answered(claimed(turn, [delivery]), refused)], NOW)
    turn.at = NOW + timedelta(days=1)
    (again,) = turn.plan("hubspot__contacts").deliveries
    assert (again.intention, again.key_generation) == (delivery.intention, 1)
    assert again.idempotency_key != delivery.idempotency_key


@on_both_stores
def test_one_bad_item_of_a_group_fails_alone(turn):
    """Commits are shared, errors are not."""
    plan = planned(turn, ("a@example.com", "b@example.com"))
    attempts = claimed(turn, plan.deliveries)
    said = {delivery.record_key: Outcome(Result.ACCEPTED) for delivery in plan.deliveries}
    turn.ledger.commit([Answered(attempts[:1], said)], NOW)

    async def both():
        async with GroupCommit(turn.ledger, lambda: NOW) as commits:
            again, first = commits.record(Answered(attempts[:1], said)), commits.record(Answered(attempts[1:], said))
            return await asyncio.gather(again, first, return_exceptions=True)

    failed, worked = asyncio.run(both())
    assert isinstance(failed, IntegrityError)
    assert worked is None
    assert turn.states(plan) == ["accepted", "accepted"]


@on_both_stores
def test_marks_of_another_engine_version_are_not_trusted_but_the_fingerprints_are(turn):
    rows.receipts(turn.warehouse, ["#1", "#2"])
    turn.push(turn.plan("quickbooks__sales_receipts"))
    with turn.ledger._engine.begin() as connection:
        connection.execute(sa.text("update accepted set engine = 'duckdb-0.1', quick = -quick"))
    after = turn.plan("quickbooks__sales_receipts")
    assert (after.deliveries, after.skipped, after.noops) == ((), (), 2)


@on_both_stores
def test_the_export_has_a_row_per_delivery_and_per_attempt_even_when_empty(turn):
    empty = turn.ledger.queries.export_arrow()
    planned(turn, ("a@example.com", "b@example.com"))
    turn.push(newest_plan(turn.ledger, "hubspot__contacts"))
    full = turn.ledger.queries.export_arrow()
    assert [empty[name].num_rows for name in ("deliveries", "attempts")] == [0, 0]
    assert [full[name].num_rows for name in ("deliveries", "attempts")] == [2, 2]
    assert all(empty[name].schema == full[name].schema for name in full)


@on_both_stores
def test_the_ledger_has_no_row_without_a_plan(turn):
    planned(turn)
    with turn.ledger._engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(
            sa.insert(ATTEMPTS),
            [{"attempt_id": "x", "delivery_id": "none", "purpose": "write", "request_key": "k", "started_at": NOW}],
        )
    with pytest.raises(ConfigurationError, match="no plan 'never'"):
        engine.push("never", turn.ledger, turn.settings)
