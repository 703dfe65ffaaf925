"""The Klaviyo twin over real HTTP: cursors, imports, jobs, lists, and events that count once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def mail(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Klaviyo-API-Key {CREDENTIALS['klaviyo']['api_key']}", "revision": "2026-07-15"}
    with httpx.Client(base_url=sandbox.base_urls["klaviyo"], headers=headers) as client:
        yield client


def every(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """All profiles, following links.next."""
    body = client.get("/api/profiles", params={"page[size]": 100, **query}).json()
    found = body["data"]
    while body["links"].get("next"):
        body = client.get(body["links"]["next"]).json()
        found += body["data"]
    return list(found)


def profile(email: str, **properties: Any) -> dict[str, Any]:
    return {"type": "profile", "attributes": {"email": email, "properties": properties}}


def test_following_the_cursor_gives_every_profile_once(mail: httpx.Client, sandbox: Sandbox) -> None:
    found = every(mail, **{"page[size]": 30})
    assert len({row["id"] for row in found}) == len(found) == len(sandbox.world.contacts["klaviyo"])


def test_consent_is_shown_only_when_asked_for(mail: httpx.Client) -> None:
    assert "subscriptions" not in every(mail)[0]["attributes"]
    full = every(mail, **{"additional-fields[profile]": "subscriptions"})
    consents = {row["attributes"]["subscriptions"]["email"]["marketing"]["consent"] for row in full}
    assert consents == {"SUBSCRIBED", "UNSUBSCRIBED", "NEVER_SUBSCRIBED"}


def test_updated_filters_and_sorts(mail: httpx.Client) -> None:
    times = [row["attributes"]["updated"] for row in every(mail, sort="updated")]
    assert times == sorted(times)
    middle = times[len(times) // 2]
    later = every(mail, filter=f"greater-than(updated,{middle})")
    assert sorted(row["attributes"]["updated"] for row in later) == [at for at in times if at > middle]


def test_an_import_creates_then_updates_and_keeps_what_is_absent(mail: httpx.Client, sandbox: Sandbox) -> None:
    made = mail.post(
        "/api/profile-import", json={"data": profile("Fresh@example.com", cartwheel_segment="new", keep="yes")}
    )
    assert made.status_code == 201
    changed = mail.post("/api/profile-import", json={"data": profile("fresh@example.com", cartwheel_segment="loyal")})
    assert changed.status_code == 200
    assert changed.json()["data"]["id"] == made.json()["data"]["id"]
    assert changed.json()["data"]["attributes"]["properties"] == {"cartwheel_segment": "loyal", "keep": "yes"}
    cleared = mail.post("/api/profile-import", json={"data": profile("fresh@example.com", keep=None)})
    assert cleared.json()["data"]["attributes"]["properties"] == {"cartwheel_segment": "loyal"}
    assert sandbox.world.effects.count("klaviyo", "profile_created", "fresh@example.com") == 1


def test_an_import_needs_an_identifier(mail: httpx.Client) -> None:
    refused = mail.post("/api/profile-import", json={"data": {"type": "profile", "attributes": {"first_name": "No"}}})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["source"]["pointer"] == "/data/attributes"


def test_a_bulk_job_is_processing_first_and_complete_later(mail: httpx.Client, sandbox: Sandbox) -> None:
    rows = [profile("bulk.one@example.com", a=1), profile("bulk.two@example.com"), profile("broken")]
    body = {"data": {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": rows}}}}
    started = mail.post("/api/profile-bulk-import-jobs", json=body)
    assert started.status_code == 202
    job = f"/api/profile-bulk-import-jobs/{started.json()['data']['id']}"
    seen = [mail.get(job).json()["data"]["attributes"] for _ in range(2)]
    assert [item["status"] for item in seen] == ["processing", "complete"]
    assert (seen[1]["completed_count"], seen[1]["failed_count"]) == (2, 1)
    assert sandbox.world.effects.count("klaviyo", "profile_created", "bulk.one@example.com") == 1


def test_membership_is_a_set(mail: httpx.Client, sandbox: Sandbox) -> None:
    key = mail.post("/api/lists", json={"data": {"type": "list", "attributes": {"name": "Champions"}}}).json()["data"][
        "id"
    ]
    member = {"data": [{"type": "profile", "id": every(mail)[0]["id"]}]}
    path = f"/api/lists/{key}/relationships/profiles"
    assert [mail.post(path, json=member).status_code for _ in range(2)] == [204, 204]
    assert len(mail.get(path).json()["data"]) == 1
    assert sandbox.world.effects.count("klaviyo", "list_member_added") == 1
    assert mail.request("DELETE", path, json=member).status_code == 204
    assert mail.get(path).json()["data"] == []


def test_the_first_event_of_a_unique_id_counts(mail: httpx.Client, sandbox: Sandbox) -> None:
    attributes = {
        "properties": {"order": "#1001"},
        "unique_id": "order-1001",
        "metric": {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}},
        "profile": {"data": profile("fresh.buyer@example.com")},
    }
    body = {"data": {"type": "event", "attributes": attributes}}
    assert [mail.post("/api/events", json=body).status_code for _ in range(2)] == [202, 202]
    assert sandbox.world.effects.count("klaviyo", "event_recorded", "order-1001") == 1


def test_keys_revisions_and_haste_are_refused_in_json_api(mail: httpx.Client, sandbox: Sandbox) -> None:
    url = f"{sandbox.base_urls['klaviyo']}/api/profiles"
    wrong = httpx.get(url, headers={"revision": "2026-07-15", "Authorization": "Klaviyo-API-Key wrong"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (401, "not_authenticated")
    bare = httpx.get(url, headers={"Authorization": mail.headers["Authorization"]})
    assert (bare.status_code, bare.json()["errors"][0]["code"]) == (400, "invalid_revision")
    minute = sandbox.world.state("klaviyo")["bucket"]
    minute.drain()
    refused = mail.get("/api/profiles")
    minute.refill()
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_the_headers_tell_what_is_left_of_the_minute_and_when_it_ends(mail: httpx.Client) -> None:
    left = [mail.get("/api/profiles", params={"page[size]": 1}).headers for _ in range(2)]
    assert int(left[0]["RateLimit-Remaining"]) - int(left[1]["RateLimit-Remaining"]) == 1
    assert 1 <= int(left[1]["RateLimit-Reset"]) <= 60


def test_a_profile_is_found_by_its_address_with_the_fields_asked_for(mail: httpx.Client) -> None:
    mail.post("/api/profile-import", json={"data": profile("filter@example.com", tier="gold")})
    asked = {"filter": 'equals(email,"Filter@example.com")', "fields[profile]": "email,properties"}
    (found,) = mail.get("/api/profiles", params=asked).json()["data"]
    assert found["attributes"] == {"email": "filter@example.com", "properties": {"tier": "gold"}}
    assert mail.get("/api/profiles", params={"filter": 'equals(email,"nobody@example.com")'}).json()["data"] == []
