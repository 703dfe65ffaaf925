"""Drafts of orders: baskets that hit a wanted amount, discounts spread as Shopify spreads them, taxes to the cent."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.catalogue import GIFT_CARD_SKU
from sandbox.facts import Person, Product, Story
from sandbox.people import REGIONS, Region


@dataclass
class DraftLine:
    sku: str
    quantity: int
    unit_price: int
    discount: int = 0
    tax: int = 0

    @property
    def gross(self) -> int:
        return self.quantity * self.unit_price

    @property
    def net(self) -> int:
        return self.gross - self.discount

    @property
    def is_gift_card(self) -> bool:
        return self.sku == GIFT_CARD_SKU


@dataclass
class DraftRefund:
    """Give back `quantity` of line number `line`; amounts are decided by the plan."""

    line: int
    quantity: int
    net: int
    tax: int


@dataclass
class Draft:
    """An order before it has numbers, a buyer and a payment."""

    placed_at: datetime
    channel: str
    lines: list[DraftLine]
    region: Region = REGIONS[0]
    shipping: int = 0
    shipping_tax: int = 0
    tip: int = 0
    rate_ppm: int = 0
    tender: str = "card"  # card | authorized | terms | voided | test
    gift_card_leg: int = 0
    discount_code: str | None = None
    story: Story = ()
    refunds: list[DraftRefund] = field(default_factory=list)
    refunded_at: datetime | None = None
    is_refund_booked: bool = True
    shipment: str = "shipped"  # shipped | split | partial | open
    person: Person | None = None
    is_guest: bool = True

    @property
    def product_net(self) -> int:
        return sum(line.net for line in self.lines if not line.is_gift_card)

    @property
    def gift_cards(self) -> int:
        return sum(line.net for line in self.lines if line.is_gift_card)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + self.shipping_tax

    @property
    def total(self) -> int:
        return self.product_net + self.gift_cards + self.shipping + self.tax + self.tip

    @property
    def buyer(self) -> Person:
        """The person, once there is one."""
        if self.person is None:
            raise ValueError("this draft has no buyer yet")
        return self.person

    @property
    def charged(self) -> int:
        """What the processor captures for it."""
        return self.total - self.gift_card_leg if self.tender == "card" else 0


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Shares in proportion, rounded down; leftover cents go one at a time from the first line (Shopify's rule)."""
    whole = sum(weights)
    shares = [amount * weight // whole for weight in weights]
    for position in range(amount - sum(shares)):
        shares[position % len(shares)] += 1
    return shares


def half_up(amount: int, ppm: int) -> int:
    """amount x rate, rounded half up to the cent."""
    return (amount * ppm + 500_000) // 1_000_000


def tax_by_rate(draft: Draft, region: Region) -> None:
    """Tax each line and the shipping at the region's rate, each rounded on its own; gift cards are not taxed."""
    draft.region, draft.rate_ppm = region, region.rate_ppm
    for line in draft.lines:
        line.tax = 0 if line.is_gift_card else half_up(line.net, region.rate_ppm)
    draft.shipping_tax = half_up(draft.shipping, region.rate_ppm)


def tax_by_amount(draft: Draft, tax: int) -> None:
    """Put exactly this tax on the product lines; the stated rate is what it comes to."""
    nets = [0 if line.is_gift_card else line.net for line in draft.lines]
    for line, share in zip(draft.lines, spread(tax, nets) if tax else [0] * len(nets), strict=True):
        line.tax = share
    draft.shipping_tax = 0
    draft.rate_ppm = round(tax * 1_000_000 / max(1, sum(nets)))


class Baskets:
    """Fills baskets from the catalogue with one stream of chance."""

    def __init__(self, rng: random.Random, catalogue: Sequence[Product]) -> None:
        self.rng = rng
        self.goods = [product for product in catalogue if not product.is_gift_card]
        self.by_title = {product.title: product for product in catalogue}

    def named(self, title: str, quantity: int = 1) -> DraftLine:
        product = self.by_title[title]
        return DraftLine(product.sku, quantity, product.price_minor)

    def exact_line(self, net: int, quantity: int | None = None, avoid: Sequence[str] = ()) -> DraftLine:
        """One line worth exactly `net`: the nearest dearer product and a discount for the rest."""
        fits = [
            (product.price_minor * count, product.sku, count, product.price_minor)
            for product in self.goods
            for count in ((quantity,) if quantity else range(1, 7))
            if product.price_minor * count >= net and product.sku not in avoid
        ]
        _, sku, count, price = self.rng.choice(sorted(fits)[:4])
        return DraftLine(sku, count, price, discount=price * count - net)

    def about(self, target: int) -> list[DraftLine]:
        """One to three lines whose gross comes near the target."""
        lines: list[DraftLine] = []
        left = target
        wanted = self.rng.choices((1, 2, 3), weights=(45, 35, 20))[0]
        while len(lines) < wanted:
            taken = {line.sku for line in lines}
            share = left if len(lines) == wanted - 1 else int(left * self.rng.uniform(0.35, 0.65))
            fits = [product for product in self.goods if product.sku not in taken and product.price_minor <= share]
            if not fits:
                break
            product = self.rng.choice(sorted(fits, key=lambda item: (-item.price_minor, item.sku))[:14])
            quantity = max(1, min(4, share // product.price_minor))
            lines.append(DraftLine(product.sku, quantity, product.price_minor))
            left -= lines[-1].gross
        return lines or [self.named("Herb Seeds")]

    def discounted(self, target: int, percent: int) -> list[DraftLine]:
        """Like `about`, with a percentage off the whole basket."""
        lines = self.about(target * 100 // (100 - percent))
        gross = [line.gross for line in lines]
        for line, share in zip(lines, spread(half_up(sum(gross), percent * 10_000), gross), strict=True):
            line.discount = share
        return lines

    def less(self, gross: int, discount: int) -> list[DraftLine]:
        """Like `about`, with a fixed amount off the whole basket."""
        lines = self.about(gross)
        for line, share in zip(lines, spread(discount, [line.gross for line in lines]), strict=True):
            line.discount = share
        return lines
