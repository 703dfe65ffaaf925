"""The HubSpot twin over real HTTP: lists, search, batch upsert with its three outcomes, property definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox

CONTACTS = "/crm/v3/objects/contacts"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def crm(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {CREDENTIALS['hubspot']['access_token']}"}
    with httpx.Client(base_url=sandbox.base_urls["hubspot"], headers=headers) as client:
        yield client


def upsert(client: httpx.Client, *inputs: tuple[str, dict[str, Any]], traced: bool = True) -> httpx.Response:
    rows: list[dict[str, Any]] = [{"idProperty": "email", "id": key, "properties": values} for key, values in inputs]
    for place, row in enumerate(rows):
        row |= {"objectWriteTraceId": f"trace-{place}"} if traced else {}
    return client.post(f"{CONTACTS}/batch/upsert", json={"inputs": rows})


def test_the_list_pages_through_every_living_contact_once(crm: httpx.Client, sandbox: Sandbox) -> None:
    found: list[str] = []
    after = "0"
    while after:
        body = crm.get(CONTACTS, params={"limit": 50, "after": after, "properties": "email"}).json()
        found += [row["id"] for row in body["results"]]
        after = body.get("paging", {}).get("next", {}).get("after")
    living = [item for item in sandbox.world.contacts["hubspot"] if not item.is_archived]
    assert len(set(found)) == len(found) == len(living)


def test_search_filters_sorts_and_pages_by_last_change(crm: httpx.Client) -> None:
    body: dict[str, Any] = {
        "filterGroups": [
            {"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1786000000000"}]}
        ],
        "sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
        "properties": ["email", "cartwheel_segment"],
        "limit": 20,
    }
    first = crm.post(f"{CONTACTS}/search", json=body).json()
    second = crm.post(f"{CONTACTS}/search", json={**body, "after": first["paging"]["next"]["after"]}).json()
    times = [row["updatedAt"] for row in first["results"] + second["results"]]
    assert times == sorted(times)
    assert first["total"] > 40
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
    newest = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "2030-01-01T00:00:00Z"}
    assert crm.post(f"{CONTACTS}/search", json={"filterGroups": [{"filters": [newest]}]}).json()["total"] == 0


def test_upsert_says_which_contacts_are_new_and_has_the_effect_once_each(crm: httpx.Client, sandbox: Sandbox) -> None:
    known = next(item for item in sandbox.world.contacts["hubspot"] if not item.is_archived).email
    values = {"cartwheel_segment": "champions", "cartwheel_r_score": "5", "cartwheel_as_of": "2026-10-31"}
    answer = upsert(crm, (known.upper(), values), ("new.person@example.com", values))
    assert answer.status_code == 200
    assert [row["new"] for row in answer.json()["results"]] == [False, True]
    assert sandbox.world.effects.count("hubspot", "contact_created", "new.person@example.com") == 1
    again = crm.get(f"{CONTACTS}/{known}", params={"idProperty": "email", "properties": "cartwheel_segment"}).json()
    assert again["properties"]["cartwheel_segment"] == "champions"


def test_traced_inputs_fail_one_by_one_with_207(crm: httpx.Client) -> None:
    answer = upsert(crm, ("good@example.com", {}), ("bad@example.com", {"cartwheel_r_score": "high"}), ("no-mail", {}))
    assert answer.status_code == 207
    body = answer.json()
    assert [row["properties"]["hs_object_id"] for row in body["results"]]
    assert body["numErrors"] == 2
    assert [error["context"]["objectWriteTraceId"] for error in body["errors"]] == [["trace-1"], ["trace-2"]]


def test_untraced_inputs_fail_as_a_whole(crm: httpx.Client, sandbox: Sandbox) -> None:
    answer = upsert(crm, ("whole@example.com", {}), ("not-mail", {}), traced=False)
    assert answer.status_code == 400
    assert sandbox.world.effects.count("hubspot", natural_key="whole@example.com") == 0


def test_an_unknown_property_is_refused_by_name(crm: httpx.Client) -> None:
    answer = upsert(crm, ("a@example.com", {"cartwheel_typo": "1"}), traced=False)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert answer.json()["errors"][0]["context"] == {"propertyName": ["cartwheel_typo"]}


def test_a_batch_is_one_to_a_hundred_different_records(crm: httpx.Client) -> None:
    many = [(f"p{number}@example.com", {}) for number in range(101)]
    assert upsert(crm, *many).status_code == 400
    assert upsert(crm).status_code == 400
    assert upsert(crm, ("twice@example.com", {}), ("Twice@example.com", {})).status_code == 400


def test_the_portal_has_our_properties_and_takes_new_ones_once(crm: httpx.Client) -> None:
    names = {row["name"] for row in crm.get("/crm/v3/properties/contacts").json()["results"]}
    assert {"email", "cartwheel_segment", "cartwheel_net_revenue", "cartwheel_rule_version"} <= names
    new = {
        "name": "favourite_colour",
        "label": "Colour",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }
    assert crm.post("/crm/v3/properties/contacts", json=new).status_code == 201
    assert crm.post("/crm/v3/properties/contacts", json=new).status_code == 409
    assert upsert(crm, ("colour@example.com", {"favourite_colour": "green"})).status_code == 200


def test_rates_are_on_every_answer_but_search_and_haste_names_its_policy(crm: httpx.Client, sandbox: Sandbox) -> None:
    assert crm.get(CONTACTS).headers["X-HubSpot-RateLimit-Max"] == "190"
    assert "X-HubSpot-RateLimit-Max" not in crm.post(f"{CONTACTS}/search", json={}).headers
    assert httpx.get(f"{sandbox.base_urls['hubspot']}{CONTACTS}").json()["category"] == "INVALID_AUTHENTICATION"
    bucket = sandbox.world.state("hubspot")["bucket"]
    bucket.per_minute, kept = 1, bucket.per_minute
    bucket.drain()
    refused = crm.get(CONTACTS)
    bucket.per_minute, bucket._tokens = kept, bucket.capacity
    assert (refused.status_code, refused.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")


def test_an_update_changes_who_is_there_and_creates_nobody(crm: httpx.Client, sandbox: Sandbox) -> None:
    inputs = [
        {"id": email, "idProperty": "email", "objectWriteTraceId": email, "properties": {"cartwheel_segment": value}}
        for email, value in (("kept@example.com", "Loyal"), ("nobody-at-all@example.com", "Loyal"))
    ]
    crm.post("/crm/v3/objects/contacts/batch/upsert", json={"inputs": inputs[:1]})
    cleared = [{**item, "properties": {"cartwheel_segment": ""}} for item in inputs]
    answer = crm.post("/crm/v3/objects/contacts/batch/update", json={"inputs": cleared})
    assert answer.status_code == 207
    assert [result["properties"]["cartwheel_segment"] for result in answer.json()["results"]] == [""]
    (error,) = answer.json()["errors"]
    assert (error["category"], error["context"]["ids"]) == ("OBJECT_NOT_FOUND", ["nobody-at-all@example.com"])
    assert sandbox.world.effects.count("hubspot", natural_key="kept@example.com") == 2
    assert sandbox.world.effects.count("hubspot", natural_key="nobody-at-all@example.com") == 0
