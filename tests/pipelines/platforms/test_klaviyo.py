"""Klaviyo's connector: profiles with consent, cursors out of links, and what it asks against the vendor's file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.connector import Notices, shape
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms.klaviyo import API_VERSION, CONNECTOR, connect
from pipelines.settings import Connection

CONTRACT = Path(__file__).parents[4] / "shared" / "contracts" / "klaviyo" / "stable.json.gz"
SINCE = datetime(2026, 10, 1, 12, tzinfo=UTC)

Answer = Callable[[httpx.Request], Any]


def reading(name: str, answer: Answer, since: datetime | None = None) -> tuple[list[list[dict]], list[httpx.Request]]:
    """Pages a resource yields from a faked Klaviyo, and the requests it made."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    real = connect(Connection("klaviyo", "main", "https://klaviyo.example/twin", {"api_key": "pk_1"}))
    with httpx.Client(base_url=real.base_url, headers=real.headers, transport=httpx.MockTransport(handle)) as client:
        return list(CONNECTOR.resource(name).fetch(client, since)), asked


def page(*ids: str, following: str | None = None) -> dict[str, Any]:
    link = f"https://a.klaviyo.com/api/profiles?page%5Bcursor%5D={following}" if following else None
    records = [{"type": "profile", "id": i, "attributes": {"email": f"{i}@example.com"}} for i in ids]
    return {"data": records, "links": {"self": "https://a.klaviyo.com/api/profiles", "next": link}}


def test_profiles_updated_since_are_read_with_their_consent_page_by_page() -> None:
    pages, asked = reading(
        "profiles", lambda r: page("b") if "page[cursor]" in r.url.params else page("a", following="c2"), SINCE
    )
    assert pages == [[{"id": "a", "email": "a@example.com"}], [{"id": "b", "email": "b@example.com"}]]
    first = {
        "additional-fields[profile]": "subscriptions",
        "page[size]": "100",
        "sort": "updated",
        "filter": "greater-than(updated,2026-10-01T12:00:00Z)",
    }
    assert [dict(request.url.params) for request in asked] == [first, {**first, "page[cursor]": "c2"}]
    # The link's own host is not followed: the second page is asked where the first was.
    assert {request.url.host for request in asked} == {"klaviyo.example"}
    assert asked[0].headers["Authorization"] == "Klaviyo-API-Key pk_1"
    assert asked[0].headers["revision"] == API_VERSION


def test_the_first_run_asks_for_everything_and_an_empty_page_ends_it() -> None:
    pages, asked = reading("profiles", lambda _: page(following="c2"))
    assert pages == []
    assert len(asked) == 1
    assert "filter" not in asked[0].url.params


def test_a_page_that_names_itself_stops_instead_of_turning_for_ever() -> None:
    with pytest.raises(PlatformUnavailable, match="names itself"):
        reading("profiles", lambda _: page("a", following="c2"))


def test_lists_are_read_whole() -> None:
    pages, asked = reading("lists", lambda _: {"data": [{"id": "L1", "attributes": {"name": "News"}}], "links": {}})
    assert pages == [[{"id": "L1", "name": "News"}]]
    assert dict(asked[0].url.params) == {"page[size]": "10"}
    assert CONNECTOR.resource("lists").snapshot


def test_a_wrong_key_stops_and_names_no_secret() -> None:
    with pytest.raises(PlatformRefused, match="401") as refusal:
        reading("profiles", lambda _: httpx.Response(401, json={"errors": [{"code": "not_authenticated"}]}))
    assert "pk_1" not in str(refusal.value)


def test_the_revision_is_retired_two_years_after_its_date() -> None:
    revision = date.fromisoformat(API_VERSION)
    assert CONNECTOR.sunset == revision.replace(year=revision.year + 2)


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    if not CONTRACT.exists():
        pytest.skip(f"the vendor's file is not at {CONTRACT}")
    loaded: dict[str, Any] = json.loads(gzip.decompress(CONTRACT.read_bytes()))
    return loaded


@pytest.mark.parametrize(("name", "path"), [("profiles", "/api/profiles"), ("lists", "/api/lists")])
def test_requests_are_what_the_vendors_file_allows(name: str, path: str, contract: dict[str, Any]) -> None:
    declared = {parameter["name"]: parameter for parameter in contract["paths"][path]["get"]["parameters"]}
    _, asked = reading(name, lambda _: page(), SINCE)
    sent = dict(asked[0].url.params)
    assert set(sent) <= set(declared)
    assert int(sent["page[size]"]) <= declared["page[size]"]["schema"]["maximum"]
    assert asked[0].headers["revision"] == declared["revision"]["schema"]["default"]
    if name == "profiles":
        assert sent["sort"] in declared["sort"]["schema"]["enum"]
        assert sent["additional-fields[profile]"] in declared["additional-fields[profile]"]["schema"]["items"]["enum"]
        assert "`updated`: `greater-than`" in declared["filter"]["description"]


def test_the_attributes_of_a_profile_are_columns(contract: dict[str, Any]) -> None:
    fields = next(
        parameter
        for parameter in contract["paths"]["/api/profiles"]["get"]["parameters"]
        if parameter["name"] == "fields[profile]"
    )["schema"]["items"]["enum"]
    # Predictions are another class of request and no fact; nested names are part of their own json column.
    top = {name for name in fields if "." not in name} - {"predictive_analytics"}
    notices = Notices()
    shape(dict.fromkeys(top), CONNECTOR.resource("profiles"), "main", notices, "profiles")
    assert notices.undeclared == {}
