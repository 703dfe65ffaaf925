"""What a snapshot says is amiss with stock stands in the operator's queue, and ends there when the snapshot no longer says it."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from reverse_etl import settings
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import EXCEPTIONS
from tests.orchestration import published_home
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, order


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    published_home.settle_in(tmp_path / "home", "http://127.0.0.1:9", monkeypatch)


def publish(units: int) -> None:
    """The snapshot of a shelf with so many cups and two orders for one each; MUG is below nothing."""
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", units), level("MUG", "BER", -2))
    world.rows("can_orders", order("A"), order("B", "woocommerce", placed_at=datetime(2026, 10, 30, 9, 1)))
    world.rows("can_order_lines", line("A", "CUP", 1), line("B", "CUP", 1))
    published_home.publish_built(world, "fct_stock_exceptions")


def queue() -> dict[str, tuple[str, str, str]]:
    store = open_store(settings.read().operations_url)
    columns = [EXCEPTIONS.c[name] for name in ("record_key", "code", "exception_status", "message")]
    with closing(store.raw_connection()), store.connect() as connection:
        rows = connection.execute(sa.select(*columns)).all()
    store.dispose()
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def test_an_oversold_order_stands_in_the_queue_until_there_is_enough() -> None:
    publish(units=1)
    publish(units=1)  # the same trouble twice is one case
    code, status, message = queue()["B/CUP"]
    assert (code, status) == ("oversold_last_unit", "open")
    assert "Order #B (woocommerce, placed 2026-10-30 09:01:00 UTC) claims 1 of CUP" in message
    assert (
        "The last went to #A (shopify, placed 2026-10-30 09:00:00 UTC), decided by earlier on a clock of 1 s" in message
    )
    assert "Options: substitute; cancel and refund" in message
    publish(units=2)
    assert queue()["B/CUP"][1] == "resolved"


def test_a_shelf_below_nothing_is_a_case_of_its_own() -> None:
    publish(units=2)
    assert {key: row[:2] for key, row in queue().items()} == {"MUG@BER": ("negative_stock", "open")}
