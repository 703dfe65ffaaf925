"""The ShipStation twin's answers, judged by the OpenAPI copy of V1, whose `required` lists and integer amounts are wrong."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.decimal_json import loads
from sandbox.server import CREDENTIALS, Sandbox
from tests.sandbox.openapi_contract import Contract, contract

NAMES = CREDENTIALS["shipstation"]
# Typed from one sample each: `10` made money an integer, `null` and one object made objects text.
AMOUNTS = {"unitPrice", "taxAmount", "shippingAmount", "insuranceCost", "insuredValue", "fulfillmentFee", "value"}


@pytest.fixture(scope="module")
def judge() -> Contract:
    known = contract("shipstation/shipstation_v1_openapi.yaml", ignored_required="*")
    document: dict[str, Any] = copy.deepcopy(known.document)
    for schema in document["components"]["schemas"].values():
        for name, kind in (schema.get("properties") or {}).items():
            if name in AMOUNTS and kind.get("type") == "integer":
                schema["properties"][name] = {"type": "number"}
            elif name == "dimensions" or (name in {"weight", "residential"} and kind.get("type") == "string"):
                schema["properties"][name] = {}
            elif "$ref" not in kind:
                kind["nullable"] = True
    return Contract(document, ignored_required=frozenset("*"))


@pytest.fixture(scope="module")
def tool() -> Iterator[httpx.Client]:
    auth = (NAMES["api_key"], NAMES["api_secret"])
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.base_urls["shipstation"], auth=auth) as client:
        yield client


@pytest.mark.parametrize("noun", ["orders", "shipments", "fulfillments"])
def test_lists_conform(judge: Contract, tool: httpx.Client, noun: str) -> None:
    body = loads(tool.get(f"/{noun}", params={"pageSize": 50, "includeShipmentItems": "true"}).content)
    assert body[noun]
    assert judge.problems_of_answer("GET", f"/{noun}", 200, body) == []


@pytest.mark.parametrize(("noun", "schema"), [("shipments", "Shipment"), ("fulfillments", "Fulfillment")])
def test_objects_have_exactly_the_documented_fields(
    judge: Contract, tool: httpx.Client, noun: str, schema: str
) -> None:
    known = set(judge.document["components"]["schemas"][schema]["properties"])
    shown = set(tool.get(f"/{noun}", params={"pageSize": 1}).json()[noun][0])
    assert known - shown == set()
    assert shown - known <= {"customerEmail"}
