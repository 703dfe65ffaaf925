"""The sensor that starts a push of what waits and is due again: what it asks for, when, and what it never asks twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from sqlalchemy import update

from orchestration import activate
from orchestration.sensors import ASK_AGAIN, Asked, due_sensor, read_asked, to_ask, write_asked
from reverse_etl import due, engine, exception_actions, exception_queue, exception_reading, flows
from reverse_etl.due import Due
from reverse_etl.flows import Switch
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_tables import DELIVERIES
from tests.orchestration.published_home import fail_in_build, failed_check, publish, settle_in
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.receiving_shop import ReceivingShop

CONTACTS, TRACKING = "hubspot__contacts", "shopify__tracking"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LONG_AGO, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Two syncs with one approved delivery each, both due long ago."""
    with ReceivingShop() as shop:
        settle_in(tmp_path, shop.url, monkeypatch)
        publish(fill)
        opened = engine.open_ledger()
        with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as warehouse:
            for sync in (CONTACTS, TRACKING):
                plan = engine.make_plan(sync, warehouse, opened, LONG_AGO)
                opened.approve_within_limits(plan.plan_id, LONG_AGO)
        yield opened
        opened.close()


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    rows.contacts(connection, ["a@x.test"])
    rows.tracking(connection, ["p1"])


def put(ledger: Ledger, sync: str, **values: Any) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.sync == sync).values(**values))


def look(
    cursor: str | None = None, instance: dg.DagsterInstance | None = None
) -> tuple[list[dg.RunRequest], str | None]:
    """One tick as the daemon makes it: what is asked for, and the cursor it keeps."""
    jobs = activate.push_jobs()
    found = dg.Definitions(assets=activate.sync_assets(), jobs=list(jobs.values()), sensors=[due_sensor(jobs)])
    repository = found.get_repository_def()
    with instance or dg.DagsterInstance.ephemeral() as opened:
        context = dg.build_sensor_context(instance=opened, cursor=cursor, repository_def=repository)
        said = repository.get_sensor_def("due_deliveries").evaluate_tick(context)
    return list(said.run_requests or []), said.cursor


def syncs(requests: list[dg.RunRequest]) -> list[str]:
    return [request.tags["cartwheel/sync"] for request in requests]


def test_what_is_due_is_asked_for_once_as_a_push_without_a_new_plan(ledger: Ledger) -> None:
    requests, cursor = look()
    assert syncs(requests) == [CONTACTS, TRACKING]
    assert [request.job_name for request in requests] == [f"push_{CONTACTS}", f"push_{TRACKING}"]
    assert requests[0].asset_selection == [dg.AssetKey(["push", CONTACTS])]
    assert look(cursor)[0] == []


def test_what_is_due_later_is_asked_for_later_and_under_another_key(ledger: Ledger) -> None:
    first, cursor = look()
    put(ledger, CONTACTS, due_at=LATER)
    assert look(cursor)[0] == []
    # Its time has come: tried again at a moment that had not been asked for.
    put(ledger, CONTACTS, due_at=LONG_AGO + timedelta(days=1))
    again, _ = look(cursor)
    assert syncs(again) == [CONTACTS]
    assert again[0].run_key != first[0].run_key


def test_what_was_sent_by_a_process_that_died_is_due_when_its_lease_ends(ledger: Ledger) -> None:
    put(ledger, CONTACTS, state="sending", leased_until=LATER, holder="gone")
    assert syncs(look()[0]) == [TRACKING]
    put(ledger, CONTACTS, leased_until=LONG_AGO)
    assert syncs(look()[0]) == [CONTACTS, TRACKING]


def test_paused_and_blocked_syncs_are_left_alone_and_asked_for_when_they_are_free(ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        flows.switch(connection, CONTACTS, Switch.PAUSED, "Ann", "wrong", NOW)
    fail_in_build(failed_check("assert_parcels_have_an_order", "activation.act_shopify__tracking"))
    publish(fill)
    assert look()[0] == []
    with ledger.engine.begin() as connection:
        flows.switch(connection, CONTACTS, Switch.ACTIVE, "Ann", "right", NOW)
    assert syncs(look()[0]) == [CONTACTS]


def test_a_sync_that_is_being_pushed_is_not_asked_for(ledger: Ledger) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_run(dg.DagsterRun(f"push_{CONTACTS}", status=dg.DagsterRunStatus.STARTED))
        assert syncs(look(instance=instance)[0]) == [TRACKING]


def test_a_refused_record_that_a_person_retries_is_planned_anew_and_asked_for_once(ledger: Ledger) -> None:
    put(ledger, TRACKING, due_at=LATER)
    put(ledger, CONTACTS, state="rejected")
    assert look()[0] == []
    delivery = ledger.queries.deliveries(f"{CONTACTS}-1")[0]
    finding = exception_queue.Finding("bad", "validation", "invalid", CONTACTS, "hubspot", delivery.record_key)
    ledger.note([finding], NOW)
    with ledger.engine.begin() as connection:
        cases = exception_reading.listed(connection, NOW)
        exception_actions.retry(connection, cases, "Ann", "corrected there", NOW - timedelta(minutes=1))
    with ledger.engine.connect() as connection:
        assert due.due_syncs(connection, NOW) == [Due(CONTACTS, 1, NOW - timedelta(minutes=1), replan=True)]


def test_a_moment_is_asked_for_again_only_after_a_long_time_without_effect_and_ever_more_seldom() -> None:
    item = Due(CONTACTS, 3, NOW, replan=False)
    asked = to_ask([item], {}, NOW)
    assert asked == {CONTACTS: Asked(NOW, NOW, 1)}
    assert to_ask([item], asked, NOW + ASK_AGAIN - timedelta(seconds=1)) == {}
    assert to_ask([item], asked, NOW + ASK_AGAIN) == {CONTACTS: Asked(NOW, NOW + ASK_AGAIN, 2)}
    often = {CONTACTS: Asked(NOW, NOW, 2)}
    assert to_ask([item], often, NOW + ASK_AGAIN) == {}
    assert to_ask([item], often, NOW + 2 * ASK_AGAIN) == {CONTACTS: Asked(NOW, NOW + 2 * ASK_AGAIN, 3)}


def test_the_cursor_keeps_only_what_is_still_due() -> None:
    asked = {CONTACTS: Asked(NOW, NOW, 1), TRACKING: Asked(NOW, NOW, 2)}
    assert read_asked(write_asked(asked, [TRACKING])) == {TRACKING: Asked(NOW, NOW, 2)}
    assert json.loads(write_asked(asked, [])) == {}
    assert read_asked(None) == {}
