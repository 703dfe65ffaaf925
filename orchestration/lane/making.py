"""The statement that makes what the activation models read, and shorter ones for rounds in which some kept tables are empty.

Which nouns have rows is known once the SKUs in hand are gathered. A choice of nouns that comes again gets a statement of its
own: the same compiled SQL without what is read from nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import duckdb

from orchestration.lane.composed import composed, pushed_from
from orchestration.lane.emptied import Emptied
from orchestration.lane.models import CLOCK, Node
from orchestration.lane.snapshot import LaneSnapshot

# A choice of nouns that came so often gets its own statement: planning one costs what some ten rounds do.
OFTEN = 3
# Statements at most: a home has a dozen kinds of SKUs.
MOST = 40
Nouns = frozenset[str]


class Making:
    """One per workshop. `empty`: the tables that have no rows when rows of only these nouns lie in `work`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        snapshot: LaneSnapshot,
        empty: Callable[[Collection[str]], Collection[str]],
    ) -> None:
        self._run, self._snapshot, self._empty = connection.execute, snapshot, empty
        self._made = pushed_from(snapshot.models)
        self._emptied = Emptied(connection, snapshot.columns)
        columns = ", ".join(f'"clock.{name}"' for name in snapshot.columns[CLOCK])
        self._asked = Counter[Nouns]()
        # The number of a choice's statements.
        self._numbers: dict[Nouns, int] = {}
        self._newest = 0
        # Planned now, so that the first event waits for none of it.
        for node in self._made:
            self._run(f"prepare clear_{node.table} as delete from work.{node.table}")
            self._run(f"prepare clock_{node.table} as select {columns} from work.{node.table} limit 1")
            self._prepare(f"make_{node.table}", node, self._query(node))

    def __call__(self, nouns: Collection[str]) -> tuple[Any, ...] | None:
        """Makes the rows; the clock's row: the newer of the one that stands in its table and the one over these rows."""
        clock, suffix = None, self._suffix(frozenset(nouns))
        for node in self._made:
            self._run(f"execute clear_{node.table}")
            self._run(f"execute make_{node.table}{suffix}")
            clock = self._run(f"execute clock_{node.table}").fetchone()
        return clock

    def forget(self) -> None:
        """A table that was always empty has rows."""
        self._numbers.clear()

    def clock_on(self) -> dict[str, str]:
        """The clock wound forward: both its times are the newest of something."""
        [clock] = [node for node in self._snapshot.models.nodes if node.name == CLOCK]
        newest = ", ".join(f'max("{name}") as "{name}"' for name in self._snapshot.columns[CLOCK])
        return {CLOCK: f"select {newest} from (from {CLOCK} union all ({clock.sql}))"}

    def _suffix(self, nouns: Nouns) -> str:
        if nouns not in self._numbers:
            self._asked[nouns] += 1
            if self._asked[nouns] < OFTEN or len(self._numbers) >= MOST:
                return ""
            self._newest += 1
            empty = self._empty(nouns)
            for node in self._made:
                query = self._emptied(self._query(node), empty)
                self._prepare(f"make_{node.table}_{self._newest}", node, query)
            self._numbers[nouns] = self._newest
        return f"_{self._numbers[nouns]}"

    def _query(self, node: Node) -> str:
        common = composed(self._snapshot.models, node.name, CLOCK, instead=self.clock_on())
        return (
            f'{common} select clock.*, listed.* from "{CLOCK}" as clock'
            f' left join (select true as is_row, * from "{node.name}") as listed on true'
        )

    def _prepare(self, name: str, node: Node, query: str) -> None:
        self._run(f"prepare {name} as insert into work.{node.table} {query}")
