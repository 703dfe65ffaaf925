"""What a close pack shows, read from the frozen files alone: so that the same close always gives the same pack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from reverse_etl.closes import ClosedMonth

Row = Mapping[str, Any]

# Bridge → its title, in the order an accountant reads them.
BRIDGES = {
    "storefront_to_bank": "Storefront to bank",
    "clearing": "Clearing account",
    "storefront_to_net_revenue": "Storefront to net revenue",
    "net_revenue_to_books": "Net revenue to books",
}
# Types of accounts whose balance is rolled forward by what moved it; the rest stands in the trial balance.
ROLLED = ("asset", "liability")


@dataclass(frozen=True)
class Step:
    """One row of a bridge."""

    position: int
    label: str
    reason_code: str | None
    amount_minor: int


@dataclass(frozen=True)
class Bridge:
    """Start, steps and end of one bridge in one currency."""

    name: str
    currency_code: str
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        return BRIDGES[self.name]


@dataclass(frozen=True)
class Content:
    """The close and its rows; a table that was not frozen is missing, never empty."""

    close: ClosedMonth
    bridges: tuple[Bridge, ...]
    tables: Mapping[str, tuple[Row, ...]]

    def rows(self, table: str) -> tuple[Row, ...]:
        return self.tables.get(table, ())

    def has(self, table: str) -> bool:
        return table in self.tables


def read(folder: Path, close: ClosedMonth) -> Content:
    """Every frozen table of a close."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = {name: _table(connection, folder / table.file) for name, table in close.tables.items()}
    return Content(close, _bridges(tables.get("fct_bridge", ())), tables)


def _table(connection: duckdb.DuckDBPyConnection, file: Path) -> tuple[Row, ...]:
    result = connection.execute("from read_parquet($1)", [str(file)])
    names = [column[0] for column in result.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in result.fetchall())


def _bridges(rows: tuple[Row, ...]) -> tuple[Bridge, ...]:
    steps: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for row in rows:
        step = Step(row["position"], row["label"], row["reason_code"], row["amount_minor"])
        steps[row["bridge"], row["currency_code"]].append(step)
    order = {name: place for place, name in enumerate(BRIDGES)}
    found = [
        Bridge(name, currency, tuple(sorted(made, key=lambda step: step.position)))
        for (name, currency), made in steps.items()
        # A bridge from nought to nought without a step says nothing.
        if any(step.amount_minor for step in made)
    ]
    return tuple(sorted(found, key=lambda bridge: (order[bridge.name], bridge.currency_code)))
