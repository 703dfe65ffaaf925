"""The WooCommerce connector keeps the contract and asks only what the vendor's documents offer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from pipelines import extract
from pipelines.platforms.woocommerce import CONNECTOR, connect
from pipelines.settings import Connection
from sandbox.server import CREDENTIALS, Sandbox
from tests.pipelines import connector_contract as contract
from tests.transform import sandbox_warehouse

SPEC = Path(__file__).parents[4] / "shared/contracts/woocommerce/woocommerce_wc-v3_derived_openapi.json"
URL = "https://shop.example/wp-json/wc/v3"
SINCE = datetime(2026, 10, 6, 9, tzinfo=UTC)

STAMPED = {"date_created_gmt": "2026-10-05T10:00:00", "date_modified_gmt": "2026-10-06T10:00:00"}
RECORDS: dict[str, dict[str, Any]] = {
    "orders": {
        "id": 2042,
        "number": "2042",
        "currency": "USD",
        "total": "10.00",
        "line_items": [{"id": 1, "total": "10.00", "price": Decimal("9.990000000000000001")}],
        **STAMPED,
    },
    "order_refunds": {
        "id": 2100,
        "order_id": 2042,
        "order_currency": "USD",
        "amount": "4.00",
        "date_created_gmt": "2026-10-07T10:00:00",
    },
    "products": {"id": 10, "sku": "MUG", "price": "9.99", "stock_quantity": 3, **STAMPED},
    "product_variations": {"id": 11, "product_id": 10, "sku": "MUG-RED", "stock_quantity": 3, **STAMPED},
    "customers": {"id": 5, "email": "ada@example.com", "is_paying_customer": True, **STAMPED},
}


@pytest.mark.parametrize("name", RECORDS)
def test_each_resource_keeps_the_contract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    contract.keeps_the_contract(monkeypatch, tmp_path, CONNECTOR, RECORDS, name)


@pytest.mark.parametrize("name", RECORDS)
def test_a_busy_shop_is_waited_for_and_a_refused_key_is_not(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    contract.a_busy_platform_is_waited_for(monkeypatch, CONNECTOR.resource(name), httpx.Response(200, json=[]), URL)
    contract.a_refused_key_stops_at_once(CONNECTOR.resource(name), URL)


@pytest.mark.parametrize(
    ("pages", "total"),
    [
        ([[{"id": 1}], [{"id": 2}]], "2"),  # the header says which page is the last
        ([[{"id": 1}], [{"id": 2}], []], "9"),  # rows went away while paging: an empty page
        (
            [[{"id": 1}], [{"id": 2}], [{"id": 2}]],
            "9",
        ),  # a server that answers every page beyond the last with the last
        ([[{"id": 1}, {"id": 2}]], ""),  # no header: a page that is not full is the last
    ],
)
def test_paging_ends_on_the_last_an_empty_and_a_repeated_page(pages: list[list[dict[str, int]]], total: str) -> None:
    answers = iter(pages)
    headers = {"X-WP-TotalPages": total} if total else {}
    with contract.playing(lambda _: httpx.Response(200, headers=headers, json=next(answers)), URL) as client:
        read = [record["id"] for page in CONNECTOR.resource("orders").fetch(client, None) for record in page]
    assert read == [1, 2]


class Shop:
    """A shop with two orders, one of them refunded, and one product with variations; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        path = request.url.path.removeprefix("/wp-json/wc/v3/")
        orders = [
            {"id": 1, "currency": "USD", "refunds": [{"id": 9, "total": "-4.00"}]},
            {"id": 2, "currency": "EUR", "refunds": []},
        ]
        found = {
            "orders": orders,
            "orders/1/refunds": [{"id": 9, "amount": "4.00"}],
            "products": [{"id": 7}],
            "products/7/variations": [{"id": 8}],
        }
        return httpx.Response(200, headers={"X-WP-TotalPages": "1"}, json=found.get(path, []))


def test_refunds_are_asked_of_refunded_orders_alone_and_name_their_order() -> None:
    shop = Shop()
    with contract.playing(shop, URL) as client:
        [[refund]] = list(CONNECTOR.resource("order_refunds").fetch(client, SINCE))
    assert refund == {"id": 9, "amount": "4.00", "order_id": 1, "order_currency": "USD"}
    assert [url.path.rsplit("/v3/", 1)[1] for url in shop.asked] == ["orders", "orders/1/refunds"]
    assert shop.asked[0].params["modified_after"] == "2026-10-06T09:00:00"
    assert shop.asked[0].params["dates_are_gmt"] == "true"


def test_the_key_pair_is_sent_as_basic_auth() -> None:
    connection = Connection(
        "woocommerce", "main", "https://shop.example", {"consumer_key": "ck", "consumer_secret": "cs"}
    )
    with connect(connection) as client:
        assert client.base_url == httpx.URL(f"{URL}/")
        [request] = client.auth.auth_flow(httpx.Request("GET", URL))  # type: ignore[union-attr]
    assert request.headers["Authorization"] == "Basic Y2s6Y3M="


@pytest.mark.parametrize("name", RECORDS)
def test_each_request_is_one_the_vendor_documents(name: str) -> None:
    if not SPEC.exists():
        pytest.skip(f"the vendor's documents are not here: {SPEC}")
    paths = json.loads(SPEC.read_text())["paths"]
    shop = Shop()
    with contract.playing(shop, URL) as client:
        list(CONNECTOR.resource(name).fetch(client, SINCE))
    for url in shop.asked:
        template = url.path.replace("/1/", "/{id}/").replace("/7/", "/{product_id}/")
        documented = {one["name"]: one.get("schema", {}) for one in paths[template]["get"]["parameters"]}
        assert set(url.params) <= set(documented), template
        for sent, value in url.params.items():
            assert value in documented[sent].get("enum", [value])


def test_an_order_thrown_away_is_read_so_that_it_does_not_come_back_as_open(tmp_path: Path) -> None:
    """The lane hears `order.deleted` and the next snapshot must say the same: polling asks for the bin as well."""

    def status() -> str:
        with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
            (row,) = connection.execute("select status from raw_woocommerce.orders order by id desc limit 1").fetchall()
        return str(row[0])

    with Sandbox(orders=60) as sandbox, pytest.MonkeyPatch.context() as patch:
        sandbox_warehouse.configure(patch, sandbox, tmp_path)
        extract.extract("woocommerce", only=("orders",))
        assert status() != "trash"
        keys = CREDENTIALS["woocommerce"]
        newest = max(order.platform_id for order in sandbox.world.orders.values() if order.channel == "woocommerce")
        httpx.delete(
            f"{sandbox.base_urls['woocommerce']}/wp-json/wc/v3/orders/{newest}",
            auth=(keys["consumer_key"], keys["consumer_secret"]),
        )
        extract.extract("woocommerce", only=("orders",))
        assert status() == "trash"
