"""What is true in the world, in nobody's dialect: the twins translate these into each vendor's words.

Money is whole minor units of `World.currency`; every `*_at` is an aware UTC datetime; facts are frozen, and the world
replaces a fact to change it. Nothing here knows HTTP or a vendor's field names (vendors' ids are facts, though).
"""

from __future__ import annotations

from sandbox.money_facts import (
    BankLine,
    BookDocument,
    BookLine,
    Charge,
    Dispute,
    FeePart,
    Movement,
    Payout,
)
from sandbox.order_facts import (
    Address,
    Line,
    Order,
    Parcel,
    ParcelLine,
    Person,
    Product,
    Refund,
    RefundLine,
    Shipping,
    Story,
    Tender,
)
from sandbox.supply_facts import (
    Contact,
    Location,
    PurchaseLine,
    PurchaseOrder,
    StockLevel,
)

__all__ = [
    "Address",
    "BankLine",
    "BookDocument",
    "BookLine",
    "Charge",
    "Contact",
    "Dispute",
    "FeePart",
    "Line",
    "Location",
    "Movement",
    "Order",
    "Parcel",
    "ParcelLine",
    "Payout",
    "Person",
    "Product",
    "PurchaseLine",
    "PurchaseOrder",
    "Refund",
    "RefundLine",
    "Shipping",
    "StockLevel",
    "Story",
    "Tender",
]
