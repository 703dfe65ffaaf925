"""What is true at the marketplace: what the seller lists there, what was ordered, in nobody's dialect.

Money is whole cents of the store's currency. A listing has one quantity for all the stores it is shown in, because the
vendor keeps it per seller and SKU. Orders the marketplace sends from its own stock (`AMAZON`) never touch the seller's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

SELLER_ID = "A3SANDBOXSELLER"
UNITED_STATES, CANADA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
BY_MERCHANT, BY_AMAZON = "MERCHANT", "AMAZON"
# Who sends: the seller, or the marketplace's North American stock.
SENT_BY_SELLER, SENT_BY_AMAZON = "DEFAULT", "AMAZON_NA"


@dataclass(frozen=True, slots=True)
class AmazonLine:
    """One item of an order. Tax comes on top of price and shipping; the marketplace collects it."""

    item_id: str
    sku: str
    asin: str
    title: str
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    shipping_minor: int = 0
    shipping_tax_minor: int = 0
    shipped: int = 0
    is_cancelled: bool = False

    @property
    def gross_minor(self) -> int:
        return self.quantity * self.unit_price_minor

    @property
    def total_minor(self) -> int:
        """What the buyer pays for it; nothing once it is cancelled."""
        if self.is_cancelled:
            return 0
        net = self.gross_minor - self.discount_minor + self.shipping_minor
        return net + self.tax_minor + self.shipping_tax_minor


@dataclass(frozen=True, slots=True)
class AmazonOrder:
    """status: PENDING | UNSHIPPED | PARTIALLY_SHIPPED | SHIPPED | CANCELLED, the vendor's words."""

    number: str
    placed_at: datetime
    updated_at: datetime
    status: str
    lines: tuple[AmazonLine, ...]
    fulfilled_by: str = BY_MERCHANT
    marketplace_id: str = UNITED_STATES
    is_business: bool = False

    @property
    def total_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class AmazonListing:
    sku: str
    asin: str
    title: str
    product_type: str
    marketplace_ids: tuple[str, ...]
    sent_by: str
    quantity: int
    price_minor: int
    created_at: datetime
    updated_at: datetime


@dataclass
class Amazon:
    """The seller's account: listings by SKU, orders by number."""

    listings: dict[str, AmazonListing] = field(default_factory=dict)
    orders: dict[str, AmazonOrder] = field(default_factory=dict)
