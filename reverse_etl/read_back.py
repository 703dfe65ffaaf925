"""Documents read back from their destination and held against what it accepted: an edit, or a document that is gone, is drift.

Records that are kept in a state are compared in every plan, with what was extracted. A document is made once and never
planned again, so this is how an edit of one comes to light. Reads only; what it finds goes where plans put theirs.

It goes in the lowest lane: at half the destination's pace and of its day, and it stands still while anything is being
sent there.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, select

from reverse_etl import destinations, drift_store, exception_queue
from reverse_etl.breaker import breaker_of
from reverse_etl.client import DestinationClient
from reverse_etl.delivery import Delivery
from reverse_etl.destination import Answer, ReadBack, Request
from reverse_etl.drift import Choice, Chosen, Drift, Written, find
from reverse_etl.errors import ConfigurationError, DeliveryError, Kind, StopSync, foreseen
from reverse_etl.evidence import finding_about
from reverse_etl.exception_queue import Finding
from reverse_etl.held_documents import all_held
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_queries import read_deliveries
from reverse_etl.ledger_tables import ACCEPTED, DELIVERIES
from reverse_etl.push import Clock, Progress
from reverse_etl.references import ReferenceTables
from reverse_etl.settings import Settings
from reverse_etl.sync import Mode, Sync
from reverse_etl.syncs import all_syncs

# Stands for the whole document where none of its fields can be compared any more.
WHOLE = "document"
THERE, GONE = "there", "gone"


# Of what the vendor allows; a push that begins meanwhile needs the rest.
SHARE_OF_PACE = 0.5
# Where the vendor counts requests per day: nothing is read any more once so much of it is spent, by whomever.
SHARE_OF_DAY = 0.5
_SECONDS_TO_GIVE_WAY = 1.0
# Looks at whether the way is free again, before the rest is left to the next check.
_LOOKS = 3_600
# The flow that its runs are counted under, whichever sync was read.
FLOW = "check_drift"
# Troubles of the whole sync that end when all of it was read.
NOT_READ = "not_read_back"


@dataclass
class Compared:
    """What was read back: the records compared, every drift that is not over, and what could not be read, by record.

    `stopped` says why nothing further was asked, `left` how many records that leaves.
    """

    drifts: list[Drift] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    stopped: StopSync | None = None
    left: int = 0
    requests: int = 0

    @property
    def records(self) -> int:
        return len(self.read)

    @property
    def is_whole(self) -> bool:
        return not (self.unread or self.left)


def checked_syncs() -> dict[str, Sync]:
    """The syncs whose edits only a read-back finds, and that can be read back."""
    return {name: sync for name, sync in all_syncs().items() if sync.mode is Mode.CREATE and _reading(sync) is not None}


def _reading(sync: Sync) -> ReadBack | None:
    return destinations.load(sync.destination).writes[sync.object].read_back


def read_back(
    sync: Sync,
    ledger: Ledger,
    read: Settings,
    progress: Progress = lambda done, total: None,
    *,
    clock: Clock,
    records: int | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Compared:
    """Read back the newest accepted documents of a sync (all, or so many) and store what was edited.

    Raises ConfigurationError for a sync that keeps states instead of making documents.
    """
    if sync.mode is not Mode.CREATE:
        raise ConfigurationError(
            f"{sync.name} keeps records in a state: every plan compares them with what was read", code="bad_declaration"
        )
    started_at = clock()
    with ledger.reader() as connection:
        deliveries = _accepted(connection, sync, records)
        chosen = _chosen(connection, sync)
    # Without documents there is nothing to ask, and nothing that would have to be configured.
    compared = Compared()
    if deliveries:
        compared = asyncio.run(_compare(sync, deliveries, chosen, ledger, read, progress, clock, sleep))
    _store(sync, deliveries, compared, ledger, clock(), is_all=records is None)
    if deliveries:
        _note_run(compared, started_at, ledger, clock())
    return compared


def _note_run(compared: Compared, started_at: datetime, ledger: Ledger, now: datetime) -> None:
    """A row of the flow: what waits is what waits for a choice, in every sync that is read back."""
    with ledger.reader() as connection:
        waiting = {
            (row["sync"], row["record_key"]) for row in drift_store.listed(connection) if row["sync"] in checked_syncs()
        }
    stopped = compared.stopped
    ledger.note_run(
        {
            "run_id": uuid.uuid4().hex,
            "flow": FLOW,
            "plan_id": None,
            "started_at": started_at,
            "finished_at": now,
            **dict.fromkeys(("accepted", "rejected", "in_doubt"), 0),
            "waiting": len(waiting),
            "requests": compared.requests,
            "stopped_code": stopped.code if stopped is not None else None,
            "stopped": str(stopped) if stopped is not None else None,
        }
    )


def _accepted(connection: Connection, sync: Sync, records: int | None) -> list[Delivery]:
    wanted = select(DELIVERIES).join(ACCEPTED, ACCEPTED.c.delivery_id == DELIVERIES.c.delivery_id)
    newest = wanted.where(ACCEPTED.c.sync == sync.name).order_by(ACCEPTED.c.accepted_at.desc(), ACCEPTED.c.record_key)
    return read_deliveries(connection.execute(newest.limit(records)).mappings())


def _chosen(connection: Connection, sync: Sync) -> dict[str, dict[str, Chosen]]:
    found: dict[str, dict[str, Chosen]] = {}
    for row in drift_store.listed(connection, sync.name, tuple(Choice)):
        if row["choice"] != Choice.GONE:
            values = Chosen(row["choice"], row["accepted"], row["observed"], row["wanted"])
            found.setdefault(row["record_key"], {})[row["field"]] = values
    return found


async def _compare(
    sync: Sync,
    deliveries: Sequence[Delivery],
    chosen: Mapping[str, Mapping[str, Chosen]],
    ledger: Ledger,
    read: Settings,
    progress: Progress,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]],
) -> Compared:
    destination, reading = destinations.load(sync.destination), _reading(sync)
    if reading is None:
        raise ConfigurationError(f"{sync.object} can not be read back at {destination.name}", code="no_read_back")
    compared = Compared()
    breaker = breaker_of(ledger.engine, destination.name, clock)
    slower = replace(destination, pace=replace(destination.pace, requests=destination.pace.requests * SHARE_OF_PACE))
    async with DestinationClient(slower, read.connection(destination), breaker, sleep) as client:

        async def ask(request: Request) -> Answer:
            await _give_way(ledger, destination.name, clock, sleep)
            await client.turn()
            ledger.count_request(destination.name, destination.pace.daily, clock(), SHARE_OF_DAY)
            return await client.send(request)

        tables, done = ReferenceTables(destination.writes, ask, sleep), 0
        try:
            async for delivery, held in all_held(deliveries, reading, lambda: tables.of(sync.object), ask):
                done += 1
                try:
                    with foreseen():
                        if isinstance(held, DeliveryError):
                            raise held
                        drifts = _of_document(sync, delivery, held, chosen.get(delivery.record_key, {}))
                except DeliveryError as error:
                    compared.unread[delivery.record_key] = str(error)
                    continue
                compared.read.add(delivery.record_key)
                compared.drifts += drifts
                progress(done, len(deliveries))
        except StopSync as stop:
            compared.stopped, compared.left = stop, len(deliveries) - done
        compared.requests = client.calls
    return compared


async def _give_way(ledger: Ledger, destination: str, clock: Clock, sleep: Callable[[float], Awaitable[None]]) -> None:
    """Wait while something is being sent there; raises StopSync when that does not end."""
    for _ in range(_LOOKS):
        if not ledger.queries.is_sending(destination, clock()):
            return
        await sleep(_SECONDS_TO_GIVE_WAY)
    raise StopSync(f"{destination} was being written to all the time", kind=Kind.TRANSIENT, code=NOT_READ)


def _of_document(
    sync: Sync, delivery: Delivery, held: Mapping[str, object] | None, chosen: Mapping[str, Chosen]
) -> tuple[Drift, ...]:
    ours: dict[str, object] = {**delivery.payload, WHOLE: THERE}
    seen: dict[str, object] = {WHOLE: GONE} if held is None else {WHOLE: THERE, **held}
    return find(sync.name, delivery.record_key, seen, ours, seen, Written(ours, False), chosen)


def _store(
    sync: Sync, deliveries: Sequence[Delivery], compared: Compared, ledger: Ledger, now: datetime, *, is_all: bool
) -> None:
    """Keep the drifts, open an exception for each document that waits for a choice, end those that are over.

    What could not be read is an exception of the sync; it ends with the next check that read all.
    """
    by_record: dict[str, list[Drift]] = {}
    for drift in compared.drifts:
        if drift.choice == Choice.OPEN:
            by_record.setdefault(drift.record_key, []).append(drift)
    findings = [_finding(each, by_record[each.record_key]) for each in deliveries if each.record_key in by_record]
    with ledger.engine.begin() as connection:
        drift_store.keep(connection, sync.name, compared.drifts, now, records=compared.read)
        over = sorted(compared.read - set(by_record))
        because = "it reads back as it was accepted"
        exception_queue.close_for_records(connection, sync.name, over, because, now, codes=["drift"])
        if not compared.is_whole:
            findings.append(_not_read(sync, compared))
        elif is_all:
            exception_queue.close_codes(connection, sync.name, [NOT_READ], "all of it was read back", now)
        if findings:
            exception_queue.open_findings(connection, findings, now)


def _not_read(sync: Sync, compared: Compared) -> Finding:
    why = str(compared.stopped) if compared.stopped is not None else next(iter(compared.unread.values()))
    return Finding(
        code=NOT_READ,
        kind=Kind.VALIDATION,
        message=f"{len(compared.unread) + compared.left} documents could not be read back: {why}",
        sync=sync.name,
        destination=sync.destination,
        evidence={
            "read": compared.records,
            "left": compared.left,
            "not read": dict(list(compared.unread.items())[:10]),
        },
        cause="not read back",
    )


def _finding(delivery: Delivery, drifts: Sequence[Drift]) -> Finding:
    said = ", ".join(f"{drift.field} {drift.accepted!r} is {drift.observed!r} there now" for drift in drifts)
    return finding_about(
        delivery,
        code="drift",
        kind="conflict",
        message=f"{said}: choose with `cartwheel drift` (accept or ignore), or correct it there",
        evidence={"changes": {drift.field: [drift.accepted, drift.observed] for drift in drifts}},
        cause="edited at the destination",
    )
