"""The lane's tables as the loop wants them: primed from the newest publication, and again when a newer one is out.

Newer tables are made beside the old ones, which serve meanwhile, and take their place once they hold every event that these hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration import model_code, warehouse
from orchestration.activation import blocked_syncs
from orchestration.lane.known_rows import Row
from orchestration.lane.models import PUSHED
from orchestration.lane.tables import LaneTables, Touched
from orchestration.warehouse import Publication
from pipelines.intake.inbox import Inbox, InboxEvent
from reverse_etl import engine
from reverse_etl.channel import QUANTITY, Model
from reverse_etl.settings import Settings
from reverse_etl.sync import Sync

# Events replayed at once.
SOME = 200


@dataclass(frozen=True)
class Renewed:
    """Newer tables: what each sync's table says in their publication, and what events since then touched, or only point at."""

    models: Mapping[str, Model]
    touched: Touched


@dataclass
class _Start:
    """Tables of a publication with the events up to `sequence`, and what these touched."""

    published: Publication
    models: Mapping[str, Model]
    tables: LaneTables
    sequence: int
    touched: Touched

    def replay(self, inbox: Inbox, until: int) -> None:
        while self.sequence < until:
            events = [event for event in inbox.events_after(self.sequence, SOME) if event.sequence <= until]
            if events:
                self.touched |= self.tables.apply(events)
            self.sequence = events[-1].sequence if events else until


class PublishedTables:
    """`sequence` is the newest event the tables hold; what came before the snapshot was read is in it already."""

    def __init__(self, inbox: Inbox, syncs: Mapping[str, Sync]) -> None:
        """Raises NothingPublished or NoLaneSnapshot where there is nothing to start from."""
        self._inbox, self._syncs = inbox, syncs
        self._published = warehouse.newest_publication()
        self._tables = LaneTables.prime(self._published)
        self.sequence = inbox.newest_before(self._tables.replay_from)
        self._making = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane-renewal")
        self._next: Future[_Start] | None = None

    def apply(self, events: Sequence[InboxEvent]) -> Touched:
        touched = self._tables.apply(events)
        self.sequence = max(self.sequence, events[-1].sequence)
        return touched

    def take(self, told: Any, is_proof: bool) -> Touched:
        return self._tables.take(told, is_proof)

    def known(self, model: str, skus: Collection[str]) -> list[Row] | None:
        return self._tables.known(model, skus)

    def rows(self, model: str, skus: Collection[str]) -> list[Row]:
        return self._tables.rows(model, skus)

    @property
    def since(self) -> tuple[int, int]:
        """The publication and the day of it: with another of either, whatever was known of a SKU is unknown."""
        return self._published.version, self._tables.days

    def renew(self) -> Renewed | None:
        """Take the place of a newer publication that carries a start, once its tables are made; until then None.

        Raises NoLaneSnapshot where they can not be made.
        """
        if self._next is None:
            newest = warehouse.newest_publication()
            if newest.version != self._published.version and newest.lane is not None:
                self._next = self._making.submit(self._start, newest)
        if self._next is None or not self._next.done():
            return None
        start, self._next = self._next.result(), None
        # What came since it was made.
        start.replay(self._inbox, self.sequence)
        before, self._tables, self._published = self._tables, start.tables, start.published
        before.close()
        return Renewed(start.models, start.touched)

    def _start(self, newest: Publication) -> _Start:
        tables = LaneTables.prime(newest)
        sequence = self._inbox.newest_before(tables.replay_from)
        start = _Start(newest, self._models(newest), tables, sequence, Touched())
        # Not what the old tables do not hold yet: it would be no news when it comes, and nothing would be pushed.
        start.replay(self._inbox, self.sequence)
        return start

    def models(self) -> dict[str, Model]:
        """What each sync's activation table says in this publication."""
        return self._models(self._published)

    def _models(self, published: Publication) -> dict[str, Model]:
        with warehouse.reading() as connection:
            return {name: _model(connection, sync, published) for name, sync in self._syncs.items()}

    def blocked(self) -> dict[str, str]:
        """The syncs that a failed check keeps from being planned, each with why."""
        return {
            name: f"waits for {', '.join(check.name for check in failed)}"
            for name, failed in blocked_syncs(self._published).items()
            if name in self._syncs
        }


def served_syncs(settings: Settings) -> dict[str, Sync]:
    """The stock syncs of the destinations that are configured."""
    return {
        name: sync
        for name, sync in engine.syncs().items()
        if name.endswith(PUSHED) and QUANTITY in sync.fields and settings.is_configured(sync.destination)
    }


def _model(connection: Any, sync: Sync, published: Publication) -> Model:
    found = connection.execute(f"select record_key, observed_{QUANTITY} from activation.{sync.model}").fetchall()
    read_at = published.observed_at(sync.destination) or datetime.min.replace(tzinfo=UTC)
    code = model_code.read_published(published.model_code.get(f"activation.{sync.model}"))
    return Model(len(found), dict(found), read_at, published.version, code)
