"""What the orchestration knows about each flow: what starts it and who owns it. Imports no Dagster: a verb asks it."""

from __future__ import annotations

from datetime import datetime

from orchestration import warehouse
from orchestration.resources import OWNERS, TEAMS
from reverse_etl import engine
from reverse_etl.flows import Told
from reverse_etl.read_back import FLOW as CHECK_DRIFT
from reverse_etl.read_back import checked_syncs

REFRESH = "refresh_warehouse"


def told() -> dict[str, Told]:
    """The refresh and the check of documents first, then every sync."""
    return {REFRESH: _refresh(), CHECK_DRIFT: _check_drift(), **{name: _sync(name) for name in engine.syncs()}}


def _refresh() -> Told:
    published = warehouse.publications()[-1:]
    return Told(
        trigger="schedule refresh_warehouse_every_five_minutes, or by hand",
        owner=OWNERS["analytics"].removeprefix("team:"),
        condition="no other process writes the warehouse",
        action="read every configured platform, build and test all models, publish the snapshot",
        fallback="a platform that is down is read next time; what fails its checks keeps its last published content",
        last_run_at=datetime.fromisoformat(published[-1].published_at) if published else None,
    )


def _check_drift() -> Told:
    return Told(
        trigger="schedule check_drift_daily at 02:30 UTC, or by hand",
        owner=OWNERS["finance"].removeprefix("team:"),
        condition="nothing is being sent to the destination: it gives way to every push",
        action=f"read the documents of {', '.join(checked_syncs())} back and compare them with what was accepted",
        fallback="what could not be read is an exception, and read again the next day",
    )


def _sync(name: str) -> Told:
    sync = engine.sync_named(name)
    return Told(
        trigger=(
            f"sensor {name}_changes: a published activation.{sync.model} that differs;"
            " sensor due_deliveries: something is due again; or by hand"
        ),
        owner=OWNERS[TEAMS[sync.lane]].removeprefix("team:"),
    )
