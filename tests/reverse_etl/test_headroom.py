"""How many batches may be under way: by what a destination answers while the disk works."""

from __future__ import annotations

import asyncio

from reverse_etl.headroom import Headroom


def places(headroom: Headroom) -> int:
    """How many places are free at once."""

    async def taken() -> int:
        count = 0
        try:
            while True:
                async with asyncio.timeout(0):
                    await headroom.take()
                count += 1
        except TimeoutError:
            return count

    found = asyncio.run(taken())
    for _ in range(found):
        headroom.give_back()
    return found


def written(headroom: Headroom, answered_meanwhile: int, times: int = 1) -> None:
    for _ in range(times):
        before = headroom.answered
        headroom.answered += answered_meanwhile
        headroom.was_written(before)


def test_a_destination_that_answers_nothing_while_the_disk_works_gets_no_more_than_its_least():
    headroom = Headroom(4)
    written(headroom, 0, times=50)
    assert places(headroom) == 16


def test_a_fast_destination_gets_room_for_what_it_answers_while_the_disk_works():
    headroom = Headroom(4)
    written(headroom, 40)
    # 16 at least, and two for each of the 40.
    assert places(headroom) == 96


def test_the_room_shrinks_again_when_the_destination_slows_down():
    headroom = Headroom(4)
    written(headroom, 40)
    written(headroom, 0, times=120)
    assert places(headroom) == 16


def test_the_room_has_an_end():
    headroom = Headroom(4)
    written(headroom, 100_000)
    assert places(headroom) == 512


def test_whoever_waits_for_a_place_gets_the_next_that_is_given_back():
    async def third() -> bool:
        headroom = Headroom(1)
        for _ in range(4):
            await headroom.take()
        waiting = asyncio.create_task(headroom.take())
        await asyncio.sleep(0)
        was_waiting = not waiting.done()
        headroom.give_back()
        await waiting
        return was_waiting

    assert asyncio.run(third())
