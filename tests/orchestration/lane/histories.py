"""A shop's random history, told twice: as polling would read it, and as the platforms' webhooks.

Two storefronts, one hub with two places, one shipping tool, four SKUs and a set of two of them: few keys, so that orders
collide. Every change moves the clock by a second or more, as the platforms' own times do; what a webhook only points at is
answered from the truth of that moment.
"""

# The warehouse's times are plain UTC timestamps, so the seeds' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipelines.intake.rows import Pointer, Told, cin7, in_columns, shipstation, woocommerce
from pipelines.platforms.shopify import INVENTORY_ITEM
from tests.orchestration.lane.told_twice import (
    PLACES,
    Order,
    Row,
    local,
    polled_order,
    rest_order,
    rest_refund,
    utc,
    woo_order,
    woo_refunds,
)

SKUS = ("CUP", "BOWL", "LAMP", "RUG")
GIVEN: dict[str, list[Row]] = {
    "seeds.checkout_holds": [
        {"sku": "CUP", "units": 2, "expires_at": datetime(2026, 11, 1, 14)},
        {"sku": "RUG", "units": 1, "expires_at": datetime(2026, 11, 2, 3)},
    ],
    "seeds.channel_policies": [
        {"channel": "shopify", "sku": "*", "share_percent": 100, "buffer": 1, "hard_allocation": 0, "end_when": 0},
        {"channel": "woocommerce", "sku": "*", "share_percent": 50, "buffer": 2, "hard_allocation": 0, "end_when": 0},
        {
            "channel": "woocommerce", "sku": "LAMP", "share_percent": 100, "buffer": 0, "hard_allocation": 3,
            "hard_from": datetime(2026, 11, 1).date(), "hard_until": datetime(2026, 11, 2).date(), "end_when": 0,
        },
    ],
    "marts.dim_bundle_components": [
        {"bundle_sku": "SET", "component_sku": "CUP", "quantity": 2, "defined_by": "seed"},
        {"bundle_sku": "SET", "component_sku": "BOWL", "quantity": 1, "defined_by": "seed"},
    ],
    # What the hub says moved: before the counts of most histories, and one that will have moved after them.
    "canonical.can_stock_movements": [
        {"stock_movement_id": f"cin7:main:{at}", "platform": "cin7", "account_id": "main", "entity_id": "main", "sku": sku,
         "location_id": place, "movement_type": kind, "units": units, "moved_at": moved_at, "platform_document_id": f"{at}"}
        for at, (sku, place, kind, units, moved_at) in enumerate((
            ("CUP", "newark", "receipt", 40, datetime(2026, 10, 20, 9)),
            ("CUP", "newark", "adjustment", -3, datetime(2026, 11, 2, 9)),
            ("LAMP", "reno", "receipt", 12, datetime(2026, 10, 21, 9)),
        ))
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What the inbox would hold."""

    sequence: int
    platform: str
    topic: str
    body: bytes
    occurred_at: datetime
    account_id: str = "main"

    @property
    def received_at(self) -> datetime:
        return self.occurred_at + timedelta(seconds=1)


class Shop:
    """The truth, and the events it gave rise to."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = datetime(2026, 11, 1, 12, tzinfo=UTC)
        self.orders: list[Order] = []
        self.labels: list[Row] = []
        self.counts: dict[tuple[str, str], Row] = {}
        self.levels: dict[tuple[str, str], tuple[int, datetime]] = {}
        self.products: dict[str, tuple[int, datetime]] = {}
        self.events: list[Event] = []
        for sku in SKUS:
            self.products[sku] = (self.rng.randint(0, 30), self.now)
            for place in PLACES:
                self.levels[sku, place] = (self.rng.randint(0, 30), self.now)
                if self.rng.random() < 0.8:
                    self._count(sku, place)

    def step(self) -> None:
        """One thing happens."""
        self.now += timedelta(seconds=self.rng.choice((1, 2, 60, 3_000, 20_000)))
        self.rng.choice([self.place, self.place, self.change, self.change, self.ship, self.count, self.list_stock])()

    def tell(self, platform: str, topic: str, body: object) -> None:
        self.events.append(
            Event(len(self.events) + 1, platform, topic, json.dumps(body, default=str).encode(), self.now)
        )

    # ---------- what happens

    def place(self) -> None:
        channel = self.rng.choice(("shopify", "woocommerce"))
        number = len(self.orders) + 1
        lines = {number * 10 + at: (self._sku(), self.rng.randint(1, 4)) for at in range(self.rng.randint(1, 3))}
        order = Order(channel, number, self.now, self.now, lines, self.rng.choice(tuple(PLACES)))
        order.is_paid, order.is_test = self.rng.random() < 0.8, self.rng.random() < 0.1
        self.orders.append(order)
        self._told(order, "create")
        if channel == "shopify":
            body = {"fulfillment_order": {"id": f"gid://shopify/FulfillmentOrder/{number}", "status": "open"}}
            self.tell("shopify", "fulfillment_orders/order_routing_complete", body)

    def change(self) -> None:
        """An order is edited, cancelled, paid or refunded."""
        if not self.orders:
            return
        order = self.rng.choice(self.orders)
        order.updated_at = self.now
        self.rng.choice([self._edit, self._cancel, self._pay, self._refund, self._refund])(order)

    def _edit(self, order: Order) -> None:
        line = self.rng.choice(sorted(order.lines))
        if self.rng.random() < 0.3 and len(order.lines) > 1:
            del order.lines[line]
        elif self.rng.random() < 0.5:
            order.lines[line] = (order.lines[line][0], self.rng.randint(1, 6))
        else:
            order.lines[max(order.lines) + 1] = (self._sku(), self.rng.randint(1, 3))
        if order.channel == "shopify":
            self.tell("shopify", "orders/edited", {"order_edit": {"id": 1, "order_id": order.number}})
        self._told(order, "updated")

    def _cancel(self, order: Order) -> None:
        order.cancelled_at = order.cancelled_at or self.now
        self._told(order, "cancelled")

    def _pay(self, order: Order) -> None:
        order.is_paid, order.is_test = True, order.is_test and self.rng.random() < 0.5
        self._told(order, "updated")

    def _refund(self, order: Order) -> None:
        line = self.rng.choice(sorted(order.lines))
        refund = {
            "id": order.number * 100 + len(order.refunds),
            "line": line,
            "sku": order.lines[line][0],
            "quantity": self.rng.randint(1, order.lines[line][1]),
            "restock": self.rng.choice(("no_restock", "cancel", "return")),
            "status": self.rng.choice(("success", "success", "failure")),
            "at": self.now,
        }
        order.refunds.append(refund)
        if order.channel == "shopify":
            self.tell("shopify", "refunds/create", rest_refund(order, refund))
        self._told(order, "updated")

    def ship(self) -> None:
        """A label is bought; the storefront may learn of it."""
        open_orders = [order for order in self.orders if not order.cancelled_at]
        if not open_orders:
            return
        order = self.rng.choice(open_orders)
        line = self.rng.choice(sorted(order.lines))
        sku, quantity = order.lines[line]
        units = self.rng.randint(1, quantity)
        pacific = (self.now - timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S.0000000")
        self.labels.append(
            {
                "shipmentId": 500 + len(self.labels), "orderId": order.number, "orderNumber": order.name,
                "createDate": pacific, "shipDate": pacific[:10], "trackingNumber": f"T{len(self.labels)}",
                "isReturnLabel": False, "carrierCode": "ups", "voided": False, "voidDate": None, "shipmentCost": "5",
                "shipmentItems": [{"orderItemId": line, "sku": sku, "quantity": units, "unitPrice": "1"}],
            }
        )  # fmt: skip
        address = f"https://ssapi.example.com/shipments?batchId={len(self.labels)}"
        self.tell("shipstation", "SHIP_NOTIFY", {"resource_url": address, "resource_type": "SHIP_NOTIFY"})
        if self.rng.random() < 0.5:
            order.updated_at = self.now
            order.shipped[line] = min(quantity, order.shipped.get(line, 0) + units)
            if order.channel == "shopify":
                self.tell("shopify", "fulfillments/create", {"id": len(self.labels), "order_id": order.number})
            self._told(order, "updated")

    def count(self) -> None:
        sku, place = self.rng.choice(SKUS), self.rng.choice(tuple(PLACES))
        self._count(sku, place)
        self.tell("cin7", "Stock/AvailableStockLevelChanged", [self.counts[sku, place]])

    def _count(self, sku: str, place: str) -> None:
        self.counts[sku, place] = {
            "ID": sku, "SKU": sku, "Location": PLACES[place][0], "Bin": None, "Batch": None,
            "OnHand": self.rng.randint(-1, 40), "Allocated": 0, "Available": 0, "OnOrder": self.rng.randint(0, 5),
            "InTransit": 0, "at": self.now,
        }  # fmt: skip

    def list_stock(self) -> None:
        """Somebody edits a listing by hand, or a push of ours comes back as an event."""
        sku, place = self.rng.choice(SKUS), self.rng.choice(tuple(PLACES))
        units = self.rng.randint(0, 40)
        if self.rng.random() < 0.5:
            self.levels[sku, place] = (units, self.now)
            number = PLACES[place][1].rpartition("/")[2]
            body = {"inventory_item_id": SKUS.index(sku) + 1, "location_id": int(number), "available": units}
            self.tell("shopify", "inventory_levels/update", {**body, "updated_at": local(self.now)})
        else:
            self.products[sku] = (units, self.now)
            self.tell("woocommerce", "product.updated", self._woo_product(sku))

    def _told(self, order: Order, deed: str) -> None:
        if order.channel == "shopify":
            self.tell("shopify", f"orders/{deed}", rest_order(order))
        else:
            self.tell("woocommerce", "order.created" if deed == "create" else "order.updated", woo_order(order))

    def _sku(self) -> str:
        return self.rng.choice((*SKUS, "SET", "UNKNOWN"))

    def _woo_product(self, sku: str) -> Row:
        quantity, at = self.products[sku]
        stock = {"manage_stock": True, "stock_quantity": quantity, "type": "simple", "parent_id": 0, "name": sku}
        return {"id": SKUS.index(sku) + 1, "sku": sku, "date_modified_gmt": f"{at:%Y-%m-%dT%H:%M:%S}", **stock}

    # ---------- as polling reads it

    def raw(self) -> dict[str, list[Row]]:
        """Every raw table as a complete extraction of this moment would leave it."""
        woo = [order for order in self.orders if order.channel == "woocommerce"]
        return {
            "raw_shopify.orders": [polled_order(order) for order in self.orders if order.channel == "shopify"],
            "raw_shopify.inventory_items": [self._item(sku) for sku in SKUS],
            "raw_woocommerce.orders": [_only(woocommerce.order(woo_order(order), "main")) for order in woo],
            "raw_woocommerce.order_refunds": [_only(told) for order in woo for told in woo_refunds(order)],
            "raw_woocommerce.products": [_only(woocommerce.product(self._woo_product(sku), "main")) for sku in SKUS],
            "raw_shipstation.shipments": [_only(shipstation.shipment(label, "main")) for label in self.labels],
            "raw_cin7.product_availability": [
                _only(told) for row in self.counts.values() for told in cin7.availability([row], "main", row["at"])
            ],
        }

    def _item(self, sku: str) -> Row:
        item = f"gid://shopify/InventoryItem/{SKUS.index(sku) + 1}"
        levels = [
            {
                "id": f"gid://shopify/InventoryLevel/{SKUS.index(sku)}{place}", "isActive": True,
                "updatedAt": utc(self.levels[sku, place][1]), "location": {"id": PLACES[place][1]},
                "quantities": [
                    {"name": "available", "quantity": self.levels[sku, place][0]},
                    {"name": "damaged", "quantity": len(sku) % 2}, {"name": "reserved", "quantity": 1},
                ],
            }
            for place in PLACES
        ]  # fmt: skip
        said = {
            "id": item,
            "sku": sku,
            "tracked": True,
            "updated_at": "2026-10-01T00:00:00Z",
            "inventory_levels": levels,
        }
        return in_columns(INVENTORY_ITEM, said, "main")

    def fetch(self, pointer: Pointer) -> list[Told]:
        """What the platform answers to a pointer, now."""
        if pointer.platform == "shipstation":
            number = int(pointer.where.rpartition("=")[2])
            return [shipstation.shipment(self.labels[number - 1], "main")]
        if pointer.platform == "woocommerce":
            [order] = [one for one in self.orders if str(one.number) == pointer.where.partition(" ")[0]]
            return woo_refunds(order)
        number = int(pointer.where.rpartition("/")[2])
        row = polled_order(self.orders[number - 1])
        return [Told("raw_shopify.orders", row["id"], (row,), self.orders[number - 1].updated_at)]


def shuffled(events: Iterable[Event], rng: random.Random) -> list[Event]:
    """Every event at least once, some twice, in any order; as they came, so they are numbered."""
    found = [event for event in events for _ in range(2 if rng.random() < 0.2 else 1)]
    if rng.random() < 0.7:
        rng.shuffle(found)
    return [Event(at, one.platform, one.topic, one.body, one.occurred_at) for at, one in enumerate(found, start=1)]


def _only(told: Told) -> Row:
    [row] = told.rows
    return row
