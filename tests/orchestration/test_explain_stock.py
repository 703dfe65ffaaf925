"""`cartwheel explain stock`: the rows that sum to the number, what is behind them, and help for whoever mistypes."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.activation import make_plan
from orchestration.cli import cartwheel
from reverse_etl import engine, settings
from tests.orchestration import published_home
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.test_stock_and_ats import level, line, listing, order

READ = (
    *("fct_ats", "fct_ats_explained", "fct_commitments", "fct_units_in_flight", "fct_reservations"),
    *("fct_bundle_offers", "fct_risk_buffers", "dim_bundle_components"),
    *("fct_listings", "act_woocommerce__stock_levels"),
)
WOO = {"platform": "woocommerce", "channel": "woocommerce", "platform_product_id": "41"}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    published_home.settle_in(home, "http://127.0.0.1:9", monkeypatch)
    publish_shelf(cups=30)


def publish_shelf(cups: int, at: datetime = published_home.NOW) -> None:
    """A snapshot of one shelf: so many cups, 2 held, 3 on order A as singles and 4 within a set, 1 in a parcel that left."""
    world = CanonicalRows().rows("can_stock_levels", level("CUP", "BER", cups), level("POT", "BER", 9))
    world.seed("bundle_components", {"bundle_sku": "TEA-SET", "component_sku": "CUP", "quantity": 4})
    world.seed("checkout_holds", {"sku": "CUP", "units": 2, "expires_at": "2026-10-31 12:10:00", "note": "phone"})
    world.rows("can_orders", order("A"), order("B", order_fulfilment_status="fulfilled"))
    world.rows("can_order_lines", line("A", "CUP", 3), line("A", "TEA-SET", 1), line("B", "CUP", 1))
    left = {"shipment_status": "in_transit", "shipped_at": datetime(2026, 10, 31, 12, 1), "tracking_number": "1Z9"}
    world.rows("can_parcels", {"parcel_id": "p", "order_id": "B"} | left)
    world.rows("can_parcel_lines", {"parcel_line_id": "p/1", "parcel_id": "p", "sku": "CUP", "quantity": 1})
    world.rows("can_channel_listings", listing("CUP", None, 21, **WOO))
    published_home.publish_built(world, *READ, at=at)


def asked(*words: str) -> Result:
    return CliRunner().invoke(cartwheel, ["explain", "stock", *words])


def test_the_terms_sum_to_the_number_and_say_what_is_behind_them() -> None:
    found = json.loads(asked("CUP", "shopify", "--format", "json").output)
    terms = {term["term"]: term["units"] for term in found["terms"]}
    # 30 − 7 committed − 2 held − 1 in flight = 20
    assert terms == {"on_hand": 30, "committed": -7, "checkout_holds": -2, "in_flight": -1}
    assert found["ats"] == sum(terms.values()) == 20
    assert [(row["order_number"], row["committed"]) for row in found["committed"]] == [("#A", 7)]
    assert [(row["tracking_number"], row["units"]) for row in found["in_flight"]] == [("1Z9", 1)]
    assert [(row["note"], row["units"]) for row in found["holds"]] == [("phone", 2)]
    assert found["policy"]["policy"] == "shopify / *"


def test_the_text_shows_the_same() -> None:
    lines = asked("CUP", "woocommerce").output.splitlines()
    # Of 20, WooCommerce's policy withholds 2.
    assert lines[0] == "CUP on woocommerce: 18 to sell, counted 2026-10-31 12:00 UTC (snapshot 1)"
    assert "       +30  on_hand at BER" in lines
    assert "        -2  buffer" in lines
    assert "        18  = available to sell" in lines
    assert any(
        line.startswith("policy woocommerce / *: share_percent 100, buffer 2, buffer_rule fixed") for line in lines
    )


def test_what_was_pushed_since_the_snapshot_is_said_beside_its_number() -> None:
    with closing(engine.open_ledger(settings.read())) as ledger:
        (told,) = make_plan("woocommerce__stock_levels", ledger).deliveries
    # The snapshot's own number: nothing was pushed beside it.
    assert "since this snapshot" not in asked("CUP", "woocommerce").output
    publish_shelf(cups=25)
    found = json.loads(asked("CUP", "woocommerce", "--format", "json").output)
    (row,) = found["listings"]
    push = row["newest_push"]
    assert (found["ats"], row["listed_quantity"], row["target_quantity"]) == (13, 21, 13)
    assert (push["payload"]["quantity"], push["state"], push["delivery_id"]) == (18, "planned", told.delivery_id)
    (since,) = [line for line in asked("CUP", "woocommerce").output.splitlines() if "since this snapshot" in line]
    assert since.startswith("since this snapshot: 18, planned at ")
    assert f"18 to sell; shop shows 21 (cartwheel explain delivery {told.delivery_id})" in since
    # A newer snapshot knows of that push: its own number is the newer word.
    publish_shelf(cups=25, at=datetime.now(UTC))
    assert "since this snapshot" not in asked("CUP", "woocommerce").output


def test_a_set_shows_its_components_and_their_orders() -> None:
    text = asked("TEA-SET", "shopify").output
    assert "TEA-SET on shopify: 5 to sell" in text
    assert "+5  scarcest_component" in text
    assert "#A" in text


def test_a_mistyped_name_is_refused_with_what_was_perhaps_meant() -> None:
    unknown_sku, unknown_channel = asked("cupp", "shopify"), asked("CUP", "shoppify")
    assert (unknown_sku.exit_code, unknown_channel.exit_code) == (1, 1)
    assert "No stock system knows the SKU 'cupp'" in unknown_sku.output
    assert "Did you mean CUP?" in unknown_sku.output
    assert "There is no channel 'shoppify'. Did you mean shopify?" in unknown_channel.output
    assert "Channels: amazon, shopify, woocommerce, woocommerce_eu." in unknown_channel.output


def test_help_says_what_it_prints() -> None:
    assert "rows that sum to what CHANNEL is told of SKU" in asked("--help").output
