"""The Shopify connector keeps the contract, drains what is nested, waits when throttled and asks only what Shopify has."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema, SelectionSetNode, build_client_schema, get_named_type, is_leaf_type, parse, validate

from pipelines.errors import ExtractionError, PlatformRefused
from pipelines.graphql.shopify import DOCUMENTS
from pipelines.platforms.shopify import CONNECTOR
from tests.pipelines import connector_contract as contract

SCHEMA = Path(__file__).parents[4] / "shared/contracts/shopify/admin_2026-10.introspection.json.gz"
URL = "https://shop.example/admin/api/2026-10"


def money(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}


ORDER = {
    "id": "gid://shopify/Order/1001",
    "name": "#1042",
    "createdAt": "2026-10-05T10:00:00Z",
    "updatedAt": "2026-10-06T10:00:00Z",
    "currencyCode": "USD",
    "taxesIncluded": False,
    "test": False,
    "totalPriceSet": money("10.00"),
    "lineItems": [{"id": "gid://shopify/LineItem/1", "originalTotalSet": money("10.00")}],
}
STAMPED = {"updatedAt": "2026-10-06T10:00:00Z", "createdAt": "2026-10-01T10:00:00Z"}
RECORDS: dict[str, dict[str, Any]] = {
    "orders": ORDER,
    "products": {"id": "gid://shopify/Product/1", "title": "Mug", "isGiftCard": False, **STAMPED},
    "product_variants": {"id": "gid://shopify/ProductVariant/1", "price": "9.99", "inventoryQuantity": 3, **STAMPED},
    "inventory_items": {"id": "gid://shopify/InventoryItem/1", "sku": "MUG", "tracked": True, "inventoryLevels": []},
    "customers": {"id": "gid://shopify/Customer/1", "firstName": "Ada", "verifiedEmail": True, **STAMPED},
    "locations": {"id": "gid://shopify/Location/1", "name": "Newark", "isActive": True},
}
EMPTY = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
FIELDS = {
    "orders": "orders",
    "products": "products",
    "product_variants": "productVariants",
    "inventory_items": "inventoryItems",
    "customers": "customers",
    "locations": "locations",
}


@pytest.mark.parametrize("name", RECORDS)
def test_each_resource_keeps_the_contract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    contract.keeps_the_contract(monkeypatch, tmp_path, CONNECTOR, RECORDS, name)


@pytest.mark.parametrize("name", RECORDS)
def test_a_busy_shop_is_waited_for_and_a_refused_key_is_not(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    answer = httpx.Response(200, json={"data": {FIELDS[name]: EMPTY}})
    contract.a_busy_platform_is_waited_for(monkeypatch, CONNECTOR.resource(name), answer, URL)
    contract.a_refused_key_stops_at_once(CONNECTOR.resource(name), URL)


def connection(nodes: list[Any], after: str | None = None) -> dict[str, Any]:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}


@pytest.mark.parametrize(
    "pages",
    [
        [connection([{"id": "a"}], "1"), connection([{"id": "b"}])],  # the last page says so
        [connection([{"id": "a"}], "1"), connection([{"id": "b"}], "2"), connection([], None)],  # an empty page
        [connection([{"id": "a"}], "1"), connection([{"id": "b"}], "1")],  # a page whose cursor does not move
    ],
)
def test_paging_ends_on_the_last_an_empty_and_a_repeated_page(pages: list[dict[str, Any]]) -> None:
    answers = iter(pages)
    with contract.playing(lambda _: httpx.Response(200, json={"data": {"products": next(answers)}}), URL) as client:
        read = [record["id"] for page in CONNECTOR.resource("products").fetch(client, None) for record in page]
    assert read == ["a", "b"]


def test_only_what_changed_is_asked_for() -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(200, json={"data": {"orders": EMPTY}})

    with contract.playing(answer, URL) as client:
        assert list(CONNECTOR.resource("orders").fetch(client, datetime(2026, 10, 6, 9, tzinfo=UTC))) == []
    assert asked[0]["variables"] == {"after": None, "query": "updated_at:>='2026-10-06T09:00:00Z'"}
    assert "sortKey: UPDATED_AT" in asked[0]["query"]


class Shop:
    """A shop with one order of 999 lines and more of everything than a page holds."""

    def __init__(self) -> None:
        line = [{"id": f"gid://shopify/LineItem/{number}"} for number in range(999)]
        self.lists: dict[str, list[Any]] = {
            "lineItems": line,
            "shippingLines": [{"id": f"s{number}"} for number in range(45)],
            "transactions": [{"id": f"t{number}"} for number in range(30)],
            "refunds": [{"id": f"gid://shopify/Refund/{number}"} for number in range(30)],
            "fulfillments": [{"id": f"f{number}"} for number in range(12)],
            "fulfillmentOrders": [{"id": f"gid://shopify/FulfillmentOrder/{number}"} for number in range(25)],
        }

    def page(self, items: list[Any], after: Any, size: int) -> dict[str, Any]:
        start = int(after or 0)
        return connection(items[start : start + size], str(start + size) if start + size < len(items) else None)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        name = asked["query"].split("(", 1)[0].removeprefix("query ")
        return httpx.Response(200, json={"data": self.answer(name, asked["variables"])})

    def answer(self, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        if name == "orders":
            order = {"id": "gid://shopify/Order/1", "name": "#1"}
            cut = {
                field: self.lists[field][:size]
                for field, size in (("transactions", 4), ("refunds", 10), ("fulfillments", 3))
            }
            paged = {
                field: self.page(self.lists[field], None, 3)
                for field in ("lineItems", "shippingLines", "fulfillmentOrders")
            }
            paged["fulfillmentOrders"]["nodes"] = [
                self.fulfillment_order(one) for one in paged["fulfillmentOrders"]["nodes"]
            ]
            return {"orders": connection([{**order, **cut, **paged}])}
        if name == "refund":
            lines = [{"id": f"r{number}"} for number in range(70)]
            return {"node": {"id": variables["id"], "refundLineItems": self.page(lines, None, 20)}}
        kind, field = name.split("_", 1)
        if kind == "whole":
            return {"node": {field: self.lists[field]}}
        if field == "refundLineItems":
            return {"node": {field: self.page([{"id": f"r{number}"} for number in range(70)], variables["after"], 50)}}
        if "FulfillmentOrder" in variables["id"]:
            return {"node": {field: self.page(list(range(120)), variables["after"], 100)}}
        found = self.page(self.lists[field], variables["after"], 20)
        if field == "fulfillmentOrders":
            found["nodes"] = [self.fulfillment_order(one) for one in found["nodes"]]
        return {"node": {field: found}}

    def fulfillment_order(self, one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "lineItems": self.page(list(range(120)), None, 10)}


def test_everything_nested_in_an_order_is_drained() -> None:
    with contract.playing(Shop(), URL) as client:
        [[order]] = list(CONNECTOR.resource("orders").fetch(client, None))
    assert {field: len(order[field]) for field in Shop().lists} == {
        "lineItems": 999,
        "shippingLines": 45,
        "transactions": 30,
        "refunds": 30,
        "fulfillments": 12,
        "fulfillmentOrders": 25,
    }
    assert [len(refund["refundLineItems"]) for refund in order["refunds"]] == [70] * 30
    assert [len(one["lineItems"]) for one in order["fulfillmentOrders"]] == [120] * 25


def test_a_list_longer_than_can_be_asked_for_is_an_error_and_not_a_short_list() -> None:
    shop = Shop()
    shop.lists["transactions"] = [{"id": f"t{number}"} for number in range(60)]
    with contract.playing(shop, URL) as client, pytest.raises(ExtractionError, match="60 transactions or more"):
        list(CONNECTOR.resource("orders").fetch(client, None))


def test_a_throttled_query_waits_until_the_bucket_holds_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    # 900 points wanted, 300 there, 100 come back each second: 6 seconds.
    cost = {"requestedQueryCost": 900, "throttleStatus": {"currentlyAvailable": 300, "restoreRate": 100.0}}
    throttled = {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": cost},
    }
    answers = iter([throttled, {"data": {"customers": EMPTY}}])
    with contract.playing(lambda _: httpx.Response(200, json=next(answers)), URL) as client:
        assert list(CONNECTOR.resource("customers").fetch(client, None)) == []
    assert waited == [6.0]


def test_an_error_inside_a_good_status_is_a_refusal() -> None:
    said = {"errors": [{"message": "Access denied for customers field"}], "data": None}
    with (
        contract.playing(lambda _: httpx.Response(200, json=said), URL) as client,
        pytest.raises(PlatformRefused, match="Access denied"),
    ):
        list(CONNECTOR.resource("customers").fetch(client, None))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    if not SCHEMA.exists():
        pytest.skip(f"the vendor's schema is not here: {SCHEMA}")
    published = json.loads(gzip.decompress(SCHEMA.read_bytes()))
    return build_client_schema(published.get("data", published), assume_valid=True)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_is_valid_at_the_vendor_and_affordable(schema: GraphQLSchema, name: str) -> None:
    document = parse(DOCUMENTS[name])
    assert validate(schema, document) == []
    assert cost(document.definitions[0].selection_set, schema, schema.query_type) < 1000  # type: ignore[attr-defined]


def cost(selected: SelectionSetNode, schema: GraphQLSchema, parent: Any) -> int:
    """Points counted the dear way: each object one, money included; a connection as often as it asks for."""
    total = 0
    for node in selected.selections:
        if node.kind == "inline_fragment":
            total += cost(node.selection_set, schema, schema.type_map[node.type_condition.name.value])  # type: ignore[attr-defined]
        elif node.name.value != "__typename":  # type: ignore[attr-defined]
            kind = get_named_type(parent.fields[node.name.value].type)  # type: ignore[attr-defined]
            if not is_leaf_type(kind):
                asked = [int(one.value.value) for one in node.arguments if one.name.value == "first"]  # type: ignore[attr-defined]
                inner = cost(node.selection_set, schema, kind)  # type: ignore[attr-defined]
                total += (
                    asked[0] * inner if asked and kind.name.endswith("Connection") else (asked or [1])[0] * (1 + inner)
                )
    return total
