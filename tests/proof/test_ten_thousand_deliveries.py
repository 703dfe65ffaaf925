"""Deliveries by the thousand while every fifth request fails in some way: nothing lost, nothing doubled, nothing hidden."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from reverse_etl import engine, settings
from reverse_etl.delivery_states import State
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_tables import DELIVERIES
from tests.proof import activation_tables, measured_push, shop_rows
from tests.proof.counting_shop import FAULTS, CountingShop, Weather
from tests.proof.scenes import troubles
from tests.reverse_etl.conftest import NOW

SYNC = "klaviyo__profiles"
SHARE_OF_FAULTS = 0.20
# Every so many-th person has an address that is refused for good.
REFUSED = 100
ROUNDS = 8
# How much more memory ten thousand deliveries may need than two thousand did: what the pools and caches settle at.
MEMORY_GROWS_AT_MOST = 1.15


def deliver(people: int, marks: tuple[int, ...], folder: Path) -> tuple[dict[int, int], Weather]:
    """Push so many profiles until nothing moves any more, checking after each push what is lost, doubled or hidden."""
    emails = [f"person-{number}@example.com" for number in range(people)]
    refused = set(emails[REFUSED // 2 :: REFUSED])
    with CountingShop() as shop:
        shop.bad_records = refused
        shop.faults = weather = Weather(SHARE_OF_FAULTS, seed=7)
        # Access is refused once, early on: that stops the first push.
        weather.next = [""] * 40 + ["401"]
        environ = {
            "CARTWHEEL_HOME": str(folder),
            "DESTINATIONS__KLAVIYO__BASE_URL": shop.url,
            "DESTINATIONS__KLAVIYO__API_KEY": "any",
        }
        ledger = engine.open_ledger(settings.read(environ, folder))
        warehouse, at, peaks = activation_tables.warehouse(), NOW, {}
        activation_tables.fill(warehouse, SYNC, [shop_rows.person(email) for email in emails])
        plan_id = engine.make_plan(SYNC, warehouse, ledger, at).plan_id
        for _ in range(ROUNDS):
            measured = measured_push.push(folder, environ, plan_id, at, marks)
            peaks = dict(measured.peaks) or peaks
            assert_nothing_is_hidden(ledger, measured.result.stopped_code)
            at += timedelta(hours=2)
            if not (measured.result.waiting or measured.result.in_doubt):
                break
        counts = shop.by_record
        assert {email for email in emails if counts[email] != 1} == refused
        assert not refused & set(counts)
        assert {key for key, _ in troubles(ledger)} == refused
        ledger.close()
    return peaks, weather


def assert_nothing_is_hidden(ledger: Ledger, stopped: str | None) -> None:
    """What is not accepted stands in the queue by its record, or waits for what stopped the whole push."""
    with ledger.engine.connect() as connection:
        others = select(DELIVERIES.c.record_key, DELIVERIES.c.tries).where(DELIVERIES.c.state != State.ACCEPTED)
        open_ones = {row[0]: row[1] for row in connection.execute(others)}
    standing = troubles(ledger)
    named = {key for key, _ in standing if key is not None}
    if stopped is None:
        assert set(open_ones) <= named
    else:
        assert any(key is None for key, _ in standing)


def test_three_hundred_deliveries_are_neither_lost_nor_doubled_nor_hidden(tmp_path: Path) -> None:
    _, weather = deliver(300, (60, 300), tmp_path)
    assert set(weather.came) >= {*FAULTS, "401", "none"}


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_ten_thousand_deliveries_are_neither_lost_nor_doubled_nor_hidden(tmp_path: Path, record_property) -> None:
    peaks, weather = deliver(10_000, (2_000, 9_900), tmp_path)
    ratio = peaks[9_900] / peaks[2_000]
    faults = sum(count for name, count in weather.came.items() if name != "none")
    record_property("deliveries", f"10,000 with {faults:,} faults in {weather.came.total():,} writes")
    record_property("memory after 9,900 deliveries / after 2,000", f"{ratio:.3f}")
    assert ratio <= MEMORY_GROWS_AT_MOST
