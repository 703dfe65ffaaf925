"""What the CRM and the e-mail tool know of the buyers: some, not all, and some of it stale."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sandbox.facts import Contact, Person

_SEGMENTS = ("Champions", "Loyal", "At risk", "New", "Hibernating")
_IMPORTED = datetime(2026, 8, 15, 10, 0, tzinfo=UTC)


def contact_lists(seed: int, people: Sequence[Person]) -> dict[str, list[Contact]]:
    """Contacts by platform, oldest first."""
    return {
        platform: _contacts(seed, platform, people, share) for platform, share in (("hubspot", 60), ("klaviyo", 70))
    }


def _contacts(seed: int, platform: str, people: Sequence[Person], share: int) -> list[Contact]:
    rng = random.Random(f"{seed}:{platform}")
    contacts: list[Contact] = []
    for person in people:
        if person.email is None or rng.randrange(100) >= share:
            continue
        number = len(contacts) + 1
        created = _IMPORTED + timedelta(minutes=number * 11)
        contact_id = str(40_000_000 + number) if platform == "hubspot" else f"01J{rng.getrandbits(100):023X}"
        consent = rng.choices(("subscribed", "unsubscribed", "never_subscribed"), weights=(75, 10, 15))[0]
        contacts.append(
            Contact(
                platform,
                contact_id,
                person.email,
                person.first_name,
                person.last_name,
                person.phone,
                consent,
                created,
                created + timedelta(days=3),
                _stale_properties(rng) if rng.random() < 0.35 else {},
                is_archived=platform == "hubspot" and number % 60 == 0,
            )
        )
    return contacts


def _stale_properties(rng: random.Random) -> dict[str, str]:
    """What an earlier run might have written in September."""
    revenue = rng.randint(2000, 60_000)
    return {
        "cartwheel_segment": rng.choice(_SEGMENTS),
        "cartwheel_r_score": str(rng.randint(1, 5)),
        "cartwheel_f_score": str(rng.randint(1, 5)),
        "cartwheel_m_score": str(rng.randint(1, 5)),
        "cartwheel_as_of": "2026-09-01",
        "cartwheel_net_revenue": f"{revenue // 100}.{revenue % 100:02d}",
        "cartwheel_orders": str(rng.randint(1, 6)),
        "cartwheel_rule_version": "1",
    }
