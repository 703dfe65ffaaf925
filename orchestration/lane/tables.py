"""The lane's tables: primed from a publication, moved by inbox events, read per SKU as rows of the activation tables.

    tables = LaneTables.prime(warehouse.newest_publication())
    touched = tables.apply(inbox.events_after(sequence))
    for pointer in touched.pointers:                      # what a body only named; reading it is the caller's to time
        touched = touched | tables.take(fetching.fetch(pointer, client))
    tables.rows("act_shopify__stock_levels", touched.skus)

Nothing here is durable: a new publication primes anew, and applying the events since then gives the same tables. Applying an
event twice, late, or after the snapshot that holds it changes nothing: of every resource the newest version stands, by the
platform's own time. One instance belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import pyarrow as pa

from orchestration import environment, warehouse
from orchestration.lane import reach
from orchestration.lane.clock import Clock
from orchestration.lane.intake import Intake
from orchestration.lane.models import CLOCK, EXPLAINED
from orchestration.lane.snapshot import LaneSnapshot, load
from orchestration.lane.workshop import Workshop
from pipelines.intake.rows import Event, Pointer, Told

# A platform may publish a change this much later than it dates it: so far before the snapshot's reading events are applied again.
LAG = timedelta(hours=1)


@dataclass(frozen=True)
class Touched:
    """What a few events reach: the SKUs whose numbers may differ now, what is left to read, and what nobody could read."""

    skus: frozenset[str] = frozenset()
    pointers: tuple[Pointer, ...] = ()
    unreadable: tuple[tuple[int, str], ...] = ()

    def __or__(self, more: Touched) -> Touched:
        return Touched(self.skus | more.skus, self.pointers + more.pointers, self.unreadable + more.unreadable)


class NoLaneSnapshot(Exception):
    """The publication carries no start for the lane; the message says how to make one."""


class LaneTables:
    """Stock, listings and what they are made of, as of a snapshot and every event applied since."""

    def __init__(self, snapshot: LaneSnapshot, version: int, read_at: dict[str, datetime]) -> None:
        self.version = version
        self.read_at = read_at
        self._shop = Workshop(snapshot)
        self._intake = Intake(self._shop, read_at)
        self._clock = Clock(self._shop)
        # The SKUs whose rows lie in `work`, and how many of the computed models are filled for them.
        self._gathered: frozenset[str] = frozenset()
        self._filled = 0

    @classmethod
    def prime(cls, publication: warehouse.Publication) -> Self:
        """The tables as of a publication. Raises NoLaneSnapshot where it carries none."""
        if publication.lane is None:
            raise NoLaneSnapshot(
                f"Publication {publication.version} was made before all stock models were built: run `cartwheel build`."
            )
        read_at = {platform: datetime.fromisoformat(at) for platform, at in publication.read_at.items()}
        snapshot = load(environment.home() / "published" / f"{publication.lane}.duckdb")
        return cls(snapshot, publication.version, read_at)

    @property
    def replay_from(self) -> datetime:
        """Events received since then may not be in the snapshot (UTC); applying older ones as well changes nothing."""
        told = {table.partition(".")[0].removeprefix("raw_") for table in self._intake.told_of}
        return (
            min(
                (self.read_at[name] for name in told if name in self.read_at),
                default=datetime.min.replace(tzinfo=UTC) + LAG,
            )
            - LAG
        )

    @property
    def models(self) -> list[str]:
        """The activation tables `rows` answers for."""
        return [node.table for node in self._shop.models.nodes if node.schema == "activation"]

    def apply(self, events: Sequence[Event]) -> Touched:
        """Brings the tables up to these events, in the order of their sequence; what they reach."""
        told, pointers, unreadable = self._intake.read(events)
        return Touched(self._move(told), tuple(pointers), tuple(unreadable))

    def take(self, told: Iterable[Told]) -> Touched:
        """Brings the tables up to what a pointer led to; what it reaches."""
        return Touched(self._move(self._intake.newest(told)))

    def _move(self, told: Sequence[Told]) -> frozenset[str]:
        if not told:
            return frozenset()
        self._clock.start()
        found = frozenset(reach.closed(self._shop, self._intake.replace(told, self._clock)))
        # What lies in `work` is from before.
        self._gathered, self._filled = frozenset(), 0
        self._compute(found, up_to=CLOCK)
        if later := self._clock.moved() - found:
            every = self.everything() if "*" in later else frozenset()
            found = frozenset(reach.closed(self._shop, (found | later | every) - {"*"}))
        return found

    def rows(self, model: str, skus: Collection[str]) -> pa.Table:
        """The rows of an activation table (or any mart of the lane) for these SKUs, as the batch lane would build them now."""
        [node] = [node for node in self._shop.tables() if node.table == model]
        asked = frozenset(skus)
        wanted = frozenset(reach.closed(self._shop, asked))
        self._compute(self._gathered if wanted <= self._gathered else wanted, up_to=node.name)
        return self._shop.rows(node, asked)

    def everything(self) -> frozenset[str]:
        """Every SKU that stands in a listing, a count or an open line."""
        return frozenset(reach.all_skus(self._shop))

    def explained(self, sku: str) -> pa.Table:
        """The parts of one SKU's numbers, channel by channel (fct_ats_explained), as of now."""
        return self.rows(EXPLAINED.partition(".")[2], [sku])

    def close(self) -> None:
        self._shop.close()

    def _compute(self, skus: frozenset[str], up_to: str) -> None:
        """Fills the computed models for these SKUs, up to one of them, as far as they are not filled yet."""
        if skus != self._gathered:
            reach.gather(self._shop, skus)
            self._gathered, self._filled = skus, 0
        tables = self._shop.tables()
        last = next(place for place, node in enumerate(tables) if node.name == up_to)
        for node in tables[self._filled : last + 1]:
            self._shop.fill(node)
            self._filled += 1
            if node.name == CLOCK:
                self._clock.wind()
