"""A Cartwheel home for tests: activation tables published as a snapshot, and one receiving shop as every destination."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration import activation, warehouse
from orchestration.failed_checks import FailedCheck
from tests.reverse_etl.conftest import CREDENTIALS, SECRET
from tests.transform.canonical_rows import CanonicalRows

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
OURS = ("CARTWHEEL_", "SOURCES__", "DESTINATIONS__")


def settle_in(home: Path, url: str, patch: pytest.MonkeyPatch) -> None:
    """Point the process (and its children) at this home and this shop."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        patch.delenv(name)
    patch.setenv("CARTWHEEL_HOME", str(home))
    patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
    patch.setenv("CARTWHEEL_DBT_TARGET", str(home / "dbt" / "target"))
    for platform, names in CREDENTIALS.items():
        patch.setenv(f"DESTINATIONS__{platform.upper()}__BASE_URL", url)
        for name in names:
            patch.setenv(f"DESTINATIONS__{platform.upper()}__{name.upper()}", SECRET)


def publish(fill: Callable[[duckdb.DuckDBPyConnection], object], at: datetime = NOW) -> warehouse.Publication:
    """Fill the activation tables and publish them, as a build would."""
    with duckdb.connect(str(warehouse.path())) as connection:
        for schema in warehouse.PUBLISHED_SCHEMAS:
            connection.execute(f"create schema if not exists {schema}")
        fill(connection)
    return activation.publish(at)


def publish_built(world: CanonicalRows, *tables: str, at: datetime = NOW) -> warehouse.Publication:
    """Publish marts and activation tables as they stand in these rows."""
    for table in tables:
        world.build(table)
        world.connection.execute(f"copy {table} to '{warehouse.home() / table}.parquet'")

    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        for table in tables:
            name = f"{'activation' if table.startswith('act_') else 'marts'}.{table}"
            connection.execute(f"create or replace table {name} as from '{warehouse.home() / table}.parquet'")

    return publish(fill, at)


def fail_in_build(*checks: FailedCheck) -> None:
    """What a build leaves behind when these checks fail in it, and no other does."""
    folder = Path(os.environ["CARTWHEEL_HOME"]) / "dbt"
    folder.mkdir(exist_ok=True)
    (folder / "failed_checks.json").write_text(json.dumps([asdict(check) for check in checks]))


def failed_check(name: str, *spoils: str) -> FailedCheck:
    return FailedCheck(f"test.cartwheel.{name}", name, "what it means", spoils)
