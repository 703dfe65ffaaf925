"""What the shop sells, where it stands, and what is on order with suppliers."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, timedelta

from sandbox.facts import Address, Location, Product, PurchaseLine, PurchaseOrder

# Title, price in cents. Prices that round up by known cents carry the "rounded by hand" receipts.
_RANGE: dict[str, tuple[tuple[str, int], ...]] = {
    "Kitchen": (
        ("Oak Cutting Board", 4580), ("Cast Iron Skillet", 5270), ("Linen Apron", 3850), ("Pour-Over Kettle", 6460),
        ("Ceramic Mug", 1640), ("Spice Jar Set", 2875), ("Bread Knife", 3495), ("Salt Cellar", 1925),
        ("Enamel Pot", 7150), ("Tea Towel Pair", 1450), ("Rolling Pin", 2260), ("Olive Wood Spoon", 1180),
    ),
    "Bath": (
        ("Waffle Towel", 2990), ("Cedar Bath Mat", 5825), ("Soap Dish", 1375), ("Oat Milk Soap", 950),
        ("Sea Sponge", 1260), ("Hand Balm", 1690), ("Bath Salts", 2215), ("Robe", 8840),
    ),
    "Bedroom": (
        ("Percale Pillowcase", 2745), ("Wool Throw", 9960), ("Lavender Sachet", 825), ("Reading Lamp", 7425),
        ("Linen Sheet", 11890), ("Eye Mask", 1795), ("Felt Slippers", 4265), ("Duvet Cover", 12950),
    ),
    "Garden": (
        ("Watering Can", 3715), ("Herb Seeds", 645), ("Hand Trowel", 2385), ("Terracotta Pot", 1530),
        ("Garden Gloves", 1985), ("Bird Feeder", 4490), ("Hose Nozzle", 2655), ("Plant Labels", 720),
    ),
    "Desk": (
        ("Dot Grid Notebook", 1840), ("Brass Pen", 3620), ("Desk Tray", 4115), ("Canvas Pouch", 2030),
        ("Wall Calendar", 2595), ("Ink Bottle", 1485), ("Card Set", 1360), ("Cork Board", 3305),
    ),
    "Travel": (
        ("Canvas Tote", 3280), ("Packing Cubes", 4735), ("Steel Bottle", 2860), ("Wash Bag", 3945),
        ("Luggage Tag", 1215), ("Merino Socks", 1895), ("Rain Poncho", 5340), ("Weekender", 14875),
    ),
    "Play": (
        ("Wooden Blocks", 4360), ("Card Game", 1745), ("Puzzle", 2430), ("Kite", 3165), ("Yo-Yo", 1120),
        ("Chess Set", 6825), ("Juggling Balls", 1975),
    ),
}  # fmt: skip
GIFT_CARD_SKU = "GIFT-CARD"
_SUPPLIERS = ("Harbor Goods Co", "Millstone Trading", "Northfield Makers")


def make_catalogue(seed: int) -> tuple[Product, ...]:
    """Sixty products and the gift card; identical SKUs in all systems."""
    rng = random.Random(f"{seed}:catalogue")
    products: list[Product] = []
    for category, rows in _RANGE.items():
        for position, (title, price) in enumerate(rows, start=1):
            products.append(
                _product(rng, len(products) + 1, f"{category[:3].upper()}-{position:03d}", title, category, price)
            )
    products.append(_product(rng, len(products) + 1, GIFT_CARD_SKU, "Gift Card", "Gift cards", 5000, is_gift_card=True))
    return tuple(products)


def _product(
    rng: random.Random, number: int, sku: str, title: str, category: str, price: int, is_gift_card: bool = False
) -> Product:
    # Every eighth product is a variable one at WooCommerce, so that variations are met on every path.
    variation = 900_000 + number if number % 8 == 0 and not is_gift_card else None
    return Product(
        sku=sku,
        title=title,
        category=category,
        barcode=_ean13(850_000_000_000 + number * 37),
        price_minor=price,
        cost_minor=0 if is_gift_card else price * rng.randint(34, 52) // 100,
        weight_grams=0 if is_gift_card else rng.randint(8, 240) * 10,
        shopify_product_id=7_100_000_000 + number,
        shopify_variant_id=7_200_000_000 + number,
        shopify_inventory_item_id=7_300_000_000 + number,
        woo_product_id=500 + number,
        woo_variation_id=variation,
        cin7_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        supplier=rng.choice(_SUPPLIERS),
        updated_at=datetime(2026, 7, 1, 14, 0, tzinfo=UTC) + timedelta(minutes=number * 7),
        is_gift_card=is_gift_card,
    )


def _ean13(twelve: int) -> str:
    digits = [int(digit) for digit in str(twelve)]
    check = -sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return f"{twelve}{check}"


def make_locations() -> tuple[Location, ...]:
    """The two warehouses."""
    newark = Address("", "", "120 Frelinghuysen Ave", "Newark", "NJ", "New Jersey", "07114")
    reno = Address("", "", "4800 Longley Ln", "Reno", "NV", "Nevada", "89502")
    return (
        Location("newark", "Newark Warehouse", 70000000001, "0b5a0f2e-6f6c-4a55-9f5e-1d2f5b7c0001", newark),
        Location("reno", "Reno Warehouse", 70000000002, "0b5a0f2e-6f6c-4a55-9f5e-1d2f5b7c0002", reno),
    )


def make_purchase_orders(seed: int, catalogue: tuple[Product, ...]) -> list[PurchaseOrder]:
    """Six orders with suppliers: one received, one half received, four to come."""
    rng = random.Random(f"{seed}:purchase orders")
    goods = [product for product in catalogue if not product.is_gift_card]
    made: list[PurchaseOrder] = []
    for number in range(1, 7):
        lines = []
        for product in rng.sample(goods, 5):
            quantity = rng.randint(2, 10) * 12
            received = quantity if number == 1 else quantity // 2 if number == 2 else 0
            lines.append(PurchaseLine(product.sku, quantity, received, product.cost_minor))
        ordered = date(2026, 10, 1) + timedelta(days=number * 4)
        made.append(
            PurchaseOrder(
                purchase_order_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                number=f"PO-{number:05d}",
                supplier=_SUPPLIERS[number % 3],
                location_id="newark" if number % 3 else "reno",
                ordered_on=ordered,
                expected_on=ordered + timedelta(days=30),
                status="received" if number == 1 else "open",
                lines=tuple(lines),
                updated_at=datetime(ordered.year, ordered.month, ordered.day, 15, 30, tzinfo=UTC),
            )
        )
    return made
