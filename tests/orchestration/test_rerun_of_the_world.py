"""The compiled SQL of the real activation models runs again over a snapshot of the demo's world, and gives the same plans."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import UTC, datetime

import duckdb
import pytest

from orchestration import compiled_sql, model_sql, warehouse
from orchestration.activation import make_plan
from reverse_etl import engine, rerun, settings, what_if
from reverse_etl.plan_inputs import unpack
from reverse_etl.replay import load
from reverse_etl.rerun import KeptModel
from tests.transform import dbt_process, sandbox_warehouse
from tests.transform.warehouse import Warehouse

# Reads a canonical table, which no snapshot holds: its other SQL can not be run, and replay says so.
pytestmark = [pytest.mark.dbt, pytest.mark.world]
NOT_RUN = {"xero__contacts"}


@pytest.mark.proof
def test_the_sql_of_each_sync_runs_over_its_snapshot_and_gives_the_plan_it_was_made_under(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("run_again")
    built = sandbox_warehouse.shared(tmp_path_factory)
    shutil.copy(built.path, folder / "warehouse.duckdb")
    Warehouse(folder).dbt("compile", "path:models/activation")
    monkeypatch.setenv("CARTWHEEL_HOME", str(folder))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(folder / "warehouse.duckdb"))
    monkeypatch.setenv("CARTWHEEL_OPERATIONS_URL", f"sqlite:///{folder / 'operations.sqlite'}")
    with warehouse.writing("publish"):
        published = warehouse.publish(datetime.now(UTC))
    manifest = json.loads((dbt_process.target() / "manifest.json").read_text())
    project = compiled_sql.nodes(manifest)
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        seeds = {
            table: KeptModel(model_sql.of_seed(connection, table)["sql"], (), "seed")
            for table in map(compiled_sql.table, project.values())
            if table.startswith("seeds.")
        }
    not_run = set()
    with closing(engine.open_ledger(settings.read())) as ledger:
        for name, sync in engine.syncs().items():
            inputs = unpack(load(ledger.engine, make_plan(name, ledger).plan_id).inputs)
            node = manifest["nodes"][f"model.cartwheel.{sync.model}"]
            kept = model_sql.of_build(node, project, dbt_process.target())
            other = seeds | {f"activation.{sync.model}": KeptModel(kept["sql"], tuple(kept["reads"]), "other")}
            file = warehouse.home() / "published" / published.file
            made = rerun.run(file, published.version, inputs, sync, seeds, other)
            if not made.tables:
                not_run.add(name)
                continue
            assert what_if.under(inputs, sync, "other", rerun=made).is_same, name
    assert not_run == NOT_RUN
