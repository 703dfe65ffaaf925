"""What Klaviyo's requests do: pages of profiles, imports, bulk jobs, list membership, events."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from sandbox.platforms.klaviyo_profiles import IDENTIFIERS, Account, Profile, Refusal, text

_FILTER = re.compile(r"(greater-than|greater-or-equal|less-than|less-or-equal|equals|any)\(([\w.]+),(.+)\)")
_ADDRESS = re.compile(r'equals\(email,"((?:\\.|[^"\\])*)"\)')
MOST_MEMBERS, MOST_PROFILES = 1000, 10_000


def profile_page(account: Account, query: Mapping[str, str], url: str) -> dict[str, Any]:
    """A page of profiles with the link to the next; the order is `sort`, by default the oldest first."""
    size = int(query.get("page[size]", 20))
    if not 1 <= size <= 100:
        raise Refusal(400, "invalid", "Invalid input.", "Page size must be an integer between 1 and 100.", "/data/")
    found = _filtered(account, query.get("filter"))
    sort = query.get("sort", "created")
    if sort.lstrip("-") not in {"created", "updated", "email", "id"}:
        raise Refusal(400, "invalid", "Invalid input.", f"'{sort}' is not a valid sort.", "/data/")
    found.sort(key=lambda profile: (_sort_value(profile, sort.lstrip("-")), profile.key), reverse=sort.startswith("-"))
    start = _cursor(query.get("page[cursor]"))
    shown = found[start : start + size]
    with_consent = "subscriptions" in query.get("additional-fields[profile]", "")
    links: dict[str, str] = {"self": url}
    if start + size < len(found):
        kept = {name: value for name, value in query.items() if name != "page[cursor]"}
        kept["page[cursor]"] = base64.urlsafe_b64encode(f"next::{start + size}".encode()).decode().rstrip("=")
        links["next"] = f"{url}?{'&'.join(f'{quote(name)}={quote(value)}' for name, value in kept.items())}"
    data = [_sparse(account.show(profile, with_consent), query.get("fields[profile]")) for profile in shown]
    return {"data": data, "links": links}


def _filtered(account: Account, asked: str | None) -> list[Profile]:
    if not asked:
        return list(account.profiles.values())
    by_address = _ADDRESS.fullmatch(asked.strip())
    if by_address is not None:
        # Clients ask for one profile thousands of times: the index answers.
        profile = account.find({"email": re.sub(r"\\(.)", r"\1", by_address.group(1))})
        return [profile] if profile is not None else []
    return [profile for profile in account.profiles.values() if _passes(profile, asked)]


def _sparse(shown: dict[str, Any], names: str | None) -> dict[str, Any]:
    """The resource with only the attributes asked for."""
    if names is None:
        return shown
    asked = set(names.split(","))
    attributes = {name: value for name, value in shown["attributes"].items() if name in asked}
    return {**shown, "attributes": attributes}


def _cursor(given: str | None) -> int:
    if not given:
        return 0
    try:
        found = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode()
    except ValueError:
        found = ""
    if not re.fullmatch(r"next::\d+", found):
        raise Refusal(400, "invalid", "Invalid input.", "Page cursor is invalid.", "/data/")
    return int(found[6:])


def _sort_value(profile: Profile, name: str) -> str:
    if name in {"created", "updated"}:
        return (profile.created_at if name == "created" else profile.updated_at).astimezone(UTC).isoformat()
    return profile.key if name == "id" else str(profile.values.get(name) or "")


def _passes(profile: Profile, text_of: str) -> bool:
    match = _FILTER.fullmatch(text_of.strip())
    if match is None:
        raise Refusal(400, "invalid", "Invalid input.", f"'{text_of}' is not a valid filter.", "/data/")
    operator, field, given = match.groups()
    if field in {"created", "updated"}:
        have = profile.created_at if field == "created" else profile.updated_at
        return _compare(operator, have, _moment(given.strip("\"'")))
    if field not in {"id", *IDENTIFIERS}:
        raise Refusal(400, "invalid", "Invalid input.", f"'{field}' is not a valid filter field.", "/data/")
    value = profile.key if field == "id" else str(profile.values.get(field) or "")
    wanted = [item.strip().strip("\"'").lower() for item in given.strip("[]").split(",")]
    return value.lower() in wanted


def _compare(operator: str, have: datetime, want: datetime) -> bool:
    have = have.replace(microsecond=0)  # the vendor shows, and compares, whole seconds
    return {
        "greater-than": have > want,
        "greater-or-equal": have >= want,
        "less-than": have < want,
        "less-or-equal": have <= want,
        "equals": have == want,
        "any": have == want,
    }[operator]


def _moment(given: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(given)
    except ValueError:
        raise Refusal(400, "invalid", "Invalid input.", f"'{given}' is not a valid date time.", "/data/") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def import_one(account: Account, data: dict[str, Any]) -> tuple[Profile, bool]:
    """POST /api/profile-import."""
    problem = _problem(data, "/data")
    if problem:
        raise problem
    if data.get("id") and account.find({}, data["id"]) is None:
        raise Refusal(404, "not_found", "Not found.", f"A profile with id {data['id']} does not exist.", "/data/id")
    return account.upsert(data["attributes"], data.get("id"))


def _problem(data: dict[str, Any], pointer: str) -> Refusal | None:
    attributes = data.get("attributes")
    if data.get("type") != "profile" or not isinstance(attributes, dict):
        return Refusal(
            400, "invalid", "Invalid input.", "'type' must be profile and 'attributes' are required", pointer
        )
    if not data.get("id") and not any(attributes.get(name) for name in IDENTIFIERS):
        said = "One of email, phone_number, external_id or id is required."
        return Refusal(400, "invalid", "Invalid input.", said, f"{pointer}/attributes")
    email = attributes.get("email")
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email.strip()):
        return Refusal(400, "invalid", "Invalid input.", "Invalid email address", f"{pointer}/attributes/email")
    return None


def bulk_import(account: Account, data: dict[str, Any]) -> dict[str, Any]:
    """POST /api/profile-bulk-import-jobs: every good profile is taken, bad ones are counted as failed."""
    profiles = ((data.get("attributes") or {}).get("profiles") or {}).get("data")
    if data.get("type") != "profile-bulk-import-job" or not isinstance(profiles, list):
        raise Refusal(400, "invalid", "Invalid input.", "'profiles' is a required field", "/data/attributes/profiles")
    if not 1 <= len(profiles) <= MOST_PROFILES:
        raise Refusal(
            400, "invalid", "Invalid input.", "A job takes 1 to 10000 profiles.", "/data/attributes/profiles/data"
        )
    good = [item for item in profiles if isinstance(item, dict) and _problem(item, "") is None]
    keys = {account.upsert(item["attributes"], item.get("id"))[0].key for item in good}
    lists = ((data.get("relationships") or {}).get("lists") or {}).get("data") or []
    for reference in lists:
        account.members.setdefault(reference["id"], set()).update(keys)
    number = len(account.jobs) + 1
    now = account.world.clock.now()
    job: dict[str, Any] = {
        "id": base64.urlsafe_b64encode(uuid5(NAMESPACE_URL, f"klaviyo job {number}").bytes).decode().rstrip("="),
        "created_at": text(now),
        "expires_at": text(now + timedelta(days=7)),
        "total": len(profiles),
        "completed": len(good),
        "failed": len(profiles) - len(good),
        "reads": 0,
    }
    account.jobs[job["id"]] = job
    return account.show_job(job, is_done=False)


def membership(account: Account, key: str, data: list[Any], is_removal: bool) -> None:
    """Add or remove profiles of a list: set semantics, consent is untouched."""
    if len(data) > MOST_MEMBERS:
        raise Refusal(400, "invalid", "Invalid input.", "At most 1000 profiles at once.", "/data")
    wanted = [item.get("id") for item in data]
    unknown = [item for item in wanted if item not in account.profiles]
    if unknown:
        raise Refusal(404, "not_found", "Not found.", f"A profile with id {unknown[0]} does not exist.", "/data")
    members = account.members[key]
    for item in wanted:
        if (item in members) is not is_removal:
            continue
        (members.discard if is_removal else members.add)(item)
        account.world.effects.record(
            "klaviyo", "list_member_removed" if is_removal else "list_member_added", f"{key}/{item}"
        )


def create_event(account: Account, data: dict[str, Any]) -> None:
    """POST /api/events: the first of a unique_id per profile and metric counts, the rest are accepted and dropped."""
    attributes = data.get("attributes") or {}
    metric = ((attributes.get("metric") or {}).get("data") or {}).get("attributes") or {}
    person = (attributes.get("profile") or {}).get("data") or {}
    if data.get("type") != "event" or not metric.get("name"):
        raise Refusal(400, "invalid", "Invalid input.", "'metric' is a required field", "/data/attributes/metric")
    if not isinstance(attributes.get("properties"), dict):
        raise Refusal(
            400, "invalid", "Invalid input.", "'properties' is a required field", "/data/attributes/properties"
        )
    problem = _problem({"type": "profile", **person}, "/data/attributes/profile")
    if problem:
        raise problem
    profile = account.find(person.get("attributes") or {}, person.get("id"))
    if profile is None:
        profile, _ = account.upsert(person["attributes"])
    # Without a unique_id the second of the event stands in, as the vendor documents.
    at = attributes.get("time") or text(account.world.clock.now())
    event = (profile.key, metric["name"], str(attributes.get("unique_id") or _moment(at).replace(microsecond=0)))
    if event not in account.events:
        account.events.add(event)
        account.world.effects.record("klaviyo", "event_recorded", event[2])
