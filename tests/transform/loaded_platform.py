"""A platform's own records in, its staging and canonical rows out: the connector's real load, then a real dbt build.

Only the platform's folders are copied into the project that is built, so one platform's tests stand alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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

TRANSFORM = Path(__file__).resolve().parents[2] / "transform"


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
            source = dlt_resource(declared, resource, [(connection, client)], notices)
            pipeline.run(source, loader_file_format="parquet")
    return notices


def build(folder: Path, platform: str, verb: str = "build") -> str:
    """Builds and tests the platform's models over what is loaded; returns dbt's words. Fails when dbt does.

    verb: "build" tests too; "run" only makes the models (after a "seed"), for records that belong to no common story.
    """
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        for statement in list(missing_tables(warehouse)):
            warehouse.execute(statement)
    project = folder / "transform"
    if not project.exists():
        _project(project, platform)
    environment = {
        **os.environ,
        "CARTWHEEL_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "CARTWHEEL_DBT_TARGET": str(folder / "target"),
        "CARTWHEEL_DBT_LOGS": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", verb, "--profiles-dir", "."]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def rows(folder: Path, query: str) -> list[dict[str, Any]]:
    """Answers a query on the built warehouse, one dict per row."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        cursor = warehouse.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _project(target: Path, platform: str) -> Path:
    for name in ("macros", "seeds", "tests/generic", f"models/staging/{platform}"):
        shutil.copytree(TRANSFORM / name, target / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(TRANSFORM / name, target / name)
    for claim in (TRANSFORM / "tests").glob(f"assert_{platform}_*.sql"):
        shutil.copy(claim, target / "tests" / claim.name)
    for mapping in (TRANSFORM / "models" / "canonical").glob(f"*/can_*__{platform}.*"):
        folder = target / "models" / "canonical" / mapping.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(mapping, folder / mapping.name)
    return target
