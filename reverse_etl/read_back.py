"""Documents read back from their destination and held against what it accepted: an edit, or a document that is gone, is drift.

Records that are kept in a state are compared in every plan, with what was extracted. A document is made once and never
planned again, so this is how an edit of one comes to light. Reads only; what it finds goes where plans put theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from reverse_etl import destinations, drift_store, exception_queue
from reverse_etl.breaker import breaker_of
from reverse_etl.client import DestinationClient
from reverse_etl.delivery import Delivery
from reverse_etl.destination import Answer, Request
from reverse_etl.drift import Choice, Chosen, Drift, Written, find
from reverse_etl.errors import ConfigurationError, DeliveryError
from reverse_etl.evidence import finding_about
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_queries import read_delivery
from reverse_etl.ledger_tables import ACCEPTED, DELIVERIES
from reverse_etl.push import Clock, Progress
from reverse_etl.references import ReferenceTables
from reverse_etl.settings import Settings
from reverse_etl.sync import Mode, Sync

# Stands for the whole document where none of its fields can be compared any more.
WHOLE = "document"
THERE, GONE = "there", "gone"


@dataclass
class Compared:
    """What was read back: records compared, every drift that is not over, and what could not be read, by record."""

    records: int = 0
    drifts: list[Drift] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


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
    with ledger.reader() as connection:
        deliveries = _accepted(connection, sync, records)
        chosen = _chosen(connection, sync)
    compared = asyncio.run(_compare(sync, deliveries, chosen, ledger, read, progress, clock, sleep))
    _store(sync, deliveries, compared, ledger, clock())
    return compared


def _accepted(connection: Connection, sync: Sync, records: int | None) -> list[Delivery]:
    wanted = select(DELIVERIES).join(ACCEPTED, ACCEPTED.c.delivery_id == DELIVERIES.c.delivery_id)
    newest = wanted.where(ACCEPTED.c.sync == sync.name).order_by(ACCEPTED.c.accepted_at.desc(), ACCEPTED.c.record_key)
    return [read_delivery(row) for row in connection.execute(newest.limit(records)).mappings()]


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
    destination = destinations.load(sync.destination)
    reading = destination.writes[sync.object].read_back
    if reading is None:
        raise ConfigurationError(f"{sync.object} can not be read back at {destination.name}", code="no_read_back")
    compared = Compared()
    breaker = breaker_of(ledger.engine, destination.name, clock)
    async with DestinationClient(destination, read.connection(destination), breaker, sleep) as client:

        async def ask(request: Request) -> Answer:
            await client.turn()
            ledger.count_request(destination.name, destination.pace.daily, clock())
            return await client.send(request)

        tables = ReferenceTables(destination.writes, ask, sleep)
        for done, delivery in enumerate(deliveries, start=1):
            try:
                request = reading.encode(delivery, await tables.of(delivery.object))
                held = reading.read(delivery, await ask(request))
            except DeliveryError as error:
                compared.unread[delivery.record_key] = str(error)
                continue
            compared.records += 1
            compared.drifts += _of_document(sync, delivery, held, chosen.get(delivery.record_key, {}))
            progress(done, len(deliveries))
    return compared


def _of_document(
    sync: Sync, delivery: Delivery, held: Mapping[str, object] | None, chosen: Mapping[str, Chosen]
) -> tuple[Drift, ...]:
    ours: dict[str, object] = {**delivery.payload, WHOLE: THERE}
    seen: dict[str, object] = {WHOLE: GONE} if held is None else {WHOLE: THERE, **held}
    return find(sync.name, delivery.record_key, seen, ours, seen, Written(ours, False), chosen)


def _store(sync: Sync, deliveries: Sequence[Delivery], compared: Compared, ledger: Ledger, now: datetime) -> None:
    """Keep the drifts, open an exception for each document that waits for a choice, end those that are over."""
    read = {delivery.record_key for delivery in deliveries} - set(compared.unread)
    by_record: dict[str, list[Drift]] = {}
    for drift in compared.drifts:
        if drift.choice == Choice.OPEN:
            by_record.setdefault(drift.record_key, []).append(drift)
    findings = [_finding(each, by_record[each.record_key]) for each in deliveries if each.record_key in by_record]
    with ledger.engine.begin() as connection:
        drift_store.keep(connection, sync.name, compared.drifts, now, records=read)
        over = sorted(read - set(by_record))
        because = "it reads back as it was accepted"
        exception_queue.close_for_records(connection, sync.name, over, because, now, codes=["drift"])
        if findings:
            exception_queue.open_findings(connection, findings, now)


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
