"""What a connector declares, its validation, and the one way its rows become dlt resources.

A connector is data: a `Connector` with `Resource`s whose `fetch` yields pages of the platform's own records. This module
names columns (snake_case, nothing else), adds `account_id`, keeps undeclared fields in `_undeclared`, remembers the
cursor and applies the schema contract. No renaming of meaning and no money arithmetic here: that is staging's work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import dlt
import httpx
from dlt.extract import DltResource

from pipelines.errors import SchemaChanged
from pipelines.settings import Connection
from pipelines.vault import Vault, listening

Record = dict[str, Any]
Fetch = Callable[[httpx.Client, datetime | None], Iterator[list[Record]]]

ANSWERS = "_answers"
TYPES = {"text", "bigint", "decimal", "bool", "timestamp", "date", "json"}

# A type change must fail, not retype; new columns never arrive here because undeclared fields are set aside first.
CONTRACT = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}


@dataclass(frozen=True)
class Resource:
    """One object of a platform, one raw table.

    columns: top-level field (snake_case) → dlt type; lists and objects are `json` and opened in staging.
    key: columns that identify a record within one account.
    cursor: column whose newest value is remembered; None (with `snapshot=True`) re-reads everything and drops what is gone.
    cursor_zone: IANA zone of cursor text without an offset (ShipStation V1 writes US Pacific).
    lag: how far before the remembered value the next run starts, because platforms publish late.
    required: columns that are never null; a null stops the resource.
    """

    name: str
    columns: Mapping[str, str]
    fetch: Fetch
    key: tuple[str, ...] = ("id",)
    cursor: str | None = None
    cursor_zone: str = "UTC"
    lag: timedelta = timedelta(hours=1)
    snapshot: bool = False
    required: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = set(self.columns.values()) - TYPES
        if unknown:
            raise ValueError(f"{self.name}: unknown column types {sorted(unknown)}")
        for column in (*self.key, *self.required, *((self.cursor,) if self.cursor else ())):
            if column not in self.columns:
                raise ValueError(f"{self.name}: {column} is used but not declared")
        if self.snapshot == (self.cursor is not None):
            raise ValueError(f"{self.name}: a resource has either a cursor or snapshot=True")


@dataclass(frozen=True)
class Connector:
    """A platform: its version, how to open it and what can be read."""

    platform: str
    api_version: str
    credentials: tuple[str, ...]
    connect: Callable[[Connection], httpx.Client]
    resources: tuple[Resource, ...]
    sunset: date | None = None

    def resource(self, name: str) -> Resource:
        return next(resource for resource in self.resources if resource.name == name)


@dataclass
class Notices:
    """Fields seen that no connector declares, counted: shown to a person, never dropped in silence."""

    undeclared: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, table: str, names: Iterable[str]) -> None:
        for name in names:
            self.undeclared[table, name] = self.undeclared.get((table, name), 0) + 1


# A platform has some hundred names for its fields, and says them with every record.
@lru_cache(4_096)
def snake(name: str) -> str:
    """`totalPriceSet`, `OnHand`, `_meta` → `total_price_set`, `on_hand`, `meta`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip("_"))
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower())


def shape(record: Mapping[str, Any], resource: Resource, account_id: str, notices: Notices, table: str) -> Record:
    """A platform's record as a row of its raw table: declared columns, `account_id`, the rest in `_undeclared`."""
    named = {snake(key): value for key, value in record.items()}
    row: Record = {column: named.get(column) for column in resource.columns}
    extra = {key: value for key, value in named.items() if key not in resource.columns}
    notices.add(table, extra)
    return {"account_id": account_id, **row, "_undeclared": extra or None}


def dlt_columns(resource: Resource) -> dict[str, dict[str, Any]]:
    """Column hints of a raw table, `account_id`, `_undeclared` and `_answers` included."""
    required = {*resource.key, *resource.required}
    hints: dict[str, dict[str, Any]] = {
        name: {"data_type": kind, "nullable": name not in required} for name, kind in resource.columns.items()
    }
    if resource.cursor is not None:
        # A record edited while we page comes twice in one load; without this the older of the two may stay.
        hints[resource.cursor]["dedup_sort"] = "desc"
    return {
        "account_id": {"data_type": "text", "nullable": False},
        **hints,
        "_undeclared": {"data_type": "json", "nullable": True},
        # SHA-256 of the answers a record came in: the newest page, and what was asked for to complete its records.
        ANSWERS: {"data_type": "json", "nullable": True},
    }


def dlt_resource(
    connector: Connector,
    resource: Resource,
    opened: Iterable[tuple[Connection, httpx.Client]],
    notices: Notices,
    vault: Vault,
    since: datetime | None = None,
) -> DltResource:
    """The dlt resource of one raw table over all accounts of the platform.

    vault: keeps what the platform answers, for `_answers`.
    since: re-extract from this moment instead of the remembered cursor (back-fill); the cursor never moves backwards.
    """
    accounts = tuple(opened)
    table = f"raw_{connector.platform}.{resource.name}"

    def rows() -> Iterator[Any]:
        yield dlt.mark.materialize_table_schema()  # the table exists even when the platform has no such record yet
        state = dlt.current.resource_state().setdefault("cursor", {})
        for connection, client in accounts:
            newest = state.get(connection.account_id)
            start = since or _start(newest, resource)
            seen: set[tuple[Any, ...]] = set()
            with listening(client, vault, connector.platform) as named:
                for page in resource.fetch(client, start):
                    shaped = [shape(record, resource, connection.account_id, notices, table) for record in page]
                    if resource.snapshot:
                        shaped = _unseen(shaped, resource, seen)
                    newest = _newest(newest, shaped, resource)
                    answers = named()
                    yield [{**row, ANSWERS: answers} for row in shaped]
            if newest is not None:
                state[connection.account_id] = newest

    # A snapshot is replaced as a whole, also by nothing at all, which a merge would take for "nothing to do";
    # with a cursor, delete-insert by key replaces just the records seen again.
    merge = {"disposition": "merge", "strategy": "delete-insert"}
    return dlt.resource(
        rows,
        name=resource.name,
        write_disposition="replace" if resource.snapshot else merge,  # type: ignore[arg-type]
        primary_key=["account_id", *resource.key],
        columns=dlt_columns(resource),  # type: ignore[arg-type]
        max_table_nesting=0,
        schema_contract=CONTRACT,  # type: ignore[arg-type]
    )


def _unseen(rows: list[Record], resource: Resource, seen: set[tuple[Any, ...]]) -> list[Record]:
    """Rows whose key is not in `seen` yet, and notes them: a record that moved to the next page is answered twice."""
    fresh = []
    for row in rows:
        key = tuple(row[column] for column in resource.key)
        if key not in seen:
            seen.add(key)
            fresh.append(row)
    return fresh


def _start(newest: str | None, resource: Resource) -> datetime | None:
    if newest is None or resource.cursor is None:
        return None
    return datetime.fromisoformat(newest) - resource.lag


def _newest(newest: str | None, rows: Iterable[Record], resource: Resource) -> str | None:
    """The largest cursor seen, as ISO 8601 UTC. Cursors are ISO text, datetimes or Unix seconds."""
    if resource.cursor is None:
        return newest
    zone = ZoneInfo(resource.cursor_zone)
    try:
        moments = [moment(row[resource.cursor], zone) for row in rows if row[resource.cursor] is not None]
    except (TypeError, ValueError) as error:
        raise SchemaChanged(f"{resource.name}: {resource.cursor} is no longer a time") from error
    if newest is not None:
        moments.append(datetime.fromisoformat(newest))
    return max(moments).isoformat() if moments else None


def moment(value: str | int | datetime, zone: tzinfo = UTC) -> datetime:
    """A cursor value as an aware UTC datetime; one without an offset is in `zone`, in a repeated hour the first."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    parsed = datetime.fromisoformat(value)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
