"""Runs connectors: platform → `raw_<platform>` in the warehouse, one dlt load per platform.

When that load fails its resources are loaded one by one, so that a changed type or a failing endpoint stops its resource
and no other.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import dlt
import duckdb
import httpx
from dlt.normalize.exceptions import NormalizeJobFailed
from dlt.pipeline.exceptions import PipelineStepFailed

import pipelines.platforms
from pipelines.connector import ANSWERS, Connector, Notices, Resource, dlt_columns, dlt_resource
from pipelines.errors import ConfigurationError, ExtractionError, SchemaChanged
from pipelines.settings import Connection, connections, home, warehouse_path
from pipelines.vault import FOLDER, Vault

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
# Merging makes a second dataset; its default name would clash with our word "staging".
os.environ.setdefault("DESTINATION__DUCKDB__STAGING_DATASET_NAME_LAYOUT", "%s_incoming")

Opened = list[tuple[Connection, httpx.Client]]

SQL_TYPES = {
    "text": "varchar",
    "bigint": "bigint",
    "decimal": "decimal(38, 9)",
    "bool": "boolean",
    "timestamp": "timestamp with time zone",
    "date": "date",
    "json": "json",
}


@dataclass(frozen=True)
class Extracted:
    """Outcome of one resource: rows read this time, and fields seen that the connector does not declare."""

    platform: str
    resource: str
    rows: int
    undeclared: dict[str, int]
    error: ExtractionError | None = None


def platforms() -> tuple[str, ...]:
    """Names of all connectors, one per file in `pipelines/platforms`."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(pipelines.platforms.__path__)))


def connector(platform: str) -> Connector:
    found: Connector = importlib.import_module(f"pipelines.platforms.{platform}").CONNECTOR
    return found


def extract(
    platform: str,
    only: tuple[str, ...] = (),
    since: datetime | None = None,
    report: Callable[[Extracted], None] = lambda _: None,
) -> list[Extracted]:
    """Reads a platform's resources (all, or `only` those named) into the warehouse; an error is in its resource's row.

    Raises ConfigurationError when the platform is configured in part. An unconfigured platform yields an empty list.
    """
    return run_connector(connector(platform), only, since, report)


def run_connector(
    declared: Connector,
    only: tuple[str, ...] = (),
    since: datetime | None = None,
    report: Callable[[Extracted], None] = lambda _: None,
) -> list[Extracted]:
    """`extract` for a connector at hand."""
    unknown = set(only) - {resource.name for resource in declared.resources}
    if unknown:
        known = ", ".join(resource.name for resource in declared.resources)
        raise ConfigurationError(f"{declared.platform} has no {', '.join(sorted(unknown))}: choose from {known}")
    accounts = connections(declared.platform, declared.credentials)
    if not accounts:
        return []
    warehouse_path().parent.mkdir(parents=True, exist_ok=True)
    opened = [(connection, declared.connect(connection)) for connection in accounts]
    chosen = tuple(resource for resource in declared.resources if not only or resource.name in only)
    try:
        done = _load(declared, chosen, opened, since)
    finally:
        for _, client in opened:
            client.close()
    _forget_old_answers(declared)
    for outcome in done:
        report(outcome)
    return done


def _forget_old_answers(declared: Connector) -> None:
    """What no row of the platform came in any more is deleted once it is old."""
    old = Vault(home() / FOLDER).old(declared.platform, time.time())
    if not old:
        return
    with duckdb.connect(str(warehouse_path())) as connection:
        for resource in declared.resources:
            table = f"raw_{declared.platform}.{resource.name}"
            try:
                used = connection.execute(f"select distinct unnest({ANSWERS}::varchar[]) from {table}").fetchall()
            except (duckdb.CatalogException, duckdb.BinderException):
                continue  # Never read yet, or not since answers are kept.
            for (digest,) in used:
                old.pop(digest, None)
    for file in old.values():
        file.unlink()


def _load(declared: Connector, chosen: tuple[Resource, ...], opened: Opened, since: datetime | None) -> list[Extracted]:
    """One dlt load for all resources, which is the fast way; if it fails, one each, so that only the guilty one stops."""
    notices = Notices()
    pipeline = dlt.pipeline(
        pipeline_name=declared.platform,
        destination=dlt.destinations.duckdb(str(warehouse_path())),
        dataset_name=f"raw_{declared.platform}",
        pipelines_dir=str(home() / "dlt"),
    )
    error: ExtractionError | None = None
    try:
        vault = Vault(home() / FOLDER)
        resources = [dlt_resource(declared, resource, opened, notices, vault, since) for resource in chosen]
        pipeline.run(resources, loader_file_format="parquet")
    except PipelineStepFailed as failure:
        error = _reason(failure, f"raw_{declared.platform}")
        if error is None:
            raise
        # A half-normalised package would be loaded by the next run; the cursors did not move, so it is read again.
        pipeline.drop_pending_packages()
        if len(chosen) > 1:
            return [outcome for resource in chosen for outcome in _load(declared, (resource,), opened, since)]
    counts = {}
    if error is None and pipeline.last_trace.last_normalize_info is not None:
        counts = pipeline.last_trace.last_normalize_info.row_counts
    return [
        Extracted(
            declared.platform,
            resource.name,
            counts.get(resource.name, 0),
            {name: count for (table, name), count in notices.undeclared.items() if table.endswith(f".{resource.name}")},
            error,
        )
        for resource in chosen
    ]


def _reason(failure: BaseException, table: str) -> ExtractionError | None:
    """The error of ours inside dlt's, or SchemaChanged for a broken contract; None when it is neither."""
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ExtractionError):
            return cause
        if isinstance(cause, NormalizeJobFailed):
            return SchemaChanged(f"{table}: {str(cause.__cause__ or cause)[:400]}")
        cause = cause.__cause__ or cause.__context__
    return None


def missing_tables(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """SQL that creates, empty, each declared raw table the warehouse lacks: a shop without a platform still builds."""
    existing = set(
        connection.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    )
    for platform in platforms():
        for resource in connector(platform).resources:
            table = f"raw_{platform}.{resource.name}"
            if (table,) in existing:
                continue
            columns = [f'"{name}" {SQL_TYPES[hint["data_type"]]}' for name, hint in dlt_columns(resource).items()]
            yield f"create schema if not exists raw_{platform}"
            yield f"create table {table} ({', '.join(columns)}, _dlt_load_id varchar, _dlt_id varchar)"
