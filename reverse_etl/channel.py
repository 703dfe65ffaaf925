"""One destination kept open for one sync of quantities: handed-in records are planned, pushed and answered, again and again.

The batch lane opens a destination for each push; the fast lane can not afford that. What is kept between two calls is a
connection, a worker's name and the memory of what the channel shows; the ledger knows all that must not be lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from reverse_etl import comparison, destinations, flows, stock_moves, stops
from reverse_etl.breaker import breaker_of
from reverse_etl.canary import Verdict, lead
from reverse_etl.client import DestinationClient
from reverse_etl.delivery import Action, Delivery, Why
from reverse_etl.delivery_states import State
from reverse_etl.drift import Choice, Drift
from reverse_etl.errors import DeliveryError, Kind, StopSync
from reverse_etl.feed import Feed, InHand
from reverse_etl.group_commit import GroupCommit
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_memory import last_accepted
from reverse_etl.memory import LastAccepted
from reverse_etl.partial_plan import Handed, Planned, as_delivery
from reverse_etl.push import Clock, Push
from reverse_etl.record_results import standing_of
from reverse_etl.rule_versions import ModelCode
from reverse_etl.settings import Settings
from reverse_etl.shown import Cause, Shown
from reverse_etl.stock_moves import Unproven
from reverse_etl.sync import Sync

FLOW = "stock_lane"
QUANTITY = "quantity"
# How long a record counts as changed of late, for the limit on the share of records that may change.
_LATELY = timedelta(hours=1)
# Conflict → re-read → plan anew, so often in one call; what is still in conflict then waits for the next event.
_ROUNDS = 3
_T = TypeVar("_T")


@dataclass(frozen=True)
class Touched:
    """Records an event touched, as the activation model has them now.

    `heard_at`, `happened_at`: when the oldest event behind each record came in, and happened at its platform;
    `proven`: records for which an event put units back; `shown`: those of which the channel itself said what it shows;
    `read_at`: when the newest event came in, which is how old the readings among the rows are at most.
    """

    rows: Sequence[Mapping[str, Any]]
    heard_at: Mapping[str, datetime]
    proven: Collection[str]
    made_from: Mapping[str, datetime]
    read_at: datetime
    happened_at: Mapping[str, datetime] = field(default_factory=dict)
    shown: Collection[str] = frozenset()


@dataclass(frozen=True)
class Answered:
    """What became of handed-in records: milliseconds from event to answer of those accepted; those that still wait."""

    latencies_ms: tuple[int, ...] = ()
    left: frozenset[str] = frozenset()
    stopped: StopSync | None = None


@dataclass(frozen=True)
class Model:
    """The activation model of a sync as last published: how many records, what each shows, since when, made of what."""

    records: int
    readings: Mapping[str, int | None]
    read_at: datetime
    snapshot: int | None = None
    code: ModelCode | None = None


@dataclass
class Channel:
    """`async with` opens it. Any number of `push` at a time, of other records each; `settle` alone."""

    sync: Sync
    ledger: Ledger
    commits: GroupCommit
    settings: Settings
    clock: Clock
    model: Model
    step: Callable[[str], None] = lambda label: None
    _unproven: dict[str, Unproven] = field(default_factory=dict)
    _changed: dict[str, datetime] = field(default_factory=dict)
    # Codes of what may stand in the queue as having stopped this channel: at first whatever was left there.
    _may_stand: set[str] = field(default_factory=lambda: set(stops.WAY_CODES))
    # What was wanted of each record when it was last looked at.
    _wanted: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._destination = destinations.load(self.sync.destination)
        self._shown = Shown(self.model.readings, self.model.read_at)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"channel-{self.sync.destination}")

    async def __aenter__(self) -> Self:
        connection = self.settings.connection(self._destination)
        self.settings.require_write_permission(self._destination, connection)
        breaker = breaker_of(self.ledger.engine, self._destination.name, self.clock)
        self._open = contextlib.AsyncExitStack()
        self._holder = self._open.enter_context(self.ledger.working())
        self._client = await self._open.enter_async_context(DestinationClient(self._destination, connection, breaker))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()
        self._thread.shutdown(wait=True)

    @property
    def at_once(self) -> int:
        """So many pushes are worth having side by side: each is a request, and the channel takes no more at once."""
        return self._destination.pace.in_flight

    def renew(self, model: Model) -> None:
        """A newer snapshot was published: its readings, and what was learnt since they began."""
        self.model = model
        self._shown = Shown(model.readings, model.read_at, self._shown)

    async def push(self, touched: Touched) -> Answered:
        """Plan the records, send what may go, and answer; a conflict is read, explained and planned anew."""
        answered = await self._push(touched)
        await self._tell(answered.stopped, got_through=bool(answered.latencies_ms))
        return answered

    async def _push(self, touched: Touched) -> Answered:
        accepted, paused = await self._in_thread(self._read, _keys(touched.rows))
        if paused is not None:
            return Answered(left=_keys(touched.rows), stopped=StopSync(paused, kind=Kind.UNKNOWN, code="paused"))
        self._remember(accepted)
        rows = comparison.marked(self.sync, touched.rows)
        answered, risen = Answered(), self._risen(rows)
        try:
            drifts = await self._look(rows, touched)
            for _ in range(_ROUNDS):
                run, handed = self._run(self._holder), self._handed(rows, touched, drifts, risen)
                if self._client.is_free and not self.sync.canary:
                    # It may leave now: one durable commit instead of two.
                    handed = replace(handed, claim=run.claim_with_plan)
                planned = await self.commits.plan(handed)
                said, moved = await self._send(run, planned, touched)
                answered = _joined(answered, said)
                if not moved or said.stopped is not None:
                    break
                rows = [row for row in rows if row["record_key"] in moved]
                drifts = await self._ask(rows, touched)
        except DeliveryError as error:
            # What the channel shows could not be read: these wait, and are looked at again.
            stopped = StopSync(str(error), kind=error.kind, code=error.code)
            return replace(answered, left=frozenset(row["record_key"] for row in rows), stopped=stopped)
        return answered

    async def settle(self) -> StopSync | None:
        """Take up what this channel left behind: doubts are looked up, what was released goes out again."""
        await self._in_thread(self.ledger.doubt_unanswered, self._destination.name, self.clock())
        with self.ledger.working() as holder:
            run = self._run(holder)
            tally = run.tallies[self.sync.name]
            try:
                await run.drain(Feed(self.ledger.queries, self._destination, {self.sync.name: self.sync}, holder))
                stopped = tally.stopped
            except DeliveryError as error:
                stopped = StopSync(str(error), kind=error.kind, code=error.code)
        await self._tell(stopped, got_through=tally.accepted > 0)
        return stopped

    async def _tell(self, stopped: StopSync | None, *, got_through: bool) -> None:
        """What stops the channel is a case of the queue, as it is in a push, until something gets through again."""
        if stopped is not None and stopped.code not in stops.WITHOUT_ROW:
            finding = stops.stop_finding(self.sync, stopped)
            self._may_stand.add(finding.code)
            await self._in_thread(self.ledger.note, [finding], self.clock())
        elif stopped is None and got_through and self._may_stand:
            codes, self._may_stand = sorted(self._may_stand), set()
            await self._in_thread(self.ledger.clear, self.sync.name, codes, "the lane got through", self.clock())

    def _read(self, records: Collection[str]) -> tuple[Mapping[str, LastAccepted], str | None]:
        """What was accepted last of these records, by whomever; or why all is paused."""
        with self.ledger.reader() as connection:
            for flow in (FLOW, self.sync.name):
                if paused := flows.paused_because(connection, flow):
                    return {}, paused
            return last_accepted(connection, self.sync.name, sorted(records)), None

    def _remember(self, accepted: Mapping[str, LastAccepted]) -> None:
        """What was accepted is what the channel shows, and was wanted."""
        for record, last in accepted.items():
            quantity = last.payload.get(QUANTITY)
            if isinstance(quantity, int):
                self._shown.wrote(record, quantity, last.accepted_at)
                self._wanted.setdefault(record, quantity)

    async def _look(self, rows: Sequence[Mapping[str, Any]], touched: Touched) -> tuple[Drift, ...]:
        """Tell the readings among the rows apart; an edit by somebody else is a drift, which we write over."""
        drifts, unclear = list[Drift](), list[Mapping[str, Any]]()
        for row in rows:
            record, before = row["record_key"], self._shown.of(row["record_key"])
            reading = row["observed"].get(QUANTITY)
            is_returned, is_told = record in touched.proven, record in touched.shown
            cause = self._shown.read(record, reading, touched.read_at, is_returned, is_told)
            if cause is Cause.EDIT:
                drifts.append(self._drift(row, before.quantity, reading))
            elif cause is Cause.LATE:
                # Most likely from before our last write, but an edit since would look the same: the channel knows.
                unclear.append(row)
        return (*drifts, *await self._ask(unclear, touched))

    def _drift(self, row: Mapping[str, Any], accepted: int | None, observed: int | None) -> Drift:
        wanted = row["payload"][QUANTITY]
        return Drift(self.sync.name, row["record_key"], QUANTITY, accepted, observed, wanted, Choice.REASSERT)

    def _risen(self, rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
        """Records of which more is wanted than before: where nothing was put back, no event proves an increase."""
        wanted = {row["record_key"]: row["payload"][QUANTITY] for row in rows}
        risen = {record for record, quantity in wanted.items() if quantity > self._wanted.get(record, -1)}
        self._wanted |= wanted
        return frozenset(risen)

    def _handed(
        self, rows: Sequence[Mapping[str, Any]], touched: Touched, drifts: tuple[Drift, ...], risen: Collection[str]
    ) -> Handed:
        now, held, said = self.clock(), dict[str, str](), list[Mapping[str, Any]]()
        for row in rows:
            record, showing = row["record_key"], self._shown.of(row["record_key"])
            wanted = row["payload"][QUANTITY]
            is_proven = record in touched.proven and record in risen
            before = self._unproven.pop(record, None)
            decided = stock_moves.move(wanted, showing.quantity, is_proven, before, touched.read_at)
            if decided.unproven is not None:
                self._unproven[record] = decided.unproven
            if decided.held is not None:
                held[record] = decided.held
            reason = f"{row['reason']}; {decided.reason}" if row["reason"] else decided.reason
            said.append({**row, "observed": {QUANTITY: showing.quantity}, "reason": reason})
        return Handed(
            self.sync,
            said,
            self.model.records,
            touched.made_from,
            shown_at={row["record_key"]: self._shown.of(row["record_key"]).since for row in rows},
            heard_at=touched.heard_at,
            happened_at=touched.happened_at,
            held=held,
            changed_lately=self._lately(now),
            drifts=drifts,
            snapshot=self.model.snapshot,
            code=self.model.code,
        )

    def _lately(self, now: datetime) -> Collection[str]:
        # Changed last stands last: only what is over is looked at, however many changed in the hour.
        while self._changed:
            record, at = next(iter(self._changed.items()))
            if now - at <= _LATELY:
                break
            del self._changed[record]
        return self._changed.keys()

    async def _send(self, run: Push, prepared: Planned, touched: Touched) -> tuple[Answered, frozenset[str]]:
        """Send what the plan holds; what came of it, and the records that met another number than they replace."""
        planned, run.written = prepared
        waits = {item.record_key for item in planned.skipped if item.code == Why.UNSETTLED}
        if not planned.deliveries or planned.breaches:
            return Answered(left=frozenset(waits)), frozenset()
        verdict = await lead(run, self.sync, planned.plan_id) if self.sync.canary else Verdict(True)
        if verdict.may_go:
            deliveries = [attempt.delivery for attempt in run.written] or planned.deliveries
            await run.drain(InHand(self._destination, run.syncs, deliveries))
        elif verdict.wrong is not None:
            self.ledger.fail_canary(planned.plan_id, verdict.wrong, self.clock())
        answered_at = self.clock()
        standing = await self._standing(run, planned.deliveries)
        latencies, moved = list[int](), set[str]()
        for delivery in planned.deliveries:
            state, kind = standing[delivery.delivery_id]
            if state == State.ACCEPTED:
                self._accepted(delivery, answered_at)
                heard = touched.heard_at.get(delivery.record_key, answered_at)
                latencies.append(round((answered_at - heard).total_seconds() * 1000))
            elif state == State.REJECTED and kind == Kind.CONFLICT:
                moved.add(delivery.record_key)
            elif state != State.REJECTED:
                waits.add(delivery.record_key)
        return Answered(tuple(latencies), frozenset(waits), run.tallies[self.sync.name].stopped), frozenset(moved)

    def _accepted(self, delivery: Delivery, at: datetime) -> None:
        self._shown.wrote(delivery.record_key, delivery.payload[QUANTITY], at)
        if delivery.action is not Action.CREATE:
            self._changed.pop(delivery.record_key, None)
            self._changed[delivery.record_key] = at

    async def _standing(self, run: Push, deliveries: Sequence[Delivery]) -> Mapping[str, tuple[str, str | None]]:
        """State and kind by delivery id; the store is not asked when all were accepted, as nearly always."""
        ids = [delivery.delivery_id for delivery in deliveries]
        if run.tallies[self.sync.name].accepted == len(ids):
            return dict.fromkeys(ids, (State.ACCEPTED, None))
        return await self._in_thread(self._stored_standing, ids)

    def _stored_standing(self, delivery_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
        with self.ledger.reader() as connection:
            return standing_of(connection, delivery_ids)

    async def _ask(self, rows: Sequence[Mapping[str, Any]], touched: Touched) -> tuple[Drift, ...]:
        """Ask what the channel shows of these records, and say what moved them; raises DeliveryError when it is silent."""
        if self._destination.writes[self.sync.object].read_back is None:
            return ()
        held = await self._read_back([as_delivery(self.sync, row) for row in rows])
        drifts = list[Drift]()
        for row, answer in zip(rows, held, strict=True):
            record, before = row["record_key"], self._shown.of(row["record_key"])
            quantity = (answer or {}).get(QUANTITY)
            shown = quantity if isinstance(quantity, int) else None
            cause = self._shown.held(record, shown, self.clock(), record in touched.proven)
            if cause is Cause.EDIT:
                drifts.append(self._drift(row, before.quantity, shown))
        return tuple(drifts)

    async def _read_back(self, deliveries: Sequence[Delivery]) -> list[Mapping[str, object] | None]:
        """What the channel holds of each, asked side by side: the client keeps the channel's pace."""
        run = self._run(self._holder)
        held = list[Mapping[str, object] | None]()
        for answer in await asyncio.gather(*map(run.read_back, deliveries), return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
            held.append(answer)
        return held

    def _run(self, holder: str) -> Push:
        syncs = {self.sync.name: self.sync}
        known = self.ledger, self.commits, self._client, holder, self.clock
        return Push(self._destination, syncs, *known, _uncounted, self.step, flow=FLOW)

    async def _in_thread(self, work: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)


def _uncounted(records: int) -> None:
    """The lane shows no progress bar."""


def _keys(rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(row["record_key"] for row in rows)


def _joined(before: Answered, after: Answered) -> Answered:
    """What two rounds came to; what waits is what the later one left."""
    return replace(after, latencies_ms=before.latencies_ms + after.latencies_ms, left=before.left | after.left)
