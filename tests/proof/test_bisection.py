"""One bad record among thousands, in a batch that the destination refuses without naming it, costs a few more calls."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reverse_etl import destinations, engine
from reverse_etl.breaker import breaker_of
from reverse_etl.client import DestinationClient
from reverse_etl.feed import Feed
from reverse_etl.group_commit import GroupCommit
from reverse_etl.push import Push
from tests.proof import shop_rows
from tests.proof.counting_shop import CountingShop
from tests.proof.scenes import Scene
from tests.reverse_etl.conftest import no_sleep

SYNC = "woocommerce__stock_levels"


@pytest.fixture
def scene(tmp_path) -> Iterator[Scene]:
    with CountingShop(requests_kept=10_000) as shop:
        made = Scene(shop, tmp_path)
        yield made
        made.ledger.close()


def planned(scene: Scene, records: int, bad: int) -> str:
    """A plan for so many products, of which the shop refuses this one."""
    scene.fill(SYNC, [shop_rows.product(str(number), 7, 1) for number in range(1, records + 1)])
    scene.shop.bad_records = {str(bad)}
    return scene.plan(SYNC).plan_id


def assert_only_the_bad_one_failed(scene: Scene, records: int, bad: int) -> None:
    assert len(scene.shop.commits) == records - 1
    assert {key for key, _ in scene.troubles()} == {str(bad)}


def writes(scene: Scene) -> int:
    return sum(request["method"] == "POST" for request in scene.shop.requests)


@pytest.mark.parametrize("bad", [1, 237, 400])
def test_one_bad_record_among_four_hundred_costs_few_more_calls(scene, bad) -> None:
    scene.push(planned(scene, 400, bad))
    assert_only_the_bad_one_failed(scene, 400, bad)
    assert writes(scene) - 4 <= 2 * math.log2(400)


@pytest.mark.proof
def test_one_bad_record_among_ten_thousand_costs_few_more_calls(scene, record_property) -> None:
    scene.push(planned(scene, 10_000, 7_777))
    assert_only_the_bad_one_failed(scene, 10_000, 7_777)
    more = writes(scene) - 100
    record_property("one bad record in 10,000", f"{more} more calls, allowed {2 * math.log2(10_000):.1f}")
    assert more <= 2 * math.log2(10_000)


@pytest.mark.proof
@pytest.mark.parametrize("bad", [1, 10_000])
def test_ten_thousand_records_in_one_request_cost_no_more_than_that_either(scene, bad, record_property) -> None:
    plan_id = planned(scene, 10_000, bad)
    scene.ledger.approve_within_limits(plan_id, scene.at)
    asyncio.run(push_in_batches_of(10_000, scene))
    assert_only_the_bad_one_failed(scene, 10_000, bad)
    record_property(f"record {bad:,} of one request with 10,000", f"{writes(scene) - 1} more calls")
    assert writes(scene) - 1 <= 2 * math.log2(10_000)


async def push_in_batches_of(size: int, scene: Scene) -> None:
    """The engine's own loop, with a sync that puts more into a request than any vendor takes."""
    destination = destinations.load("woocommerce")
    syncs = {SYNC: replace(engine.sync_named(SYNC), batch_size=size)}
    breaker = breaker_of(scene.ledger.engine, destination.name, lambda: scene.at)
    connection = scene.settings.connection(destination)
    with scene.ledger.working() as holder:
        async with (
            GroupCommit(scene.ledger, lambda: scene.at) as commits,
            DestinationClient(destination, connection, breaker, no_sleep) as client,
        ):
            run = Push(
                destination, syncs, scene.ledger, commits, client, holder,
                lambda: scene.at, lambda done: None, lambda label: None, no_sleep,
            )  # fmt: skip
            await run.drain(Feed(scene.ledger.queries, destination, syncs, holder))
