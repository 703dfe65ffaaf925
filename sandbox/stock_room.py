"""Units by SKU and place: what is there, what is promised, what is on its way, and what each shop still believes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from sandbox.facts import Order, Parcel, Product, PurchaseOrder, StockLevel
from sandbox.shipments import open_quantities, shipped_quantities

WOO_BUFFER = 2
DIFFERING_AT_SHOPIFY, DIFFERING_AT_WOO = 12, 6
Key = tuple[str, str]


def stock_levels(
    seed: int,
    catalogue: Sequence[Product],
    orders: Iterable[Order],
    parcels: Iterable[Parcel],
    purchase_orders: Iterable[PurchaseOrder],
) -> dict[Key, StockLevel]:
    """Level per SKU and location. All open order lines are promised at Newark, which ships first."""
    rng = random.Random(f"{seed}:stock")
    allocated: dict[str, int] = {}
    shipped = shipped_quantities(parcels)
    for order in orders:
        skus = {line.line_id: line.sku for line in order.lines}
        for line_id, quantity in open_quantities(order, shipped).items():
            allocated[skus[line_id]] = allocated.get(skus[line_id], 0) + quantity
    incoming: dict[Key, int] = {}
    for purchase in purchase_orders:
        for line in purchase.lines:
            if purchase.status == "open":
                key = (line.sku, purchase.location_id)
                incoming[key] = incoming.get(key, 0) + line.quantity - line.received_quantity
    levels: dict[Key, StockLevel] = {}
    for position, product in enumerate(item for item in catalogue if not item.is_gift_card):
        for location in ("newark", "reno"):
            key = (product.sku, location)
            levels[key] = _level(rng, key, position, allocated, incoming.get(key, 0))
    return levels


def _level(rng: random.Random, key: Key, position: int, allocated: dict[str, int], incoming: int) -> StockLevel:
    sku, location = key
    promised = allocated.get(sku, 0) if location == "newark" else 0
    is_scarce = position % 13 == 5
    on_hand = promised + (rng.randint(0, 1) if is_scarce else rng.randint(12, 140))
    holds = (0, 0, 0)
    if position % 10 == 3 and not is_scarce:
        holds = (rng.randint(1, 3), rng.randint(0, 2), rng.randint(0, 4))
    return StockLevel(sku, location, on_hand, promised, incoming, *holds)


def listed_quantities(seed: int, levels: dict[Key, StockLevel]) -> tuple[dict[Key, int], dict[str, int]]:
    """What Shopify lists by SKU and location, and WooCommerce by SKU: right, but for a few SKUs each."""
    rng = random.Random(f"{seed}:listed")
    shopify = {key: max(0, level.available) for key, level in levels.items()}
    pools: dict[str, int] = {}
    for (sku, _), level in levels.items():
        pools[sku] = pools.get(sku, 0) + level.available
    woo = {sku: max(0, pool - WOO_BUFFER) for sku, pool in pools.items()}
    skus = rng.sample(sorted(woo), DIFFERING_AT_SHOPIFY + 3)
    for sku in skus[:DIFFERING_AT_SHOPIFY]:
        key = (sku, rng.choice(("newark", "reno")))
        shopify[key] = _other(rng, shopify[key])
    for sku in skus[-DIFFERING_AT_WOO:]:
        woo[sku] = _other(rng, woo[sku])
    return shopify, woo


def _other(rng: random.Random, quantity: int) -> int:
    """A quantity a few units off."""
    off = rng.randint(1, 6)
    return quantity + off if rng.random() < 0.6 or quantity < off else quantity - off
