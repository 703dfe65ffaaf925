"""A shop's random history, told twice: as polling would read it, and as the platforms' webhooks.

Two storefronts and a marketplace, one hub with two places, one shipping tool, seven SKUs and two sets that share one of them:
few keys, so that orders collide. Lines are edited and taken off often, and last of all, because a SKU that is touched again
hides that it was not touched then. Every change moves the clock by a second or more, as the platforms' own times do; what
a webhook only points at is answered from the truth of that moment.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pipelines.intake.rows import Pointer, Told, cin7, in_columns, shipstation, woocommerce
from pipelines.platforms.shopify import INVENTORY_ITEM
from tests.orchestration.lane import amazon_twice
from tests.orchestration.lane.amazon_twice import amazon_listing, amazon_order, as_read
from tests.orchestration.lane.goods import SETS, SKUS
from tests.orchestration.lane.inbox_events import Event
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

# SKU → the product it is a variation of, at WooCommerce.
PARENTS = {"TRAY": 900}


class Shop:
    """The truth, and the events it gave rise to."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = datetime(2026, 11, 1, 12, tzinfo=UTC)
        self.orders: list[Order] = []
        self.labels: list[Row] = []
        self.counts: dict[tuple[str, str], Row] = {}
        self.levels: dict[tuple[str, str], tuple[int, datetime]] = {}
        self.items = dict.fromkeys(SKUS, (True, datetime(2026, 10, 1, tzinfo=UTC)))
        self.products: dict[str, tuple[int, datetime]] = {}
        self.listings: dict[str, tuple[int, datetime]] = {}
        self.events: list[Event] = []
        for sku in SKUS:
            self.products[sku] = (self.rng.randint(0, 30), self.now)
            self.listings[sku] = (self.rng.randint(0, 10), self.now)
            for place in PLACES:
                self.levels[sku, place] = (self.rng.randint(0, 30), self.now)
                if self.rng.random() < 0.8:
                    self._count(sku, place)

    def step(self) -> None:
        """One thing happens."""
        self.now += timedelta(seconds=self.rng.choice((1, 2, 60, 3_000, 20_000)))
        deeds = [self.place, self.place, self.edit, self.edit, self.change, self.ship, self.count, self.list_stock]
        self.rng.choice((*deeds, *deeds, self.track))()

    def end(self) -> list[Event]:
        """Lines are taken off and nothing more happens: what was told of it."""
        before = len(self.events)
        for _ in range(4):
            self.now += timedelta(seconds=self.rng.choice((1, 60)))
            self.take_off()
        return self.events[before:]

    def tell(self, platform: str, topic: str, body: object) -> None:
        self.events.append(
            Event(len(self.events) + 1, platform, topic, json.dumps(body, default=str).encode(), self.now)
        )

    # ---------- what happens

    def place(self) -> None:
        channel = self.rng.choice(("shopify", "woocommerce", "amazon"))
        number = len(self.orders) + 1
        lines = {number * 10 + at: (self._sku(), self.rng.randint(1, 4)) for at in range(self.rng.randint(1, 3))}
        order = Order(channel, number, self.now, self.now, lines, self.rng.choice(tuple(PLACES)))
        order.is_paid, order.is_test = self.rng.random() < 0.8, self.rng.random() < 0.1 and channel != "amazon"
        self.orders.append(order)
        self._told(order, "create")
        if channel == "shopify":
            body = {"fulfillment_order": {"id": f"gid://shopify/FulfillmentOrder/{number}", "status": "open"}}
            self.tell("shopify", "fulfillment_orders/order_routing_complete", body)

    def change(self) -> None:
        """An order is cancelled, paid or refunded."""
        self._change(self.rng.choice([self._cancel, self._pay, self._refund, self._refund]))

    def edit(self) -> None:
        """A line is taken off, added, or asks for more or less."""
        self._change(self._edit)

    def take_off(self) -> None:
        """A line of an order that still owes something is taken off."""
        fit = [order for order in self.orders if len(order.lines) > 1 and not order.cancelled_at and not order.is_test]
        if fit:
            order = self.rng.choice(fit)
            order.updated_at = self.now
            self._take_off(order, self.rng.choice(sorted(order.lines)))

    def _change(self, deed: Callable[[Order], None]) -> None:
        if self.orders:
            order = self.rng.choice(self.orders)
            order.updated_at = self.now
            deed(order)

    def _edit(self, order: Order) -> None:
        line, luck = self.rng.choice(sorted(order.lines)), self.rng.random()
        if order.channel == "amazon" or (luck < 0.5 and len(order.lines) > 1):
            self._take_off(order, line)
            return
        if luck < 0.8:
            # Now and then it is another SKU's line from now on.
            sku = self._sku() if luck < 0.6 else order.lines[line][0]
            order.lines[line] = (sku, self.rng.randint(1, 6))
        else:
            order.lines[max(order.lines) + 1] = (self._sku(), self.rng.randint(1, 3))
        self._told_edited(order)

    def _take_off(self, order: Order, line: int) -> None:
        if order.channel == "amazon":
            order.taken_off.add(line)
        else:
            del order.lines[line]
        self._told_edited(order)

    def _told_edited(self, order: Order) -> None:
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
        if order.channel == "amazon":
            # Its money goes back without a word; what is not sent any more is a cancelled line.
            self._edit(order)
            return
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
        if self.rng.random() < 0.3:
            self.listings[sku] = (units, self.now)
            self._tell_amazon(amazon_listing(sku, units, self.now))
        elif self.rng.random() < 0.5:
            self.levels[sku, place] = (units, self.now)
            number = PLACES[place][1].rpartition("/")[2]
            body = {"inventory_item_id": SKUS.index(sku) + 1, "location_id": int(number), "available": units}
            self.tell("shopify", "inventory_levels/update", {**body, "updated_at": local(self.now)})
        else:
            self.products[sku] = (units, self.now)
            self.tell("woocommerce", "product.updated", self._woo_product(sku))

    def track(self) -> None:
        """Somebody begins or ends counting an item, or changes what it cost."""
        sku = self.rng.choice(SKUS)
        self.items[sku] = (self.rng.random() < 0.7, self.now)
        said = {"id": SKUS.index(sku) + 1, "sku": sku, "tracked": self.items[sku][0], "cost": "5.00"}
        self.tell("shopify", "inventory_items/update", {**said, "updated_at": local(self.now)})

    def _told(self, order: Order, deed: str) -> None:
        if order.channel == "shopify":
            self.tell("shopify", f"orders/{deed}", rest_order(order))
        elif order.channel == "amazon":
            self._tell_amazon(amazon_order(order))
        else:
            self.tell("woocommerce", "order.created" if deed == "create" else "order.updated", woo_order(order))

    def _tell_amazon(self, body: Row) -> None:
        self.tell("amazon", amazon_twice.topic(body), body)

    def _sku(self) -> str:
        return self.rng.choice((*SKUS, *SETS, "UNKNOWN"))

    def _woo_product(self, sku: str) -> Row:
        quantity, at = self.products[sku]
        stock = {
            "manage_stock": True,
            "stock_quantity": quantity,
            "type": "simple",
            "parent_id": PARENTS.get(sku, 0),
            "name": sku,
        }
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
            "raw_woocommerce.products": [self._product(sku) for sku in SKUS if sku not in PARENTS],
            "raw_woocommerce.product_variations": [self._product(sku) for sku in PARENTS],
            "raw_amazon.orders": [as_read(amazon_order(order)) for order in self.orders if order.channel == "amazon"],
            "raw_amazon.listings": [as_read(amazon_listing(sku, *self.listings[sku])) for sku in SKUS],
            "raw_shipstation.shipments": [_only(shipstation.shipment(label, "main")) for label in self.labels],
            "raw_cin7.product_availability": [
                _only(told) for row in self.counts.values() for told in cin7.availability([row], "main", row["at"])
            ],
        }

    def _product(self, sku: str) -> Row:
        return _only(woocommerce.product(self._woo_product(sku), "main"))

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
            "tracked": self.items[sku][0],
            "updated_at": utc(self.items[sku][1]),
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


def _only(told: Told) -> Row:
    [row] = told.rows
    return row
