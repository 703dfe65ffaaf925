"""The Amazon connector keeps the contract, gets its own tokens, waits as long as a token takes, and asks what the vendor offers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.connector import snake
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms import amazon
from pipelines.platforms.amazon import CONNECTOR, LISTING, ORDER, connect, token_url
from pipelines.settings import Connection
from tests.pipelines import connector_contract as contract
from tests.sandbox.swagger_contract import swagger

URL = "https://seller.example"
SINCE = datetime(2026, 11, 1, 9, tzinfo=UTC)
SUMMARY = {
    "marketplaceId": "ATVPDKIKX0DER",
    "createdDate": "2026-08-15T09:00:00Z",
    "lastUpdatedDate": "2026-08-16T09:00:00Z",
}
RECORDS: dict[str, dict[str, Any]] = {
    "orders": {
        "orderId": "112-1",
        "createdTime": "2026-11-01T10:00:00Z",
        "lastUpdatedTime": "2026-11-01T10:05:00Z",
        "salesChannel": {"channelName": "AMAZON"},
        "orderItems": [{"orderItemId": "5", "quantityOrdered": 1, "product": {"sellerSku": "KIT-001"}}],
    },
    "listings": {
        "sku": "KIT-001",
        "summaries": [SUMMARY],
        "lastUpdatedDate": "2026-08-16T09:00:00Z",
        "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 4}],
    },
}


def test_every_resource_has_a_record_here() -> None:
    assert set(RECORDS) == {resource.name for resource in CONNECTOR.resources}


@pytest.mark.parametrize("name", RECORDS)
def test_each_resource_keeps_the_contract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    contract.keeps_the_contract(monkeypatch, tmp_path, CONNECTOR, RECORDS, name)


EMPTY = {"orders": {"orders": []}, "listings": {"items": [], "numberOfResults": 0}}


@pytest.mark.parametrize("name", RECORDS)
def test_a_busy_seller_is_waited_for_and_a_refused_key_is_not(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    resource = CONNECTOR.resource(name)
    contract.a_busy_platform_is_waited_for(monkeypatch, resource, httpx.Response(200, json=EMPTY[name]), URL)
    contract.a_refused_key_stops_at_once(resource, URL)


def seller(
    handle: Callable[[httpx.Request], httpx.Response],
    monkeypatch: pytest.MonkeyPatch,
    base_url: str = "https://sellingpartnerapi-na.amazon.com",
) -> httpx.Client:
    """The connector's own client over a faked network."""
    credentials = {
        "client_id": "c-1",
        "client_secret": "s-1",
        "refresh_token": "r-1",
        "seller_id": "A3SELLER",
        "marketplace_ids": "ATVPDKIKX0DER, A2EUQ1WTGCTBG2",
    }
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: handle(request))
    return connect(Connection("amazon", "main", base_url, credentials))


def reading(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    answer: Callable[[httpx.Request], dict[str, Any]],
    since: datetime | None = None,
) -> tuple[list[list[dict[str, Any]]], list[httpx.Request]]:
    """Pages a resource yields from a faked seller, and the requests it made, those for tokens left out."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/o2/token":
            return httpx.Response(200, json={"access_token": "a"}, request=request)
        asked.append(request)
        return httpx.Response(200, json=answer(request), request=request)

    with seller(handle, monkeypatch) as client:
        return list(CONNECTOR.resource(name).fetch(client, since)), asked


def test_orders_are_read_by_token_since_the_cursor_without_buyer_and_recipient(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = iter([
        {"orders": [{"orderId": "1"}], "pagination": {"nextToken": "t-2"}},
        {"orders": [{"orderId": "2"}]},
    ])  # fmt: skip
    read, asked = reading(monkeypatch, "orders", lambda _: next(pages), SINCE)
    assert [[row["orderId"] for row in page] for page in read] == [["1"], ["2"]]
    first, second = (dict(request.url.params) for request in asked)
    assert first == {
        "lastUpdatedAfter": "2026-11-01T09:00:00Z",
        "includedData": "PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX",
        "maxResultsPerPage": "100",
        "marketplaceIds": "ATVPDKIKX0DER,A2EUQ1WTGCTBG2",
    }
    # With a token all other parameters must be the same.
    assert second == first | {"paginationToken": "t-2"}


def test_a_first_reading_goes_back_as_far_as_the_vendor_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (asked,) = reading(monkeypatch, "orders", lambda _: EMPTY["orders"])
    start = datetime.fromisoformat(asked.url.params["lastUpdatedAfter"])
    assert timedelta(days=729) < datetime.now(UTC) - start < timedelta(days=731)


@pytest.mark.parametrize("name", RECORDS)
def test_a_page_that_leads_to_itself_stops_the_reading(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    page = {"orders": [RECORDS["orders"]], "items": [RECORDS["listings"]], "numberOfResults": 1}
    with pytest.raises(PlatformUnavailable, match="is this one"):
        reading(monkeypatch, name, lambda _: page | {"pagination": {"nextToken": "same"}})


def item(sku: str, created: str) -> dict[str, Any]:
    return {"sku": sku, "summaries": [SUMMARY | {"createdDate": created}]}


def test_listings_beyond_a_thousand_are_read_on_from_the_newest_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([
        {"items": [item("a", "2026-01-01T00:00:00Z"), item("b", "2026-01-02T00:00:00Z")], "numberOfResults": 1001},
        {"items": [item("b", "2026-01-02T00:00:00Z"), item("c", "2026-01-03T00:00:00Z")], "numberOfResults": 2},
    ])  # fmt: skip
    read, asked = reading(monkeypatch, "listings", lambda _: next(answers))
    assert [row["sku"] for page in read for row in page] == ["a", "b", "b", "c"]
    assert [request.url.params.get("createdAfter") for request in asked] == [None, "2026-01-02T00:00:00Z"]
    assert {request.url.path for request in asked} == {"/listings/2021-08-01/items/A3SELLER"}


def test_more_listings_of_one_second_than_a_search_shows_stop_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"items": [item("a", "2026-01-01T00:00:00Z")], "numberOfResults": 5000}
    with pytest.raises(PlatformUnavailable, match="of one second"):
        reading(monkeypatch, "listings", lambda _: page)


def test_a_listing_bears_the_newest_change_of_its_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = SUMMARY | {"marketplaceId": "A2EUQ1WTGCTBG2", "lastUpdatedDate": "2026-09-01T00:00:00Z"}
    page = {"items": [{"sku": "a", "summaries": [newer, SUMMARY]}, {"sku": "b"}], "numberOfResults": 2}
    ((first, second),), _ = reading(monkeypatch, "listings", lambda _: page)
    assert (first["lastUpdatedDate"], second["lastUpdatedDate"]) == ("2026-09-01T00:00:00Z", None)


# --- tokens and limits ------------------------------------------------------------------------------------------------


def test_a_token_is_fetched_once_and_again_when_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    tokens = iter(("first", "second"))

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.host, request.headers.get("x-amz-access-token", request.content.decode())))
        if request.url.host == "api.amazon.com":
            return httpx.Response(200, json={"access_token": next(tokens)}, request=request)
        is_stale = request.headers["x-amz-access-token"] == "first" and len(asked) > 2
        return httpx.Response(403 if is_stale else 200, json=EMPTY["orders"], request=request)

    with seller(handle, monkeypatch) as client:
        for _ in range(2):
            list(CONNECTOR.resource("orders").fetch(client, SINCE))
    api, form = (
        "sellingpartnerapi-na.amazon.com",
        "grant_type=refresh_token&refresh_token=r-1&client_id=c-1&client_secret=s-1",
    )
    assert asked == [
        ("api.amazon.com", form),
        (api, "first"),
        (api, "first"),
        ("api.amazon.com", form),
        (api, "second"),
    ]


def test_a_refused_client_stops_and_names_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse = lambda request: httpx.Response(401, json={"error": "invalid_client"}, request=request)  # noqa: E731
    with seller(refuse, monkeypatch) as client, pytest.raises(PlatformRefused, match="HTTP 401") as refusal:
        list(CONNECTOR.resource("orders").fetch(client, SINCE))
    assert not {"s-1", "r-1"} & set(str(refusal.value).split())


def test_an_authorisation_that_ended_is_told_as_a_refused_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seller renews it every year, and `cartwheel doctor` reads the status."""
    ended = lambda request: httpx.Response(400, json={"error": "invalid_grant"}, request=request)  # noqa: E731
    with seller(ended, monkeypatch) as client, pytest.raises(PlatformRefused, match="HTTP 401"):
        list(CONNECTOR.resource("orders").fetch(client, SINCE))


@pytest.mark.parametrize(("name", "seconds"), [("orders", 179.0), ("listings", 1.0)])
def test_an_empty_bucket_is_waited_for_until_it_holds_a_token(
    monkeypatch: pytest.MonkeyPatch, name: str, seconds: float
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    refusals = iter([429])

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/o2/token":
            return httpx.Response(200, json={"access_token": "a"}, request=request)
        return httpx.Response(next(refusals, 200), json=EMPTY[name], request=request)

    with seller(handle, monkeypatch) as client:
        list(CONNECTOR.resource(name).fetch(client, SINCE))
    assert waited == [seconds]


def test_tokens_come_from_amazon_s_own_host_and_else_from_where_the_seller_is() -> None:
    assert token_url("https://sellingpartnerapi-eu.amazon.com") == "https://api.amazon.com/auth/o2/token"
    assert token_url("http://127.0.0.1:8700/amazon") == "http://127.0.0.1:8700/amazon/auth/o2/token"


# --- the vendor's contract --------------------------------------------------------------------------------------------


def test_every_column_is_a_field_of_the_vendor_s_contract() -> None:
    judges = {"orders": swagger("amazon-sp-api/orders_2026-01-01.json")}
    judges["listings"] = swagger("amazon-sp-api/listingsItems_2021-08-01.json")
    for name, schema, columns in (("orders", "Order", ORDER), ("listings", "Item", LISTING)):
        known = {snake(field) for field in judges[name].document["components"]["schemas"][schema]["properties"]}
        assert set(columns) - {"last_updated_date"} == known


def test_lists_are_asked_only_what_the_vendor_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"orders": "orders_2026-01-01.json", "listings": "listingsItems_2021-08-01.json"}
    for name, file in files.items():
        judge = swagger(f"amazon-sp-api/{file}")
        _, (asked,) = reading(monkeypatch, name, lambda _, name=name: EMPTY[name], SINCE)  # type: ignore[misc]
        query = dict(asked.url.params)
        assert judge.problems_of_query("GET", asked.url.path, query) == []
        offered = {item["name"]: item for item in judge.operation("GET", asked.url.path)["parameters"]}
        assert set(query["includedData"].split(",")) <= set(offered["includedData"]["schema"]["items"]["enum"])


def test_what_a_usage_plan_refills_is_what_we_wait_for() -> None:
    said = swagger("amazon-sp-api/orders_2026-01-01.json").operation("GET", amazon.ORDERS)["description"]
    assert "| 0.0056 | 20 |" in said
    assert amazon._REFILL[amazon.ORDERS] == 179
