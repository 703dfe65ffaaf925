"""Which records of a batch are asked for together and which alone, and what each answer means for them. Sends nothing itself.

A destination that reads several records at once is asked that first; what such an answer leaves out is asked for alone,
so a record that it knows under another name is never taken for one that is not there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reverse_etl import answers
from reverse_etl.claims import Attempt
from reverse_etl.delivery import Delivery
from reverse_etl.destination import LookUp, LookUpMany, Outcome, Result
from reverse_etl.errors import UNFORESEEN, StopSync

# The attempts that were ours to make, and what the answer says by record key.
Said = tuple[Sequence[Attempt], Mapping[str, Outcome | None]]
# What an answer about several records says of one that it leaves out.
UNSAID = answers.not_applied("the answer to several does not mention this record", code="not_mentioned")


def of_a_read(outcome: Outcome | None) -> Outcome | None:
    """A read leaves no doubt behind: what it can not say, it did not say."""
    if outcome is not None and outcome.result is Result.IN_DOUBT:
        return answers.not_applied(outcome.message, code=outcome.code)
    return outcome


@dataclass
class Questions:
    """Deliveries to be looked up before they may be sent.

    `left` are those nothing is known about yet, `free` what may be sent, `doubted` the ids with an effect nobody knows,
    `unforeseen` what broke the question about it: the others are asked for all the same.
    """

    free: list[Delivery]
    doubted: set[str]
    ask: Callable[[Sequence[Delivery], LookUpMany], Awaitable[Said]]
    settle: Callable[[Delivery, Outcome], None]
    left: dict[str, Delivery] = field(default_factory=dict)
    unforeseen: list[tuple[Delivery, Outcome]] = field(default_factory=list)

    async def ask_all(self, look_up: LookUp) -> Outcome | None:
        """Ask until nothing is left; what a question that did not get through said, with the rest still in `left`."""
        together = [look_up.many] if look_up.many is not None and len(self.left) > 1 else []
        try:
            for way in (*together, look_up.alone):
                waiting = list(self.left.values())
                for start in range(0, len(waiting), way.most):
                    failed = await self._ask(waiting[start : start + way.most], way)
                    if failed is not None:
                        return failed
        except StopSync:
            # What was claimed for a question goes back with what was claimed for the write.
            self.free += self.left.values()
            raise
        return None

    async def _ask(self, part: Sequence[Delivery], way: LookUpMany) -> Outcome | None:
        attempts, found = await self.ask(part, way)
        for delivery in part:
            # Another worker's by now, unless it is among the attempts.
            del self.left[delivery.delivery_id]
        failed: Outcome | None = None
        for delivery in (attempt.delivery for attempt in attempts):
            outcome = found.get(delivery.record_key, UNSAID)
            if outcome is None:
                self.free.append(delivery)
                # Certainly not there: whatever happened before had no effect.
                self.doubted.discard(delivery.delivery_id)
            elif outcome.code == UNFORESEEN:
                self.unforeseen.append((delivery, outcome))
            elif outcome.result is Result.NOT_APPLIED:
                self.left[delivery.delivery_id] = delivery
                failed = failed if outcome is UNSAID else outcome
            else:
                self.settle(delivery, outcome)
        return failed
