"""What the orchestration knows about each flow: what starts it and who owns it. Imports no Dagster: a verb asks it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from orchestration import warehouse
from orchestration.resources import OWNERS, TEAMS
from reverse_etl import engine, lane_states
from reverse_etl.channel import FLOW as STOCK_LANE
from reverse_etl.flows import Told
from reverse_etl.read_back import FLOW as CHECK_DRIFT
from reverse_etl.read_back import checked_syncs

REFRESH = "refresh_warehouse"
AUDIT = "audit_completeness"
EXPIRE_INBOX = "expire_inbox"


def told() -> dict[str, Told]:
    """The refresh, what only reads and the fast lane first, then every sync."""
    own = {
        REFRESH: _refresh(),
        CHECK_DRIFT: _check_drift(),
        AUDIT: _audit(),
        EXPIRE_INBOX: _expire_inbox(),
        STOCK_LANE: _stock_lane(),
    }
    return {**own, **{name: _sync(name) for name in engine.syncs()}}


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


def _stock_lane() -> Told:
    return Told(
        trigger="cartwheel serve: an event in the inbox that touches stock",
        owner=OWNERS["operations"].removeprefix("team:"),
        condition="a channel is not shown more without an event that put units back; the limits of each stock sync hold",
        action="set the touched SKUs on every channel at once, each from what it shows",
        fallback="what a channel has not confirmed after half a minute is refreshed and pushed by Dagster (stock_lane_watch)",
        last_run_at=_lane_beat(),
    )


def _lane_beat() -> datetime | None:
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        state = lane_states.state_of(connection, STOCK_LANE)
    return state.beat_at if state is not None else None


def _audit() -> Told:
    return Told(
        trigger="schedule audit_completeness_daily at 03:15 UTC, audit_completeness_weekly on Sundays at 04:30, or by hand",
        owner=OWNERS["operations"].removeprefix("team:"),
        condition="no other process writes the warehouse",
        action="hold what was loaded against the platforms' own counts, day by day, and read again what is missing",
        fallback="what stays missing turns a check yellow and stands in fct_loaded_counts until a later count agrees",
    )


def _expire_inbox() -> Told:
    return Told(
        trigger="schedule expire_inbox_daily at 03:45 UTC, or cartwheel inbox expire",
        owner=OWNERS["operations"].removeprefix("team:"),
        condition="the warehouse has read the platform after the event came in",
        action="remove the bodies of old webhooks and the resources they were about; what tells a repeat stays",
        fallback="what no reading has passed yet is kept, and counted as waiting",
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
