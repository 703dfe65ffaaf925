"""The newest rows of one activation model, SKU by SKU: made when an event moved them, asked for by a channel a moment later."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

import pyarrow as pa

# SKUs kept at most: those that were moved last. What is asked for beyond them is computed again.
MOST = 20_000


class KnownRows:
    """One thread learns, any thread asks. `nothing`: a table of no rows with the model's columns."""

    def __init__(self, nothing: pa.Table, most: int = MOST) -> None:
        self._nothing, self._most = nothing, most
        self._of: dict[str, pa.Table] = {}

    def learn(self, rows: pa.Table, skus: Collection[str], *, forget: bool = False) -> None:
        """What these SKUs show now, by rows that stand SKU after SKU; forget: of all others nothing is known any more."""
        found = dict.fromkeys(skus, self._nothing)
        names, start = rows.column("sku").to_pylist(), 0
        for at in range(1, len(names) + 1):
            if at == len(names) or names[at] != names[start]:
                if names[start] in found:
                    found[names[start]] = rows.slice(start, at - start)
                start = at
        if forget:
            self._of = found
            return
        for sku, some in found.items():
            # Moved last is forgotten last.
            self._of.pop(sku, None)
            self._of[sku] = some
        for sku in list(islice(self._of, max(0, len(self._of) - max(self._most, len(found))))):
            del self._of[sku]

    def missing(self, skus: Collection[str]) -> list[str]:
        """SKUs of which nothing is known."""
        known = self._of
        return [sku for sku in skus if sku not in known]

    def of(self, skus: Collection[str]) -> pa.Table:
        """The rows of these SKUs. Raises KeyError where of one nothing is known."""
        return pa.concat_tables([self._nothing, *(self._of[sku] for sku in sorted(skus))]).combine_chunks()
