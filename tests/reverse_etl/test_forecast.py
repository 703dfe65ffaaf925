"""What a plan says it will take is what its push then takes, where nothing goes wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reverse_etl import destinations, engine, plan
from reverse_etl.forecast import Forecast, forecast
from reverse_etl.ledger import Ledger
from reverse_etl.plan import Memory, Plan
from reverse_etl.quota import spend
from reverse_etl.settings import Settings
from tests.reverse_etl.conftest import NOW
from tests.reverse_etl.test_rendering import row

CONTACTS = engine.sync_named("hubspot__contacts")
SETTINGS = Settings("development", "", Path(), "", {})


@pytest.fixture
def ledger(store: str, tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(store, tmp_path)
    yield opened
    opened.close()


def of(deliveries: int) -> Plan:
    """A plan that creates so many contacts."""
    rows = [row(f"{nth}@example.com", None) for nth in range(deliveries)]
    made = plan.make(CONTACTS, deliveries, rows, Memory({}, accepted_records=0), None, NOW, [])
    assert len(made.deliveries) == deliveries
    return made


def test_records_that_share_a_request_are_counted_once(ledger: Ledger) -> None:
    found = forecast(of(2 * CONTACTS.batch_size + 1), CONTACTS, ledger, NOW, SETTINGS)
    assert found.requests == 3


def test_the_owners_pace_tells_the_time(ledger: Ledger) -> None:
    sync = dataclasses.replace(CONTACTS, batch_size=1)
    slow = dataclasses.replace(SETTINGS, values={"destinations.hubspot.requests_per_second": "2"})
    assert forecast(of(60), sync, ledger, NOW, slow).duration == timedelta(seconds=30)


def test_a_day_that_is_partly_spent_says_what_is_left(ledger: Ledger) -> None:
    daily = destinations.load("hubspot").pace.daily
    with ledger.engine.begin() as connection:
        assert spend(connection, "hubspot", daily, NOW, daily - 2)
    sync = dataclasses.replace(CONTACTS, batch_size=1)
    assert forecast(of(2), sync, ledger, NOW, SETTINGS).fits
    over = forecast(of(3), sync, ledger, NOW, SETTINGS)
    assert not over.fits
    assert str(over).endswith(f"MORE THAN THE DAY HAS: hubspot has 2 of {daily} left, the rest waits")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Forecast("shopify", 1, timedelta(seconds=0.5), None, 0), "1 request, under a second or more"),
        (Forecast("xero", 90, timedelta(seconds=94), 4_500, 500), "90 requests, 94 s or more; xero has 4000 of 4500 a day left"),
        (Forecast("quickbooks", 6_000, timedelta(minutes=12), None, 0), "6000 requests, 12 min or more"),
    ],
)  # fmt: skip
def test_what_it_says(found: Forecast, said: str) -> None:
    assert str(found) == said
