"""Cin7 Core's connector: its pace, purchases widened by their documents, and what it asks against the vendor's file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.connector import Notices, shape
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms.cin7 import CONNECTOR, REQUESTS_PER_WINDOW, ROOT, connect, pace
from pipelines.settings import Connection

CONTRACT = Path(__file__).parents[4] / "shared" / "contracts" / "cin7" / "cin7_core_v2_normalised_openapi.json.gz"
SINCE = datetime(2026, 10, 1, 12, tzinfo=UTC)

Answer = Callable[[httpx.Request], Any]


def reading(name: str, answer: Answer, since: datetime | None = None) -> tuple[list[list[dict]], list[httpx.Request]]:
    """Pages a resource yields from a faked Cin7, and the requests it made."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    credentials = {"account_id_header": "acc", "application_key": "s3cret"}
    real = connect(Connection("cin7", "main", "https://cin7.example/twin", credentials))
    with httpx.Client(base_url=real.base_url, headers=real.headers, transport=httpx.MockTransport(handle)) as client:
        return list(CONNECTOR.resource(name).fetch(client, since)), asked


def listing(name: str, *records: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {"Total": len(records) if total is None else total, "Page": 1, name: list(records)}


LISTS = {
    "product_availability": ("/ref/productavailability", "ProductAvailabilityList"),
    "products": ("/product", "Products"),
    "product_movements": ("/product", "Products"),
    "locations": ("/ref/location", "LocationList"),
}


@pytest.mark.parametrize("name", list(LISTS))
def test_lists_are_read_until_their_total(name: str) -> None:
    path, key = LISTS[name]
    pages, asked = reading(name, lambda r: listing(key, {"ID": r.url.params["Page"]}, total=2), SINCE)
    assert [[row["ID"] for row in rows] for rows in pages] == [["1"], ["2"]]
    assert {request.url.path for request in asked} == {f"/twin{ROOT}{path}"}
    assert [request.url.params["Page"] for request in asked] == ["1", "2"]
    assert asked[0].headers["api-auth-accountid"] == "acc"
    assert asked[0].headers["api-auth-applicationkey"] == "s3cret"


def test_products_ask_for_changes_deprecated_ones_and_what_they_are_made_of() -> None:
    _, asked = reading("products", lambda _: listing("Products"), SINCE)
    assert asked[0].url.params["ModifiedSince"] == "2026-10-01T12:00:00Z"
    assert asked[0].url.params["IncludeDeprecated"] == "true"
    assert asked[0].url.params["IncludeBOM"] == "true"
    assert "ModifiedSince" not in reading("products", lambda _: listing("Products"))[1][0].url.params


def test_paging_ends_on_an_empty_page_and_refuses_a_repeated_one() -> None:
    assert reading("locations", lambda _: listing("LocationList", total=9))[0] == []
    with pytest.raises(PlatformUnavailable, match="page 2 is page 1 again"):
        reading("locations", lambda _: listing("LocationList", {"ID": "a"}, total=9))


def test_stock_carries_its_place_and_the_time_of_the_answer() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        rows = listing("ProductAvailabilityList", {"SKU": "A"}, {"SKU": "B"}, total=3)
        if request.url.params["Page"] == "2":
            rows = listing("ProductAvailabilityList", {"SKU": "A", "Bin": "2"}, total=3)
        return httpx.Response(200, json=rows, headers={"Date": "Sun, 01 Nov 2026 12:00:00 GMT"})

    pages, _ = reading("product_availability", answer)
    assert [row["LineNumber"] for rows in pages for row in rows] == [1, 2, 3]
    assert {row["ReadAt"] for rows in pages for row in rows} == {datetime(2026, 11, 1, 12, tzinfo=UTC)}


def test_a_changed_purchase_is_widened_by_its_document_of_either_kind_in_one_shape() -> None:
    rows = [{"ID": "p1", "Type": "Simple Purchase"}, {"ID": "p2", "Type": "Advanced Purchase"}]
    simple = {"ID": "p1", "StockReceived": {"Status": "AUTHORISED", "Lines": []}}
    advanced = {"ID": "p2", "StockReceived": [{"Status": "AUTHORISED", "Lines": []}]}
    answers = {
        "/purchaseList": listing("PurchaseList", *rows),
        "/purchase": simple,
        "/advanced-purchase": advanced,
    }
    pages, asked = reading("purchases", lambda r: answers[r.url.path.removeprefix(f"/twin{ROOT}")], SINCE)
    assert [row["StockReceived"] for row in pages[0]] == [[{"Status": "AUTHORISED", "Lines": []}]] * 2
    assert [row["Type"] for row in pages[0]] == ["Simple Purchase", "Advanced Purchase"]
    assert asked[0].url.params["UpdatedSince"] == "2026-10-01T12:00:00Z"
    assert [(r.url.path.rsplit("/", 1)[1], r.url.params["ID"]) for r in asked[1:]] == [
        ("purchase", "p1"),
        ("advanced-purchase", "p2"),
    ]


def test_throttling_by_503_is_tried_again_and_a_wrong_key_stops_without_its_secret() -> None:
    answers = iter([httpx.Response(503, headers={"Retry-After": "0"}), listing("LocationList", {"ID": "a"})])
    assert reading("locations", lambda _: next(answers))[0] == [[{"ID": "a"}]]
    with pytest.raises(PlatformRefused, match="403") as refusal:
        reading(
            "locations", lambda _: httpx.Response(403, json=[{"ErrorCode": 403, "Exception": "Incorrect credentials"}])
        )
    assert "s3cret" not in str(refusal.value)


def test_requests_are_held_back_to_fit_into_the_minute() -> None:
    now, waited = [0.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    hold = pace(sleep, lambda: now[0])
    for _ in range(REQUESTS_PER_WINDOW):
        hold(httpx.Request("GET", "https://cin7.example"))
        now[0] += 0.5
    assert waited == []
    # 55 requests took 27.5 s; the first leaves the window at 60 s, so the next waits 32.5 s.
    hold(httpx.Request("GET", "https://cin7.example"))
    assert waited == [32.5]
    hold(httpx.Request("GET", "https://cin7.example"))
    assert waited == [32.5, 0.5]


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    if not CONTRACT.exists():
        pytest.skip(f"the vendor's file is not at {CONTRACT}")
    loaded: dict[str, Any] = json.loads(gzip.decompress(CONTRACT.read_bytes()))
    return loaded


@pytest.mark.parametrize("name", [*LISTS, "purchases"])
def test_only_declared_parameters_are_sent(name: str, contract: dict[str, Any]) -> None:
    def answer(request: httpx.Request) -> dict[str, Any]:
        if request.url.path.endswith("urchase"):
            return {"StockReceived": None}
        key = LISTS[name][1] if name in LISTS else "PurchaseList"
        return listing(key, {"ID": "a", "Type": "Simple Purchase"}, {"ID": "b", "Type": "Advanced Purchase"})

    for request in reading(name, answer, SINCE)[1]:
        operation = contract["paths"][request.url.path.removeprefix(f"/twin{ROOT}")]["get"]
        assert set(request.url.params) <= {parameter["name"] for parameter in operation["parameters"]}


@pytest.mark.parametrize(
    ("name", "path"), [("product_availability", "/ref/productavailability"), ("purchases", "/purchase")]
)
def test_the_columns_we_use_are_fields_of_the_vendors_own_example(
    name: str, path: str, contract: dict[str, Any]
) -> None:
    content = contract["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    example = content["examples"]["response"]["value"]
    record = example["ProductAvailabilityList"][0] if name == "product_availability" else example
    row = shape(record, CONNECTOR.resource(name), "main", Notices(), name)
    used = {
        "product_availability": ("sku", "location", "on_hand", "on_order", "in_transit"),
        "purchases": ("id", "status", "order", "stock_received", "last_updated_date", "supplier_currency"),
    }[name]
    assert [column for column in used if row[column] is None] == []
