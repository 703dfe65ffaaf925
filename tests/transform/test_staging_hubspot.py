"""HubSpot's contacts through raw, staging and canonical: our properties, archived and merged ones, recorded seeds."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.transform.loaded_platform import build, load, rows

SEEDS = Path(__file__).parents[3] / "shared" / "payloads" / "hubspot" / "connector_seed"

# Fields of the recorded contacts that no staging column holds, and why.
NOT_USED = {
    "annualrevenue": "a person's guess at a company's turnover, no money of the shop",
    "company": "not part of a contact's score",
    "jobtitle": "not part of a contact's score",
    "firstname": "the customer's name comes from the storefront",
    "lastname": "the customer's name comes from the storefront",
    "email_1": "a second address is no key",
    "createdate": "not needed while the contact's scores are",
    "created_at": "as createdate",
    "first_conversion_date": "not needed while the contact's scores are",
}

pytestmark = pytest.mark.dbt


def contact(identity: str, updated: str, archived: str | None = None, **properties: str | None) -> dict[str, Any]:
    return {
        "id": identity,
        "properties": {"lastmodifieddate": updated, **properties},
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": updated,
        "archived": archived is not None,
        **({"archivedAt": archived} if archived else {}),
    }


OURS = {
    "cartwheel_segment": "Champions",
    "cartwheel_r_score": "5",
    "cartwheel_f_score": "4",
    "cartwheel_m_score": "3",
    "cartwheel_as_of": "2026-10-31",
    "cartwheel_net_revenue": "1120.50",
    "cartwheel_orders": "7",
    "cartwheel_rule_version": "2026-11",
}
RECORDS = {
    "contacts": [
        contact("2", "2026-10-17T10:00:00.000Z", email="bob@example.com"),
        contact("1", "2026-10-20T10:00:00.000Z", email="Ada@Example.com", **OURS),
        contact("2", "2026-10-20T10:00:00.000Z", email="bob@example.com", hs_email_optout="true"),
        contact("3", "2026-10-20T10:00:00.000Z", email="eve@example.com", hs_merged_object_ids="4;5"),
        contact("4", "2026-10-19T10:00:00.000Z", email="eve2@example.com"),
        # Edited while we paged, so the search answered it before and after: the later answer counts, in either order.
        contact("1", "2026-10-19T10:00:00.000Z", email="ada@example.com", cartwheel_segment="New"),
        contact("2", "2026-10-18T10:00:00.000Z", email="bob@example.com"),
        contact("6", "2026-10-19T10:00:00.000Z", email="gone@example.com"),
    ],
    "archived_contacts": [
        contact("6", "2026-10-19T10:00:00.000Z", "2026-10-21T09:00:00.000Z", email="gone@example.com"),
        contact("2", "2026-10-01T10:00:00.000Z", "2026-10-02T09:00:00.000Z", email="bob@example.com"),
    ],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hubspot")
    notices = load(folder, "hubspot", RECORDS)
    assert notices.undeclared == {}
    if SEEDS.exists():
        # A second account, so that one build serves both.
        load(folder, "hubspot", {"contacts": [as_answered(seed) for seed in seeds()]}, account_id="recorded")
    build(folder, "hubspot")
    return folder


def test_our_properties_come_back_as_what_we_wrote(built: Path) -> None:
    found = rows(built, "select * from canonical.can_contacts__hubspot where contact_id = 'hubspot:main:1'")[0]
    assert {name: found[name] for name in found if name not in ("contact_id", "platform", "account_id")} == {
        "platform_contact_id": "1",
        "email": "ada@example.com",
        "segment": "Champions",
        "r_score": 5,
        "f_score": 4,
        "m_score": 3,
        "as_of_date": date(2026, 10, 31),
        "net_revenue_minor": 112050,
        "orders_count": 7,
        "rule_version": "2026-11",
        "email_consent": "never_subscribed",
        "is_archived": False,
        "updated_at": datetime.fromisoformat("2026-10-20T10:00:00"),
    }


def test_archived_restored_and_merged_contacts_are_told_apart(built: Path) -> None:
    found = rows(built, "select * from canonical.can_contacts__hubspot where account_id = 'main' order by contact_id")
    assert [(c["platform_contact_id"], c["is_archived"], c["email_consent"]) for c in found] == [
        ("1", False, "never_subscribed"),
        ("2", False, "unsubscribed"),
        ("3", False, "never_subscribed"),
        ("6", True, "never_subscribed"),
    ]


def seeds() -> list[dict[str, str]]:
    with (SEEDS / "contact_data.csv").open(newline="") as text:
        return list(csv.DictReader(text))


def as_answered(seed: dict[str, str]) -> dict[str, Any]:
    """A row another program flattened, as HubSpot's API had answered it."""
    properties = {key.removeprefix("property_"): value for key, value in seed.items() if key.startswith("property_")}
    updated = seed["_fivetran_synced"].replace(" ", "T") + "Z"
    return contact(seed["id"], updated, updated if seed["_fivetran_deleted"] == "TRUE" else None, **properties)


def test_recorded_contacts_pass_with_every_field_mapped_or_with_a_reason(built: Path) -> None:
    if not SEEDS.exists():
        pytest.skip(f"no recorded rows at {SEEDS}")
    recorded = seeds()
    fields = {key.removeprefix("property_") for key in recorded[0] if key.startswith("property_")}
    assert fields - {"email", "hs_merged_object_ids"} == set(NOT_USED) & fields

    merged = {part for seed in recorded for part in seed["property_hs_merged_object_ids"].split(";") if part}
    expected = {seed["id"] for seed in recorded} - merged
    found = rows(built, "select * from canonical.can_contacts__hubspot where account_id = 'recorded'")
    assert {c["platform_contact_id"] for c in found} == expected
    assert {c["email"] for c in found} <= {seed["property_email"] or None for seed in recorded}
