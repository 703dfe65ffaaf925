"""The fast lane's loop: inbox → touched SKUs → rows → each channel's own push, side by side → what it says of itself.

One task reads the inbox and fills a mailbox per channel; each channel empties its own (serving.py), so one that is slow or
down keeps nobody waiting, and what piles up for it is coalesced. DuckDB and the stores work in threads. Nothing here must
survive: a new process starts from the snapshot and the inbox, and the ledger keeps a thing done twice to one effect.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Protocol, TypeVar

from orchestration.lane.known_rows import Row
from orchestration.lane.mailbox import Mailbox, Waiting
from orchestration.lane.serving import Pushed, Serving
from pipelines.errors import ExtractionError
from pipelines.intake.inbox import InboxEvent
from reverse_etl.channel import FLOW, Answered, Channel, Model, Touched
from reverse_etl.lane_states import LaneState
from reverse_etl.push import Clock

# Events read at once: enough that a backlog drains fast, few enough that they are applied in milliseconds.
MOST_EVENTS = 200
# Where nobody rings, the inbox is looked at so often.
LOOK_AGAIN = 0.05
BEAT_SECONDS = 1.0
# The newest deliveries the percentiles speak of.
REMEMBERED = 5_000
_T = TypeVar("_T")


class Reading(Protocol):
    """The inbox, as far as the lane needs it."""

    def events_after(self, sequence: int, limit: int) -> Sequence[InboxEvent]: ...


class Reach(Protocol):
    """What events touched: SKUs, with all that share stock with them, and resources they only point at.

    proven, proving: those of them that an event touched which may stand behind an increase. shown: (platform, SKU) where an
    event is the platform's own word about what it shows.
    """

    @property
    def skus(self) -> frozenset[str]: ...

    @property
    def proven(self) -> frozenset[str]: ...

    @property
    def shown(self) -> frozenset[tuple[str, str]]: ...

    @property
    def pointers(self) -> tuple[Any, ...]: ...

    @property
    def proving(self) -> frozenset[Any]: ...


class Renewed(Protocol):
    """Newer tables: the published models by sync, and what the events since then touched."""

    @property
    def models(self) -> Mapping[str, Model]: ...

    @property
    def touched(self) -> Reach: ...


class Tables(Protocol):
    """The stock tables in memory. `sequence` is the newest event they hold. Called from one thread at a time."""

    @property
    def sequence(self) -> int: ...

    def apply(self, events: Sequence[InboxEvent]) -> Reach:
        """Take events in, in order."""

    def take(self, told: Any, is_proof: bool) -> Reach:
        """Take in what a pointer led to."""

    def known(self, model: str, skus: Collection[str]) -> Sequence[Row] | None:
        """What `rows` would answer, where it needs no computing; from any thread."""

    def rows(self, model: str, skus: Collection[str]) -> Sequence[Row]:
        """The rows of an activation model for these SKUs."""

    def renew(self) -> Renewed | None:
        """Take the place of newer tables that hold every event of these; None while there are none."""


class Bell(Protocol):
    """Something that becomes readable when there may be news."""

    def fileno(self) -> int: ...

    def clear(self) -> None: ...


@dataclass(frozen=True, order=True)
class _Pointed:
    """A resource that is to be read; what was read before waits behind news."""

    is_again: bool
    number: int
    pointer: Any = field(compare=False)
    waiting: Waiting = field(compare=False)


@dataclass
class Lane:
    """`run` works until it is cancelled, or something happens that it was not written for: then a new process starts."""

    inbox: Reading
    tables: Tables
    channels: Mapping[str, Channel]
    clock: Clock
    # Called in a thread, once a second, with the state and the newest latencies.
    beat: Callable[[LaneState, Sequence[int]], None]
    bell: Bell | None = None
    # Why a channel is not served at all, by sync.
    refused: Mapping[str, str] | None = None
    # Up to this event every channel had confirmed what was asked, when a lane last said so: these only fill the tables.
    confirmed: int = 0
    # Reads what an event only points at, through the platform's own client; runs in a thread.
    fetch: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        self.mailboxes = {name: Mailbox() for name in self.channels}
        self.latencies_ms: deque[int] = deque(maxlen=REMEMBERED)
        self.deliveries = 0
        self._seen = self.tables.sequence
        self._heard: dict[str, datetime] = {}
        self._trouble: dict[str, str] = dict(self.refused or {})
        self._started_at = self.clock()
        # One for what the tables do, one for the inbox and the beat: neither waits for the other.
        self._computing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane-tables")
        self._storing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="lane-stores")
        self._fetching = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane-fetches")
        # What is left to read: news before what was read for other tables, each in the order it came.
        self._pointed: asyncio.PriorityQueue[_Pointed] = asyncio.PriorityQueue()
        self._numbers = count()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read())
                tasks.create_task(self._beats())
                if self.fetch is not None:
                    tasks.create_task(self._follow())
                for name, channel in self.channels.items():
                    push, note = partial(self._push, channel), partial(self._note, name)
                    tasks.create_task(Serving(channel, self.mailboxes[name], push, note).run())
        finally:
            self._computing.shutdown(wait=True)
            self._storing.shutdown(wait=True)
            self._fetching.shutdown(wait=False, cancel_futures=True)

    async def _read(self) -> None:
        loop, rang = asyncio.get_running_loop(), asyncio.Event()
        if self.bell is not None:
            loop.add_reader(self.bell.fileno(), _hear, self.bell, rang)
        try:
            while True:
                rang.clear()
                events = await self._in(self._storing, self.inbox.events_after, self._seen, MOST_EVENTS)
                if events:
                    await self._take_in(events)
                    continue
                try:
                    async with asyncio.timeout(LOOK_AGAIN):
                        await rang.wait()
                except TimeoutError:
                    pass
        finally:
            if self.bell is not None:
                loop.remove_reader(self.bell.fileno())

    async def _take_in(self, events: Sequence[InboxEvent]) -> None:
        """Apply events in order, and say on what they touched."""
        touched = await self._in(self._computing, self.tables.apply, events)
        for event in events:
            self._heard[event.platform] = max(event.received_at, self._heard.get(event.platform, event.received_at))
        heard, happened = min(event.received_at for event in events), min(event.happened_at for event in events)
        waiting = Waiting(heard, happened, events[0].sequence)
        is_news = events[-1].sequence > self.confirmed
        if is_news:
            self._spread(touched, waiting)
        self._point(touched, waiting, is_again=not is_news)
        self._seen = events[-1].sequence

    def _spread(self, touched: Reach, waiting: Waiting) -> None:
        for name, mailbox in self.mailboxes.items():
            shown = {sku for platform, sku in touched.shown if platform == self.channels[name].sync.destination}
            for skus, is_proven in ((touched.proven, True), (touched.skus - touched.proven, False)):
                mailbox.add(skus & shown, replace(waiting, is_proven=is_proven, is_shown=True))
                mailbox.add(skus - shown, replace(waiting, is_proven=is_proven))

    def _point(self, touched: Reach, waiting: Waiting, *, is_again: bool) -> None:
        """What events only point at is read, also when it was read before: these tables did not hear of it."""
        if self.fetch is not None:
            for pointer in dict.fromkeys(touched.pointers):
                is_proven = pointer in touched.proving
                asked = _Pointed(is_again, next(self._numbers), pointer, replace(waiting, is_proven=is_proven))
                self._pointed.put_nowait(asked)

    async def _follow(self) -> None:
        """Read what events point at, one after the other; a platform that does not answer is left to its next poll."""
        while self.fetch is not None:
            asked = await self._pointed.get()
            try:
                told = await self._in(self._fetching, self.fetch, asked.pointer)
            except ExtractionError as error:
                self._trouble["pointers"] = f"{asked.pointer}: {error}"
                continue
            self._trouble.pop("pointers", None)
            touched = await self._in(self._computing, self.tables.take, told, asked.waiting.is_proven)
            self._spread(touched, replace(asked.waiting, is_proven=False))

    async def _push(self, channel: Channel, waiting: Mapping[str, Waiting]) -> Pushed:
        rows = self.tables.known(channel.sync.model, waiting)
        if rows is None:
            rows = await self._in(self._computing, self.tables.rows, channel.sync.model, list(waiting))
        answered = await channel.push(_touched(rows, waiting, self._heard, self.clock()))
        return Pushed(answered, _skus(rows, answered.left))

    def _note(self, name: str, answered: Answered) -> None:
        self.latencies_ms.extend(answered.latencies_ms)
        self.deliveries += len(answered.latencies_ms)
        if answered.stopped is not None:
            self._trouble[name] = f"{name}: {answered.stopped}"
        else:
            self._trouble.pop(name, None)

    async def _beats(self) -> None:
        while True:
            latencies = tuple(self.latencies_ms)
            await self._in(self._storing, self.beat, self.state(latencies), latencies)
            renewed = await self._in(self._computing, self.tables.renew)
            if renewed is not None:
                for name in renewed.models.keys() & self.channels.keys():
                    self.channels[name].renew(renewed.models[name])
                # What was read for the old tables is not in these; what they touched was planned already.
                now = self.clock()
                self._point(renewed.touched, Waiting(now, now, self._seen), is_again=True)
            await asyncio.sleep(BEAT_SECONDS)

    def state(self, latencies: Sequence[int]) -> LaneState:
        """What the lane says of itself now."""
        oldest = [waiting for mailbox in self.mailboxes.values() if (waiting := mailbox.oldest()) is not None]
        confirmed = min((waiting.sequence - 1 for waiting in oldest), default=self._seen)
        ranked = sorted(latencies)
        return LaneState(
            lane=FLOW,
            process_id=os.getpid(),
            started_at=self._started_at,
            beat_at=self.clock(),
            sequence_seen=self._seen,
            sequence_confirmed=max(confirmed, self.confirmed),
            waiting=sum(len(mailbox) for mailbox in self.mailboxes.values()),
            oldest_heard_at=min((waiting.heard_at for waiting in oldest), default=None),
            deliveries=self.deliveries,
            p50_ms=percentile(ranked, 50),
            p99_ms=percentile(ranked, 99),
            trouble="; ".join(self._trouble.values()) or None,
        )

    async def _in(self, threads: ThreadPoolExecutor, work: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(threads, work, *arguments)


def _hear(bell: Bell, rang: asyncio.Event) -> None:
    """Notes a ring and empties the pipe: one that stays readable would call this again and again while events are applied."""
    bell.clear()
    rang.set()


def percentile(ranked: Sequence[int], percent: int) -> int | None:
    """The smallest value that so many percent do not exceed; None of nothing."""
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)] if ranked else None


def _touched(
    rows: Sequence[Row], waiting: Mapping[str, Waiting], heard: Mapping[str, datetime], at: datetime
) -> Touched:
    of = {row["record_key"]: row["sku"] for row in rows}
    return Touched(
        rows,
        heard_at={record: waiting[sku].heard_at for record, sku in of.items()},
        happened_at={record: waiting[sku].happened_at for record, sku in of.items()},
        proven=frozenset(record for record, sku in of.items() if waiting[sku].is_proven),
        shown=frozenset(record for record, sku in of.items() if waiting[sku].is_shown),
        made_from=dict(heard),
        read_at=at,
    )


def _skus(rows: Sequence[Row], records: Collection[str]) -> set[str]:
    return {row["sku"] for row in rows if row["record_key"] in records}
