"""The loop: settle what is in doubt, then claim, write ahead, send and record, one outcome per record.

Whatever line the process dies on, the ledger says what is known: an attempt is committed before its request leaves and
its outcome after the answer, so an attempt without outcome is a doubt, and a doubt is looked up or resent under the
same key, as the sync's guard says. This file holds the one bare `except Exception` of the house; it becomes a doubt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from reverse_etl import answers, canonical_json
from reverse_etl.client import DestinationClient
from reverse_etl.destination import (
    Answer,
    Destination,
    LookUp,
    Outcome,
    Outcomes,
    ReferenceReads,
    References,
    Result,
    Write,
)
from reverse_etl.errors import DeliveryError, InDoubt, Kind, RetryLater, StopSync
from reverse_etl.ledger import Ledger, Purpose
from reverse_etl.plan import Delivery
from reverse_etl.sync import Guard, InDoubtPolicy, Sync

TRIES = 5
# Longer than any vendor's usual wait (QuickBooks: a minute), shorter than an operator's patience.
LONGEST_WAIT = 90.0

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]
# Called at each labelled step of a delivery; tests die there.
Step = Callable[[str], None]


class _Again(Exception):
    """Some records of a batch are to be sent once more, after `wait` seconds."""

    def __init__(self, batch: Sequence[Delivery], wait: float | None) -> None:
        super().__init__("again")
        self.batch = batch
        self.wait = wait


@dataclass
class Push:
    """One run over deliveries of one sync. `stopped` holds the error that ended it early."""

    sync: Sync
    destination: Destination
    ledger: Ledger
    client: DestinationClient
    clock: Clock
    progress: Progress
    step: Step
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    stopped: DeliveryError | None = None
    done: int = 0
    total: int = 0

    @property
    def write(self) -> Write:
        return self.destination.writes[self.sync.object]

    async def run(self, doubtful: Sequence[Delivery], planned: Sequence[Delivery]) -> None:
        """Settle the doubtful, then send the planned, several batches in flight."""
        self.total = len(doubtful) + len(planned)
        self._references: References = {}
        try:
            if self.write.references is not None:
                self._references = await self._read_references(self.write.references)
        except DeliveryError as error:
            self.stopped = error
            return
        await self._all(self._batches_as_sent(doubtful), in_doubt=True)
        await self._all(self._batches(planned), in_doubt=False)

    async def _all(self, batches: Iterator[Sequence[Delivery]], in_doubt: bool) -> None:
        async def worker() -> None:
            for batch in batches:
                if self.stopped is not None:
                    return
                try:
                    await self._deliver(batch, {delivery.delivery_id for delivery in batch} if in_doubt else set())
                except StopSync as error:
                    self.stopped = error
                self.done += len(batch)
                self.progress(self.done, self.total)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(self.destination.pace.in_flight):
                tasks.create_task(worker())

    async def _deliver(self, batch: Sequence[Delivery], doubted: set[str]) -> None:
        """Bring every record of a batch to an end: accepted, rejected, in doubt, or back to planned.

        `doubted` holds the ids of those with an attempt whose effect is unknown; only an answer about the record itself
        takes one out of it, not a later attempt that had no effect.
        """
        left = batch
        try:
            retrying = AsyncRetrying(
                stop=stop_after_attempt(TRIES),
                wait=_wait,
                retry=retry_if_exception_type(_Again),
                sleep=self.sleep,
                reraise=True,
            )
            async for attempt in retrying:
                with attempt:
                    try:
                        await self._once(left, doubted)
                    except _Again as again:
                        left = again.batch
                        raise
        except _Again:
            self.ledger.release(left, doubted, self.clock())

    async def _once(self, batch: Sequence[Delivery], doubted: set[str]) -> None:
        """Look up what must be, send the rest in one request, record. Raises _Again with those to send once more."""
        free = await self._look_up_first(batch, doubted)
        if not free or self.stopped is not None:
            self.ledger.release(free, doubted, self.clock())
            return
        outcomes = await self._send(free)
        again, wait = [], None
        for delivery in free:
            outcome = outcomes[delivery.record_key]
            if outcome.result in (Result.ACCEPTED, Result.REJECTED):
                continue
            if outcome.result is Result.IN_DOUBT:
                doubted.add(delivery.delivery_id)
            again.append(self.ledger.renew_key(delivery) if outcome.result is Result.NEEDS_NEW_KEY else delivery)
            wait = outcome.wait if outcome.wait is not None else wait
        if self.stopped is not None:
            self.ledger.release(again, doubted, self.clock())
        elif len(again) > 1 and len(again) == len(free) and _refused_together(outcomes):
            await self._in_halves(again, doubted)
        elif again:
            raise _Again(again, wait)

    async def _in_halves(self, batch: Sequence[Delivery], doubted: set[str]) -> None:
        """A refusal that names no record: halve until the bad one stands alone."""
        middle = len(batch) // 2
        await self._deliver(batch[:middle], doubted)
        await self._deliver(batch[middle:], doubted)

    async def _look_up_first(self, batch: Sequence[Delivery], doubted: set[str]) -> list[Delivery]:
        """The records that may be sent: those whose guard asks for it are looked up, and the settled ones left out."""
        free: list[Delivery] = []
        for position, delivery in enumerate(batch):
            look_up = self._look_up_needed(delivery, delivery.delivery_id in doubted)
            if look_up is None or self.stopped is not None:
                free.append(delivery)
                continue
            outcome = await self._look_up(delivery, look_up)
            if outcome is None:
                free.append(delivery)
            elif outcome.result is Result.NOT_APPLIED:
                # The look-up itself did not get through; the write must not go out without it.
                raise _Again([*free, *batch[position:]], outcome.wait)
        return free

    def _look_up_needed(self, delivery: Delivery, in_doubt: bool) -> LookUp | None:
        if self.sync.guard is Guard.LOOK_UP_THEN_CREATE:
            return self.write.look_up
        age = self.clock() - delivery.planned_at if delivery.planned_at else None
        kept = self.write.key_kept_for
        forgotten = kept is not None and age is not None and age > kept
        asked = in_doubt and (forgotten or self.sync.in_doubt is InDoubtPolicy.LOOK_UP)
        return self.write.look_up if asked else None

    async def _look_up(self, delivery: Delivery, look_up: LookUp) -> Outcome | None:
        """What the destination says about a record: settled, None when it may be sent, NOT_APPLIED when it did not say."""
        attempts = self.ledger.begin_attempts([delivery], Purpose.LOOK_UP, delivery.idempotency_key, self.clock())
        answer = None
        try:
            answer = await self.client.send(look_up.encode(delivery, self._references))
            outcome = look_up.found(delivery, answer)
        except DeliveryError as error:
            if isinstance(error, StopSync):
                self.stopped = error
            # A read has no effect, so its failure adds no doubt and takes none away.
            outcome = answers.not_applied(error, error.kind, error.code, error.wait)
        if outcome is not None and outcome.result is Result.IN_DOUBT:
            outcome = answers.not_applied(outcome.message, code=outcome.code)
        self.ledger.record_outcomes(attempts, {delivery.record_key: outcome}, answer, self.clock())
        return outcome

    async def _send(self, batch: Sequence[Delivery]) -> Outcomes:
        """One request for the batch and one recorded outcome for each of its records."""
        key = request_key(batch)
        attempts = self.ledger.begin_attempts(batch, Purpose.WRITE, key, self.clock())
        self.step("written_ahead")
        answer: Answer | None = None
        try:
            request = self.write.encode(batch, key, self._references)
            answer = await self.client.send(request)
            self.step("answered")
            outcomes = answers.complete(batch, self.write.decode(batch, answer))
        except DeliveryError as error:
            if isinstance(error, StopSync):
                self.stopped = error
            outcomes = answers.for_error(batch, error)
        except Exception as error:  # noqa: BLE001
            # Only the type: the message of an unforeseen error may quote a payload or a credential.
            outcomes = answers.for_all(batch, answers.doubtful(f"unforeseen {type(error).__name__}", "unforeseen"))
        self.ledger.record_outcomes(attempts, outcomes, answer, self.clock())
        self.step("recorded")
        return outcomes

    async def _read_references(self, reads: ReferenceReads) -> References:
        """The destination's own ids for what documents name, read once per push."""
        found: dict[str, Mapping[str, str]] = {}
        for table, request in reads.requests.items():
            async for attempt in AsyncRetrying(
                stop=stop_after_attempt(TRIES),
                wait=wait_exponential_jitter(initial=0.5, max=LONGEST_WAIT),
                retry=retry_if_exception_type((RetryLater, InDoubt)),
                sleep=self.sleep,
                reraise=True,
            ):
                with attempt:
                    found[table] = reads.read(table, await self.client.send(request))
        return found

    def _batches(self, deliveries: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
        groups: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            group = groups.setdefault(self.write.group(delivery), [])
            group.append(delivery)
            if len(group) == self.sync.batch_size:
                yield groups.pop(self.write.group(delivery))
        yield from groups.values()

    def _batches_as_sent(self, deliveries: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
        """The batches of the earlier attempts: the same key must go with the same body."""
        keys = self.ledger.queries.request_keys([delivery.delivery_id for delivery in deliveries])
        together: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            together.setdefault(keys.get(delivery.delivery_id, delivery.delivery_id), []).append(delivery)
        return iter(together.values())


def request_key(batch: Sequence[Delivery]) -> str:
    """The idempotency key of a request: its delivery's own, or one made of all its deliveries' keys."""
    if len(batch) == 1:
        return batch[0].idempotency_key
    return canonical_json.digest([delivery.idempotency_key for delivery in batch])


def _refused_together(outcomes: Outcomes) -> bool:
    """Were all refused for what they hold, with no record named? Waiting or a new key would not help then."""
    return all(
        outcome.result is Result.NOT_APPLIED and outcome.wait is None and outcome.kind not in _PASSING
        for outcome in outcomes.values()
    )


_PASSING = (Kind.TRANSIENT, Kind.THROTTLED)


def _wait(state: RetryCallState) -> float:
    """What the destination asked for, else ever longer with jitter."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Again) and error.wait is not None:
        return min(error.wait, LONGEST_WAIT)
    return float(wait_exponential_jitter(initial=0.25, max=20)(state))
