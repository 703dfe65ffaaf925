"""The seller's account at the marketplace as the world opens, and what an operator lets happen there.

Its orders are all of the first of November, so nothing of October or before depends on whether somebody reads them. They
are made without a draw of chance: the rest of the world is the same with or without them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.amazon_facts import (
    BY_AMAZON,
    BY_MERCHANT,
    CANADA,
    SENT_BY_AMAZON,
    SENT_BY_SELLER,
    UNITED_STATES,
    Amazon,
    AmazonLine,
    AmazonListing,
    AmazonOrder,
)
from sandbox.baskets import half_up
from sandbox.facts import Product, StockLevel
from sandbox.people import REGIONS

if TYPE_CHECKING:
    from sandbox.world import World

FIRST_ORDER_AT = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
LISTED_AT = datetime(2026, 8, 15, 9, 0, tzinfo=UTC)
MOST_LISTED, HELD_BACK = 10, 2
# Every third product is listed, every second of those in both stores; two more are sent by the marketplace.
_SENT_BY_AMAZON = (7, 31)
_SHIPPING = 495


@dataclass(frozen=True)
class Case:
    """lines: (place among the listings of that sender, units, units shipped, whether cancelled)."""

    status: str
    lines: tuple[tuple[int, int, int, bool], ...]
    fulfilled_by: str = BY_MERCHANT
    is_business: bool = False
    discount_percent: int = 0


CASES = (
    Case("UNSHIPPED", ((0, 2, 0, False),)),
    Case("SHIPPED", ((1, 1, 1, False),)),
    Case("UNSHIPPED", ((2, 1, 0, False), (3, 1, 0, False))),
    Case("PARTIALLY_SHIPPED", ((4, 3, 1, False),)),
    Case("PENDING", ((5, 1, 0, False),)),
    Case("CANCELLED", ((6, 2, 0, True),)),
    Case("SHIPPED", ((0, 1, 1, False),), BY_AMAZON),
    Case("UNSHIPPED", ((1, 4, 0, False),), BY_AMAZON),
    Case("UNSHIPPED", ((7, 2, 0, False), (8, 1, 0, True))),
    Case("SHIPPED", ((9, 5, 5, False),), is_business=True, discount_percent=10),
)


def build_amazon(catalogue: Sequence[Product], levels: dict[tuple[str, str], StockLevel]) -> Amazon:
    """The account of a catalogue and the stock behind it."""
    pools: dict[str, int] = {}
    for (sku, _), level in levels.items():
        pools[sku] = pools.get(sku, 0) + level.available
    goods = [product for product in catalogue if not product.is_gift_card]
    account = Amazon()
    for place, product in enumerate(goods):
        if place % 3 == 0 or place in _SENT_BY_AMAZON:
            listing = _listing(place, product, pools.get(product.sku, 0))
            account.listings[listing.sku] = listing
    # Orders are about what there is plenty of: no listing starts the world oversold.
    plenty = sorted(account.listings.values(), key=lambda listing: (-pools.get(listing.sku, 0), listing.sku))
    for number, case in enumerate(CASES):
        order = _order(account, plenty, number, case)
        account.orders[order.number] = order
    return account


def _listing(place: int, product: Product, pool: int) -> AmazonListing:
    is_ours = place not in _SENT_BY_AMAZON
    # What the stores show is right, but for every fifth listing.
    quantity = max(0, min(MOST_LISTED, pool - HELD_BACK)) + (place % 5 == 0)
    return AmazonListing(
        sku=product.sku,
        asin=_asin(product.sku),
        title=product.title,
        product_type=product.category.upper(),
        marketplace_ids=(UNITED_STATES, CANADA) if place % 6 == 0 else (UNITED_STATES,),
        sent_by=SENT_BY_SELLER if is_ours else SENT_BY_AMAZON,
        quantity=quantity if is_ours else 25,
        price_minor=product.price_minor,
        created_at=LISTED_AT + timedelta(minutes=place),
        updated_at=LISTED_AT + timedelta(minutes=place),
    )


def _asin(sku: str) -> str:
    return "B0" + hashlib.sha256(sku.encode()).hexdigest()[:8].upper()


def _order(account: Amazon, plenty: Sequence[AmazonListing], number: int, case: Case) -> AmazonOrder:
    sender = SENT_BY_SELLER if case.fulfilled_by == BY_MERCHANT else SENT_BY_AMAZON
    listings = [listing for listing in plenty if listing.sent_by == sender]
    placed_at = FIRST_ORDER_AT + timedelta(minutes=37 * number)
    lines = []
    for position, (place, quantity, shipped, is_cancelled) in enumerate(case.lines, start=1):
        line = _line(number, position, listings[place], quantity, case.discount_percent)
        lines.append(replace(line, shipped=shipped, is_cancelled=is_cancelled))
    return AmazonOrder(
        number=_order_number(number),
        placed_at=placed_at,
        updated_at=placed_at + timedelta(minutes=5),
        status=case.status,
        lines=tuple(lines),
        fulfilled_by=case.fulfilled_by,
        is_business=case.is_business,
    )


def _line(number: int, position: int, listing: AmazonListing, quantity: int, discount_percent: int = 0) -> AmazonLine:
    rate = REGIONS[0].rate_ppm
    discount = half_up(quantity * listing.price_minor, discount_percent * 10_000)
    return AmazonLine(
        item_id=f"{50_000_000_000_000 + number * 100 + position}",
        sku=listing.sku,
        asin=listing.asin,
        title=listing.title,
        quantity=quantity,
        unit_price_minor=listing.price_minor,
        discount_minor=discount,
        tax_minor=half_up(quantity * listing.price_minor - discount, rate),
        shipping_minor=_SHIPPING if position == 1 else 0,
        shipping_tax_minor=half_up(_SHIPPING, rate) if position == 1 else 0,
    )


def _order_number(number: int) -> str:
    return f"112-{1_000_001 + number * 137:07d}-{2_000_003 + number * 911:07d}"


def place_amazon_order(world: World, sku: str, quantity: int) -> AmazonOrder:
    """A buyer takes `quantity` of a listing the seller sends; the listing goes down by itself, Cin7 allocates.

    No other channel is told: that is the product's job.
    Raises ValueError for a SKU that is not listed there, or that the marketplace sends.
    """
    listing = world.amazon.listings.get(sku)
    if listing is None or listing.sent_by != SENT_BY_SELLER:
        raise ValueError(f"the seller sends no listing {sku!r} at Amazon")
    if quantity < 1:
        raise ValueError("quantity must be at least 1")
    now = world.clock.advance(1)
    number = len(world.amazon.orders)
    order = AmazonOrder(_order_number(number), now, now, "UNSHIPPED", (_line(number, 1, listing, quantity),))
    world.amazon.orders[order.number] = order
    world.stock_log.sold("amazon", sku, None, quantity, listing.quantity, order.number)
    # The store sells no unit it does not show, so its number ends at zero.
    world.amazon.listings[sku] = replace(listing, quantity=max(0, listing.quantity - quantity), updated_at=now)
    level = world.stock[(sku, "newark")]
    world.set_stock(sku, "newark", allocated=level.allocated + quantity)
    world.effects.record("control", "order_placed", order.number)
    return order
