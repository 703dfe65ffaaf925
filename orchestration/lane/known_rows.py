"""The newest rows of one activation model, SKU by SKU: made when an event moved them, asked for by a channel a moment later."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

import pyarrow as pa

_Place = tuple[pa.Table, int, int]
# SKUs kept at most: those that were moved last, for channels ask within seconds. One that is asked for later (of a slow channel's
# queue) is computed again, which is cheaper than to keep every SKU that moved in a day: some kilobytes each, in two processes.
MOST = 2_000


class KnownRows:
    """One thread learns, any thread asks. `nothing`: a table of no rows with the model's columns."""

    def __init__(self, nothing: pa.Table, most: int = MOST) -> None:
        self._nothing, self._most = nothing, most
        # Where the rows of each SKU stand: table, first row, how many. A piece of a table is no small thing to keep.
        self._of: dict[str, _Place] = {}

    def learn(self, rows: pa.Table, skus: Collection[str], *, forget: bool = False) -> None:
        """What these SKUs show now, by rows that stand SKU after SKU; forget: of all others nothing is known any more."""
        found: dict[str, _Place] = dict.fromkeys(skus, (self._nothing, 0, 0))
        names, start = rows.column("sku").to_pylist(), 0
        for at in range(1, len(names) + 1):
            if at == len(names) or names[at] != names[start]:
                if names[start] in found:
                    found[names[start]] = rows, start, at - start
                start = at
        if forget:
            self._of = found
            return
        for sku, place in found.items():
            # Moved last is forgotten last.
            self._of.pop(sku, None)
            self._of[sku] = place
        for sku in list(islice(self._of, max(0, len(self._of) - max(self._most, len(found))))):
            del self._of[sku]

    def forget(self, skus: Iterable[str]) -> None:
        """Of these SKUs nothing is known any more."""
        # A new dictionary, for any thread may be looking at the old one.
        gone = set(skus)
        self._of = {sku: rows for sku, rows in self._of.items() if sku not in gone}

    def forget_all(self) -> None:
        self._of = {}

    def missing(self, skus: Collection[str]) -> list[str]:
        """SKUs of which nothing is known."""
        known = self._of
        return [sku for sku in skus if sku not in known]

    def of(self, skus: Collection[str]) -> pa.Table:
        """The rows of these SKUs. Raises KeyError where of one nothing is known."""
        places = [self._of[sku] for sku in sorted(skus)]
        some = [rows.slice(start, count) for rows, start, count in places if count]
        return pa.concat_tables([self._nothing, *some]).combine_chunks()
