"""Running connectors: unconfigured is quiet, unknown names are refused, a failing resource does not stop the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import httpx
import pytest

from pipelines import extract as extraction
from pipelines.connector import Connector, Resource
from pipelines.errors import ConfigurationError, PlatformRefused
from tests.pipelines import connector_contract as contract

COLUMNS = {"id": "text", "updated_at": "timestamp", "name": "text"}
THINGS = Resource("things", COLUMNS, lambda *_: iter([]), cursor="updated_at")
PLACES = Resource("places", COLUMNS, lambda *_: iter([]), snapshot=True)
SHOP = Connector("testshop", "1", ("access_token",), lambda _: httpx.Client(), (THINGS, PLACES))


def thing(number: int, day: int, name: str = "x") -> dict[str, str]:
    return {"id": str(number), "updated_at": f"2026-10-{day:02d}T00:00:00Z", "name": name}


def names(home: Path, resource: Resource) -> list[str]:
    return [row[3] for row in contract.rows(home, "testshop", resource)]


def test_an_unconfigured_platform_reads_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    assert extraction.run_connector(replace(SHOP, platform="unconfigured")) == []


def test_an_unknown_resource_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="things, places"):
        contract.run(monkeypatch, tmp_path, SHOP, only=("thongs",))


def test_a_refused_resource_reports_its_error_and_the_next_still_loads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object):  # type: ignore[no-untyped-def]
        raise PlatformRefused("no access to things")
        yield []

    outcomes: list[extraction.Extracted] = []
    broken = contract.only(SHOP, replace(THINGS, fetch=refuse), contract.serving(PLACES, [thing(1, 1)]))
    contract.run(monkeypatch, tmp_path, broken, report=outcomes.append)
    assert [(one.resource, one.rows, type(one.error)) for one in outcomes] == [
        ("things", 0, PlatformRefused),
        ("places", 1, type(None)),
    ]


def test_late_and_changed_records_land_and_the_cursor_never_goes_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard = contract.Heard([])

    def load(*records: dict[str, str], since: datetime | None = None) -> None:
        served = contract.only(SHOP, contract.serving(THINGS, records, heard))
        contract.run(monkeypatch, tmp_path, served, since=since)

    load(thing(1, 20, "new"), thing(2, 10))
    load(thing(1, 21, "newer"))
    # A back-fill of a month brings a record that was thirty days late, and changes nothing for the next run.
    load(thing(3, 1, "late"), since=datetime(2026, 9, 20, tzinfo=UTC))
    load()
    assert names(tmp_path, THINGS) == ["newer", "x", "late"]
    newest = datetime(2026, 10, 21, tzinfo=UTC)
    assert heard.since == [
        None,
        datetime(2026, 10, 20, tzinfo=UTC) - timedelta(hours=1),
        datetime(2026, 9, 20, tzinfo=UTC),
        newest - timedelta(hours=1),
    ]


def test_what_is_read_whole_drops_what_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for records in ([thing(1, 1, "a"), thing(2, 1, "b")], [thing(2, 1, "b")], []):
        contract.run(monkeypatch, tmp_path, contract.only(SHOP, contract.serving(PLACES, records)))
        assert names(tmp_path, PLACES) == [record["name"] for record in records]


def test_a_null_where_a_value_is_required_stops_the_resource(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    needs_a_name = replace(THINGS, required=("name",))
    served = contract.only(SHOP, contract.serving(needs_a_name, [{**thing(1, 1), "name": None}]))
    [outcome] = contract.run(monkeypatch, tmp_path, served)
    assert outcome.error is not None


def test_a_warehouse_without_a_platform_gets_its_empty_tables(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        for statement in list(extraction.missing_tables(warehouse)):
            warehouse.execute(statement)
        assert warehouse.execute("select count(*) from raw_shopify.orders").fetchone() == (0,)
        assert list(extraction.missing_tables(warehouse)) == []
