"""The HubSpot twin's messages, judged by published copies of its v3 definitions (contacts, properties, upsert by orders)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox
from tests.sandbox.openapi_contract import Contract, contract

CONTACTS = "/crm/v3/objects/contacts"


@pytest.fixture(scope="module")
def crm() -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {CREDENTIALS['hubspot']['access_token']}"}
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.base_urls["hubspot"], headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def contacts() -> Contract:
    return contract("hubspot/crm_v3_contact.yaml")


def test_lists_and_searches_conform(contacts: Contract, crm: httpx.Client) -> None:
    listed = crm.get(CONTACTS, params={"limit": 20}).json()
    # The copy types property values as plain objects of strings; values that are not set are null in life.
    for row in listed["results"]:
        row["properties"] = {name: value for name, value in row["properties"].items() if value is not None}
    assert contacts.problems(listed, "CollectionResponseSimplePublicObjectWithAssociationsForwardPaging") == []
    body: dict[str, Any] = {
        "filterGroups": [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}],
        "sorts": ["email"], "properties": ["email"], "limit": 5, "after": 0,
    }  # fmt: skip
    assert contacts.problems_of_body("POST", f"{CONTACTS}/search", body) == []
    found = crm.post(f"{CONTACTS}/search", json=body).json()
    assert contacts.problems_of_answer("POST", f"{CONTACTS}/search", 200, found) == []


def test_errors_conform(contacts: Contract, crm: httpx.Client) -> None:
    refused = crm.post(CONTACTS, json={"properties": {"nonsense": "1"}}).json()
    missing = [problem for problem in contacts.problems(refused, "Error") if "context" not in problem]
    assert missing == []


def test_batch_upsert_conforms_to_the_shape_of_its_sibling_for_orders(crm: httpx.Client) -> None:
    judge = contract("hubspot/crm_v3_orders.json")
    inputs = [
        {"idProperty": "email", "id": email, "objectWriteTraceId": email, "properties": {"cartwheel_segment": "loyal"}}
        for email in ("one@example.com", "broken")
    ]
    assert judge.problems({"inputs": inputs}, "BatchInputSimplePublicObjectBatchInputUpsert") == []
    partial = crm.post(f"{CONTACTS}/batch/upsert", json={"inputs": inputs})
    assert partial.status_code == 207
    assert judge.problems(partial.json(), "BatchResponseSimplePublicUpsertObjectWithErrors") == []
    whole = crm.post(f"{CONTACTS}/batch/upsert", json={"inputs": inputs[:1]})
    assert judge.problems(whole.json(), "BatchResponseSimplePublicUpsertObject") == []


def test_batch_update_conforms_and_a_contact_is_read_by_its_address(contacts: Contract, crm: httpx.Client) -> None:
    judge = contract("hubspot/crm_v3_orders.json")
    inputs = [
        {"idProperty": "email", "id": email, "objectWriteTraceId": email, "properties": {"cartwheel_segment": ""}}
        for email in ("read-me@example.com", "nobody-here@example.com")
    ]
    crm.post(f"{CONTACTS}/batch/upsert", json={"inputs": inputs[:1]})
    assert judge.problems({"inputs": inputs}, "BatchInputSimplePublicObjectBatchInput") == []
    partial = crm.post(f"{CONTACTS}/batch/update", json={"inputs": inputs})
    assert partial.status_code == 207
    assert judge.problems(partial.json(), "BatchResponseSimplePublicObjectWithErrors") == []
    whole = crm.post(f"{CONTACTS}/batch/update", json={"inputs": inputs[:1]})
    assert judge.problems(whole.json(), "BatchResponseSimplePublicObject") == []
    asked = {"idProperty": "email", "properties": "email,cartwheel_segment"}
    read = crm.get(f"{CONTACTS}/read-me@example.com", params=asked).json()
    assert contacts.problems(read, "SimplePublicObjectWithAssociations") == []


def test_properties_conform(crm: httpx.Client) -> None:
    judge = contract("hubspot/crm_v3_property.yaml")
    listed = crm.get("/crm/v3/properties/contacts").json()
    assert judge.problems(listed, "CollectionResponseProperty") == []
