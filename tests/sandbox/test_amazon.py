"""The Amazon twin keeps to what the vendor says: tokens, buckets, pages, patches that are accepted before they count."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox.amazon_facts import BY_AMAZON, SENT_BY_AMAZON
from sandbox.server import Sandbox
from sandbox.world import build_world
from tests.sandbox import amazon_client as amazon


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with amazon.opened(sandbox) as opened:
        yield opened


def test_the_same_seed_gives_the_same_account_and_only_orders_of_november() -> None:
    first, again = build_world().amazon, build_world().amazon
    assert first == again
    assert {(order.placed_at.year, order.placed_at.month) for order in first.orders.values()} == {(2026, 11)}
    assert {order.status for order in first.orders.values()} == {
        "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED"
    }  # fmt: skip
    assert {order.fulfilled_by for order in first.orders.values()} == {"MERCHANT", "AMAZON"}


def test_tokens_last_an_hour_and_an_old_one_is_denied(sandbox: Sandbox, client: httpx.Client) -> None:
    assert amazon.token(sandbox).json()["expires_in"] == 3600
    assert amazon.orders(client).status_code == 200
    sandbox.world.clock.advance(3601)
    denied = amazon.orders(client)
    assert (denied.status_code, denied.json()["errors"][0]["code"]) == (403, "Unauthorized")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"refresh_token": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_grant_is_refused(untouched: Sandbox, changed: dict[str, str], status: int, error: str) -> None:
    answer = amazon.token(untouched, **changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_orders_are_searched_twenty_times_and_then_the_bucket_is_empty(client: httpx.Client) -> None:
    answers = [amazon.orders(client) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[0].headers["x-amzn-RateLimit-Limit"] == "0.0056"
    assert "Retry-After" not in answers[-1].headers
    assert answers[-1].json()["errors"][0]["code"] == "QuotaExceeded"
    # Another operation has a bucket of its own.
    assert amazon.listing(client, "KIT-001")["sku"] == "KIT-001"


def test_each_proceeds_breakdown_adds_up(client: httpx.Client) -> None:
    def total(rows: list[dict[str, Any]]) -> Decimal:
        return sum((Decimal(row["subtotal"]["amount"]) for row in rows), Decimal())

    orders = amazon.orders(client).json()["orders"]
    assert len(orders) == 10
    for order in orders:
        if order["fulfillment"]["fulfillmentStatus"] == "PENDING":
            assert "proceeds" not in order
            continue
        grand = Decimal(order["proceeds"]["grandTotal"]["amount"])
        assert grand == total(order["proceeds"]["breakdowns"])
        assert grand == sum(Decimal(item["proceeds"]["proceedsTotal"]["amount"]) for item in order["orderItems"])
        for item in order["orderItems"]:
            assert Decimal(item["proceeds"]["proceedsTotal"]["amount"]) == total(item["proceeds"]["breakdowns"])


def test_nobody_is_told_of_who_does_not_ask(client: httpx.Client) -> None:
    rows = amazon.orders(client, includedData="PROCEEDS,FULFILLMENT").json()["orders"]
    assert not any({"buyer", "recipient", "packages"} & set(row) for row in rows)


def test_pages_hold_every_order_once_and_a_token_dies_after_a_day(sandbox: Sandbox, client: httpx.Client) -> None:
    seen, token = [], {}
    while True:
        answer = amazon.orders(client, maxResultsPerPage="4", **token).json()
        seen += [row["orderId"] for row in answer["orders"]]
        if "pagination" not in answer:
            break
        token = {"paginationToken": answer["pagination"]["nextToken"]}
    assert sorted(seen) == sorted(sandbox.world.amazon.orders)
    sandbox.world.clock.advance(25 * 3600)
    with amazon.opened(sandbox) as fresh:
        assert amazon.orders(fresh, maxResultsPerPage="4", **token).status_code == 400


@pytest.mark.parametrize(
    "asked",
    [
        {"lastUpdatedAfter": ""},
        {"createdAfter": amazon.EVER},
        {"createdBefore": amazon.EVER},
        {"lastUpdatedBefore": "2026-11-01T11:59:00Z"},
        {"maxResultsPerPage": "101"},
        {"includedData": "EVERYTHING"},
        {"fulfillmentStatuses": "Shipped"},
        {"paginationToken": "no-token"},
    ],
)
def test_what_the_vendor_does_not_allow_is_refused(client: httpx.Client, asked: dict[str, str]) -> None:
    answer = amazon.orders(client, **asked)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")


def test_a_patch_is_accepted_first_and_counts_later(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.world.state("amazon")["processing_seconds"] = 60
    before = amazon.listing(client, "KIT-001")["fulfillmentAvailability"]
    assert amazon.patch(client, "KIT-001", 4).json()["status"] == "ACCEPTED"
    assert sandbox.world.effects.count("amazon", "listing_quantity_set", "KIT-001") == 1
    assert amazon.listing(client, "KIT-001")["fulfillmentAvailability"] == before
    sandbox.world.clock.advance(60)
    assert amazon.listing(client, "KIT-001")["fulfillmentAvailability"] == [
        {"fulfillmentChannelCode": "DEFAULT", "quantity": 4}
    ]


@pytest.mark.parametrize("quantity", [-1, 1.5, "4", True, None])
def test_a_quantity_that_is_none_is_invalid_and_changes_nothing(
    sandbox: Sandbox, client: httpx.Client, quantity: object
) -> None:
    answer = amazon.patch(client, "KIT-001", quantity).json()
    assert (answer["status"], answer["issues"][0]["severity"]) == ("INVALID", "ERROR")
    assert sandbox.world.effects.count("amazon") == 0


def test_a_preview_changes_nothing(sandbox: Sandbox, client: httpx.Client) -> None:
    assert amazon.patch(client, "KIT-001", 4, mode="VALIDATION_PREVIEW").json()["status"] == "VALID"
    assert sandbox.world.effects.count("amazon") == 0


def test_what_the_marketplace_sends_it_counts_itself(sandbox: Sandbox, client: httpx.Client) -> None:
    theirs = next(one for one in sandbox.world.amazon.listings.values() if one.sent_by == SENT_BY_AMAZON)
    assert amazon.listing(client, theirs.sku)["fulfillmentAvailability"] == [{"fulfillmentChannelCode": SENT_BY_AMAZON}]
    body = {"productType": theirs.product_type}
    assert amazon.patch(client, theirs.sku, 4, body=body).json()["status"] == "INVALID"


def test_an_order_lowers_its_own_listing_alone(sandbox: Sandbox, client: httpx.Client) -> None:
    woo, shopify = dict(sandbox.world.woo_quantity), dict(sandbox.world.shopify_available)
    before = sandbox.world.amazon.listings["KIT-001"].quantity
    asked = {"channel": "amazon", "sku": "KIT-001", "quantity": 2}
    placed = httpx.post(f"{sandbox.url}/_control/orders", json=asked)
    assert placed.status_code == 201, placed.text
    assert sandbox.world.amazon.listings["KIT-001"].quantity == before - 2
    assert (dict(sandbox.world.woo_quantity), dict(sandbox.world.shopify_available)) == (woo, shopify)
    told = client.get(f"{amazon.ORDERS}/{placed.json()['order_number']}", params={"includedData": "PROCEEDS"}).json()
    assert told["order"]["proceeds"]["grandTotal"]["amount"] == f"{placed.json()['total_minor'] / 100:.2f}"


@pytest.mark.parametrize(
    "asked",
    [
        {"sku": "NO-SUCH"},
        {"sku": "KIT-002"},
        {"quantity": 0},
        {"company": "Harbor Hotels"},
    ],
)
def test_an_order_nobody_can_place_is_refused(sandbox: Sandbox, asked: dict[str, object]) -> None:
    answer = httpx.post(f"{sandbox.url}/_control/orders", json={"channel": "amazon", **asked})
    assert answer.status_code == 400
    assert len(sandbox.world.amazon.orders) == 10


def test_an_order_that_names_no_sku_takes_what_is_listed(sandbox: Sandbox) -> None:
    placed = httpx.post(f"{sandbox.url}/_control/orders", json={"channel": "amazon"}).json()
    assert placed["sku"] in sandbox.world.amazon.listings
    assert sandbox.world.amazon.orders[placed["order_number"]].fulfilled_by != BY_AMAZON
