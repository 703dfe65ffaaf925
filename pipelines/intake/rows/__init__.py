"""Events → raw rows: what a webhook says of a resource, in the columns its connector declares for the raw table.

One file per platform, pure: a topic and a body in, `Told`s out. They feed the fast lane only; the warehouse's raw tables
are filled by polling. A column an event does not speak of is None, a list it says is empty is [] — a reader keeps what it
knew of the first and drops what it knew of the second. What a body only points at is a `Pointer`, read by `fetching`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipelines.connector import snake

PLATFORMS = ("amazon", "cin7", "shipstation", "shopify", "woocommerce")

Row = dict[str, Any]
# The newest raw row known of a resource, by raw table and its key beside the account: for bodies that say a part of one.
Known = Callable[[str, str, str], Row | None]


class Event(Protocol):
    """What is read of an inbox event here."""

    @property
    def sequence(self) -> int: ...
    @property
    def platform(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def occurred_at(self) -> datetime | None: ...
    @property
    def received_at(self) -> datetime: ...


@dataclass(frozen=True)
class Told:
    """What was said of one resource: its raw rows, and the platform's own time of it.

    key: names the resource within table and account; the newest version of a key stands.
    row_key: the raw row a later part of it is laid over, where a body says a part of one; else the key.
    version: None where it can not change any more, or was read just now.
    """

    table: str
    key: str
    rows: tuple[Row, ...]
    version: datetime | None
    row_key: str | None = None

    @property
    def platform(self) -> str:
        """Whose raw table it is."""
        return self.table.partition(".")[0].removeprefix("raw_")


@dataclass(frozen=True)
class Pointer:
    """A body that names a resource without its content: what to read (see `fetching`), and where."""

    platform: str
    account_id: str
    what: str
    where: str


def rows(event: Event, known: Known = lambda *_: None) -> tuple[Told | Pointer, ...]:
    """What an event says; nothing for a topic no raw table hears of. Raises ValueError for a body that is none of its topic."""
    if event.platform not in PLATFORMS:
        return ()
    module = importlib.import_module(f"pipelines.intake.rows.{event.platform}")
    try:
        # Decimals stay the text they came as; ids and quantities are whole.
        body = json.loads(event.body, parse_float=str)
        found: tuple[Told | Pointer, ...] = tuple(module.told(event, body, known))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise ValueError(f"{event.platform} {event.topic} (event {event.sequence}): unreadable, {error!r}") from error
    return found


def in_columns(declared: Mapping[str, str], said: Mapping[str, Any], account_id: str) -> Row:
    """A row of a raw table: every declared column, None where nothing was said."""
    return {"account_id": account_id, **{column: said.get(column) for column in declared}}


def shaped(declared: Mapping[str, str], record: Mapping[str, Any], account_id: str) -> Row:
    """A platform's own record as a row, its names as the connector writes them."""
    return in_columns(declared, {snake(name): value for name, value in record.items()}, account_id)
