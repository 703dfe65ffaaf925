"""The newest rows of one activation model, SKU by SKU: made when an event moved them, asked for by a channel a moment later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

# A row of a model, by the names of its columns.
Row = Mapping[str, Any]

# SKUs kept at most: those that were moved last, for channels ask within seconds. One that is asked for later (of a slow channel's
# queue) is computed again, which is cheaper than to keep every SKU that moved in a day: some kilobytes each, in two processes.
MOST = 2_000


class KnownRows:
    """One thread learns, any thread asks."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._of: dict[str, list[Row]] = {}

    def learn(self, rows: Iterable[Row], skus: Iterable[str], *, forget: bool = False) -> None:
        """What these SKUs show now; forget: of all others nothing is known any more."""
        found: dict[str, list[Row]] = {sku: [] for sku in skus}
        for row in rows:
            if row["sku"] in found:
                found[row["sku"]].append(row)
        if forget:
            self._of = found
            return
        for sku, mine in found.items():
            # Moved last is forgotten last.
            self._of.pop(sku, None)
            self._of[sku] = mine
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

    def of(self, skus: Iterable[str]) -> list[Row]:
        """The rows of these SKUs. Raises KeyError where of one nothing is known."""
        known = self._of
        return [row for sku in sorted(skus) for row in known[sku]]
