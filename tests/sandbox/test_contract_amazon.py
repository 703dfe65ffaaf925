"""The Amazon twin's answers, judged by the vendor's own files."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.server import Sandbox
from tests.sandbox import amazon_client as amazon
from tests.sandbox.openapi_contract import Contract
from tests.sandbox.swagger_contract import swagger


@pytest.fixture(scope="module")
def orders_judge() -> Contract:
    return swagger("amazon-sp-api/orders_2026-01-01.json")


@pytest.fixture(scope="module")
def listings_judge() -> Contract:
    return swagger("amazon-sp-api/listingsItems_2021-08-01.json")


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with Sandbox() as sandbox, amazon.opened(sandbox) as opened:
        yield opened


def test_orders_conform(orders_judge: Contract, client: httpx.Client) -> None:
    answer = amazon.orders(client, maxResultsPerPage="3")
    assert len(answer.json()["orders"]) == 3
    assert orders_judge.problems_of_answer("GET", amazon.ORDERS, 200, answer.json()) == []
    for row in amazon.orders(client).json()["orders"]:
        path = f"{amazon.ORDERS}/{row['orderId']}"
        told = client.get(path, params={"includedData": amazon.EVERYTHING}).json()
        assert told == {"order": row}
        assert orders_judge.problems_of_answer("GET", path, 200, told) == []


def test_listings_conform(listings_judge: Contract, client: httpx.Client) -> None:
    asked = {"marketplaceIds": amazon.STORES, "includedData": amazon.LISTED, "pageSize": "20", "sortBy": "createdDate"}
    answer = client.get(amazon.LISTINGS, params=asked).json()
    assert len(answer["items"]) == 20
    assert listings_judge.problems_of_query("GET", amazon.LISTINGS, asked) == []
    assert listings_judge.problems_of_answer("GET", amazon.LISTINGS, 200, answer) == []
    path = f"{amazon.LISTINGS}/KIT-001"
    assert listings_judge.problems_of_answer("GET", path, 200, amazon.listing(client, "KIT-001")) == []


def test_patches_and_what_is_wrong_with_them_conform(listings_judge: Contract, client: httpx.Client) -> None:
    path = f"{amazon.LISTINGS}/KIT-001"
    body = {"productType": "KITCHEN", "patches": [amazon.quantity_patch(4)]}
    assert listings_judge.problems_of_body("PATCH", path, body) == []
    for quantity, status in ((4, "ACCEPTED"), (-1, "INVALID")):
        answer = amazon.patch(client, "KIT-001", quantity).json()
        assert answer["status"] == status
        assert listings_judge.problems_of_answer("PATCH", path, 200, answer) == []


def test_refusals_conform(orders_judge: Contract, listings_judge: Contract, client: httpx.Client) -> None:
    refused = client.get(amazon.ORDERS)
    assert orders_judge.problems_of_answer("GET", amazon.ORDERS, refused.status_code, refused.json()) == []
    denied = httpx.get(str(client.base_url).rstrip("/") + amazon.ORDERS, params={"lastUpdatedAfter": amazon.EVER})
    assert denied.status_code == 403
    assert orders_judge.problems_of_answer("GET", amazon.ORDERS, 403, denied.json()) == []
    missing = client.get(f"{amazon.LISTINGS}/NO-SUCH", params={"marketplaceIds": amazon.STORES})
    assert listings_judge.problems_of_answer("GET", f"{amazon.LISTINGS}/x", missing.status_code, missing.json()) == []


def test_the_judge_sees_a_wrong_type_and_an_unknown_word(orders_judge: Contract, client: httpx.Client) -> None:
    row = amazon.orders(client).json()["orders"][0]
    assert orders_judge.problems(row, "Order") == []
    assert orders_judge.problems({**row, "createdTime": 5}, "Order")
    assert orders_judge.problems({**row, "fulfillment": {"fulfillmentStatus": "Shipped"}}, "Order")
    assert orders_judge.problems({key: value for key, value in row.items() if key != "orderItems"}, "Order")
