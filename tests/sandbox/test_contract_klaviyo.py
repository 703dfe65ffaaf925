"""The Klaviyo twin's messages, judged by the vendor's stable OpenAPI file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox
from tests.sandbox.openapi_contract import Contract, contract

PROFILE = {
    "type": "profile",
    "attributes": {"email": "contract@example.com", "properties": {"cartwheel_segment": "new"}},
}


@pytest.fixture(scope="module")
def judge() -> Contract:
    return contract("klaviyo/stable.json.gz")


@pytest.fixture(scope="module")
def mail() -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Klaviyo-API-Key {CREDENTIALS['klaviyo']['api_key']}", "revision": "2026-07-15"}
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.base_urls["klaviyo"], headers=headers) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/profiles", {"page[size]": "30", "additional-fields[profile]": "subscriptions", "sort": "updated",
                           "filter": "greater-than(updated,2026-01-01T00:00:00Z)"}),
        ("/api/profiles", {"filter": 'equals(email,"contract@example.com")', "fields[profile]": "email,properties"}),
        ("/api/lists", {}),
    ],
)  # fmt: skip
def test_lists_and_their_parameters_conform(
    judge: Contract, mail: httpx.Client, path: str, query: dict[str, str]
) -> None:
    assert judge.problems_of_query("GET", path, query) == []
    answer = mail.get(path, params=query)
    assert answer.headers["content-type"].startswith("application/vnd.api+json")
    assert judge.problems_of_answer("GET", path, 200, answer.json()) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/profile-import", {"data": PROFILE}),
        ("/api/profile-bulk-import-jobs",
         {"data": {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": [PROFILE]}}}}),
        ("/api/lists", {"data": {"type": "list", "attributes": {"name": "Contract"}}}),
        ("/api/events", {"data": {"type": "event", "attributes": {
            "properties": {}, "unique_id": "1", "profile": {"data": PROFILE},
            "metric": {"data": {"type": "metric", "attributes": {"name": "Placed Order"}}}}}}),
    ],
)  # fmt: skip
def test_writes_and_their_answers_conform(judge: Contract, mail: httpx.Client, path: str, body: dict[str, Any]) -> None:
    assert judge.problems_of_body("POST", path, body) == []
    answer = mail.post(path, json=body)
    assert answer.is_success
    if answer.content:
        assert judge.problems_of_answer("POST", path, answer.status_code, answer.json()) == []


def test_jobs_and_errors_conform(judge: Contract, mail: httpx.Client) -> None:
    body = {"data": {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": [PROFILE]}}}}
    path = f"/api/profile-bulk-import-jobs/{mail.post('/api/profile-bulk-import-jobs', json=body).json()['data']['id']}"
    for _ in range(2):
        assert judge.problems_of_answer("GET", path, 200, mail.get(path).json()) == []
    refused = mail.get("/api/profile-bulk-import-jobs/nothing")
    assert judge.problems_of_answer("GET", path, 404, refused.json()) == []
