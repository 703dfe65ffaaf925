"""Pushing stored plans for the command line: held against the newest snapshot first, destinations side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestration import warehouse
from orchestration.activation import blocked_syncs, make_plan, require_sound
from reverse_etl import engine, plan_standing, settings
from reverse_etl.errors import ConfigurationError, StopSync
from reverse_etl.ledger import Ledger
from reverse_etl.push import Progress


@dataclass(frozen=True)
class Pushed:
    """One sync's push, or why it could not be made."""

    sync: str
    result: engine.PushResult | None
    refused: StopSync | None = None


def push_stored(reference: str, ledger: Ledger, progress: Progress = lambda done, total: None) -> engine.PushResult:
    """Send the plan of this id or hash, unless what it was made from has changed since; raises StopSync naming what."""
    standing = plan_standing.standing(ledger.engine, reference)
    if standing is None:
        raise ConfigurationError(f"there is no plan '{reference}': see `cartwheel plan`", code="unknown_plan")
    sync = engine.sync_named(standing.sync)
    # Read once: what lets this sync go and what holds the others back is of one publication.
    blocked = blocked_syncs()
    require_sound(sync, ledger, blocked)
    fresh = None
    if any(state in ("planned", "approved") for state in standing.states):
        published = warehouse.newest_publication()
        with warehouse.reading() as connection:
            fresh = engine.derive_plan(
                sync.name,
                connection,
                ledger,
                datetime.now(UTC),
                published.observed_at(sync.destination),
                published.moments(),
            )
    return engine.push(standing.plan_id, ledger, settings.read(), progress, fresh=fresh, held=blocked)


def push_newest(sync: str, ledger: Ledger, progress: Progress = lambda done, total: None) -> engine.PushResult:
    """Send the newest plan of a sync, after making one where there is none."""
    newest = plan_standing.newest_plan_id(ledger.engine, sync) or make_plan(sync, ledger).plan_id
    return push_stored(newest, ledger, progress)


def push_all(
    syncs: Sequence[str], ledger: Ledger, progress: Callable[[str], Progress] = lambda sync: lambda done, total: None
) -> list[Pushed]:
    """The newest plan of each sync: the syncs of one destination in order of urgency, destinations side by side.

    A destination that does not answer, or a sync that may not be sent, holds up none of the others.
    """

    def push_one(sync: str) -> Pushed:
        try:
            return Pushed(sync, push_newest(sync, ledger, progress(sync)))
        except StopSync as stop:
            return Pushed(sync, None, stop)

    by_destination: dict[str, list[str]] = {}
    for sync in sorted(syncs, key=lambda name: engine.sync_named(name).lane):
        by_destination.setdefault(engine.sync_named(sync).destination, []).append(sync)
    with ThreadPoolExecutor(max_workers=max(1, len(by_destination))) as threads:
        rounds = threads.map(lambda names: [push_one(name) for name in names], by_destination.values())
        done = {pushed.sync: pushed for pushes in rounds for pushed in pushes}
    return [done[sync] for sync in syncs]
