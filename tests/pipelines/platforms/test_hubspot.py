"""HubSpot's connector: a search that loses no contact, archived ones, and what it asks against the vendor's file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms.hubspot import CONNECTOR, PROPERTIES, QUERY_ROWS, SEARCH_PAGE, connect
from pipelines.settings import Connection

CONTRACT = Path(__file__).parents[4] / "shared" / "contracts" / "hubspot" / "crm_v3_contact.yaml"
SINCE = datetime(2026, 10, 1, tzinfo=UTC)
SINCE_MS = 1_790_812_800_000

Answer = Callable[[httpx.Request], Any]


def reading(name: str, answer: Answer, since: datetime | None = None) -> tuple[list[list[dict]], list[httpx.Request]]:
    """Pages a resource yields from a faked HubSpot, and the requests it made."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    real = connect(Connection("hubspot", "main", "https://hub.example/twin", {"access_token": "pat-1"}))
    with httpx.Client(base_url=real.base_url, headers=real.headers, transport=httpx.MockTransport(handle)) as client:
        return list(CONNECTOR.resource(name).fetch(client, since)), asked


def contact(number: int, milliseconds: int) -> dict[str, Any]:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": str(number), "properties": {"lastmodifieddate": at}, "updatedAt": at, "archived": False}


def portal(contacts: list[dict[str, Any]]) -> Answer:
    """HubSpot's search over contacts in order: GTE, `after`, 200 a page, nothing beyond 10,000 rows of one query."""

    def search(request: httpx.Request) -> dict[str, Any] | httpx.Response:
        query = json.loads(request.content)
        start, after = int(query["filterGroups"][0]["filters"][0]["value"]), query["after"]
        if after + query["limit"] > QUERY_ROWS:
            return httpx.Response(400, json={"message": "limit reached"})
        found = [c for c in contacts if datetime.fromisoformat(c["updatedAt"]).timestamp() * 1000 >= start]
        return {"total": len(found), "results": found[after : after + query["limit"]]}

    return search


def test_a_search_asks_for_our_properties_changed_since_oldest_first() -> None:
    _, asked = reading("contacts", portal([]), SINCE)
    assert asked[0].url.path == "/twin/crm/v3/objects/contacts/search"
    assert asked[0].headers["Authorization"] == "Bearer pat-1"
    assert json.loads(asked[0].content) == {
        "filterGroups": [
            {"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(SINCE_MS)}]}
        ],
        "sorts": ["lastmodifieddate"],
        "properties": list(PROPERTIES),
        "limit": SEARCH_PAGE,
        "after": 0,
    }


def test_more_contacts_than_one_query_shows_are_all_read() -> None:
    """10,500 contacts, three to a millisecond: restarting at the last value passes HubSpot's 10,000."""
    contacts = [contact(i, SINCE_MS + i // 3) for i in range(10_500)]
    pages, _ = reading("contacts", portal(contacts), SINCE)
    assert {row["id"] for rows in pages for row in rows} == {str(i) for i in range(10_500)}


def test_contacts_of_one_millisecond_beyond_a_page_are_paged_through() -> None:
    contacts = [contact(i, SINCE_MS) for i in range(450)] + [contact(450 + i, SINCE_MS + 1 + i) for i in range(10)]
    pages, asked = reading("contacts", portal(contacts), SINCE)
    assert {row["id"] for rows in pages for row in rows} == {str(i) for i in range(460)}
    assert [json.loads(request.content)["after"] for request in asked] == [0, 200, 400]


def test_more_contacts_in_one_millisecond_than_a_query_shows_stop_the_run_instead_of_losing_some() -> None:
    contacts = [contact(i, SINCE_MS) for i in range(10_001)]
    with pytest.raises(PlatformUnavailable, match="more than it shows"):
        reading("contacts", portal(contacts), SINCE)


def test_a_search_that_repeats_its_page_stops_instead_of_turning_for_ever() -> None:
    same = {"results": [contact(i, SINCE_MS + i) for i in range(SEARCH_PAGE)]}
    with pytest.raises(PlatformUnavailable, match="same page"):
        reading("contacts", lambda _: same, SINCE)


def test_archived_contacts_are_listed_page_by_page_and_a_live_one_is_never_taken_for_archived() -> None:
    def answer(request: httpx.Request) -> dict[str, Any]:
        if "after" in request.url.params:
            return {"results": [{"id": "2", "archived": True}, {"id": "3", "archived": False}]}
        return {"results": [{"id": "1", "archived": True}], "paging": {"next": {"after": "1"}}}

    pages, asked = reading("archived_contacts", answer, SINCE)
    assert [[row["id"] for row in rows] for rows in pages] == [["1"], ["2"]]
    assert asked[0].url.params["archived"] == "true"
    with pytest.raises(PlatformUnavailable, match="names itself"):
        reading("archived_contacts", lambda _: {"results": [{"id": "1"}], "paging": {"next": {"after": "1"}}})


def test_an_expired_token_stops_and_names_no_secret() -> None:
    with pytest.raises(PlatformRefused, match="401") as refusal:
        reading("contacts", lambda _: httpx.Response(401, json={"category": "INVALID_AUTHENTICATION"}))
    assert "pat-1" not in str(refusal.value)


def test_requests_are_what_the_vendors_file_allows() -> None:
    if not CONTRACT.exists():
        pytest.skip(f"the vendor's file is not at {CONTRACT}")
    contract = yaml.safe_load(CONTRACT.read_text())
    _, asked = reading("contacts", portal([]), SINCE)
    schema = {"$ref": "#/components/schemas/PublicObjectSearchRequest", "components": contract["components"]}
    jsonschema.validate(json.loads(asked[0].content), schema)
    _, asked = reading("archived_contacts", lambda _: {"results": []})
    declared = {parameter["name"] for parameter in contract["paths"]["/crm/v3/objects/contacts"]["get"]["parameters"]}
    assert set(asked[0].url.params) <= declared
