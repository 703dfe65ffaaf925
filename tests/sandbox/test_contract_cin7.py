"""The Cin7 Core twin's answers hold only fields that the vendor's own examples have, with values of the same kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox
from tests.sandbox.openapi_contract import Contract, contract

NAMES = CREDENTIALS["cin7"]
# The examples leave these out; the vendor's description of a product names them.
KNOWN_ELSEWHERE = {"WeightUnits", "Page"}


@pytest.fixture(scope="module")
def judge() -> Contract:
    return contract("cin7/cin7_core_v2_normalised_openapi.json.gz", prefix="/externalapi/v2")


@pytest.fixture(scope="module")
def cin7() -> Iterator[httpx.Client]:
    headers = {"api-auth-accountid": NAMES["account_id_header"], "api-auth-applicationkey": NAMES["application_key"]}
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.base_urls["cin7"], headers=headers) as client:
        yield client


def example(judge: Contract, method: str, path: str) -> Any:
    content = judge.operation(method, path)["responses"]["200"]["content"]["application/json"]
    return next(iter(content["examples"].values()))["value"]


def differences(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Fields of ours that theirs has not, and values of another kind; null and empty lists fit everything."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found = [
            f"{path}/{key} is not in the example" for key in ours if key not in theirs and key not in KNOWN_ELSEWHERE
        ]
        return found + [
            line for key in ours if key in theirs for line in differences(ours[key], theirs[key], f"{path}/{key}")
        ]
    if isinstance(ours, list) and isinstance(theirs, list):
        return differences(ours[0], theirs[0], f"{path}[]") if ours and theirs else []
    if ours is None or theirs is None or _kind(ours) == _kind(theirs):
        return []
    return [f"{path} is {_kind(ours)}, in the example {_kind(theirs)}"]


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@pytest.mark.parametrize(
    ("path", "method_of_example"),
    [("/ref/productavailability", "GET"), ("/ref/location", "GET"), ("/purchaseList", "GET"), ("/product", "POST")],
)
def test_lists_look_like_the_examples(judge: Contract, cin7: httpx.Client, path: str, method_of_example: str) -> None:
    ours = cin7.get(f"/externalapi/v2{path}", params={"limit": 5}).json()
    assert differences(ours, example(judge, method_of_example, path)) == []


def test_a_purchase_looks_like_the_example(judge: Contract, cin7: httpx.Client) -> None:
    for row in cin7.get("/externalapi/v2/purchaseList").json()["PurchaseList"]:
        ours = cin7.get("/externalapi/v2/purchase", params={"ID": row["ID"]}).json()
        assert differences(ours, example(judge, "GET", "/purchase")) == []


def test_an_adjustment_is_taken_and_answered_as_in_the_contract(judge: Contract, cin7: httpx.Client) -> None:
    row = cin7.get("/externalapi/v2/ref/productavailability").json()["ProductAvailabilityList"][0]
    line = {"SKU": row["SKU"], "ProductID": row["ID"], "Location": row["Location"], "Quantity": 1, "UnitCost": 1}
    body = {"EffectiveDate": "2026-11-01T00:00:00", "Status": "DRAFT", "Reference": "contract", "Lines": [line]}
    assert judge.problems_of_body("POST", "/stockadjustment", body) == []
    ours = cin7.post("/externalapi/v2/stockadjustment", json=body).json()
    assert differences(ours, example(judge, "POST", "/stockadjustment")) == []


def test_a_purchase_is_begun_ordered_and_voided_as_in_the_contract(judge: Contract, cin7: httpx.Client) -> None:
    begun = {"Supplier": "Harbor Goods Co", "Location": "Newark Warehouse", "Approach": "STOCK", "BlindReceipt": False}
    begun |= {"RequiredBy": "2026-11-15T00:00:00", "Note": "a draft"}
    assert judge.problems_of_body("POST", "/purchase", begun) == []
    made = cin7.post("/externalapi/v2/purchase", json=begun).json()
    assert differences(made, example(judge, "POST", "/purchase")) == []
    assert (made["Status"], made["Order"]["Status"], made["Note"]) == ("DRAFT", "NOT AVAILABLE", "a draft")

    product = cin7.get("/externalapi/v2/product").json()["Products"][0]
    line = {"ProductID": product["ID"], "SKU": product["SKU"], "SupplierSKU": "", "Name": "n", "Comment": ""}
    line |= {"Quantity": 12, "Price": 1.5, "Discount": 0, "Tax": 0, "TaxRule": "Tax Exempt", "Total": 18}
    order = {"TaskID": made["ID"], "Memo": "", "Status": "DRAFT", "Lines": [line]}
    assert judge.problems_of_body("POST", "/purchase/order", order) == []
    written = cin7.post("/externalapi/v2/purchase/order", json=order).json()
    assert differences(written, example(judge, "POST", "/purchase/order")) == []
    # The list neither shows nor searches a note.
    listed = cin7.get("/externalapi/v2/purchaseList", params={"Search": "a draft"}).json()
    assert listed["PurchaseList"] == []
    searched = cin7.get("/externalapi/v2/purchaseList", params={"Search": "ordering"}).json()
    assert [row["ID"] for row in searched["PurchaseList"]] == [made["ID"]]

    voided = cin7.delete("/externalapi/v2/purchase", params={"ID": made["ID"], "Void": "true"}).json()
    assert differences(voided, example(judge, "DELETE", "/purchase")) == []
    assert voided["Status"] == "VOIDED"
