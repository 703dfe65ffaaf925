"""Every cron in one table."""

from __future__ import annotations

from contextlib import closing

import dagster as dg

from orchestration import environment
from reverse_etl import engine, flows

CRONS = {
    "refresh_warehouse": "*/5 * * * *",
    # At night in Europe, in the evening in America: when few are at the books.
    "check_drift": "30 2 * * *",
}


def schedules(refresh: str, check_drift: str) -> list[dg.ScheduleDefinition]:
    return [_refresh(refresh), _check_drift(check_drift)]


def _refresh(refresh: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="refresh_warehouse_every_five_minutes",
        job_name=refresh,
        cron_schedule=CRONS["refresh_warehouse"],
        execution_timezone="UTC",
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if environment.name() == "sandbox" else dg.DefaultScheduleStatus.STOPPED
        ),
        description="Polls every configured platform, builds all models, publishes the snapshot; unless paused.",
    )
    def unless_paused() -> dg.RunRequest | dg.SkipReason:
        paused = _paused(refresh)
        return dg.SkipReason(paused) if paused else dg.RunRequest()

    return unless_paused


def _check_drift(check_drift: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="check_drift_daily",
        job_name=check_drift,
        cron_schedule=CRONS["check_drift"],
        execution_timezone="UTC",
        # It only reads: nothing that a person would first have to allow.
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads every document back from its destination and compares it with what was accepted; unless paused.",
    )
    def daily_unless_paused() -> dg.RunRequest | dg.SkipReason:
        paused = _paused(check_drift)
        return dg.SkipReason(paused) if paused else dg.RunRequest()

    return daily_unless_paused


def _paused(flow: str) -> str | None:
    """Why a flow may not start by itself now; a person may start it all the same."""
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        return flows.paused_because(connection, flow)
