"""dim_stock_clock in the lane: the one row that looks at all SKUs, wound forward by the SKUs in hand.

Both its times are the newest of something, so that the row over the touched SKUs, laid over the row before, is the row over all;
unless what was the newest is taken back: then it is computed over all rows, by the same SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestration.lane import sqlite_sql
from orchestration.lane.models import CLOCK
from orchestration.lane.workshop import Workshop

Times = tuple[Any, ...]


@dataclass(frozen=True)
class Dated:
    """A table that says dates and times of SKUs."""

    name: str
    dates: tuple[str, ...]
    times: tuple[str, ...]


class Clock:
    """The clock of one workshop; `now` is its row, `before` the row at the last `start`."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._is_doubtful = False
        self._dated = [*_dated(shop)]
        self.now: Times = shop.over_all(CLOCK)
        self.before = self.now
        shop.few.set_clock(self.now)

    def start(self) -> None:
        """Remembers the row, so that what moves from here can be told."""
        self.before = self.now

    def doubt(self, gone: Mapping[str, tuple[str, list[str]]], came: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Notes that an order of the newest day is about to lose its day; between mapping and replacing."""
        for mapping, (column, keys) in gone.items():
            if mapping.startswith("can_orders__") and self.now[0] is not None:
                day = sqlite_sql.kept(self.now[0])
                old = self._shop.kept_rows.find(
                    "can_orders", "order_id", column, keys, "order_date = ? and not is_test", day
                )
                order, date, test = map(self._shop.nouns["can_orders"].index, ("order_id", "order_date", "is_test"))
                new = {row[order] for row in came[mapping] if row[date] == day and row[test] is False}
                self._is_doubtful = self._is_doubtful or not old <= new

    def look(self) -> None:
        """Before the SKUs in hand are computed: what was taken back is looked for among all."""
        if self._is_doubtful:
            self._set(self._shop.over_all(CLOCK))
            self._is_doubtful = False

    def wind(self, now: Times) -> None:
        """Takes over the row that was found with the SKUs in hand."""
        self.now = now

    def _set(self, now: Times) -> None:
        self.now = now
        self._shop.few.set_clock(now)

    @property
    def has_new_day(self) -> bool:
        """True when a row may differ of which no SKU was touched: with a new day, whatever is counted in days."""
        return bool(self.now[0] != self.before[0])

    def moved(self) -> set[str]:
        """SKUs that the clock alone moved since `start`: with a soft hold that ended, or, on a new day, a dated policy."""
        found = set[str]()
        if self.now != self.before:
            for table in self._dated:
                found |= self._named(table)
        return found

    def _named(self, table: Dated) -> set[str]:
        """SKUs of a given table with a date, or with a time that the clock has just passed."""
        passed = sorted(time for time in (self.before[1], self.now[1]) if isinstance(time, datetime))
        is_any = self.has_new_day or len(passed) < 2
        some = [
            f"{name} is not null"
            for name in (*(table.dates if self.has_new_day else ()), *(table.times if is_any else ()))
        ]
        some += [] if is_any else [f"{name} between $1 and $2" for name in table.times]
        if not some:
            return set()
        sql = f"select distinct sku from {table.name} where sku is not null and ({' or '.join(some)})"
        rows = self._shop.connection.execute(sql, passed if "$1" in sql else None).fetchall()
        return {sku for (sku,) in rows}


def _dated(shop: Workshop) -> Iterator[Dated]:
    """The given tables with dates that a model reads which the clock moves: no other date is compared with it."""
    moved, read = {CLOCK}, set[str]()
    for node in shop.models.of("computed"):
        if moved & {*node.reads}:
            moved.add(node.name)
            read |= {*node.reads}
    for node in shop.models.of("given"):
        columns = shop.snapshot.columns[node.name]
        dates = tuple(name for name, kind in columns.items() if kind == "DATE")
        times = tuple(name for name, kind in columns.items() if kind.startswith("TIMESTAMP"))
        if node.name in read and "sku" in columns and (dates or times) and shop.has_rows(node):
            yield Dated(shop.where(node), dates, times)
