"""The lane's tables as the loop wants them: primed from the newest publication, and again when a newer one is out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from orchestration import model_code, warehouse
from orchestration.activation import blocked_syncs
from orchestration.lane.models import PUSHED
from orchestration.lane.tables import LaneTables, Touched
from orchestration.warehouse import Publication
from pipelines.intake.inbox import Inbox, InboxEvent
from reverse_etl import engine
from reverse_etl.channel import QUANTITY, Model
from reverse_etl.settings import Settings
from reverse_etl.sync import Sync


class PublishedTables:
    """`sequence` is the newest event the tables hold; what came before the snapshot was read is in it already."""

    def __init__(self, inbox: Inbox, syncs: Mapping[str, Sync]) -> None:
        """Raises NothingPublished or NoLaneSnapshot where there is nothing to start from."""
        self._inbox, self._syncs = inbox, syncs
        self._published = warehouse.newest_publication()
        self._tables = LaneTables.prime(self._published)
        self.sequence = inbox.newest_before(self._tables.replay_from)

    def apply(self, events: Sequence[InboxEvent]) -> Touched:
        touched = self._tables.apply(events)
        self.sequence = max(self.sequence, events[-1].sequence)
        return touched

    def take(self, told: Any, is_proof: bool) -> Touched:
        return self._tables.take(told, is_proof)

    def known(self, model: str, skus: Collection[str]) -> pa.Table | None:
        return self._tables.known(model, skus)

    def rows(self, model: str, skus: Collection[str]) -> pa.Table:
        return self._tables.rows(model, skus)

    @property
    def since(self) -> tuple[int, int]:
        """The publication and the day of it: with another of either, whatever was known of a SKU is unknown."""
        return self._published.version, self._tables.days

    def renew(self) -> Mapping[str, Model] | None:
        """Start anew from a newer publication that carries a start; the old tables serve until then."""
        newest = warehouse.newest_publication()
        if newest.version == self._published.version or newest.lane is None:
            return None
        before, self._tables = self._tables, LaneTables.prime(newest)
        before.close()
        self._published = newest
        self.sequence = self._inbox.newest_before(self._tables.replay_from)
        return self.models()

    def models(self) -> dict[str, Model]:
        """What each sync's activation table says in this publication."""
        with warehouse.reading() as connection:
            return {name: _model(connection, sync, self._published) for name, sync in self._syncs.items()}

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
