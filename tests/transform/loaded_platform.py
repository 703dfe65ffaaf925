"""A platform's own records in, its staging and canonical rows out: the connector's real load, then a real dbt build.

Only the platform's models are built, so one platform's tests stand alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dlt
import duckdb
import httpx

from pipelines.connector import Notices, Record, dlt_resource
from pipelines.extract import connector, missing_tables
from pipelines.settings import Connection
from pipelines.vault import Vault
from tests.transform.warehouse import Warehouse


def load(folder: Path, platform: str, records: Mapping[str, Sequence[Record]], account_id: str = "main") -> Notices:
    """Loads records into `raw_<platform>` of `folder/warehouse.duckdb` as the connector does, and returns its notices."""
    declared = connector(platform)
    notices = Notices()
    for name, rows in records.items():
        resource = replace(declared.resource(name), fetch=lambda *_, rows=rows: iter([list(rows)]))
        pipeline = dlt.pipeline(
            pipeline_name=f"{platform}__{name}",
            destination=dlt.destinations.duckdb(str(folder / "warehouse.duckdb")),
            dataset_name=f"raw_{platform}",
            pipelines_dir=str(folder / "dlt"),
        )
        connection = Connection(platform, account_id, "https://platform.example", {})
        with httpx.Client() as client:
            source = dlt_resource(declared, resource, [(connection, client)], notices, Vault(folder / "answers"))
            pipeline.run(source, loader_file_format="parquet")
    return notices


def build(folder: Path, platform: str) -> str:
    """Builds and tests the platform's models over what is loaded; returns dbt's words. Fails when dbt does."""
    warehouse = Warehouse(folder)
    with duckdb.connect(str(warehouse.path)) as connection:
        for statement in list(missing_tables(connection)):
            connection.execute(statement)
    warehouse.seed()
    return warehouse.dbt("build", f"staging.{platform}", f"can_*__{platform}")


def rows(folder: Path, query: str) -> list[dict[str, Any]]:
    """Answers a query on the built warehouse, one dict per row."""
    return Warehouse(folder).query(query)
