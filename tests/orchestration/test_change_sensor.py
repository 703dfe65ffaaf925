"""The sensor that starts a push: what it sees, what it remembers, and what it never does twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration import warehouse
from orchestration.sensors import change_sensor

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dg.op
def nothing() -> None: ...


@dg.job
def push_shop__things() -> None:
    nothing()


SENSOR = change_sensor("shop__things", "act_shop__things", push_shop__things)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    return tmp_path


def publish(quantity: int) -> None:
    with duckdb.connect(str(warehouse.path())) as connection:
        for schema in warehouse.PUBLISHED_SCHEMAS:
            connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create or replace table activation.act_shop__things as select {quantity} as quantity")
    warehouse.publish(NOW)


def look(cursor: str | None) -> tuple[list[str | None], str | None]:
    """Run keys asked for and the new cursor, as the daemon would keep it."""
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        said = SENSOR(context)
    if isinstance(said, dg.SkipReason):
        return [], cursor
    assert isinstance(said, dg.SensorResult)
    return [request.run_key for request in said.run_requests or []], said.cursor


def test_a_first_publication_starts_a_run(home: Path) -> None:
    publish(1)
    assert look(None)[0] == ["shop__things:1"]


def test_nothing_published_starts_nothing(home: Path) -> None:
    assert look(None) == ([], None)


def test_the_same_publication_starts_no_second_run(home: Path) -> None:
    publish(1)
    _, cursor = look(None)
    assert look(cursor)[0] == []


def test_a_rebuild_that_changed_nothing_starts_no_run(home: Path) -> None:
    publish(1)
    _, cursor = look(None)
    publish(1)
    assert look(cursor)[0] == []


def test_several_changes_between_two_looks_start_one_run_for_the_newest(home: Path) -> None:
    publish(1)
    _, cursor = look(None)
    publish(2)
    publish(3)
    runs, cursor = look(cursor)
    assert runs == ["shop__things:3"]
    assert look(cursor)[0] == []


def test_a_change_seen_after_an_unchanged_publication_still_starts_a_run(home: Path) -> None:
    publish(1)
    _, cursor = look(None)
    publish(1)
    _, cursor = look(cursor)
    publish(2)
    assert look(cursor)[0] == ["shop__things:3"]
