"""Klaviyo's profiles through raw, staging and canonical: consent, our properties, recorded seeds."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transform.loaded_platform import build, load, rows

SEEDS = Path(__file__).parents[3] / "shared" / "payloads" / "klaviyo" / "connector_seed"

# Recorded tables we don't read, and why none of them hides money.
NOT_READ = {
    "event.csv": "what Klaviyo was told by the storefront and by mail opens; the storefront's own orders are the truth",
    "metric.csv": "names of events",
}

pytestmark = pytest.mark.dbt


def profile(identity: str, consent: str | None = "SUBSCRIBED", **more: Any) -> dict[str, Any]:
    marketing = {"can_receive_email_marketing": True, "consent": consent, "suppression": []}
    return {
        "id": identity,
        "email": f"{identity}@Example.com",
        "phone_number": None,
        "created": "2026-01-01T00:00:00+00:00",
        "updated": "2026-10-20T10:00:00+00:00",
        "location": {"city": None},
        "properties": {},
        "subscriptions": {"email": {"marketing": marketing}},
        **more,
    }


OURS = {
    "cartwheel_segment": "At Risk",
    "cartwheel_r_score": 2,
    "cartwheel_f_score": "4",
    "cartwheel_m_score": 3,
    "cartwheel_as_of": "2026-10-31",
    "cartwheel_net_revenue": Decimal("1120.50"),
    "cartwheel_orders": 7,
    "cartwheel_rule_version": "2026-11",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("klaviyo")
    records = {
        "profiles": [
            profile("a", properties=OURS),
            profile("b", "UNSUBSCRIBED"),
            profile("c", "NEVER_SUBSCRIBED", email=None, phone_number="+15165555555"),
        ],
        "lists": [{"id": "L1", "name": "Newsletter", "created": "2026-01-01T00:00:00+00:00", "updated": None}],
    }
    notices = load(folder, "klaviyo", records)
    assert notices.undeclared == {}
    if SEEDS.exists():
        # A second account, so that one build serves both.
        load(folder, "klaviyo", {"profiles": [as_answered(seed) for seed in seeds()]}, account_id="recorded")
    build(folder, "klaviyo")
    return folder


def test_our_properties_come_back_as_what_we_wrote_typed_or_as_text(built: Path) -> None:
    found = rows(built, "select * from canonical.can_contacts__klaviyo where contact_id = 'klaviyo:main:a'")[0]
    assert {name: found[name] for name in found if name not in ("contact_id", "platform", "account_id")} == {
        "platform_contact_id": "a",
        "email": "a@example.com",
        "segment": "At Risk",
        "r_score": 2,
        "f_score": 4,
        "m_score": 3,
        "as_of_date": date(2026, 10, 31),
        "net_revenue_minor": 112050,
        "orders_count": 7,
        "rule_version": "2026-11",
        "email_consent": "subscribed",
        "is_archived": False,
        "updated_at": datetime.fromisoformat("2026-10-20T10:00:00"),
    }


def test_consent_is_the_house_word_and_a_profile_may_have_no_address(built: Path) -> None:
    found = rows(built, "select * from canonical.can_contacts__klaviyo where account_id = 'main' order by contact_id")
    assert [(c["email"], c["email_consent"]) for c in found] == [
        ("a@example.com", "subscribed"),
        ("b@example.com", "unsubscribed"),
        (None, "never_subscribed"),
    ]


def test_lists_are_named(built: Path) -> None:
    found = rows(built, "select platform_list_id, list_name from staging.stg_klaviyo__lists")
    assert found == [{"platform_list_id": "L1", "list_name": "Newsletter"}]


def seeds() -> list[dict[str, str]]:
    with (SEEDS / "person.csv").open(newline="") as text:
        return list(csv.DictReader(text))


def as_answered(seed: dict[str, str]) -> dict[str, Any]:
    """A row another program flattened, as Klaviyo's API had answered it; it kept no consent."""
    properties = {key.removeprefix("custom_"): value for key, value in seed.items() if key.startswith("custom_")}
    location = {key: seed[key] for key in ("city", "region", "country", "zip")}
    times = {key: seed[key].replace(" ", "T") + "+00:00" for key in ("created", "updated")}
    names = {key: seed[key] or None for key in ("email", "phone_number", "first_name", "last_name")}
    return profile(seed["id"], "NEVER_SUBSCRIBED", **times, **names, location=location, properties=properties)


def test_recorded_profiles_pass(built: Path) -> None:
    if not SEEDS.exists():
        pytest.skip(f"no recorded rows at {SEEDS}")
    recorded = seeds()
    assert {path.name for path in SEEDS.iterdir()} <= {"person.csv", *NOT_READ}
    found = rows(built, "select * from canonical.can_contacts__klaviyo where account_id = 'recorded'")
    assert {(c["platform_contact_id"], c["email"]) for c in found} == {(s["id"], s["email"].lower()) for s in recorded}
    assert {(c["segment"], c["net_revenue_minor"]) for c in found} == {(None, None)}
