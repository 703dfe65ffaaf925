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

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from orchestration import environment, warehouse
from orchestration.lane import reach
from orchestration.lane.clock import Clock
from orchestration.lane.few_rows import NotForFewRows
from orchestration.lane.intake import Heard, Intake
from orchestration.lane.known_rows import KnownRows, Row
from orchestration.lane.models import EXPLAINED
from orchestration.lane.snapshot import LaneSnapshot, load
from orchestration.lane.workshop import LOOKED_THROUGH, Workshop
from pipelines.intake.rows import Event, Pointer, Told

# A platform may publish a change this much later than it dates it: so far before the snapshot's reading events are applied again.
LAG = timedelta(hours=1)
# SKUs computed at once: what an event reaches is far fewer, and an engine for few rows may take the square of very many.
AT_ONCE = 500


@dataclass(frozen=True)
class Touched:
    """What a few events reach: the SKUs whose numbers may differ now, what is left to read, and what nobody could read.

    proven, proving: those of the SKUs and of the pointers that an event touched which may stand behind an increase.
    shown: (platform, SKU) where an event is the platform's own word about what it shows.
    """

    skus: frozenset[str] = frozenset()
    proven: frozenset[str] = frozenset()
    shown: frozenset[tuple[str, str]] = frozenset()
    pointers: tuple[Pointer, ...] = ()
    proving: frozenset[Pointer] = frozenset()
    unreadable: tuple[tuple[int, str], ...] = ()

    def __or__(self, more: Touched) -> Touched:
        return Touched(
            self.skus | more.skus,
            self.proven | more.proven,
            self.shown | more.shown,
            self.pointers + more.pointers,
            self.proving | more.proving,
            self.unreadable + more.unreadable,
        )


class NoLaneSnapshot(Exception):
    """The publication carries no start for the lane, or none it can work with; the message says what to do."""


class LaneTables:
    """Stock, listings and what they are made of, as of a snapshot and every event applied since."""

    def __init__(
        self,
        snapshot: LaneSnapshot,
        version: int,
        read_at: dict[str, datetime],
        at_once: int = AT_ONCE,
        looked_through: int = LOOKED_THROUGH,
    ) -> None:
        self.version, self._at_once = version, at_once
        self.read_at = read_at
        self._shop = Workshop(snapshot, looked_through)
        self._intake = Intake(self._shop, read_at)
        self._clock = Clock(self._shop)
        # The SKUs whose rows lie in `work`, and those whose newest pushed rows are known.
        self._gathered: frozenset[str] = frozenset()
        self._known: dict[str, KnownRows] = {}
        # How often a new day made whatever was known before unknown.
        self.days = 0

    @classmethod
    def prime(cls, publication: warehouse.Publication) -> Self:
        """The tables as of a publication. Raises NoLaneSnapshot where it carries none that can be computed for single SKUs."""
        if publication.lane is None:
            raise NoLaneSnapshot(
                f"Publication {publication.version} was made before all stock models were built: run `cartwheel build`."
            )
        read_at = {platform: datetime.fromisoformat(at) for platform, at in publication.read_at.items()}
        snapshot = load(environment.home() / "published" / f"{publication.lane}.duckdb")
        try:
            return cls(snapshot, publication.version, read_at)
        except NotForFewRows as error:
            raise NoLaneSnapshot(str(error)) from error

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
        read = self._intake.read(events)
        return replace(self._move(read.heard), pointers=read.pointers, proving=read.proving, unreadable=read.unreadable)

    def take(self, told: Iterable[Told], is_proof: bool = False) -> Touched:
        """Brings the tables up to what a pointer led to; what it reaches."""
        return self._move([Heard(one, is_proof) for one in self._intake.newest(told)])

    def _move(self, told: Sequence[Heard]) -> Touched:
        if not told:
            return Touched()
        self._clock.start()
        alike: dict[tuple[bool, str], list[Told]] = {}
        for one in told:
            alike.setdefault((one.is_proof, one.told.platform if one.is_reading else ""), []).append(one.told)
        moved = {kind: self._intake.replace(some, self._clock) for kind, some in alike.items()}
        shown = frozenset((platform, sku) for (_, platform), skus in moved.items() if platform for sku in skus)
        by_proof = set[str]().union(*(skus for (is_proof, _), skus in moved.items() if is_proof))
        proven = frozenset(reach.closed(self._shop, by_proof))
        found = frozenset(reach.closed(self._shop, set[str]().union(*moved.values())))
        self._make(found)
        if later := self._clock.moved() - found:
            every = self.everything() if "*" in later else frozenset()
            found = frozenset(reach.closed(self._shop, (found | later | every) - {"*"}))
            if len(found) <= self._at_once:
                self._make(found)
            else:
                # A new day moves many: they are computed as the channels ask for them, and no event waits for them all.
                for known in self._known.values():
                    known.forget(found)
            # What the clock gave back, it gave back with the event that wound it.
            proven = found if by_proof else proven
        return Touched(found, proven, shown=shown)

    def known(self, model: str, skus: Collection[str]) -> list[Row] | None:
        """What `rows` would answer, where it is known already; from any thread."""
        known = self._known.get(model)
        try:
            return known.of(skus) if known is not None else None
        except KeyError:
            return None

    def rows(self, model: str, skus: Collection[str]) -> list[Row]:
        """The rows of an activation table (or any mart of the lane) for these SKUs, as the batch lane would build them now."""
        node = self._shop.computed(model)
        if node.schema != "activation":
            self._gather(frozenset(reach.closed(self._shop, skus)))
            wanted = frozenset(skus)
            return [row for row in self._shop.rows(node) if row["sku"] in wanted]
        if model not in self._known:
            # From now on it is answered for as soon as an event moved it.
            self._known[model] = KnownRows()
        known, found = self._known[model], list[Row]()
        for some in self._pieces(skus):
            if known.missing(some):
                # All of them, for what is made now may take the place of what was known of the others.
                self._clock.start()
                self._make(frozenset(reach.closed(self._shop, some)))
            found += known.of(some)
        return found

    def everything(self) -> frozenset[str]:
        """Every SKU that stands in a listing, a count or an open line, and the sets they are parts of."""
        return frozenset(reach.closed(self._shop, reach.all_skus(self._shop)))

    def explained(self, sku: str) -> list[Row]:
        """The parts of one SKU's numbers, channel by channel (fct_ats_explained), as of now."""
        return self.rows(EXPLAINED.partition(".")[2], [sku])

    def close(self) -> None:
        self._shop.close()

    def _gather(self, skus: frozenset[str]) -> None:
        if not skus <= self._gathered:
            reach.gather(self._shop, skus)
            self._gathered = skus

    def _make(self, skus: frozenset[str]) -> None:
        """Computes what is pushed of these SKUs, and keeps it until an event moves it."""
        for number, piece in enumerate(self._pieces(skus)):
            some = frozenset(reach.closed(self._shop, piece))
            self._clock.look()
            reach.gather(self._shop, some)
            self._gathered = some
            self._clock.wind(self._shop.make())
            is_new_day = self._clock.has_new_day and number == 0
            self.days += is_new_day
            for model, known in self._known.items():
                known.learn(self._shop.rows(self._shop.computed(model)), some, forget=is_new_day)

    def _pieces(self, skus: Collection[str]) -> Iterator[list[str]]:
        """These SKUs, so many at once as may be computed together; of none, once none."""
        listed = sorted(skus)
        for start in range(0, max(len(listed), 1), self._at_once):
            yield listed[start : start + self._at_once]
