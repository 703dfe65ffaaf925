"""Every identity says how grave its failure is, Dagster shows it, and a blocking one stops the pushes made from its numbers alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import failed_checks
from orchestration.transform import ClaimsAsChecks, _subject
from reverse_etl import engine
from tests.transform import dbt_process

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return dbt_process.manifest()


def identities(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: node for key, node in manifest["nodes"].items() if "identity" in node.get("tags", [])}


def blocked(manifest: dict[str, Any], name: str) -> set[str]:
    """The syncs that wait when this test fails."""
    (unique_id,) = [key for key, node in manifest["nodes"].items() if node["name"].startswith(name)]
    found = failed_checks.after({}, {unique_id: "failed"}, manifest)
    return {sync.name for sync in engine.syncs().values() if failed_checks.spoiling(found, f"activation.{sync.model}")}


GUIDE = re.findall(
    r"^\| (I-\d\d) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$",
    (ROOT / "docs/finance.md")
    .read_text()
    .partition("<!-- identities -->")[2]
    .partition("<!-- end of identities -->")[0],
    re.M,
)
# What is no test of a build: it holds between builds, or we do not number invoices.
NOT_OF_A_BUILD = {"I-26", "I-27"}
ALL = [f"I-{number:02d}" for number in range(1, 31)]


def severities(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Of the identities of money; those of stock (S-) are held by their own tests."""
    found: dict[str, set[str]] = {}
    for node in identities(manifest).values():
        told = node["config"]["meta"]
        if told["identity"].startswith("I-"):
            assert node["name"].startswith(f"assert_{told['identity'].lower().replace('-', '_')}_"), node["name"]
            found.setdefault(told["identity"], set()).add(told["severity"])
    return found


def test_every_identity_is_stated_with_the_severity_it_has_to_have(manifest: dict[str, Any]) -> None:
    blocking = {name: {"blocks"} for name in set(ALL) - NOT_OF_A_BUILD}
    assert severities(manifest) == blocking | {"I-29": {"warns", "blocks"}}


def test_a_severity_is_what_dbt_does(manifest: dict[str, Any]) -> None:
    for node in identities(manifest).values():
        told = node["config"]["meta"]["severity"]
        assert (told, node["config"]["severity"].lower()) in {("blocks", "error"), ("warns", "warn")}, node["name"]


def test_the_guide_says_of_each_identity_where_it_is_stated_and_what_its_failure_does(manifest: dict[str, Any]) -> None:
    assert [name for name, _, _ in GUIDE] == ALL
    for name, done, where in GUIDE:
        assert {word for word in ("blocks", "warns") if word in done} == severities(manifest).get(name, set()), name
        for place in re.findall(r"`([^`]+)`", where):
            found = list(ROOT.glob(place))
            assert found, place
            assert "*" in place or f"def test_{name.lower().replace('-', '_')}_" in found[0].read_text(), place
        assert "`" in where or done == "not stated"


def test_dagster_shows_the_severity_of_each_identity(manifest: dict[str, Any]) -> None:
    for unique_id, node in identities(manifest).items():
        subject = _subject(manifest, unique_id)
        assert subject is not None
        asset = dg.AssetSpec(["x"], metadata={"dagster_dbt/unique_id": subject})
        spec = ClaimsAsChecks().get_asset_check_spec(asset, manifest, unique_id, None)
        assert spec is not None, node["name"]
        assert spec.metadata["severity"] == node["config"]["meta"]["severity"]
        assert spec.description, f"{node['name']}: who sees it red must read what that means"


def test_an_identity_of_the_payouts_stops_the_deposits_and_no_stock_level(manifest: dict[str, Any]) -> None:
    stopped = blocked(manifest, "assert_i_08_payout_is_the_net_of_its_movements")
    assert "quickbooks__deposits" in stopped
    assert not {name for name in stopped if name.startswith(("shopify", "woocommerce", "klaviyo", "hubspot"))}


def test_an_identity_of_a_bridge_stops_no_push_for_nothing_is_made_from_a_bridge(manifest: dict[str, Any]) -> None:
    assert blocked(manifest, "assert_i_20_bridges_close") == set()


def meta(node: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = node["config"].get("meta", {})
    return found


def test_a_check_that_compares_amounts_spares_the_goods_and_none_of_stock_alone_does(manifest: dict[str, Any]) -> None:
    claims = [node for node in manifest["nodes"].values() if node["name"].startswith("assert_")]
    # Of a column's type, not of what is in it: it speaks of every mart.
    amounts = {
        node["name"] for node in claims if "_minor" in node["raw_code"] and node["name"] != "assert_no_double_in_marts"
    }
    said = {node["name"] for node in claims if meta(node).get("spares") == "goods"}
    assert amounts <= said
    assert {name for name in said if name.startswith("assert_s_")} == {"assert_s_12_stock_is_worth_its_layers"}


def test_a_table_of_goods_holds_no_amount(manifest: dict[str, Any]) -> None:
    goods = [node for node in manifest["nodes"].values() if meta(node).get("about") == "goods"]
    assert {"fct_stock", "fct_ats", "fct_commitments", "fct_listings"} <= {node["name"] for node in goods}
    for node in goods:
        assert not re.search(r"_minor\b|currency_code", node["raw_code"]), node["name"]


@pytest.mark.parametrize(
    "name",
    [
        "assert_i_02_order_total",
        "assert_i_17_tax_is_posted_where",
        "assert_shopify_orders_equal_their_lines",
        # A word the platform is new with: until somebody maps it the order counts as open, its units as owed.
        "accepted_values_stg_shopify__orders_order_fulfilment_status",
        "accepted_values_stg_shopify__orders_order_payment_status",
        "accepted_values_can_orders_order_payment_status",
    ],
)
def test_an_order_whose_money_or_status_is_wrong_stops_no_stock_level_and_no_tracking(
    manifest: dict[str, Any], name: str
) -> None:
    stopped = blocked(manifest, name)
    assert "quickbooks__sales_receipts" in stopped
    assert not {sync for sync in stopped if sync.startswith(("shopify", "woocommerce", "amazon", "slack"))}


def test_a_count_that_does_not_add_up_stops_the_stock_levels(manifest: dict[str, Any]) -> None:
    assert "shopify__stock_levels" in blocked(manifest, "assert_s_02_stock_parts_make_on_hand")
