"""The doctor's findings: keys by name, access by status, versions by days, and never a secret."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from pipelines.connector import Connector
from pipelines.doctor import SUNSET_NOTICE_DAYS, Finding, Probe, examine
from pipelines.errors import PlatformRefused, PlatformUnavailable, SchemaChanged
from pipelines.extract import connector, platforms
from pipelines.settings import Connection

TODAY = date(2026, 11, 1)
SECRET = "very-secret-value"
KEYS = {
    "sources.shipstation.base_url": "https://user:very-secret-value@ship.example/?token=very-secret-value",
    "sources.shipstation.api_key": SECRET,
    "sources.shipstation.api_secret": SECRET,
}


def answering(error: Exception | None = None) -> Probe:
    def probe(_declared: Connector, _connection: Connection) -> None:
        if error is not None:
            raise error

    return probe


def findings(keys: Mapping[str, str], error: Exception | None = None, platform: str = "shipstation") -> list[Finding]:
    return list(examine(platform, keys.get, today=TODAY, probe=answering(error)))


def told(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.subject, finding.state) for finding in found]


def test_a_platform_without_any_key_is_absent_and_not_asked() -> None:
    found = findings({}, AssertionError("was asked"))
    assert told(found) == [("configuration", "absent")]
    assert "SOURCES__SHIPSTATION__BASE_URL, SOURCES__SHIPSTATION__API_KEY" in found[0].advice


def test_a_missing_key_is_named_and_the_platform_not_asked() -> None:
    keys = {name: value for name, value in KEYS.items() if not name.endswith("api_secret")}
    found = findings(keys, AssertionError("was asked"))
    assert told(found) == [("configuration", "failure")]
    assert found[0].advice == "configured in part; set SOURCES__SHIPSTATION__API_SECRET"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, [("reachability", "ok"), ("credential", "ok")]),
        (PlatformUnavailable("ConnectError"), [("reachability", "failure")]),
        # Some other server, whose answers have another shape.
        (KeyError("orders"), [("reachability", "failure")]),
        (PlatformRefused(f"GET /: HTTP 401 bad {SECRET}"), [("reachability", "ok"), ("credential", "failure")]),
        (PlatformRefused(f"GET /: HTTP 403 bad {SECRET}"), [("reachability", "ok"), ("credential", "failure")]),
        (PlatformRefused(f"GET /: HTTP 404 {SECRET}"), [("reachability", "ok"), ("credential", "attention")]),
        (SchemaChanged(SECRET), [("reachability", "ok"), ("credential", "attention")]),
    ],
)
def test_access_is_told_by_what_one_read_raised_and_no_secret_is(
    error: Exception | None, expected: list[tuple[str, str]]
) -> None:
    found = findings(KEYS, error)
    assert told(found) == [("configuration", "ok"), *expected, ("version", "ok")]
    assert SECRET not in repr(found)


def test_a_second_account_takes_its_own_keys_before_the_platforms() -> None:
    asked: list[Connection] = []
    keys = {**KEYS, "sources.shipstation.eu.api_key": "eu-key"}
    examine(
        "shipstation",
        keys.get,
        today=TODAY,
        accounts=("main", "eu"),
        probe=lambda _, connection: asked.append(connection),
    )
    assert [(c.account_id, c.credentials["api_key"]) for c in asked] == [("main", SECRET), ("eu", "eu-key")]


@pytest.mark.parametrize(
    ("days", "state", "says"),
    [(SUNSET_NOTICE_DAYS + 1, "ok", "ends in 181 days"), (SUNSET_NOTICE_DAYS, "attention", "ends in 180 days"),
     (-1, "failure", "ended 1 days ago")],
)  # fmt: skip
def test_a_version_is_told_by_the_days_it_has_left(days: int, state: str, says: str) -> None:
    sunset = connector("klaviyo").sunset
    assert sunset is not None
    keys = {"sources.klaviyo.base_url": "https://klaviyo.example", "sources.klaviyo.api_key": SECRET}
    version = examine("klaviyo", keys.get, today=sunset - timedelta(days=days), probe=answering())[-1]
    assert (version.subject, version.state) == ("version", state)
    assert says in version.advice


def test_every_platform_can_be_examined() -> None:
    for platform in platforms():
        assert told(findings({}, platform=platform)) == [("configuration", "absent")]


def test_a_dead_address_is_told_as_unreachable_without_waiting_for_retries() -> None:
    keys = {**KEYS, "sources.shipstation.base_url": "http://127.0.0.1:9"}
    found = list(examine("shipstation", keys.get, today=TODAY))
    assert told(found) == [("configuration", "ok"), ("reachability", "failure"), ("version", "ok")]
