"""The account: profiles found by any identifier, lists, jobs, and how each is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.numbering import token

if TYPE_CHECKING:
    from sandbox.facts import Contact
    from sandbox.world import World

NAMED = ("email", "phone_number", "external_id", "first_name", "last_name", "organization", "locale", "title", "image")
IDENTIFIERS = ("email", "phone_number", "external_id")
CONSENT = {"subscribed": "SUBSCRIBED", "unsubscribed": "UNSUBSCRIBED", "never_subscribed": "NEVER_SUBSCRIBED"}


class Refusal(Exception):
    """An answer above 399 in JSON:API's words; `pointer` says which part of the request."""

    def __init__(self, status: int, code: str, title: str, detail: str, pointer: str = "/data/") -> None:
        super().__init__(detail)
        self.status, self.code, self.title, self.pointer = status, code, title, pointer


@dataclass
class Profile:
    """A person as the e-mail tool knows them."""

    key: str
    values: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    consent: str = "never_subscribed"
    consented_at: datetime | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    location: dict[str, Any] = field(default_factory=dict)


class Account:
    """Everything one Klaviyo account holds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.profiles: dict[str, Profile] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self.lists: dict[str, dict[str, Any]] = {}
        self.members: dict[str, set[str]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.events: set[tuple[str, str, str]] = set()
        for contact in world.contacts.get("klaviyo", []):
            self.index(_profile(contact))
        first = self.add_list("Newsletter", is_seed=True)
        self.members[first] = {key for key, item in self.profiles.items() if item.consent == "subscribed"}

    def index(self, profile: Profile) -> None:
        self.profiles[profile.key] = profile
        for name in IDENTIFIERS:
            if profile.values.get(name):
                self._keys[name, str(profile.values[name]).lower()] = profile.key

    def find(self, attributes: dict[str, Any], key: str | None = None) -> Profile | None:
        """By id, else by the first identifier that is known."""
        if key:
            return self.profiles.get(key)
        for name in IDENTIFIERS:
            known = self._keys.get((name, str(attributes.get(name) or "").strip().lower()))
            if known:
                return self.profiles[known]
        return None

    def upsert(self, attributes: dict[str, Any], key: str | None = None) -> tuple[Profile, bool]:
        """Create or change; null clears and absent keeps, also inside `properties`."""
        found = self.find(attributes, key)
        now = self.world.clock.advance(0.001)
        profile = found or Profile(
            f"01K{token(self.world.seed, 'profile', len(self.profiles), length=23).upper()}", {}, now, now
        )
        for name in NAMED:
            if name in attributes:
                value = attributes[name]
                profile.values[name] = value.strip().lower() if name == "email" and value else value
        profile.location |= attributes.get("location") or {}
        for name, value in (attributes.get("properties") or {}).items():
            if value is None:
                profile.properties.pop(name, None)
            else:
                profile.properties[name] = value
        profile.updated_at = now
        self.index(profile)
        done = "profile_updated" if found else "profile_created"
        self.world.effects.record("klaviyo", done, profile.values.get("email") or profile.key)
        return profile, found is None

    def add_list(self, name: str, is_seed: bool = False) -> str:
        key = token(self.world.seed, "list", len(self.lists), length=6)
        now = self.world.clock.now()
        self.lists[key] = {"name": name, "created": text(now), "updated": text(now), "opt_in_process": "single_opt_in"}
        self.members[key] = set()
        if not is_seed:
            self.world.effects.record("klaviyo", "list_created", name)
        return key

    def show(self, profile: Profile, with_subscriptions: bool) -> dict[str, Any]:
        """A profile resource."""
        blank = dict.fromkeys(
            ("address1", "address2", "city", "country", "latitude", "longitude", "region", "zip", "timezone", "ip")
        )
        attributes = {
            **{name: profile.values.get(name) for name in NAMED},
            "created": text(profile.created_at),
            "updated": text(profile.updated_at),
            "last_event_date": None,
            "location": {**blank, **profile.location},
            "properties": dict(profile.properties),
        }
        if with_subscriptions:
            attributes["subscriptions"] = _subscriptions(profile)
        link = f"https://a.klaviyo.com/api/profiles/{profile.key}/"
        related = {
            name: {"links": {"self": f"{link}relationships/{name}/", "related": f"{link}{name}/"}}
            for name in ("lists", "segments")
        }
        shown = {"type": "profile", "id": profile.key, "attributes": attributes}
        return {**shown, "relationships": related, "links": {"self": link}}

    def show_list(self, key: str) -> dict[str, Any]:
        link = f"https://a.klaviyo.com/api/lists/{key}/"
        related = {"profiles": {"links": {"self": f"{link}relationships/profiles/", "related": f"{link}profiles/"}}}
        return {
            "type": "list",
            "id": key,
            "attributes": self.lists[key],
            "relationships": related,
            "links": {"self": link},
        }

    def show_job(self, job: dict[str, Any], is_done: bool) -> dict[str, Any]:
        """A bulk import job; counts are told once it is complete."""
        link = f"https://a.klaviyo.com/api/profile-bulk-import-jobs/{job['id']}/"
        attributes = {
            "status": "complete" if is_done else "processing",
            "created_at": job["created_at"],
            "total_count": job["total"],
            "completed_count": job["completed"] if is_done else 0,
            "failed_count": job["failed"] if is_done else 0,
            "completed_at": job["created_at"] if is_done else None,
            "expires_at": job["expires_at"],
            "started_at": job["created_at"],
        }
        shown = {"type": "profile-bulk-import-job", "id": job["id"], "attributes": attributes}
        return {**shown, "links": {"self": link}}


def text(moment: datetime) -> str:
    """ISO 8601 UTC with its offset."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _profile(contact: Contact) -> Profile:
    values: dict[str, Any] = {
        "email": contact.email,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "phone_number": contact.phone,
    }
    return Profile(
        contact.contact_id, values, contact.created_at, contact.updated_at, contact.consent, contact.created_at,
        dict(contact.properties),
    )  # fmt: skip


def _subscriptions(profile: Profile) -> dict[str, Any]:
    consent = CONSENT[profile.consent]
    is_subscribed = profile.consent == "subscribed"
    since = text(profile.consented_at) if profile.consented_at and profile.consent != "never_subscribed" else None
    suppressed = {"reason": "UNSUBSCRIBE", "timestamp": since} if profile.consent == "unsubscribed" else None
    marketing = {
        "can_receive_email_marketing": profile.consent != "unsubscribed",
        "consent": consent,
        "consent_timestamp": since,
        "last_updated": since,
        "method": "FORM" if is_subscribed else None,
        "method_detail": "",
        "custom_method_detail": None,
        "double_optin": False if is_subscribed else None,
        "suppression": [suppressed] if suppressed else [],
        "list_suppressions": [],
    }
    quiet = {"can_receive_sms_marketing": False, "consent": "NEVER_SUBSCRIBED"}
    return {"email": {"marketing": marketing}, "sms": {"marketing": {**quiet, "consent_timestamp": None}}}
