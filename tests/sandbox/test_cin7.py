"""The Cin7 Core twin over real HTTP: stock by place, purchases, adjustments, and its own way of saying no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox

NAMES = CREDENTIALS["cin7"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def cin7(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"api-auth-accountid": NAMES["account_id_header"], "api-auth-applicationkey": NAMES["application_key"]}
    with httpx.Client(base_url=f"{sandbox.base_urls['cin7']}/externalapi/v2", headers=headers) as client:
        yield client


def every(client: httpx.Client, path: str, name: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in range(1, 100):
        body = client.get(path, params={"page": page, "limit": 50, **query}).json()
        found += body[name]
        if len(found) >= body["Total"]:
            return found
    raise AssertionError("the pages do not end")


def test_availability_is_one_row_per_sku_and_place(cin7: httpx.Client, sandbox: Sandbox) -> None:
    rows = every(cin7, "/ref/productavailability", "ProductAvailabilityList")
    assert len({(row["SKU"], row["Location"]) for row in rows}) == len(rows) == len(sandbox.world.stock)
    assert {row["Location"] for row in rows} == {"Newark Warehouse", "Reno Warehouse"}
    assert all(row["Available"] == row["OnHand"] - row["Allocated"] for row in rows)


def test_a_page_after_the_last_is_empty_and_keeps_the_total(cin7: httpx.Client) -> None:
    body = cin7.get("/ref/productavailability", params={"page": 99}).json()
    assert body["ProductAvailabilityList"] == []
    assert body["Total"] > 0


def test_products_can_be_asked_by_sku_and_change(cin7: httpx.Client, sandbox: Sandbox) -> None:
    sku = next(item.sku for item in sandbox.world.catalogue if not item.is_gift_card)
    assert [row["SKU"] for row in cin7.get("/product", params={"sku": sku}).json()["Products"]] == [sku]
    assert cin7.get("/product", params={"ModifiedSince": "2030-01-01T00:00:00"}).json()["Products"] == []


def test_purchases_are_listed_without_and_read_with_lines(cin7: httpx.Client, sandbox: Sandbox) -> None:
    listed = every(cin7, "/purchaseList", "PurchaseList")
    assert {row["ID"] for row in listed} == {item.purchase_order_id for item in sandbox.world.purchase_orders}
    open_one = next(item for item in sandbox.world.purchase_orders if item.status == "open")
    body = cin7.get("/purchase", params={"ID": open_one.purchase_order_id}).json()
    assert sum(line["Quantity"] for line in body["Order"]["Lines"]) == sum(line.quantity for line in open_one.lines)


def on_hand_and_moved(cin7: httpx.Client) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    levels = every(cin7, "/ref/productavailability", "ProductAvailabilityList")
    moved: dict[tuple[str, str], int] = {}
    for product in every(cin7, "/product", "Products", IncludeMovements="true"):
        for line in product["Movements"]:
            key = (product["SKU"], line["Location"])
            moved[key] = moved.get(key, 0) + line["Quantity"]
    return {(row["SKU"], row["Location"]): row["OnHand"] for row in levels}, moved


def test_the_movements_of_every_product_add_up_to_what_is_on_hand(cin7: httpx.Client, sandbox: Sandbox) -> None:
    on_hand, moved = on_hand_and_moved(cin7)
    assert on_hand == moved
    body, _ = adjustment(sandbox, "COMPLETED", 2, "two more")
    assert cin7.post("/stockadjustment", json=body).status_code == 200
    later, moved_later = on_hand_and_moved(cin7)
    assert later == moved_later != moved
    assert "Movements" not in cin7.get("/product").json()["Products"][0]


def adjustment(sandbox: Sandbox, status: str, quantity: int, reference: str) -> tuple[dict[str, Any], tuple[str, str]]:
    key = next(iter(sandbox.world.stock))
    place = next(item.name for item in sandbox.world.locations if item.location_id == key[1])
    line = {"SKU": key[0], "Location": place, "Quantity": quantity, "UnitCost": 1}
    return {"Status": status, "Reference": reference, "Lines": [line]}, key


@pytest.mark.parametrize(("status", "change"), [("COMPLETED", 3), ("DRAFT", 0)])
def test_only_a_completed_adjustment_changes_what_is_on_hand(
    cin7: httpx.Client, sandbox: Sandbox, status: str, change: int
) -> None:
    body, key = adjustment(sandbox, status, 3, f"count-{status}")
    before = sandbox.world.stock[key].on_hand
    made = cin7.post("/stockadjustment", json=body).json()
    assert sandbox.world.stock[key].on_hand == before + change
    assert sandbox.world.effects.count("cin7", "stock_adjusted", f"count-{status}") == (1 if change else 0)
    assert cin7.get("/stockadjustment", params={"TaskID": made["TaskID"]}).json() == made


def test_an_adjustment_below_zero_changes_nothing(cin7: httpx.Client, sandbox: Sandbox) -> None:
    body, key = adjustment(sandbox, "COMPLETED", -1_000_000, "too much")
    before = sandbox.world.stock[key]
    assert cin7.post("/stockadjustment", json=body).status_code == 400
    assert sandbox.world.stock[key] == before


def test_refusals_are_an_array_and_haste_is_503(cin7: httpx.Client, sandbox: Sandbox) -> None:
    refused = httpx.get(f"{sandbox.base_urls['cin7']}/externalapi/v2/product")
    assert (refused.status_code, refused.json()[0]["ErrorCode"]) == (403, 403)
    assert cin7.get("/product", params={"limit": 1001}).json()[0]["ErrorCode"] == 400
    assert cin7.get("/purchase", params={"ID": "nothing"}).status_code == 404
    bucket = sandbox.world.state("cin7")["bucket"]
    bucket.drain()
    hasty = cin7.get("/product")
    assert hasty.status_code == 503
    assert "retry-after" not in hasty.headers
    bucket._tokens = bucket.capacity


def test_the_vendor_s_own_pace_can_be_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CIN7_PER_MINUTE", "60")
    with Sandbox() as strict:
        assert strict.world.state("cin7")["bucket"].capacity == 60
