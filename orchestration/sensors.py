"""Sensors: when a published activation table changed, plan and push the sync that reads it.

The cursor is a version in the log of publications on disk, moved only with the run request it gave rise to; nothing is
missed between ticks or over a restart, and several publications between two ticks make one run, for the newest.
"""

from __future__ import annotations

import dagster as dg

from orchestration import environment, warehouse

SECONDS_BETWEEN_TICKS = 10


def change_sensor(sync: str, model: str, job: dg.JobDefinition) -> dg.SensorDefinition:
    """The sensor of one sync. It runs from the start on the sandbox; elsewhere a person switches it on."""
    table = f"activation.{model}"

    @dg.sensor(
        name=f"{sync}_changes",
        job=job,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=(
            dg.DefaultSensorStatus.RUNNING if environment.name() == "sandbox" else dg.DefaultSensorStatus.STOPPED
        ),
        description=f"Starts plan and push of {sync} when a newly published {table} differs from the one handled last.",
    )
    def changes(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        handled, seen = _cursor(context.cursor)
        newer = warehouse.publications(after=handled)
        if not newer:
            return dg.SkipReason("Nothing was published since the last look.")
        newest = newer[-1]
        content = newest.tables.get(table)
        if content is None:
            return dg.SkipReason(f"{table} is not in snapshot {newest.version}.")
        cursor = f"{newest.version}:{content.digest}"
        if content.digest == seen:
            return dg.SensorResult(cursor=cursor, skip_reason=f"{table} is unchanged in snapshot {newest.version}.")
        request = dg.RunRequest(
            run_key=f"{sync}:{newest.version}", tags={"cartwheel/snapshot": str(newest.version), "cartwheel/sync": sync}
        )
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return changes


def _cursor(text: str | None) -> tuple[int, str]:
    """Version handled last and the digest the table had then."""
    if not text:
        return 0, ""
    version, _, digest = text.partition(":")
    return int(version), digest
