"""`python -m orchestration.lane --supervised`: the lane as a process of its own, until it is told to stop.

Exit code 2 means that it can not start as configured. Where nothing is published yet it waits: the intake must not end
with it. Under a supervisor it ends when its standard input does, so that a supervisor that was killed leaves no lane behind.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime

from orchestration import environment, warehouse
from orchestration.lane.apart import TablesApart
from orchestration.lane.loop import Lane
from orchestration.lane.pointers import Pointers
from orchestration.lane.published import served_syncs
from orchestration.lane.reporter import Reporter
from orchestration.lane.tables import NoLaneSnapshot
from pipelines.intake import parent, wake
from pipelines.intake.inbox import Inbox
from reverse_etl import engine, event_loop, lane_states, settings
from reverse_etl.channel import FLOW, Channel
from reverse_etl.errors import ConfigurationError, DeliveryError
from reverse_etl.group_commit import GroupCommit
from reverse_etl.ledger import Ledger
from reverse_etl.sync import Sync

CAN_NOT_START = 2
LOOK_AGAIN_SECONDS = 2.0


def main() -> int:
    """Runs until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="orchestration.lane", description="Pushes stock as soon as an event asks for it."
    )
    parser.add_argument("--supervised", action="store_true", help="end with the standard input")
    options = parser.parse_args()
    if options.supervised:
        parent.end_with_it()
    environment.prepare()
    try:
        read = settings.read()
        syncs = served_syncs(read)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return CAN_NOT_START
    event_loop.run(_until_stopped(read, syncs))
    return 0


async def _until_stopped(read: settings.Settings, syncs: Mapping[str, Sync]) -> None:
    working = asyncio.create_task(_work(read, syncs))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        return


async def _work(read: settings.Settings, syncs: Mapping[str, Sync]) -> None:
    with (
        closing(Inbox.at_home()) as inbox,
        closing(engine.open_ledger(read)) as ledger,
        closing(TablesApart(syncs)) as tables,
    ):
        await _primed(tables)
        reporter, pointers = Reporter(ledger, inbox), Pointers()
        async with AsyncExitStack() as open_ones:
            commits = await open_ones.enter_async_context(GroupCommit(ledger, _now))
            channels, refused = await _opened(open_ones, tables, syncs, ledger, commits, read)
            confirmed = _confirmed(ledger, inbox)
            bell = open_ones.enter_context(wake.Listener(wake.path()))
            open_ones.callback(pointers.close)
            # What is there now stays: walking it took the collector 80 ms, in which nothing was pushed.
            gc.collect()
            gc.freeze()
            lane = Lane(inbox, tables, channels, _now, reporter.beat, bell, refused, confirmed, pointers)
            await lane.run()


def _confirmed(ledger: Ledger, inbox: Inbox) -> int:
    """How far the lane before this one had come, in this inbox."""
    with ledger.reader() as connection:
        before = lane_states.state_of(connection, FLOW)
    # An inbox that was begun anew counts from one again.
    return min(before.sequence_confirmed, inbox.newest()) if before is not None else 0


async def _primed(tables: TablesApart) -> None:
    """Waits for a publication to make the tables from, and makes them."""
    is_told = False
    while True:
        try:
            return await asyncio.to_thread(tables.prime)
        except (warehouse.NothingPublished, NoLaneSnapshot) as nothing:
            if not is_told:
                print(f"{FLOW} waits: {nothing}", file=sys.stderr)
            is_told = True
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _opened(
    open_ones: AsyncExitStack,
    tables: TablesApart,
    syncs: Mapping[str, Sync],
    ledger: Ledger,
    commits: GroupCommit,
    read: settings.Settings,
) -> tuple[dict[str, Channel], dict[str, str]]:
    """A channel per sync; one that can not be opened is said, and keeps none of the others."""
    channels, refused = {}, dict(tables.blocked())
    for name, model in tables.models().items():
        if name in refused:
            continue
        try:
            channel = Channel(syncs[name], ledger, commits, read, _now, model)
            channels[name] = await open_ones.enter_async_context(channel)
        except DeliveryError as error:
            refused[name] = f"{name}: {error}"
    return channels, refused


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
