"""Good, forged, replayed, late, duplicated, reordered, truncated, huge and non-UTF-8 deliveries of all vendors at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import aiohttp
import pytest

from pipelines.intake.inbox import Inbox
from sandbox.server import Sandbox
from tests.pipelines.intake.mixed_deliveries import LARGEST, Delivery, mixed
from tests.pipelines.intake.running import RunningIntake, sandbox_keys
from tests.reverse_etl.postgres_server import on_both_stores


async def sent(deliveries: list[Delivery]) -> list[int]:
    """The answers, with 40 requests in flight."""
    limit = asyncio.Semaphore(40)
    async with aiohttp.ClientSession() as session:

        async def send(delivery: Delivery) -> int:
            async with limit, session.post(delivery.url, data=delivery.body, headers=delivery.headers) as answer:
                assert await answer.read() == b""
                return answer.status

        return await asyncio.gather(*(send(delivery) for delivery in deliveries))


def all_of_it_holds(inbox: Inbox, seed: int, count: int) -> None:
    with Sandbox() as twins, RunningIntake(inbox, sandbox_keys(twins.url), body_bytes=LARGEST) as intake:
        deliveries = mixed(seed, count, intake.url, twins.url, datetime.now(UTC))
        answers = asyncio.run(sent(deliveries))
    wrong = [
        (delivery.kind, delivery.platform, answer)
        for delivery, answer in zip(deliveries, answers, strict=True)
        if answer != delivery.status
    ]
    assert wrong == []
    expected = Counter(delivery.body for delivery in deliveries if delivery.status == 200)
    kept = {event.body: event.times_received for event in inbox.events_after(0, limit=10_000)}
    # Nothing lost, nothing forged, every repeat counted on its one row.
    assert kept == dict(expected)
    unreadable = {event.body for event in inbox.events_after(0, limit=10_000) if not event.is_readable}
    spoiled = ("truncated", "not_utf8", "no_json", "deep")
    assert unreadable == {delivery.body for delivery in deliveries if delivery.kind.split(",")[0] in spoiled}
    assert {delivery.kind.split(",")[0] for delivery in deliveries} >= {"forged", "huge", "late", *spoiled}


@on_both_stores
def test_of_two_hundred_mixed_deliveries_none_is_lost_and_no_forgery_taken(inbox: Inbox) -> None:
    all_of_it_holds(inbox, seed=1, count=200)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(3))
@on_both_stores
def test_of_a_thousand_mixed_deliveries_none_is_lost_and_no_forgery_taken(inbox: Inbox, seed: int) -> None:
    all_of_it_holds(inbox, seed=seed, count=1_000)
