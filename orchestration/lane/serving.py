"""One channel's way out: handfuls from its mailbox, each planned and pushed, as many side by side as the channel takes requests.

A handful is what one request takes, so nothing is planned long before it can leave: until then a newer number takes its place
in the mailbox. What was not confirmed rests, longer each time; a channel that is stopped is left alone meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NamedTuple

from orchestration.lane.mailbox import Mailbox, Waiting
from reverse_etl.channel import Answered, Channel

# SKUs of one handful: few enough that a plan takes milliseconds.
MOST_SKUS = 50
# What a channel did not confirm is tried again after so long, then ever later.
FIRST_REST, LONGEST_REST = 0.5, 5.0


class Pushed(NamedTuple):
    """What came of a handful, and the SKUs of it that are not confirmed."""

    answered: Answered
    left: Collection[str]


class Serving:
    """`run` serves one channel. push: a handful of its SKUs; note: is told whatever came of a push or of settling."""

    def __init__(
        self,
        channel: Channel,
        mailbox: Mailbox,
        push: Callable[[Mapping[str, Waiting]], Awaitable[Pushed]],
        note: Callable[[Answered], None],
    ) -> None:
        self._channel, self._mailbox, self._push, self._note = channel, mailbox, push, note
        self._most = min(channel.sync.batch_size, MOST_SKUS)
        self._pushing: set[asyncio.Task[None]] = set()
        self._rest, self._is_stopped = FIRST_REST, False
        # When what rests is looked at again.
        self._again_at: float | None = None

    async def run(self) -> None:
        """Until it is cancelled; what a lane that died left in the air comes first."""
        await self._settle()
        async with asyncio.TaskGroup() as pushes:
            while True:
                if len(self._pushing) == self._channel.at_once:
                    await asyncio.wait(self._pushing, return_when=asyncio.FIRST_COMPLETED)
                elif self._again_at is not None and self._seconds_left() <= 0:
                    await self._try_again()
                elif self._is_stopped:
                    await asyncio.sleep(self._seconds_left())
                elif handful := await self._mailbox.take(self._most, self._patience()):
                    push = pushes.create_task(self._push_handful(handful))
                    self._pushing.add(push)
                    push.add_done_callback(self._pushing.discard)

    async def _push_handful(self, handful: Mapping[str, Waiting]) -> None:
        answered, left = await self._push(handful)
        self._mailbox.done(handful, left)
        self._take_note(answered)
        if not self._is_stopped and not left:
            self._rest = FIRST_REST

    async def _try_again(self) -> None:
        """Settle with nothing else under way, then let go what rested; the next rest is longer."""
        if self._pushing:
            await asyncio.wait(self._pushing)
        self._rest, self._again_at = min(self._rest * 2, LONGEST_REST), None
        await self._settle()
        if not self._is_stopped:
            self._mailbox.rouse()

    async def _settle(self) -> None:
        self._take_note(Answered(stopped=await self._channel.settle()))

    def _take_note(self, answered: Answered) -> None:
        self._note(answered)
        self._is_stopped = answered.stopped is not None
        if self._again_at is None and (self._is_stopped or self._mailbox.rests):
            self._again_at = asyncio.get_running_loop().time() + self._rest

    def _seconds_left(self) -> float:
        return (self._again_at or 0.0) - asyncio.get_running_loop().time()

    def _patience(self) -> float | None:
        """How long to wait for news: what is under way may come back unconfirmed."""
        if self._again_at is not None:
            return self._seconds_left()
        return self._rest if self._pushing else None
