"""Assets from dbt (staging to activation) and the snapshot published from them."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

from orchestration import warehouse
from orchestration.resources import OWNERS, WRITERS


def dbt_variables() -> dict[str, str]:
    """Settings of a build that come from the environment (`CARTWHEEL_AS_OF`, `CARTWHEEL_RFM_WINDOW_MONTHS`, …)."""
    names = {
        "as_of": "CARTWHEEL_AS_OF",
        "rfm_window_months": "CARTWHEEL_RFM_WINDOW_MONTHS",
        "rfm_merge_minutes": "CARTWHEEL_RFM_MERGE_MINUTES",
    }
    return {variable: os.environ[name] for variable, name in names.items() if os.environ.get(name)}


def transform_assets(project: DbtProject) -> dg.AssetsDefinition:
    @dbt_assets(manifest=project.manifest_path, project=project, name="dbt_build", pool=WRITERS)
    def dbt_build(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        with warehouse.writing("dbt build"):
            warehouse.ensure_raw_tables()
            arguments = ["build", "--vars", json.dumps(dbt_variables())]
            invocation = dbt.cli(arguments, context=context, raise_on_error=False)
            events = list(invocation.stream())
            counts = _row_counts()
        for event in events:
            yield _with_rows(event, counts)
        if not invocation.is_successful():
            raise dg.Failure("dbt build failed; the failing models and tests are named in this step's log above")

    return dbt_build


def _row_counts() -> dict[tuple[str, str], int]:
    with duckdb.connect(str(warehouse.path()), read_only=True) as connection:
        found = connection.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables() where database_name = current_database()"
        ).fetchall()
    return {(schema, table): size for schema, table, size in found}


def _with_rows(event: Any, counts: dict[tuple[str, str], int]) -> Any:
    key = getattr(event, "asset_key", None)
    rows = counts.get((key.path[-2], key.path[-1])) if key is not None and len(key.path) > 1 else None
    if rows is None or not isinstance(event, dg.MaterializeResult):
        return event
    return event._replace(metadata={**(event.metadata or {}), "dagster/row_count": rows})


def snapshot_asset(published_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=["published", "snapshot"],
        group_name="published",
        deps=published_keys,
        kinds={"duckdb"},
        owners=[OWNERS["analytics"]],
        pool=WRITERS,
        description="Marts and activation as a versioned read-only file: what `cartwheel query` and BI tools open while pipelines write.",
    )
    def snapshot(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        earlier = {table: content for found in warehouse.publications()[-1:] for table, content in found.tables.items()}
        with warehouse.writing("publish"):
            found = warehouse.publish(datetime.now(UTC))
        changed = [table for table, content in found.tables.items() if earlier.get(table) != content]
        rows = "\n".join(f"| {table} | {content.rows} |" for table, content in found.tables.items())
        return dg.MaterializeResult(
            metadata={
                "version": found.version,
                "file": dg.MetadataValue.path(str(warehouse.current_snapshot())),
                "tables changed": ", ".join(changed) or "none",
                "tables": dg.MetadataValue.md(f"| table | rows |\n|---|---|\n{rows}"),
            }
        )

    return snapshot


def published_tables(models: dg.AssetsDefinition) -> list[dg.AssetKey]:
    """Keys of the models that a snapshot holds."""
    return sorted(key for key in models.keys if key.path[0] in warehouse.PUBLISHED_SCHEMAS)
