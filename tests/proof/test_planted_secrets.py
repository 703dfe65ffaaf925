"""Secrets planted in every setting are found in no file, log, plan, ledger row, exception or output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reverse_etl import engine
from reverse_etl.errors import DeliveryError
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_tables import METADATA
from tests.proof.counting_shop import CountingShop, Faults
from tests.proof.planted_home import PlantedHome, files, rows_of_all

VERBS = (
    ("plan",),
    ("plan", "--format", "json"),
    ("push",),
    ("exceptions",),
    ("exceptions", "list", "--format", "json"),
    ("flows",),
    ("flows", "--format", "json"),
    ("drift",),
    ("handoff", "export", "woocommerce"),
    ("explain", "delivery", "woocommerce__stock_levels-1/1"),
    ("replay", "woocommerce__stock_levels-1"),
    ("approve", "woocommerce__stock_levels-1", "--by", "Ann", "--because", "a test"),
)


@pytest.fixture
def shop() -> Iterator[CountingShop]:
    with CountingShop() as started:
        started.bad_records = {"bad@example.com"}
        yield started


@pytest.fixture
def home(tmp_path, shop, monkeypatch) -> PlantedHome:
    made = PlantedHome(tmp_path, shop.url)
    made.fill_and_publish(monkeypatch)
    return made


def push_everything(home: PlantedHome, shop: CountingShop) -> list[str]:
    """Plans and pushes of every sync, the bad ways and the good one; what they say in Python."""
    said = [repr(home.settings())]
    # Quoted back and refused; access refused; broken in the middle; and at last all is well.
    days = ([], True), (["401"], False), (["reset_reply", "garbage"], False), ([], False)
    with closing(engine.open_ledger(home.settings())) as ledger:
        for day, (faults, quotes) in enumerate(days):
            for name in rows_of_all():
                shop.faults, shop.quotes_credentials = Faults(faults), quotes
                said += plan_and_push(home, ledger, name, datetime.now(UTC) + timedelta(days=day))
    return said


def plan_and_push(home: PlantedHome, ledger: Ledger, name: str, at: datetime) -> list[str]:
    from orchestration import warehouse

    async def no_sleep(seconds: float) -> None:
        return None

    with warehouse.reading() as connection:
        plan = engine.make_plan(name, connection, ledger, at)
    try:
        return [repr(plan), repr(engine.push(plan, ledger, home.settings(), clock=lambda: at, sleep=no_sleep))]
    except DeliveryError as error:
        return [repr(plan), repr(error)]


def rows(home: PlantedHome) -> list[str]:
    with closing(engine.open_ledger(home.settings())) as ledger, ledger.engine.connect() as connection:
        return [str(tuple(row)) for table in METADATA.sorted_tables for row in connection.execute(table.select())]


def test_pushes_that_fail_in_every_way_leave_no_secret(home, shop, caplog) -> None:
    said = push_everything(home, shop)
    home.cartwheel("push")
    home.cartwheel("exceptions")
    stored = rows(home)
    # The words in which the credentials were quoted are there, without the credentials.
    assert sum("not valid" in row for row in stored) >= 5
    assert home.leaks([*said, *stored, caplog.text]) == []


def test_the_search_finds_what_is_there(home, shop) -> None:
    push_everything(home, shop)
    # The secrets really were in use: the shop was shown each of those its pushes need.
    shown = " ".join(str(request["headers"]) + request["path"] for request in shop.requests)
    assert home.secrets["DESTINATIONS__HUBSPOT__ACCESS_TOKEN"] in shown
    assert home.secrets["DESTINATIONS__QUICKBOOKS__REALM_ID"] in shown
    (home.folder / "careless.log").write_text(home.secrets["DESTINATIONS__KLAVIYO__API_KEY"])
    assert home.leaks() == ["DESTINATIONS__KLAVIYO__API_KEY in careless.log"]


def test_the_password_of_the_store_is_in_no_message(home) -> None:
    password = home.secrets["CARTWHEEL_OPERATIONS_URL"] = "planted0store0password"
    url = f"postgresql+psycopg://cartwheel:{password}@127.0.0.1:1/cartwheel"
    said = home.cartwheel("flows", CARTWHEEL_OPERATIONS_URL=url)
    assert "operational store" in said
    assert home.leaks() == []


@pytest.mark.proof
def test_every_verb_and_a_materialization_leave_no_secret(home, shop, record_property) -> None:
    said = push_everything(home, shop)
    for verb in VERBS:
        home.cartwheel(*verb)
    shop.quotes_credentials = True
    assert "push__" in home.materialize()
    home.cartwheel("exceptions", "show", "EX-1")
    leaks = home.leaks([*said, *rows(home)])
    record_property(
        "planted secrets", f"{len(home.secrets)}, found {len(leaks)} times in {len(files(home.folder))} files"
    )
    assert leaks == []


def test_a_home_of_nothing_has_nothing_to_search(tmp_path: Path) -> None:
    assert files(tmp_path) == []
