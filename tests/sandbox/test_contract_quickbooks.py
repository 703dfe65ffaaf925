"""The QuickBooks twin's documents, judged by the vendor's entity definitions: names from the XSD, shapes from OpenAPI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from sandbox.decimal_json import loads
from sandbox.server import CREDENTIALS, Sandbox
from tests.sandbox.openapi_contract import CONTRACTS, Contract, contract

XS = "{http://www.w3.org/2001/XMLSchema}"
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
    """Type name → element names, inherited ones included."""
    folder = CONTRACTS / "quickbooks"
    if not folder.exists():
        pytest.skip("the vendor's XSD files are not on this machine")
    own: dict[str, set[str]] = {}
    parents: dict[str, str] = {}
    for path in sorted(folder.glob("*.xsd")):
        for kind in ElementTree.parse(path).getroot().iter(f"{XS}complexType"):
            name = kind.get("name")
            if not name:
                continue
            named = {item.get("name") or (item.get("ref") or "").split(":")[-1] for item in kind.iter(f"{XS}element")}
            own[name] = {item for item in named if item}
            extension = next(kind.iter(f"{XS}extension"), None)
            if extension is not None:
                parents[name] = (extension.get("base") or "").split(":")[-1]
    return {name: set().union(*(own.get(step, set()) for step in _line(name, parents))) for name in own}


def _line(name: str, parents: dict[str, str]) -> list[str]:
    found = [name]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found


def one(client: httpx.Client, entity: str) -> dict[str, Any]:
    answer = client.get("/query", params={"query": f"select * from {entity} maxresults 1"})
    record: dict[str, Any] = loads(answer.content)["QueryResponse"][entity][0]
    return record


@pytest.mark.parametrize("entity", ["SalesReceipt", "Invoice", "RefundReceipt", "Account", "Item", "Customer"])
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
