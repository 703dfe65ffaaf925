"""A publication takes the place of the tables while events come: the newer tables miss none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration import warehouse
from orchestration.lane.published import PublishedTables, served_syncs
from pipelines.intake.inbox import Arrived, Inbox
from reverse_etl import settings
from tests.orchestration.lane.batch import Built
from tests.orchestration.lane.goods import SKUS
from tests.orchestration.lane.inbox_events import Event
from tests.orchestration.lane.whole_serve import MODELS, history, published_home

pytestmark = pytest.mark.dbt


@pytest.fixture
def home(tmp_path: Path, stock_models: Built) -> Iterator[Path]:
    with published_home(tmp_path, stock_models) as folder:
        yield folder


def arrive(inbox: Inbox, events: Sequence[Event]) -> None:
    for event in events:
        said = (event.platform, event.account_id, event.topic, str(event.sequence), None, None, event.body)
        inbox.keep([Arrived(*said, event.occurred_at, event.received_at, True, True)])


def shown(tables: PublishedTables) -> list[list[dict]]:
    return [tables.rows(model, SKUS) for model in MODELS]


@pytest.mark.parametrize("seed", range(3))
def test_newer_tables_hold_every_event_of_the_old_ones_whenever_it_came(home: Path, seed: int) -> None:
    shop, syncs = history(seed), served_syncs(settings.read())
    with closing(Inbox.at_home()) as inbox:
        tables = PublishedTables(inbox, syncs)
        later = iter(shop.events)
        arrive(inbox, [next(later) for _ in range(10)])
        tables.apply(inbox.events_after(tables.sequence))
        with warehouse.writing("publish a small shop again"):
            warehouse.publish(datetime.now(UTC))
        renewed, pointers = None, set()
        for event in later:
            renewed = renewed or tables.renew()
            arrive(inbox, [event])
            touched = tables.apply(inbox.events_after(tables.sequence))
            pointers |= {*touched.pointers} if renewed is not None else set()
        while renewed is None:
            renewed = tables.renew()
        assert tables.sequence == inbox.newest()

        fresh = PublishedTables(inbox, syncs)
        every = fresh.apply(inbox.events_after(0))
        # What was read for the old tables is named again, for it is not in the newer ones.
        assert {*every.pointers} == pointers | {*renewed.touched.pointers}
        for pointer in every.pointers:
            for each in (tables, fresh):
                each.take(shop.fetch(pointer), False)
        assert shown(tables) == shown(fresh)
        assert renewed.models == fresh.models()
