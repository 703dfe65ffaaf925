"""What every connector keeps, whatever the platform: written once, called by each platform's tests with its own records.

A case names a resource and gives a record of it as the platform sends it. The records go through the real dlt load into a
DuckDB file of the test; only the platform's answers are made up. `Answers` plays a platform whose pages are given.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from pipelines import extract as extraction
from pipelines.connector import Connector, Record, Resource, moment, snake
from pipelines.errors import PlatformRefused, SchemaChanged


@dataclass
class Heard:
    """What a fetch was asked to start from, once for each run and account."""

    since: list[datetime | None]


def serving(resource: Resource, records: Sequence[Record], heard: Heard | None = None) -> Resource:
    """The resource with its platform replaced by records, everything else its own."""

    def fetch(_: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
        if heard is not None:
            heard.since.append(since)
        yield copy.deepcopy(list(records))

    return replace(resource, fetch=fetch)


def run(
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    declared: Connector,
    accounts: Sequence[str] = ("main",),
    **options: Any,
) -> list[extraction.Extracted]:
    """Extracts with the connector given, as `cartwheel extract` would, into `home/warehouse.duckdb`."""
    monkeypatch.setenv("CARTWHEEL_HOME", str(home))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
    prefix = f"SOURCES__{declared.platform.upper()}"
    monkeypatch.setenv(f"{prefix}__ACCOUNTS", str(list(accounts)).replace("'", '"'))
    for account in accounts:
        monkeypatch.setenv(f"{prefix}__{account.upper()}__BASE_URL", f"https://{account}.example")
    for name in declared.credentials:
        monkeypatch.setenv(f"{prefix}__{name.upper()}", "not-a-secret")
    return extraction.run_connector(declared, **options)


def rows(home: Path, platform: str, resource: Resource) -> list[tuple[Any, ...]]:
    """The raw table without dlt's own columns."""
    columns = ", ".join(f'"{name}"' for name in ("account_id", *resource.columns, "_undeclared"))
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        return warehouse.execute(f"select {columns} from raw_{platform}.{resource.name} order by all").fetchall()


def only(declared: Connector, *resources: Resource) -> Connector:
    return replace(declared, resources=resources)


def declares_a_key(resource: Resource, record: Record) -> None:
    assert resource.key
    named = {snake(name): value for name, value in record.items()}
    assert all(named.get(column) is not None for column in resource.key)
    assert resource.snapshot or named.get(resource.cursor or "") is not None


def loads_and_replays(
    monkeypatch: pytest.MonkeyPatch, home: Path, declared: Connector, resource: Resource, record: Record
) -> None:
    """Two runs over two accounts: nothing doubles or mixes, a new field is kept, the cursor is sent back minus its lag."""
    heard = Heard([])
    served = only(declared, serving(resource, [{**record, "neverSeenBefore": "x"}], heard))
    both = ("main", "second")
    [outcome] = run(monkeypatch, home, served, accounts=both)
    assert outcome.error is None
    assert outcome.undeclared == {"never_seen_before": 2}
    first = rows(home, declared.platform, resource)
    assert [row[0] for row in first] == list(both)
    assert all("never_seen_before" in row[-1] for row in first)
    run(monkeypatch, home, served, accounts=both)
    assert rows(home, declared.platform, resource) == first
    if resource.cursor is None:
        assert heard.since == [None] * 4
    else:
        newest = next(value for name, value in record.items() if snake(name) == resource.cursor)
        assert heard.since == [None, None, *[moment(newest) - resource.lag] * 2]


def a_changed_type_stops_that_resource_alone(
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    declared: Connector,
    resource: Resource,
    record: Record,
    other: Resource,
) -> None:
    """`resource` comes back with a word where something else was; what was loaded stays, and `other` still loads."""
    before = rows(home, declared.platform, resource)
    column = next(name for name, kind in resource.columns.items() if kind in {"timestamp", "bigint", "bool"})
    sent = next((name for name in record if snake(name) == column), column)
    changed = serving(resource, [{**record, sent: "not what it was"}])
    broken, fine = run(monkeypatch, home, only(declared, changed, serving(other, [])))
    assert isinstance(broken.error, SchemaChanged)
    assert resource.name in str(broken.error)
    assert fine.error is None
    assert rows(home, declared.platform, resource) == before


def no_raw_column_is_a_double(home: Path, declared: Connector) -> None:
    query = "select table_name, column_name from information_schema.columns where table_schema = ? and data_type in ('DOUBLE', 'FLOAT')"
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute(query, [f"raw_{declared.platform}"]).fetchall() == []


def a_busy_platform_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, resource: Resource, answer: httpx.Response, base_url: str
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    answers = iter([httpx.Response(429, headers={"Retry-After": "7"})])
    with playing(lambda _: next(answers, answer), base_url) as client:
        list(resource.fetch(client, None))
    assert waited == [7.0]


def a_refused_key_stops_at_once(resource: Resource, base_url: str) -> None:
    asked: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(401, json={"errors": "Invalid API key"})

    with playing(refuse, base_url) as client, pytest.raises(PlatformRefused, match="401"):
        list(resource.fetch(client, None))
    assert len(asked) == 1


def playing(handler: Any, base_url: str) -> httpx.Client:
    """A client whose platform is a function."""
    return httpx.Client(transport=httpx.MockTransport(handler), base_url=base_url)


def keeps_the_contract(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, declared: Connector, records: Mapping[str, Record], name: str
) -> None:
    """Everything above that needs no HTTP, for one resource."""
    resource, record = declared.resource(name), records[name]
    other = next(one for one in declared.resources if one.name != name)
    declares_a_key(resource, record)
    loads_and_replays(monkeypatch, tmp_path, declared, resource, record)
    a_changed_type_stops_that_resource_alone(monkeypatch, tmp_path, declared, resource, record, other)
    no_raw_column_is_a_double(tmp_path, declared)
