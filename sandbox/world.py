"""The world the twins look at: facts, the clock, and the few things that change while it runs.

`build_world(seed, orders)` is pure: the same arguments give equal worlds. The golden month (October 2026) and the two
months before it are some five hundred written facts; more orders come from `sandbox.history`, derived on demand.
A twin keeps what it is made to change in `world.state(platform)`, a dict that starts empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.amazon_facts import Amazon
from sandbox.clock import Clock
from sandbox.effects import Effects
from sandbox.facts import (
    BankLine,
    BookDocument,
    Charge,
    Contact,
    Dispute,
    Location,
    Movement,
    Order,
    Parcel,
    Payout,
    Person,
    Product,
    PurchaseOrder,
    Refund,
    StockLevel,
)
from sandbox.faults import Faults
from sandbox.history import History
from sandbox.paypal_facts import Paypal
from sandbox.stock_log import StockLog
from sandbox.timeline import Timeline
from sandbox.webhooks.notices import Webhooks

CURRENCY = "USD"
TIME_ZONE = "America/New_York"


@dataclass
class World:
    """Everything true, in one place. Timelines are oldest first and may hold a million items; never list() them."""

    seed: int
    catalogue: tuple[Product, ...]
    locations: tuple[Location, ...]
    people: list[Person]
    orders: dict[str, Order]  # by number; written and placed since, without history
    history: History
    charges: Timeline[Charge]
    refunds: Timeline[Refund]
    movements: Timeline[Movement]
    payouts: Timeline[Payout]
    disputes: list[Dispute]
    bank_lines: Timeline[BankLine]
    documents: Timeline[BookDocument]
    parcels: Timeline[Parcel]
    stock: dict[tuple[str, str], StockLevel]  # by (sku, location_id)
    shopify_available: dict[tuple[str, str], int]  # what Shopify lists, by (sku, location_id)
    woo_quantity: dict[str, int]  # what WooCommerce lists, by sku
    purchase_orders: list[PurchaseOrder]
    contacts: dict[str, list[Contact]]  # by platform: hubspot, klaviyo
    currency: str = CURRENCY
    time_zone: str = TIME_ZONE
    paypal: Paypal | None = None  # the account this company has at PayPal
    amazon: Amazon = field(default_factory=Amazon)  # the seller's account; read by nobody who has not configured it
    europe: World | None = None  # the second company; read by nobody who has not configured its accounts
    clock: Clock = field(default_factory=Clock)
    effects: Effects = field(default_factory=Effects)
    faults: Faults = field(default_factory=Faults)
    stock_log: StockLog = field(default_factory=StockLog)
    webhooks: Webhooks = field(default_factory=Webhooks)
    _states: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.products = {product.sku: product for product in self.catalogue}
        if self.europe is not None:
            self.europe.clock, self.europe.effects, self.europe.faults = self.clock, self.effects, self.faults
            self.europe.webhooks = self.webhooks
        self._parcels_of: dict[str, list[str]] = {}
        for parcel in self.parcels.tail:
            self._parcels_of.setdefault(parcel.order_number, []).append(str(parcel.parcel_id))

    def state(self, platform: str) -> dict[str, Any]:
        """The twin's own mutable memory."""
        return self._states.setdefault(platform, {})

    def order(self, number: str) -> Order | None:
        """The order with this natural key, wherever it comes from."""
        return self.orders.get(number) or self.history.order_by_number(number)

    def parcels_of(self, order: Order) -> list[Parcel]:
        """All parcels of an order, voided ones too."""
        index = self.history.index_of(order.number)
        if index is not None:
            return [self.history.parcel(index)]
        found = (self.parcels.find(key) for key in self._parcels_of.get(order.number, ()))
        return [parcel for parcel in found if parcel is not None]

    def add_parcel(self, parcel: Parcel) -> None:
        """One more box that left."""
        self.parcels.append(parcel)
        self._parcels_of.setdefault(parcel.order_number, []).append(str(parcel.parcel_id))

    def movements_of_payout(self, payout_id: str) -> Iterator[Movement]:
        """The composition of a payout, the payout's own movement included, oldest first."""
        found = self.payouts.position(payout_id)
        if found is not None and found < self.payouts.head_length:
            yield from self.history.movements_of_payout(found)
            return
        yield from (movement for movement in self.movements.tail if movement.payout_id == payout_id)

    def set_stock(self, sku: str, location_id: str, **changes: int) -> StockLevel:
        """Change one stock level."""
        level = replace(self.stock[(sku, location_id)], **changes)  # type: ignore[arg-type]
        self.stock[(sku, location_id)] = level
        return level

    def pool(self, sku: str) -> int:
        """Sellable units over all locations."""
        return sum(level.available for (item, _), level in self.stock.items() if item == sku)


def build_world(seed: int = 7, orders: int = 500) -> World:
    """The world of a seed; `orders` above 500 adds older ones, below 500 still gives the golden 500."""
    from sandbox.golden_world import assemble

    return assemble(seed, orders)
