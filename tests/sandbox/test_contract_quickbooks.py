"""The QuickBooks twin's documents, judged by the vendor's entity definitions: names from the XSD, shapes from OpenAPI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.decimal_json import loads
from sandbox.server import CREDENTIALS, Sandbox
from tests.sandbox import quickbooks_elements
from tests.sandbox.openapi_contract import Contract, contract

NAMES = CREDENTIALS["quickbooks"]
# Added by the JSON API itself to every entity; attributes, not elements, in the XSD.
ENVELOPE = {"domain", "sparse"}


@pytest.fixture(scope="module")
def books() -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {NAMES['access_token']}"}
    with Sandbox() as sandbox:
        address = f"{sandbox.base_urls['quickbooks']}/v3/company/{NAMES['realm_id']}"
        with httpx.Client(base_url=address, headers=headers) as client:
            yield client


@pytest.fixture(scope="module")
def elements() -> dict[str, set[str]]:
    return quickbooks_elements.elements()


def one(client: httpx.Client, entity: str) -> dict[str, Any]:
    answer = client.get("/query", params={"query": f"select * from {entity} maxresults 1"})
    record: dict[str, Any] = loads(answer.content)["QueryResponse"][entity][0]
    return record


@pytest.mark.parametrize("entity", ["SalesReceipt", "Invoice", "RefundReceipt", "Account", "Item", "Customer", "Term"])
def test_every_field_is_an_element_of_the_entity(
    books: httpx.Client, elements: dict[str, set[str]], entity: str
) -> None:
    record = one(books, entity)
    assert set(record) - ENVELOPE <= elements[entity]
    for line in record.get("Line", []):
        assert set(line) <= elements["Line"]
        if "SalesItemLineDetail" in line:
            assert set(line["SalesItemLineDetail"]) <= elements["SalesItemLineDetail"]


@pytest.fixture(scope="module")
def judge() -> Contract:
    return contract("quickbooks/quickbooks_online_v3_openapi.yaml")


@pytest.mark.parametrize("entity", ["Invoice", "Customer", "Account"])
def test_entities_of_the_openapi_copy_have_its_types(judge: Contract, books: httpx.Client, entity: str) -> None:
    # The copy types every scalar of these entities; its enums hold one empty text and say nothing.
    found = judge.problems(one(books, entity), entity)
    assert [problem for problem in found if not problem.endswith("is not one of ['']")] == []
