"""The ShipStation twin over real HTTP: pages, Pacific times, deliveries, voids and pace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox

NAMES = CREDENTIALS["shipstation"]
PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def tool(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=sandbox.base_urls["shipstation"], auth=(NAMES["api_key"], NAMES["api_secret"])
    ) as client:
        yield client


def every(client: httpx.Client, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    number, pages = 1, 1
    while number <= pages:
        body = client.get(path, params={"pageSize": 200, "page": number, **query}).json()
        found, pages, number = found + body[path.strip("/")], body["pages"], number + 1
    return found


def test_every_parcel_is_listed_once(tool: httpx.Client, sandbox: Sandbox) -> None:
    shipments = every(tool, "/shipments")
    assert len({item["shipmentId"] for item in shipments}) == len(shipments) == len(sandbox.world.parcels)


def test_times_are_pacific_without_an_offset_in_answers_and_filters(tool: httpx.Client, sandbox: Sandbox) -> None:
    shipments = every(tool, "/shipments")
    middle = shipments[len(shipments) // 2]
    parcel = sandbox.world.parcels.find(str(middle["shipmentId"]))
    assert parcel is not None
    local = datetime.fromisoformat(middle["createDate"][:26])
    assert local.tzinfo is None
    assert local.replace(tzinfo=PACIFIC) == parcel.created_at
    later = every(tool, "/shipments", createDateStart=middle["createDate"][:26])
    assert [item["shipmentId"] for item in later] == [
        item["shipmentId"] for item in shipments if item["createDate"] >= middle["createDate"]
    ]


def test_items_come_only_when_asked_for(tool: httpx.Client) -> None:
    assert tool.get("/shipments", params={"pageSize": 1}).json()["shipments"][0]["shipmentItems"] is None
    full = tool.get("/shipments", params={"pageSize": 1, "includeShipmentItems": "true"}).json()["shipments"][0]
    assert full["shipmentItems"][0]["quantity"] >= 1


def test_deliveries_are_told_by_fulfillments_and_join_by_tracking_number(tool: httpx.Client, sandbox: Sandbox) -> None:
    delivered = {item["trackingNumber"] for item in every(tool, "/fulfillments") if item["deliveryDate"]}
    assert delivered == {item.tracking_number for item in sandbox.world.parcels if item.delivered_at}
    assert delivered <= {item["trackingNumber"] for item in every(tool, "/shipments")}


def test_orders_are_awaiting_shipment_until_all_their_goods_left(tool: httpx.Client) -> None:
    statuses = {item["orderStatus"] for item in every(tool, "/orders")}
    assert (
        {"shipped", "awaiting_shipment"}
        <= statuses
        <= {"shipped", "awaiting_shipment", "awaiting_payment", "cancelled"}
    )


def test_descending_pages_start_with_the_newest(tool: httpx.Client) -> None:
    up = every(tool, "/shipments")
    down = every(tool, "/shipments", sortDir="DESC")
    assert [item["shipmentId"] for item in down] == [item["shipmentId"] for item in up[::-1]]


def test_wrong_keys_pages_and_haste_are_refused(tool: httpx.Client, sandbox: Sandbox) -> None:
    assert httpx.get(f"{sandbox.base_urls['shipstation']}/orders", auth=("a", "b")).status_code == 401
    assert tool.get("/shipments", params={"pageSize": 501}).status_code == 400
    bucket = sandbox.world.state("shipstation")["bucket"]
    bucket.drain()
    refused = tool.get("/shipments")
    assert refused.status_code == 429
    assert refused.headers["X-Rate-Limit-Remaining"] == "0"
    assert int(refused.headers["X-Rate-Limit-Reset"]) >= 1
    bucket._tokens = bucket.capacity
