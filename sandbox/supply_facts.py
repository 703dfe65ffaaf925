"""Facts of places, stock and purchasing, and the contacts other tools hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sandbox.order_facts import Address


@dataclass(frozen=True, slots=True)
class StockLevel:
    """One SKU at one place. `allocated` counts open order lines of all channels; holds are known to Shopify only."""

    sku: str
    location_id: str
    on_hand: int
    allocated: int
    incoming: int
    damaged: int = 0
    quality_control: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.allocated - self.damaged - self.quality_control - self.reserved


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    sku: str
    quantity: int
    received_quantity: int
    unit_cost_minor: int


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """status: open | received | cancelled."""

    purchase_order_id: str
    number: str
    supplier: str
    location_id: str
    ordered_on: date
    expected_on: date
    status: str
    lines: tuple[PurchaseLine, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """What the CRM (platform 'hubspot') or e-mail tool ('klaviyo') already holds.

    consent: subscribed | unsubscribed | never_subscribed.
    """

    platform: str
    contact_id: str
    email: str
    first_name: str
    last_name: str
    phone: str | None
    consent: str
    created_at: datetime
    updated_at: datetime
    properties: Mapping[str, str] = field(default_factory=dict)
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Location:
    location_id: str
    name: str
    shopify_id: int
    cin7_id: str
    address: Address
