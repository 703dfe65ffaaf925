"""The stores of the operational tests, an inbox on each of them, and an intake on a port of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.intake.inbox import Inbox
from tests.reverse_etl.postgres_server import migrated_database, new_store, postgres_server, store  # noqa: F401


@pytest.fixture
def inbox(store: str) -> Iterator[Inbox]:  # noqa: F811
    opened = Inbox(store.replace("operations.sqlite", "inbox.sqlite"))
    yield opened
    opened.close()
