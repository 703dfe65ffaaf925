"""The refresh job as the schedule runs it: every step happens, and a platform that is down holds up nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import httpx
import pytest

from orchestration import environment, warehouse
from sandbox.server import CREDENTIALS, Sandbox

# Two builds of everything: minutes. What it is made of is tested by itself (test_extract, test_failed_checks).
pytestmark = [pytest.mark.world, pytest.mark.proof, pytest.mark.timeout(580)]

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    for name in [name for name in os.environ if name.startswith(("CARTWHEEL_", "SOURCES__", "DESTINATIONS__"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    with Sandbox(port=0) as world:
        environment.prepare()
        environment.born(environment.SandboxAddress(world.url, world.base_urls, CREDENTIALS))
        yield world


def checks(result: dg.ExecuteInProcessResult, name: str) -> dict[str, bool]:
    evaluations = result.get_asset_check_evaluations()
    return {found.asset_key.to_user_string(): found.passed for found in evaluations if found.check_name == name}


def test_one_refresh_reads_builds_and_publishes_although_a_platform_is_down(sandbox: Sandbox) -> None:
    fault = {"kind": "500", "platform": "klaviyo", "path": ".*", "count": 1000}
    assert httpx.post(f"{sandbox.url}/_control/faults", json=fault).status_code < 300
    from orchestration import definitions

    job = definitions.defs.resolve_job_def("refresh_warehouse")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False)
    assert result.success
    done = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}
    assert {
        "raw_shopify/orders",
        "marts/fct_net_revenue",
        "activation/act_shopify__tracking",
        "published/snapshot",
    } <= done
    assert [found.version for found in warehouse.publications()] == [1]

    read = checks(result, "is_read")
    assert {name for name, passed in read.items() if not passed} == {"raw_klaviyo/profiles", "raw_klaviyo/lists"}
    assert read["raw_shopify/orders"]
    for claim in ("every_bridge_adds_up", "nothing_is_unexplained", "no_entry_waits", "every_payout_is_its_movements"):
        assert checks(result, claim) == {"published/snapshot": True}, claim

    # A contact that is there twice contradicts a check: what is made from contacts stays as it was published, the rest
    # goes on, and the run is red.
    with duckdb.connect(str(warehouse.path())) as connection:
        connection.execute("insert into raw_hubspot.contacts select * from raw_hubspot.contacts limit 1")
    keys = [*definitions.models.keys, *definitions.snapshot.keys]
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, run_config=QUIET, asset_selection=keys, raise_on_error=False)
        event = instance.get_latest_materialization_event(dg.AssetKey(["published", "snapshot"]))
    assert not result.success
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["syncs blocked"].value == "hubspot__contacts, klaviyo__profiles"
    first, second = warehouse.publications()
    kept = "activation.act_hubspot__contacts"
    assert kept in second.held_back
    assert second.tables[kept] == first.tables[kept]
    assert "marts.fct_bridge" not in second.held_back
