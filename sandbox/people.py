"""Who buys: some with an account, some always as guests, some first as a guest and later with an account."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.facts import Address, Person

_FIRST = [
    "Anna",
    "Ben",
    "Carla",
    "David",
    "Elena",
    "Frank",
    "Grace",
    "Hugo",
    "Iris",
    "Jamal",
    "Kara",
    "Leo",
    "Maria",
    "Noah",
    "Olga",
    "Paul",
    "Quinn",
    "Rosa",
    "Sam",
    "Tara",
    "Umar",
    "Vera",
    "Will",
    "Xenia",
    "Yusuf",
    "Zoe",
    "Amir",
    "Bianca",
    "Cole",
    "Dina",
    "Erik",
    "Fatima",
]
_LAST = [
    "Adler",
    "Brooks",
    "Chen",
    "Duarte",
    "Ellis",
    "Fischer",
    "Garcia",
    "Hayes",
    "Ivanov",
    "Jensen",
    "Khan",
    "Lopez",
    "Moreau",
    "Nguyen",
    "Okafor",
    "Patel",
    "Quigley",
    "Rossi",
    "Silva",
    "Turner",
    "Ueda",
    "Vargas",
    "Walsh",
    "Xu",
    "Young",
    "Zimmer",
    "Abbott",
    "Baker",
    "Castro",
    "Dunn",
    "Engel",
]
_STREETS = ("Maple St", "Oak Ave", "2nd Ave", "Hill Rd", "Lakeview Dr", "Elm Ct", "Station Rd", "Mill Ln", "Park Pl")


@dataclass(frozen=True, slots=True)
class Region:
    """A place with one combined state and local sales tax rate."""

    code: str
    name: str
    city: str
    postcode: str
    rate_ppm: int


REGIONS = (
    Region("NY", "New York", "New York", "10011", 88_750),
    Region("CA", "California", "Los Angeles", "90026", 97_500),
    Region("TN", "Tennessee", "Nashville", "37206", 97_500),
    Region("LA", "Louisiana", "New Orleans", "70117", 100_000),
    Region("IL", "Illinois", "Chicago", "60614", 102_500),
    Region("WA", "Washington", "Seattle", "98103", 103_500),
    Region("AL", "Alabama", "Boaz", "35957", 110_000),
    Region("OK", "Oklahoma", "Ponca City", "74601", 109_500),
)


def make_address(first: str, last: str, region: Region, street: str = "1 Main St") -> Address:
    """An address in the region's city."""
    return Address(first, last, street, region.city, region.code, region.name, region.postcode)


def make_person(rng: random.Random, key: int, region: Region, domain: str = "example.com") -> Person:
    """One buyer living in the region; accounts are opened later, by `with_accounts`."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    phone = f"+1555{2_000_000 + key * 13 % 7_000_000:07d}"
    address = make_address(first, last, region, f"{rng.randint(3, 999)} {rng.choice(_STREETS)}")
    email = f"{first}.{last}{key}@{domain}".lower()
    return Person(key, email, first, last, phone if key % 3 else None, address, datetime(2026, 7, 20, tzinfo=UTC))


def make_people(seed: int, count: int = 280) -> list[Person]:
    """The buyers of the written months, spread evenly over the regions."""
    rng = random.Random(f"{seed}:people")
    return [make_person(rng, key, REGIONS[key % len(REGIONS)]) for key in range(1, count + 1)]


def generic_person(seed: int, key: int) -> Person:
    """Buyer number `key` of the older orders, derived on demand; has accounts on both shops."""
    rng = random.Random(f"{seed}:buyer:{key}")
    made = make_person(rng, key, REGIONS[key % len(REGIONS)], "example.net")
    opened = datetime(2024, 9, 30, tzinfo=UTC) + timedelta(seconds=key % 86_400)
    return Person(
        made.key,
        made.email,
        made.first_name,
        made.last_name,
        made.phone,
        made.address,
        opened,
        9_000_000_000 + key,
        1_000_000 + key,
    )
