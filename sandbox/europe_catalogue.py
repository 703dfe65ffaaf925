"""What the European shop sells and to whom: its own SKUs without managed stock, prices with VAT, buyers in six countries.

Ids of products and customers begin where the first shop's begin: two stores of one platform never share a number space.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.facts import Address, Person, Product

OPENED_AT = datetime(2026, 8, 1, 6, 0, tzinfo=UTC)

# Parts per million of VAT by country, for goods at the standard and at the reduced rate.
RATES: dict[str, tuple[int, int]] = {"DE": (190_000, 70_000), "FR": (200_000, 55_000), "AT": (200_000, 100_000)}

# SKU, title, price without VAT in cents, whether it is at the reduced rate.
_GOODS = (
    ("EU-KANNE", "Gießkanne", 10_000, False),
    ("EU-SCHERE", "Gartenschere", 5_000, False),
    ("EU-HANDSCHUH", "Handschuhe", 2_000, False),
    ("EU-LAMPE", "Solarlampe", 7_983, False),
    ("EU-BUCH", "Gartenbuch", 3_000, True),
    ("EU-SAMEN", "Samenmischung", 1_000, True),
)
REDUCED = frozenset(sku for sku, _, _, is_reduced in _GOODS if is_reduced)

_FIRST = ("Lena", "Jonas", "Mia", "Paul", "Emma", "Felix", "Clara", "Anton", "Ida", "Oskar")
_LAST = ("Schulz", "Weber", "Dubois", "Huber", "Moreau", "Keller", "Braun", "Lang", "Petit", "Wolf")
_PLACES = {
    "DE": ("Lindenallee", "Berlin", "10115"),
    "FR": ("Rue des Lilas", "Lyon", "69001"),
    "AT": ("Ringstraße", "Wien", "1010"),
    "NL": ("Herengracht", "Amsterdam", "1015"),
    "GB": ("Mill Lane", "London", "NW6 1TF"),
}


def make_goods() -> tuple[Product, ...]:
    """The catalogue; `price_minor` is without VAT."""
    return tuple(
        Product(
            sku=sku,
            title=title,
            category="Garten",
            barcode=f"40012345{place:05d}",
            price_minor=net,
            cost_minor=net // 3,
            weight_grams=400,
            shopify_product_id=0,
            shopify_variant_id=0,
            shopify_inventory_item_id=0,
            woo_product_id=5000 + place,
            woo_variation_id=None,
            cin7_id="",
            supplier="",
            updated_at=OPENED_AT,
        )
        for place, (sku, title, net, _) in enumerate(_GOODS, start=1)
    )


def make_buyer(key: int, country: str, company: str | None = None) -> Person:
    """The key-th buyer, always the same; every third has an account."""
    first, last = _FIRST[key % len(_FIRST)], _LAST[(key * 7) % len(_LAST)]
    street, city, postcode = _PLACES[country]
    address = Address(first, last, f"{street} {key}", city, "", "", postcode, country)
    return Person(
        key=key,
        email=f"{first}.{last}.{key}@example.eu".lower(),
        first_name=first,
        last_name=last,
        phone=None,
        address=address,
        created_at=OPENED_AT,
        woo_id=3000 + key if key % 3 == 0 else None,
        company=company,
    )


def rate_of(country: str, sku: str, is_untaxed: bool) -> int:
    """VAT of a product in a country, parts per million; nought for exports and reverse charge."""
    if is_untaxed or country not in RATES:
        return 0
    standard, reduced = RATES[country]
    return reduced if sku in REDUCED else standard
