"""Every cron in one table."""

from __future__ import annotations

import dagster as dg

from orchestration import environment

CRONS = {
    "refresh_warehouse": "*/5 * * * *",
}


def schedules(refresh: str) -> list[dg.ScheduleDefinition]:
    return [
        dg.ScheduleDefinition(
            name="refresh_warehouse_every_five_minutes",
            job_name=refresh,
            cron_schedule=CRONS["refresh_warehouse"],
            execution_timezone="UTC",
            default_status=(
                dg.DefaultScheduleStatus.RUNNING
                if environment.name() == "sandbox"
                else dg.DefaultScheduleStatus.STOPPED
            ),
            description="Polls every configured platform, builds all models, publishes the snapshot.",
        )
    ]
