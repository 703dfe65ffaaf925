"""The nightly audit of what was loaded: an asset whose checks say, per platform, whether anything is missing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration import warehouse
from orchestration.flow_register import AUDIT
from orchestration.resources import OWNERS, WRITERS
from pipelines import completeness
from pipelines.completeness import DAYS, LATE_DAYS, Counted, counted_platforms, window
from pipelines.counting import countable

_COLUMNS = ("account", "resource", "day", "platform has", "loaded", "counted at")
ROWS_SHOWN = 200
# A run that bears this tag counts so many days instead of the nightly ones.
DAYS_TAG = "cartwheel/days"


def audit_assets() -> list[dg.AssetsDefinition]:
    return [_audit_asset(platform) for platform in counted_platforms()]


def audit_job() -> Any:
    return dg.define_asset_job(
        AUDIT,
        selection=dg.AssetSelection.assets(*(["raw_completeness", platform] for platform in counted_platforms())),
        description=(
            f"Holds the last {DAYS} whole days ({LATE_DAYS} once a week) against the platforms' own counts; reads again what is missing."
        ),
    )


def _audit_asset(platform: str) -> dg.AssetsDefinition:
    key = dg.AssetKey(["raw_completeness", platform])
    spec = dg.AssetSpec(
        key=key,
        deps=[dg.AssetKey([f"raw_{platform}", resource]) for resource in countable(platform)],
        group_name=f"raw/{platform}",
        kinds={"httpx", "duckdb"},
        owners=[OWNERS["operations"]],
        description=f"What {platform} counts of its own records, day by day, beside what was loaded (I-29).",
    )
    check = dg.AssetCheckSpec(
        "nothing_is_missing",
        asset=key,
        description="Fails when the platform has records or amounts that reading them again did not bring.",
    )

    @dg.multi_asset(name=f"audit_{platform}", specs=[spec], check_specs=[check], pool=WRITERS)
    def audit(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        days = int(context.run.tags.get(DAYS_TAG, DAYS))
        first, last = window(datetime.now(UTC), days)
        with warehouse.writing(f"count {platform}"):
            found = completeness.audit(platform, first, last, lambda: datetime.now(UTC))
        said = {"first day": str(first), "last day": str(last), **_metadata(found)}
        yield dg.MaterializeResult(metadata=said, check_results=[_verdict(found)])

    return audit


def _metadata(found: list[Counted]) -> dict[str, Any]:
    differing = [day for one in found for day in one.differing]
    said: dict[str, Any] = {
        "days counted": sum(len(one.days) for one in found),
        "read again and complete now": ", ".join(f"{one.resource} {day.day}" for one in found for day in one.healed)
        or "none needed it",
        "not counted": "; ".join(f"{one.resource}: {one.error}" for one in found if one.error) or "nothing",
    }
    if differing:
        schema = dg.TableSchema(columns=[dg.TableColumn(name) for name in _COLUMNS])
        rows = [
            (day.account_id, day.resource, day.day, day.platform_records, day.loaded_records, day.counted_at)
            for day in differing[:ROWS_SHOWN]
        ]
        records = [dg.TableRecord(dict(zip(_COLUMNS, map(str, row), strict=True))) for row in rows]
        said["days that differ"] = dg.MetadataValue.table(records, schema)
    return said


def _verdict(found: list[Counted]) -> dg.AssetCheckResult:
    missing = [day for one in found for day in one.differing if day.lacks]
    return dg.AssetCheckResult(
        check_name="nothing_is_missing",
        passed=not missing and not any(one.error for one in found),
        # Nothing that was loaded is wrong; what is missing holds up the close of its month, not a push.
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"missing": ", ".join(f"{day.resource} {day.day}: {day.missing}" for day in missing[:20]) or "none"},
    )
