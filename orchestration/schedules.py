"""Every cron in one table."""

from __future__ import annotations

from contextlib import closing

import dagster as dg

from orchestration import environment
from orchestration.completeness_audit import DAYS_TAG
from orchestration.flow_register import AUDIT
from pipelines.completeness import LATE_DAYS
from reverse_etl import engine, flows

CRONS = {
    "refresh_warehouse": "*/5 * * * *",
    # At night in Europe, in the evening in America: when few are at the books.
    "check_drift": "30 2 * * *",
    # After the last refresh of the night has read the day before.
    "audit_completeness": "15 3 * * *",
    # The same job over five weeks: a record that a platform shows up to thirty days late is behind every nightly window.
    "audit_completeness_weekly": "30 4 * * 0",
    # What the audit found missing has been read again by then.
    "expire_inbox": "45 3 * * *",
}


# What writes to no platform may run everywhere without being switched on: nothing that a person would first have to allow.
NIGHTLY = {
    "check_drift": "Reads every document back from its destination and compares it with what was accepted; unless paused.",
    "audit_completeness": (
        "Holds what was loaded against the platforms' own counts and reads again what is missing; unless paused."
    ),
    "expire_inbox": "Removes the bodies of old webhooks that the warehouse has read past; unless paused.",
}


def schedules() -> list[dg.ScheduleDefinition]:
    """The schedules of the jobs in CRONS; a job bears the name of its flow."""
    return [_refresh("refresh_warehouse"), *(_nightly(job, text) for job, text in NIGHTLY.items()), _weekly(AUDIT)]


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


def _nightly(job: str, description: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{job}_daily",
        job_name=job,
        cron_schedule=CRONS[job],
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )
    def daily_unless_paused() -> dg.RunRequest | dg.SkipReason:
        paused = _paused(job)
        return dg.SkipReason(paused) if paused else dg.RunRequest()

    return daily_unless_paused


def _weekly(audit: str) -> dg.ScheduleDefinition:
    name = f"{audit}_weekly"

    @dg.schedule(
        name=name,
        job_name=audit,
        cron_schedule=CRONS[name],
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"The audit of every night over the last {LATE_DAYS} days, for what a platform shows late; unless paused.",
    )
    def weekly_unless_paused() -> dg.RunRequest | dg.SkipReason:
        paused = _paused(audit)
        return dg.SkipReason(paused) if paused else dg.RunRequest(tags={DAYS_TAG: str(LATE_DAYS)})

    return weekly_unless_paused


def _paused(flow: str) -> str | None:
    """Why a flow may not start by itself now; a person may start it all the same."""
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        return flows.paused_because(connection, flow)
