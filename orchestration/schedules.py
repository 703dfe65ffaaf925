"""Every cron in one table."""

from __future__ import annotations

from contextlib import closing

import dagster as dg

from orchestration import environment
from reverse_etl import engine, flows

CRONS = {
    "refresh_warehouse": "*/5 * * * *",
}


def schedules(refresh: str) -> list[dg.ScheduleDefinition]:
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

    return [unless_paused]


def _paused(flow: str) -> str | None:
    """Why a flow may not start by itself now; a person may start it all the same."""
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        return flows.paused_because(connection, flow)
