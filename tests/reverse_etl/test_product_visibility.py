"""Products out of sight and back, at the twins: at most one change an hour, and never over what a person decided."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from reverse_etl.destination import Answer
from reverse_etl.destinations import woocommerce
from reverse_etl.destinations.shopify import product_visibility as shopify
from tests.proof import activation_tables, shop_rows
from tests.reverse_etl.conftest import Turn
from tests.reverse_etl.destination_cases import one, write

server = pytest.importorskip("sandbox.server")
SYNCS = ("shopify__product_visibility", "woocommerce__product_visibility")


@pytest.fixture(scope="module")
def running():
    with server.Sandbox(port=0, seed=7, orders=60) as started:
        yield started


@pytest.fixture
def sandbox(running):
    running.world.effects.clear()
    for platform in ("shopify", "woocommerce"):
        running.world.state(platform).pop("product_changes", None)
    return running


@pytest.fixture
def turn(sandbox, tmp_path):
    made = Turn(None, tmp_path)
    for platform in ("shopify", "woocommerce"):
        made.settings.values[f"destinations.{platform}.base_url"] = sandbox.base_urls[platform]
        names = server.CREDENTIALS[platform]
        made.settings.values.update({f"destinations.{platform}.{name}": value for name, value in names.items()})
    yield made
    made.ledger.close()


def wants(turn, sync, product, wanted, observed):
    """A plan for one product as it should be and as it was read."""
    row = shop_rows.hidden(sync, product) | {"visibility": wanted, "observed_visibility": observed}
    activation_tables.fill(turn.warehouse, sync, [row])
    return turn.plan(sync)


SHOWN, HIDDEN = "shown", "hidden_by_us"


def seen(sandbox, sync, product):
    """What the twin has: status or visibility, and our mark."""
    if sync.startswith("shopify"):
        found = sandbox.world.state("shopify").get("product_changes", {}).get(product.shopify_product_id)
        return (found.status, found.metafields[("cartwheel", "hidden_by")][1]) if found else None
    found = sandbox.world.state("woocommerce").get("product_changes", {}).get(product.woo_product_id)
    return (found["catalog_visibility"], found["meta_data"]["_cartwheel_hidden_by"]) if found else None


@pytest.mark.parametrize("sync", SYNCS)
def test_a_product_goes_out_of_sight_with_our_mark_and_comes_back_no_sooner_than_an_hour_later(sandbox, turn, sync):
    product = sandbox.world.catalogue[0]
    assert turn.push(wants(turn, sync, product, HIDDEN, SHOWN)).accepted == 1
    assert seen(sandbox, sync, product) in (("DRAFT", "cartwheel"), ("hidden", "cartwheel"))
    turn.at += timedelta(minutes=59, seconds=59)
    early = wants(turn, sync, product, SHOWN, HIDDEN)
    assert (early.deliveries, [item.code for item in early.skipped]) == ((), ["resting"])
    assert "left alone until" in early.skipped[0].reason
    turn.at += timedelta(seconds=1)
    assert turn.push(wants(turn, sync, product, SHOWN, HIDDEN)).accepted == 1
    assert seen(sandbox, sync, product) in (("ACTIVE", "nobody"), ("visible", "nobody"))
    kind = "product_updated" if sync.startswith("shopify") else "visibility_set"
    assert sandbox.world.effects.count(kind=kind) == 2


def hide_by_hand(sandbox, sync, product):
    if sync.startswith("shopify"):
        document = (
            "mutation Hide($product: ProductUpdateInput!) { productUpdate(product: $product) { product { id } } }"
        )
        asked = {
            "query": document,
            "variables": {"product": {"id": f"gid://shopify/Product/{product.shopify_product_id}", "status": "DRAFT"}},
        }
        headers = {"X-Shopify-Access-Token": server.CREDENTIALS["shopify"]["access_token"]}
        said = httpx.post(f"{sandbox.base_urls['shopify']}/admin/api/2026-10/graphql.json", json=asked, headers=headers)
    else:
        keys = server.CREDENTIALS["woocommerce"]
        url = f"{sandbox.base_urls['woocommerce']}/wp-json/wc/v3/products/{product.woo_product_id}"
        said = httpx.put(
            url, json={"catalog_visibility": "hidden"}, auth=(keys["consumer_key"], keys["consumer_secret"])
        )
    assert said.status_code == 200, said.text


@pytest.mark.parametrize("sync", SYNCS)
def test_a_person_who_was_faster_keeps_the_last_word(sandbox, turn, sync):
    product = sandbox.world.catalogue[1]
    plan = wants(turn, sync, product, HIDDEN, SHOWN)
    hide_by_hand(sandbox, sync, product)
    before = sandbox.world.effects.count()
    result = turn.push(plan)
    assert (result.accepted, result.rejected) == (0, 1)
    # No mark of ours: it will never be shown again by us.
    assert sandbox.world.effects.count() == before


@pytest.mark.parametrize(
    ("status", "mark", "held"),
    [
        ("ACTIVE", None, "shown"),
        ("ACTIVE", "cartwheel", "shown_by_others"),
        ("DRAFT", "cartwheel", "hidden_by_us"),
        ("DRAFT", "nobody", "hidden_by_others"),
        ("ARCHIVED", "cartwheel", "hidden_by_others"),
        ("UNLISTED", "cartwheel", "hidden_by_others"),
    ],
)
def test_what_is_archived_or_unlisted_is_nobody_s_of_ours_at_shopify(status, mark, held):
    product = {"id": "p", "status": status, "metafield": {"value": mark} if mark else None}
    found = write(SYNCS[0]).read_back.read(one(SYNCS[0]), Answer(200, {"data": {"product": product}}))
    assert found == {"visibility": held}


@pytest.mark.parametrize(
    ("status", "shown", "marks", "held"),
    [
        ("publish", "visible", [], "shown"),
        ("publish", "hidden", ["cartwheel"], "hidden_by_us"),
        ("publish", "hidden", ["cartwheel", "nobody"], "hidden_by_others"),
        ("publish", "search", ["cartwheel"], "hidden_by_others"),
        ("draft", "visible", ["cartwheel"], "hidden_by_others"),
    ],
)
def test_a_draft_or_a_product_only_searches_find_is_nobody_s_of_ours_at_woocommerce(status, shown, marks, held):
    fields = [{"id": at, "key": woocommerce.MARK, "value": mark} for at, mark in enumerate(marks)]
    body = {"id": 11, "status": status, "catalog_visibility": shown, "meta_data": fields}
    found = write(SYNCS[1]).read_back.read(one(SYNCS[1]), Answer(200, body))
    assert found == {"visibility": held}


def test_status_and_mark_leave_in_one_request():
    (sent,) = [write(SYNCS[0]).encode([one(SYNCS[0])], "", {})]
    product = sent.json["variables"]["product"]
    assert (product["status"], product["metafields"]) == ("DRAFT", [{**shopify.MARK, "value": "cartwheel"}])
