"""Amazon's changes into the inbox: what the twin sold comes once, within the vendor's rate, and across a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.extract import connector
from pipelines.intake import rows
from pipelines.intake.inbox import Inbox
from pipelines.intake.polls import __main__ as process
from pipelines.intake.polls.amazon import AmazonPoll, Refused
from pipelines.intake.rows import Told
from pipelines.settings import Connection
from sandbox.amazon_facts import CANADA, UNITED_STATES
from sandbox.amazon_world import place_amazon_order
from sandbox.pacing import bucket
from sandbox.platforms.amazon import PLANS
from sandbox.server import AMAZON_CREDENTIALS, Sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The twin with every bucket full."""
    rates = {name: (rate * 60, burst) for name, (rate, burst) in PLANS.items()}
    running.world.state("amazon")["buckets"] = {name: bucket("amazon", *plan) for name, plan in rates.items()}
    return running


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    opened = Inbox(f"sqlite:///{tmp_path}/inbox.db")
    yield opened
    opened.close()


class Seconds:
    """A clock that is wound by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def poll(sandbox: Sandbox, inbox: Inbox, seconds: Seconds) -> AmazonPoll:
    credentials = {**AMAZON_CREDENTIALS["amazon"], "marketplace_ids": f"{UNITED_STATES},{CANADA}"}
    client = connector("amazon").connect(Connection("amazon", "main", f"{sandbox.url}/amazon", credentials))
    return AmazonPoll(client, "main", inbox, lambda: datetime.now(UTC), seconds)


def orders(inbox: Inbox) -> list[str]:
    return [str(event.resource_id) for event in inbox.events_after(0) if event.topic.startswith("order.")]


def searches(sandbox: Sandbox) -> int:
    """Calls of searchOrders the twin has answered or refused since it started full."""
    room = sandbox.world.state("amazon")["buckets"]["searchOrders"]
    return int(room.capacity - room.remaining)


def sold(sandbox: Sandbox) -> str:
    listings = sandbox.world.amazon.listings
    sku = max(sku for sku, one in listings.items() if one.sent_by == "DEFAULT" and one.quantity > 5)
    return place_amazon_order(sandbox.world, sku, 1).number


def test_an_order_comes_once_as_soon_as_its_listing_fell(sandbox: Sandbox, inbox: Inbox) -> None:
    asking = poll(sandbox, inbox, Seconds())
    asking.turn()
    before = orders(inbox)
    assert sorted(before) == sorted(sandbox.world.amazon.orders)
    number = sold(sandbox)
    asking.turn()
    asking.turn()
    assert orders(inbox)[len(before) :] == [number]
    events = inbox.events_after(0)
    assert {event.platform for event in events} == {"amazon"}
    assert [event.topic for event in events if event.resource_id == number] == ["order.read"]


def test_a_cancelled_order_says_so_in_its_topic(sandbox: Sandbox, inbox: Inbox) -> None:
    poll(sandbox, inbox, Seconds()).turn()
    topics = {event.resource_id: event.topic for event in inbox.events_after(0)}
    taken_back = {
        order.number
        for order in sandbox.world.amazon.orders.values()
        if order.status == "CANCELLED" or any(line.is_cancelled for line in order.lines)
    }
    assert taken_back
    assert {number for number, topic in topics.items() if topic == "order.cancelled"} == taken_back


def test_what_is_told_is_what_the_connector_reads(sandbox: Sandbox, inbox: Inbox) -> None:
    from pipelines.connector import Notices, shape

    asking = poll(sandbox, inbox, Seconds())
    asking.turn()
    sold(sandbox)
    asking.turn()
    said: dict[str, dict[str, rows.Row]] = {}
    for event in inbox.events_after(0):
        for one in rows.rows(event):
            assert isinstance(one, Told)
            said.setdefault(one.table, {})[one.key] = one.rows[0]
    for resource in ("orders", "listings"):
        declared = connector("amazon").resource(resource)
        read = [row for page in declared.fetch(asking.client, None) for row in page]
        shaped = [shape(row, declared, "main", Notices(), resource) for row in read]
        wanted = {row[declared.key[0]]: {name: row[name] for name in row if name != "_undeclared"} for row in shaped}
        found = said[f"raw_amazon.{resource}"]
        assert found
        assert found == {key: json.loads(json.dumps(wanted[key], default=str)) for key in found}


def test_orders_are_asked_for_within_half_of_the_vendor_s_rate(sandbox: Sandbox, inbox: Inbox) -> None:
    seconds = Seconds()
    asking = poll(sandbox, inbox, seconds)
    for _ in range(20):
        sold(sandbox)
        asking.turn()
        seconds.at += 30
    # Ten at once, and one and a half in ten minutes.
    assert searches(sandbox) == 11
    missing = set(sandbox.world.amazon.orders) - set(orders(inbox))
    assert missing
    seconds.at += 358
    asking.turn()
    assert set(orders(inbox)) == set(sandbox.world.amazon.orders)


def test_a_refusal_ends_the_turn_and_is_not_repeated_in_a_loop(sandbox: Sandbox, inbox: Inbox) -> None:
    seconds = Seconds()
    asking = poll(sandbox, inbox, seconds)
    sandbox.world.state("amazon")["buckets"]["searchOrders"].drain()
    with pytest.raises(Refused):
        asking.turn()
    before = sandbox.world.state("amazon")["requests"]
    asking.turn()
    # The listings alone.
    assert sandbox.world.state("amazon")["requests"] - before == 1


def test_a_poll_that_starts_again_goes_on_where_the_inbox_ends(sandbox: Sandbox, inbox: Inbox) -> None:
    poll(sandbox, inbox, Seconds()).turn()
    before = inbox.newest()
    number = sold(sandbox)
    poll(sandbox, inbox, Seconds()).turn()
    after = inbox.events_after(before)
    assert [event.resource_id for event in after if event.topic.startswith("order.")] == [number]


def test_without_a_seller_s_account_there_is_nothing_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["polls"])
    assert process.main() == process.NOTHING_TO_DO
    monkeypatch.setenv("SOURCES__AMAZON__BASE_URL", "http://127.0.0.1:9/amazon")
    assert process.main() == process.NOTHING_TO_DO
    assert "SOURCES__AMAZON__" in capsys.readouterr().err
