"""Every destination's own meter, read from its answers: how long further requests are held so that none is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pybreaker
import pytest

from reverse_etl import destinations
from reverse_etl.client import DestinationClient, limiter
from reverse_etl.destination import Answer
from reverse_etl.errors import RetryLater
from reverse_etl.settings import Connection
from tests.reverse_etl.destination_cases import batch, one, write

server = pytest.importorskip("sandbox.server")
from sandbox import pacing  # noqa: E402
from sandbox.platforms import shopify_cost  # noqa: E402


def hold(destination, body=None, **headers):
    lower = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return destinations.load(destination).hold(Answer(200, body, lower))


def cost(available, asked=10, rate=100, most=2000):
    status = {"maximumAvailable": Decimal(most), "currentlyAvailable": available, "restoreRate": Decimal(rate)}
    return {"extensions": {"cost": {"requestedQueryCost": asked, "throttleStatus": status}}}


def test_shopify_is_held_until_its_bucket_holds_all_that_may_be_in_flight():
    assert hold("shopify", cost(40)) == 0
    # Four in flight at 10 points each are 40; 15 are there, and 100 come each second.
    assert hold("shopify", cost(15)) == 0.25
    # More than the bucket ever holds can not be waited for: (100 - 0) / 100.
    assert hold("shopify", cost(0, asked=900, most=100)) == 1.0
    assert hold("shopify", cost(0, rate=0)) == 0
    assert hold("shopify", {}) == 0


def test_a_throttled_answer_says_how_long_the_bucket_takes():
    body = {"errors": [{"extensions": {"code": "THROTTLED"}}], **cost(50, asked=100)}
    with pytest.raises(RetryLater) as caught:
        write("shopify__tracking").decode(batch("shopify__tracking"), Answer(200, body))
    # (100 wanted - 50 there) / 100 per second
    assert caught.value.wait == 0.5


def test_hubspot_is_held_by_what_is_left_of_its_rolling_window():
    window = {"x_hubspot_ratelimit_interval_milliseconds": 10_000, "x_hubspot_ratelimit_max": 190}
    assert hold("hubspot", **window, x_hubspot_ratelimit_remaining=4) == 0
    assert hold("hubspot", **window, x_hubspot_ratelimit_remaining=3) == 2.5
    assert hold("hubspot", **window, x_hubspot_ratelimit_remaining=0) == 10
    assert hold("hubspot", **window) == hold("hubspot", x_hubspot_ratelimit_remaining="many") == 0


def test_klaviyo_is_held_until_its_minute_is_over():
    assert hold("klaviyo", ratelimit_remaining=8, ratelimit_reset=40) == 0
    assert hold("klaviyo", ratelimit_remaining=7, ratelimit_reset=40) == 40
    assert hold("klaviyo", ratelimit_remaining="nan", ratelimit_reset="inf") == 0
    assert hold("klaviyo", ratelimit_remaining=0) == hold("klaviyo", ratelimit_reset=9) == 0


def test_xero_s_minute_is_left_alone_when_others_have_nearly_used_it_up():
    assert hold("xero", x_minlimit_remaining=3) == hold("xero") == hold("xero", x_minlimit_remaining="some") == 0
    assert hold("xero", x_minlimit_remaining=2) == 61.0


def test_amazon_is_held_when_an_account_is_allowed_less_than_the_usual_five_a_second():
    assert hold("amazon", x_amzn_ratelimit_limit="5.0") == hold("amazon", x_amzn_ratelimit_limit="10") == 0
    # Three in flight at two a second: the next may go when these three have been paid for.
    assert hold("amazon", x_amzn_ratelimit_limit="2.0") == 1.5
    assert (
        hold("amazon") == hold("amazon", x_amzn_ratelimit_limit="0") == hold("amazon", x_amzn_ratelimit_limit="x") == 0
    )


def test_vendors_without_a_meter_hold_nobody():
    assert hold("woocommerce") == hold("quickbooks") == 0


def test_hubspot_and_xero_count_the_day():
    assert {name: destinations.load(name).pace.daily for name in destinations.names()} == {
        "shopify": None, "woocommerce": None, "quickbooks": None, "klaviyo": None, "slack": None, "email": None, "cin7": None, "amazon": None, "hubspot": 650_000,
        # Below the organisation's 5,000, because its readers spend from them too.
        "xero": 4_500,
    }  # fmt: skip


# (calls, seconds) as the vendors document them; Shopify counts cost instead, and WooCommerce nothing.
WINDOWS = {
    "amazon": [(5, 1)], "hubspot": [(190, 10)], "klaviyo": [(75, 1)], "quickbooks": [(10, 1), (500, 60)], "xero": [(60, 60)], "slack": [(1, 1)],
}  # fmt: skip


@pytest.mark.parametrize("platform", WINDOWS)
def test_the_pace_fits_every_window_of_the_vendor_and_leaves_little_of_the_tightest(platform):
    bucket = limiter(destinations.load(platform).pace)
    rate = bucket.max_rate / bucket.time_period
    # The burst that opens a window, its first call included, and what drips in after it.
    used = [(bucket.max_rate - 1 + seconds * rate) / calls for calls, seconds in WINDOWS[platform]]
    assert 0.95 <= max(used) <= 1


PACED = {
    "shopify": "shopify__stock_levels", "hubspot": "hubspot__contacts", "klaviyo": "klaviyo__profiles", "xero": "xero__invoices",
}  # fmt: skip


@pytest.mark.parametrize("platform", PACED)
def test_a_small_account_is_used_up_without_one_refusal(platform):
    """Many more requests than the vendor's meter has room for at once; waiting moves the meter's own clock."""
    with server.Sandbox(port=0, seed=7, orders=60) as sandbox:
        clock = _shrink(sandbox.world, platform)
        destination = destinations.load(platform)
        assert asyncio.run(_refusals(sandbox, destination, clock)) == 0
        # The same calls without reading the meter: the room was not enough.
        assert asyncio.run(_refusals(sandbox, replace(destination, hold=lambda answer: 0.0), clock)) > 0


class Waiting:
    """A clock that stands still but for what is waited."""

    def __init__(self):
        self.slept = 0.0

    def __call__(self):
        return self.slept

    async def sleep(self, seconds):
        self.slept += seconds
        await asyncio.sleep(0)


def _shrink(world, platform):
    """An account with little room: 400 points, 190 calls, 100 calls a minute, or Xero's own 60."""
    clock = Waiting()
    if platform == "xero":
        world.state("xero")["limits"].minute = pacing.Window(60, clock)
    elif platform == "shopify":
        world.state("shopify")["bucket"] = shopify_cost.Bucket(400, 100, now=clock)
    else:
        room = pacing.Bucket(1140, 190, clock) if platform == "hubspot" else pacing.Window(100, clock)
        world.state(platform)["bucket"] = room
    return clock


async def _refusals(sandbox, destination, clock, times=500):
    """How many of so many reads are refused, with as many in flight as declared."""
    platform = destination.name
    names = (server.CREDENTIALS | server.EUROPE_CREDENTIALS)[platform]
    connection = Connection(platform, f"{sandbox.url}/{platform}", names)
    asked, left = (
        write(PACED[platform]).read_back.encode(_known(sandbox.world, PACED[platform]), {}),
        iter(range(times)),
    )
    # The burst limiter runs on real time and is proven elsewhere; here the meter alone must do.
    unpaced = replace(destination, pace=replace(destination.pace, requests=1e6))
    refused = 0
    async with DestinationClient(unpaced, connection, pybreaker.CircuitBreaker(), clock.sleep) as client:

        async def taker():
            nonlocal refused
            for _ in left:
                await client.turn()
                answer = await client.send(asked)
                refused += answer.status != 200 or "errors" in answer.body

        async with asyncio.TaskGroup() as tasks:
            for _ in range(destination.pace.in_flight):
                tasks.create_task(taker())
    return refused


def _known(world, sync):
    if sync.startswith(("shopify", "xero")):
        return one(sync)
    return one(sync, email=next(item.email for item in world.contacts[sync.split("__")[0]] if not item.is_archived))
