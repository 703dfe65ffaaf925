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
    # After the last refresh of the night has read the day before.
    "audit_completeness": "15 3 * * *",
}


def schedules(refresh: str, check_drift: str, audit_completeness: str) -> list[dg.ScheduleDefinition]:
    return [_refresh(refresh), _check_drift(check_drift), _audit_completeness(audit_completeness)]


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


def _audit_completeness(audit_completeness: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="audit_completeness_daily",
        job_name=audit_completeness,
        cron_schedule=CRONS["audit_completeness"],
        execution_timezone="UTC",
        # It only reads: nothing that a person would first have to allow.
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Holds what was loaded against the platforms' own counts and reads again what is missing; unless paused.",
    )
    def nightly_unless_paused() -> dg.RunRequest | dg.SkipReason:
        paused = _paused(audit_completeness)
        return dg.SkipReason(paused) if paused else dg.RunRequest()

    return nightly_unless_paused


def _paused(flow: str) -> str | None:
    """Why a flow may not start by itself now; a person may start it all the same."""
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        return flows.paused_because(connection, flow)
