"""The loop: settle what is in doubt, then claim, write ahead, send and record, one outcome per record.

Whatever line the process dies on, the ledger says what is known: an attempt is committed before its request leaves and
its outcome after the answer, so an attempt without outcome is a doubt, and a doubt is looked up before it is sent
again. What nobody foresaw becomes a row of the record it happened to, and the rest goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reverse_etl import answers, canonical_json, ownership, retries
from reverse_etl.claims import Answered, Attempt, Claim, Purpose, Release
from reverse_etl.client import READ_SECONDS, DestinationClient
from reverse_etl.destination import (
    UPSTREAM,
    Answer,
    Destination,
    LookUpMany,
    Outcome,
    References,
    Request,
    Result,
    Write,
)
from reverse_etl.errors import DeliveryError, Kind, RejectedRecord, RetryLater, StopSync, Unforeseen, foreseen
from reverse_etl.evidence import discreet, finding_about
from reverse_etl.feed import Batches, grouped
from reverse_etl.group_commit import GroupCommit
from reverse_etl.headroom import Headroom
from reverse_etl.ledger import Ledger, due_again
from reverse_etl.look_ups import UNSAID, Questions, of_a_read
from reverse_etl.plan import Action, Delivery
from reverse_etl.references import ReferenceTables
from reverse_etl.retries import Again
from reverse_etl.sync import Guard, Sync
from reverse_etl.tally import Tally

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]
# Called at each labelled step of a delivery; tests die there.
Step = Callable[[str], None]


@dataclass
class Push:
    """One run over what a feed gives for one destination, made under one worker's name."""

    destination: Destination
    syncs: Mapping[str, Sync]
    ledger: Ledger
    commits: GroupCommit
    client: DestinationClient
    holder: str
    clock: Clock
    progress: Callable[[int], None]
    step: Step
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    # A flow besides the sync whose switch stops this push.
    flow: str = ""
    # The attempts of one batch, where they were written down with its plan.
    written: Sequence[Attempt] = ()
    tallies: dict[str, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tallies |= {name: Tally() for name in self.syncs}
        self._references = ReferenceTables(self.destination.writes, self._asked, self.sleep)
        self._headroom = Headroom(self.destination.pace.in_flight)

    async def drain(self, feed: Batches) -> None:
        """Send what the feed gives until it has nothing more, several batches in flight."""
        async with asyncio.TaskGroup() as tasks:
            # A place first: what is taken from the feed before its turn can not be overtaken by what is more urgent.
            await self._headroom.take()
            while (batch := await feed.next()) is not None:
                tasks.create_task(self._bring_to_an_end(batch, feed))
                await self._headroom.take()
            self._headroom.give_back()

    async def _bring_to_an_end(self, batch: Sequence[Delivery], feed: Batches) -> None:
        """Every record of a batch: accepted, rejected, in doubt, or back to wait."""
        again = True
        try:
            with foreseen():
                await self._with_retries(
                    batch, {delivery.delivery_id for delivery in batch if delivery.state == "in_doubt"}
                )
        except Unforeseen as error:
            # What it left as being sent is a doubt of the next run, which looks it up first.
            again = False
            self._note(batch, error)
        except DeliveryError as error:
            # Raised before anything was claimed for writing: what the batch needs can not be read.
            self._stop(batch[0].sync, _as_stop(error))
        feed.closed |= {name for name, tally in self.tallies.items() if tally.stopped is not None}
        feed.finished(batch, again=again)
        self._headroom.give_back()
        self.progress(len(batch))

    async def read_back(self, delivery: Delivery) -> Mapping[str, object] | None:
        """What the destination holds of a record now; raises DeliveryError when it does not say."""
        reading = self._write(delivery).read_back
        if reading is None:
            raise StopSync(f"{delivery.object} can not be read back", code="no_read_back")
        with foreseen():
            references = await self._references.of(delivery.object)
            return reading.read(delivery, await self._asked(reading.encode(delivery, references)))

    async def _asked(self, request: Request) -> Answer:
        """The answer to a read that belongs to no attempt."""
        await self.client.turn()
        self.ledger.count_request(self.destination.name, self.destination.pace.daily, self.clock())
        return await self.client.send(request)

    def _write(self, delivery: Delivery) -> Write:
        return self.destination.writes[delivery.object]

    def _note(self, batch: Sequence[Delivery], error: Unforeseen) -> None:
        found = [finding_about(each, code=error.code, kind=error.kind, message=str(error)) for each in batch]
        self.ledger.note(found, self.clock())

    def _stop(self, sync: str, error: StopSync) -> None:
        """A pause stops its flow; anything else would fail every further record of the destination alike."""
        for name in (sync,) if error.code == "paused" else self.syncs:
            if self.tallies[name].stopped is None:
                self.tallies[name].stopped = error

    async def _with_retries(self, batch: Sequence[Delivery], doubted: set[str]) -> None:
        """`doubted`: ids of those with an attempt whose effect is unknown.

        Only an answer about the record itself takes one out of it, not a later attempt that had no effect.
        """
        try:
            await self._once(batch, doubted)
        except Again as first:
            if self.tallies[batch[0].sync].stopped is not None:
                # What stopped the sync stands in the queue; these only wait for it.
                await self._release(first.batch, doubted, None)
                return
            last = await retries.until_done(first, lambda left: self._once(left, doubted), self.sleep)
            if last is not None:
                await self._release(last.batch, doubted, last.why)

    async def _release(self, deliveries: Sequence[Delivery], doubted: set[str], why: DeliveryError | None) -> None:
        if deliveries:
            due = due_again(max(delivery.fence for delivery in deliveries), self.clock(), why.wait if why else None)
            personal = self.syncs[deliveries[0].sync].personal_fields
            await self.commits.release(Release(deliveries, frozenset(doubted), due if why else None, why, personal))

    async def _once(self, batch: Sequence[Delivery], doubted: set[str]) -> None:
        """Look up what must be, send the rest in one request, record. Raises Again with those to send once more."""
        free: list[Delivery] = []
        try:
            await self._look_up_first(batch, doubted, free)
            if len(free) > self.syncs[batch[0].sync].batch_size:
                await self._each(free, doubted)
                return
            if not free:
                return
            sent, outcomes = await self._send(free)
        except StopSync:
            # Not claimed for writing; what a look-up claimed goes back, and its doubts with it.
            await self._release([delivery for delivery in free if delivery.state == "sending"], doubted, None)
            raise
        again: list[Delivery] = []
        why: DeliveryError | None = None
        for delivery in sent:
            outcome = outcomes[delivery.record_key]
            if outcome.result in (Result.ACCEPTED, Result.REJECTED):
                self.tallies[delivery.sync].count(delivery, outcome)
                continue
            if outcome.result is Result.IN_DOUBT:
                doubted.add(delivery.delivery_id)
            again.append(self.ledger.renew_key(delivery) if outcome.result is Result.NEEDS_NEW_KEY else delivery)
            if why is None or outcome.wait is not None:
                why = retries.why(outcome)
        stopped = self.tallies[batch[0].sync].stopped
        if stopped is not None:
            await self._release(again, doubted, None)
        elif len(again) > 1 and len(again) == len(sent) and retries.refused_together(outcomes):
            middle = len(again) // 2
            # A refusal that names no record: halve until the bad one stands alone.
            await self._with_retries(again[:middle], doubted)
            await self._with_retries(again[middle:], doubted)
        elif 0 < len(again) < len(sent) and retries.refused_together(
            {d.record_key: outcomes[d.record_key] for d in again}
        ):
            # Held up by another record of the request alone, which is named and settled: no reason to wait.
            await self._with_retries(again, doubted)
        elif why is not None:
            if why.kind is Kind.THROTTLED and why.wait:
                self.client.hold(why.wait)
            raise Again(again, why)

    async def _each(self, free: list[Delivery], doubted: set[str]) -> None:
        """Send what was looked up together and goes out alone; what a stop leaves over goes back, with its claim."""
        while free and self.tallies[free[0].sync].stopped is None:
            await self._with_retries([free[0]], doubted)
            free.pop(0)
        await self._release(free, doubted, None)

    async def _look_up_first(self, batch: Sequence[Delivery], doubted: set[str], free: list[Delivery]) -> None:
        """Fill `free` with what may be sent: what is in doubt, or its guard asks for, is looked up; settled ones left out."""
        look_up = self._write(batch[0]).look_up
        if self.syncs[batch[0].sync].guard is Guard.AT_MOST_ONCE:
            batch = await self._take_as_sent(batch, doubted)
        left: dict[str, Delivery] = {}
        for delivery in batch:
            if look_up is None or not (self._is_asked_first(delivery) or delivery.delivery_id in doubted):
                free.append(delivery)
            else:
                left[delivery.delivery_id] = delivery
        if look_up is None or not left:
            return
        questions = Questions(
            free, doubted, self._look_up, lambda item, said: self.tallies[item.sync].count(item, said), left
        )
        try:
            failed = await questions.ask_all(look_up)
        finally:
            for delivery, said in questions.unforeseen:
                # Asking once more would meet the same; it waits alone, and the others go on.
                await self._release([delivery], doubted, retries.why(said))
        if failed is not None:
            # The look-up itself did not get through; the write must not go out without it.
            free += questions.left.values()
        places = {delivery.delivery_id: place for place, delivery in enumerate(batch)}
        # In the order of before: what goes out again under the same key must be the same request.
        free.sort(key=lambda delivery: places[delivery.delivery_id])
        if failed is not None:
            raise Again(free, retries.why(failed))

    async def _take_as_sent(self, batch: Sequence[Delivery], doubted: set[str]) -> list[Delivery]:
        """What may have been said is not said again: it ends as accepted, with a row for a person. The others are left."""
        perhaps_said = [delivery for delivery in batch if delivery.delivery_id in doubted]
        attempts = await self._claim(perhaps_said, Purpose.LOOK_UP) if perhaps_said else []
        ours = [attempt.delivery for attempt in attempts]
        if ours:
            await self._record(attempts, answers.for_all(ours, answers.taken_as_sent()), None, None)
        for delivery in ours:
            doubted.discard(delivery.delivery_id)
            self.tallies[delivery.sync].count(delivery, answers.taken_as_sent())
        return [delivery for delivery in batch if delivery not in perhaps_said]

    async def _look_up(
        self, batch: Sequence[Delivery], way: LookUpMany
    ) -> tuple[Sequence[Attempt], Mapping[str, Outcome | None]]:
        """What the destination says about records: settled, None when it may be sent, NOT_APPLIED when it did not say.

        One that the answer about several leaves out is left out here. Without an attempt a record is another worker's.
        """
        references = await self._names_in(batch)
        await self.client.turn()
        attempts = await self._claim(batch, Purpose.LOOK_UP)
        ours = [attempt.delivery for attempt in attempts]
        if not ours:
            return attempts, {}
        answer, request = None, None
        found: Mapping[str, Outcome | None]
        try:
            with foreseen():
                self.step("looked_up_written")
                request = way.encode(ours, references)
                answer = await self.client.send(request)
                self.step("looked_up")
                found = way.found(ours, await self._with_documents(way, ours, answer))
        except DeliveryError as error:
            if isinstance(error, StopSync):
                self._stop(batch[0].sync, error)
            # A read has no effect, so its failure adds no doubt and takes none away.
            outcome = answers.not_applied(error, error.kind, error.code, error.wait)
            # What refuses the question about several, or breaks on its answer, may be about one of them.
            is_about_one = len(ours) > 1 and isinstance(error, RejectedRecord | Unforeseen)
            found = {} if is_about_one else answers.for_all(ours, outcome)
        found = {key: of_a_read(outcome) for key, outcome in found.items()}
        said = {delivery.record_key: found.get(delivery.record_key, UNSAID) for delivery in ours}
        await self._record(attempts, said, answer, request)
        self.step("look_up_recorded")
        return attempts, found

    async def _with_documents(self, way: LookUpMany, batch: Sequence[Delivery], answer: Answer) -> Answer:
        """The answer with the documents it only names; one of them that fails stands for all."""
        bodies = []
        for request in way.documents(batch, answer):
            document = await self._asked(request)
            if not 200 <= document.status < 300:
                return document
            bodies.append(document.body)
        return replace(answer, body={**answer.body, "documents": bodies}) if bodies else answer

    async def _send(self, batch: Sequence[Delivery]) -> tuple[Sequence[Delivery], Mapping[str, Outcome]]:
        """One request for those of the batch that are ours, and one recorded outcome for each of them."""
        write = self._write(batch[0])
        references = await self._names_in(batch)
        await self.client.turn()
        attempts = await self._claim(batch, Purpose.WRITE)
        ours = [attempt.delivery for attempt in attempts]
        if not ours:
            return ours, {}
        answer, request = None, None
        try:
            with foreseen():
                self.step("written_ahead")
                request = _encode(write, ours, attempts[0].request_key, references)
                ownership.check(write, request)
                answer = await self.client.send(request, lambda: self._still_ours(attempts[0]))
                self.step("answered")
                outcomes = answers.complete(ours, write.decode(ours, answer))
        except DeliveryError as error:
            if isinstance(error, StopSync):
                self._stop(batch[0].sync, error)
            outcomes = answers.for_error(ours, error)
        outcomes = await self._record(attempts, outcomes, answer, request)
        self.step("recorded")
        return ours, outcomes

    async def _names_in(self, batch: Sequence[Delivery]) -> References:
        """What the batch's documents name: tables read there, and the ids of the documents they waited for."""
        try:
            with foreseen():
                tables = await self._references.of(batch[0].object)
        except Unforeseen as error:
            # All documents name something in them, so none of the others could be written either.
            raise _as_stop(error) from error
        if not self.syncs[batch[0].sync].depends_on:
            return tables
        return {**tables, UPSTREAM: self.ledger.queries.upstream_ids([delivery.delivery_id for delivery in batch])}

    async def _record(
        self,
        attempts: Sequence[Attempt],
        outcomes: Mapping[str, Outcome | None],
        answer: Answer | None,
        request: Request | None,
    ) -> dict[str, Outcome]:
        personal = self.syncs[attempts[0].delivery.sync].personal_fields
        said = {
            attempt.delivery.record_key: discreet(attempt.delivery, outcome, personal)
            for attempt in attempts
            if (outcome := outcomes[attempt.delivery.record_key]) is not None
        }
        asked = f"{request.method} {request.path}" if request is not None else ""
        self._headroom.answered += 1
        await self.commits.record(Answered(attempts, dict(outcomes) | said, answer, asked, personal, self.clock()))
        return said

    async def _claim(self, deliveries: Sequence[Delivery], purpose: Purpose) -> list[Attempt]:
        """Written ahead: those of the deliveries that are ours to ask about or send."""
        written, self.written = self.written, ()
        if written and purpose is Purpose.WRITE and [attempt.delivery for attempt in written] == list(deliveries):
            return list(written)
        answered = self._headroom.answered
        attempts = await self.commits.claim(self._claim_of(deliveries, purpose))
        self._headroom.was_written(answered)
        return attempts

    def claim_with_plan(self, deliveries: Sequence[Delivery]) -> Claim | None:
        """The claim of what was planned, where it is one request that nothing is asked before."""
        batches = grouped(self.destination, self.syncs, deliveries)
        is_free = len(batches) == 1 and not any(map(self._is_asked_first, batches[0]))
        return self._claim_of(batches[0], Purpose.WRITE) if is_free else None

    def _is_asked_first(self, delivery: Delivery) -> bool:
        # A deletion of what is gone already must not bring the record back by way of an upsert.
        return self.syncs[delivery.sync].guard is Guard.LOOK_UP_THEN_CREATE or delivery.action is Action.DELETE

    def _claim_of(self, deliveries: Sequence[Delivery], purpose: Purpose) -> Claim:
        return Claim(self.holder, deliveries, purpose, request_key, self.destination.pace.daily, self.flow)

    def _still_ours(self, attempt: Attempt) -> None:
        """Between claim and request all may have been stopped, and a process that was suspended may have lost its lease."""
        stopped = self.tallies[attempt.delivery.sync].stopped
        if stopped is not None:
            raise RetryLater("stopped before the request left", kind=Kind.TRANSIENT, code=stopped.code)
        if self.clock().timestamp() + READ_SECONDS > attempt.leased_until.timestamp():
            raise RetryLater("the lease ran out before the request left", kind=Kind.TRANSIENT, code="lease_lost")


def request_key(batch: Sequence[Delivery]) -> str:
    """The idempotency key of a request: its delivery's own, or one made of all its deliveries' keys."""
    if len(batch) == 1:
        return batch[0].idempotency_key
    return canonical_json.digest([delivery.idempotency_key for delivery in batch])


def _encode(write: Write, batch: Sequence[Delivery], key: str, references: References) -> Request:
    if batch[0].action is not Action.DELETE:
        return write.encode(batch, key, references)
    if write.encode_delete is None:
        raise StopSync(f"{batch[0].object} can not be deleted at this destination", code="bad_declaration")
    return write.encode_delete(batch, key, references)


def _as_stop(error: DeliveryError) -> StopSync:
    return error if isinstance(error, StopSync) else StopSync(str(error), kind=error.kind, code=error.code)
