"""Who shares a commit is told what became of it, whatever went wrong with the others or with the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from pipelines.intake.commits import CanNotBeKept, GroupCommit, StoreUnavailable
from pipelines.intake.inbox import Arrived, Inbox
from tests.pipelines.intake.events import arrived
from tests.reverse_etl.postgres_server import on_both_stores


def told(inbox: Inbox, *groups: Sequence[Arrived]) -> list[list[Any]]:
    """What each event's sender is told: None or the error; groups follow one another."""

    async def send() -> list[list[Any]]:
        commits = GroupCommit(inbox, lambda: None, 100)
        found = []
        for group in groups:
            keeping = (commits.keep(event) for event in group)
            found.append([type(said) for said in await asyncio.gather(*keeping, return_exceptions=True)])
        await commits.close()
        return found

    return asyncio.run(send())


NOTHING = type(None)


@on_both_stores
def test_one_that_can_not_be_kept_harms_none_of_the_others(inbox: Inbox) -> None:
    nobodys: Any = None
    together = [arrived("a"), arrived("b", account_id=nobodys), arrived("c")]
    assert told(inbox, together, [arrived("d")]) == [[NOTHING, CanNotBeKept, NOTHING], [NOTHING]]
    events = inbox.events_after(0)
    assert [(event.event_id, event.times_received) for event in events] == [("a", 1), ("c", 1), ("d", 1)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@on_both_stores
def test_after_an_error_that_is_none_of_the_stores_nobody_waits_for_ever_and_commits_go_on(inbox: Inbox) -> None:
    """Half a surrogate pair can not be encoded: the driver fails before the store sees it."""
    together = [arrived("a"), arrived("b", account_id="\ud800")]
    assert told(inbox, together, [arrived("a")]) == [[StoreUnavailable] * 2, [NOTHING]]
    assert [event.times_received for event in inbox.events_after(0)] == [1]


def test_who_waits_when_it_closes_is_kept(inbox: Inbox) -> None:
    async def send() -> None:
        commits = GroupCommit(inbox, lambda: None, 100)
        first = asyncio.create_task(commits.keep(arrived("a")))
        while not commits.waiting:
            await asyncio.sleep(0)
        second = asyncio.create_task(commits.keep(arrived("b")))
        await asyncio.sleep(0)
        await commits.close()
        await asyncio.gather(first, second)

    asyncio.run(send())
    assert len(inbox.events_after(0)) == 2
