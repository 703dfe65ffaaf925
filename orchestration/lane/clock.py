"""dim_stock_clock in the lane: the one row that looks at all SKUs, wound forward by the SKUs in hand.

Both its times are the newest of something, so that the row over the touched SKUs, laid over the row before, is the row over all;
unless what was the newest is taken back: then it is computed over all rows, by the same SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.lane.models import CLOCK
from orchestration.lane.workshop import Workshop, literal

Times = tuple[Any, ...]


class Clock:
    """The clock of one workshop; `now` is its row, `before` the row at the last `start`."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._is_doubtful = False
        self.now: Times = self._over_all()
        self.before = self.now

    def start(self) -> None:
        """Remembers the row, so that what moves from here can be told."""
        self.before = self.now

    def doubt(self, gone: Mapping[str, tuple[str, list[str]]]) -> None:
        """Notes that an order of the newest day is about to lose its day; between mapping and replacing."""
        for mapping, (column, keys) in gone.items():
            if mapping.startswith("can_orders__") and self.now[0] is not None:
                lost = self._shop.connection.execute(
                    f"""select 1 from kept.can_orders as old
                        where old.{column} in {literal(keys)} and old.order_date = $1 and not old.is_test
                          and not exists (
                              select 1 from fresh.{mapping} as new
                              where new.order_id = old.order_id and new.order_date = old.order_date and not new.is_test)
                        limit 1""",
                    [self.now[0]],
                ).fetchone()
                self._is_doubtful = self._is_doubtful or lost is not None

    def wind(self) -> None:
        """Brings the row, just computed for the SKUs in hand, up to all SKUs."""
        shop = self._shop
        if self._is_doubtful:
            self.now, self._is_doubtful = self._over_all(), False
        else:
            here = shop.connection.execute(f"from {CLOCK}").fetchone() or ()
            self.now = tuple(
                max((one for one in pair if one is not None), default=None) for pair in zip(self.now, here, strict=True)
            )
        shop.connection.execute(f"delete from {CLOCK}")
        shop.connection.execute(f"insert into {CLOCK} values ({', '.join('?' * len(self.now))})", list(self.now))

    def _over_all(self) -> Times:
        return tuple(self._shop.connection.execute(f"from ({self._shop.over_all(CLOCK)})").fetchone() or ())

    def moved(self) -> set[str]:
        """SKUs that the clock alone moved since `start`: with a soft hold that may have ended, or a dated policy."""
        if self.now == self.before:
            return set()
        run, found = self._shop.connection.execute, set[str]()
        for node in self._shop.models.of("given"):
            columns = self._shop.snapshot.columns[node.name]
            dated = [name for name, kind in columns.items() if kind == "DATE" or kind.startswith("TIMESTAMP")]
            if "sku" in columns and dated:
                some = " or ".join(f"{name} is not null" for name in dated)
                found |= {sku for (sku,) in run(f"select distinct sku from {node.name} where {some}").fetchall() if sku}
        return found
