"""Every identity says how grave its failure is, Dagster shows it, and a blocking one stops the pushes made from its numbers alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import build, environment, failed_checks
from orchestration.transform import ClaimsAsChecks, _subject
from reverse_etl import engine


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The project as dbt reads it."""
    home = tmp_path_factory.mktemp("manifest")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        patch.setenv("CARTWHEEL_DBT_TARGET", str(home / "target"))
        environment.prepare()
        with build.worker() as dbt:
            build.parse(dbt)
    found: dict[str, Any] = json.loads(Path(home / "target" / "manifest.json").read_text())
    return found


def identities(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: node for key, node in manifest["nodes"].items() if "identity" in node.get("tags", [])}


def blocked(manifest: dict[str, Any], name: str) -> set[str]:
    """The syncs that wait when this test fails."""
    (unique_id,) = [key for key, node in manifest["nodes"].items() if node["name"].startswith(name)]
    found = failed_checks.after({}, {unique_id: "failed"}, manifest)
    return {sync.name for sync in engine.syncs().values() if failed_checks.spoiling(found, f"activation.{sync.model}")}


def test_every_identity_has_its_number_and_a_severity_that_dbt_acts_on(manifest: dict[str, Any]) -> None:
    found = identities(manifest)
    assert len({node["config"]["meta"]["identity"] for node in found.values()}) > 15
    for node in found.values():
        told = node["config"]["meta"]["severity"]
        assert (told, node["config"]["severity"].lower()) in {("blocks", "error"), ("warns", "warn")}, node["name"]


def test_dagster_shows_the_severity_of_each_identity(manifest: dict[str, Any]) -> None:
    for unique_id, node in identities(manifest).items():
        subject = _subject(manifest, unique_id)
        assert subject is not None
        asset = dg.AssetSpec(["x"], metadata={"dagster_dbt/unique_id": subject})
        spec = ClaimsAsChecks().get_asset_check_spec(asset, manifest, unique_id, None)
        assert spec is not None, node["name"]
        assert spec.metadata["severity"] == node["config"]["meta"]["severity"]


def test_an_identity_of_the_payouts_stops_the_deposits_and_no_stock_level(manifest: dict[str, Any]) -> None:
    stopped = blocked(manifest, "assert_i_08_payout_is_the_net_of_its_movements")
    assert "quickbooks__deposits" in stopped
    assert not {name for name in stopped if name.startswith(("shopify", "woocommerce", "klaviyo", "hubspot"))}


def test_an_identity_of_a_bridge_stops_no_push_for_nothing_is_made_from_a_bridge(manifest: dict[str, Any]) -> None:
    assert blocked(manifest, "assert_i_20_bridges_close") == set()
