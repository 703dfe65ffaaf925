"""For each guard, records that exist in the sandbox's world, and the twin's own count of what was done to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.pacing import Window
from sandbox.platforms.shopify_catalogue import quantities
from sandbox.platforms.shopify_fulfilments import remaining
from sandbox.world import World
from tests.proof import shop_rows

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Rows of an activation table, and the natural key under which the twin counts each record."""

    rows: Sequence[Row]
    natural_keys: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """One guard as a real sync uses it."""

    sync: str
    guard: str
    # (world, the number of the cell) → records that no other cell has touched.
    wanted: Callable[[World, int], Wanted]
    # What a cell may say: how often it was done, and of what may have been left out, that a person is told.
    may_say: frozenset[str] = frozenset({"1"})

    @property
    def platform(self) -> str:
        return self.sync.split("__")[0]

    def counts(self, world: World, wanted: Wanted) -> list[int]:
        """How often the twin says each record was changed."""
        return [world.effects.count(self.platform, natural_key=key) for key in wanted.natural_keys]


def _receipts(world: World, number: int) -> Wanted:
    rows = shop_rows.receipt(f"P{number:04d}", customer_name=None)
    return Wanted(rows, (rows[0]["record_key"],))


def _books(world: World, number: int) -> Wanted:
    # The organisation's minute is as empty for each cell as its day: pace is proven elsewhere.
    world.state("xero")["limits"].minute = Window(1_000_000)
    row = shop_rows.bank_transaction(f"P{number:04d}")
    return Wanted([row], (row["record_key"],))


def _people(world: World, number: int, batch: int) -> Wanted:
    emails = tuple(f"cell-{number:04d}-{place}@example.com" for place in range(batch))
    return Wanted([shop_rows.person(email) for email in emails], emails)


def _stock(world: World, number: int) -> Wanted:
    products = [product for product in world.catalogue if not product.is_gift_card]
    product, place = products[number % len(products)], world.locations[0]
    held = quantities(world, product.sku, place.location_id)["available"]
    location = f"gid://shopify/Location/{place.shopify_id}"
    row = shop_rows.level(str(product.shopify_inventory_item_id), held + 3, held, location)
    return Wanted([row], (row["record_key"],))


def _tracking(world: World, number: int) -> Wanted:
    # What earlier cells fulfilled is open again: there are more cells than open orders.
    world.state("shopify").get("fulfilments", {}).clear()
    orders = (order for order in world.orders.values() if order.channel == "shopify" and not order.is_test)
    order = next(order for order in orders if any(remaining(world, order).values()))
    line = next(line for line, left in remaining(world, order).items() if left)
    tracking = f"1ZPROOF{number:04d}"
    row = {
        "record_key": f"parcel-{number:04d}",
        "line_number": 1,
        "platform_order_id": str(order.platform_id),
        "fulfilment_order_gid": f"gid://shopify/FulfillmentOrder/{order.platform_id + 1_000_000_000}",
        "tracking_number": tracking,
        "carrier": "UPS",
        "fulfilment_order_line_gid": f"gid://shopify/FulfillmentOrderLineItem/{line + 1}",
        "line_quantity": 1,
        "reason": "shipped",
    }
    return Wanted([row], (f"{order.number}|{tracking}",))


def _woo(world: World, number: int) -> Wanted:
    products = [item for item in world.catalogue if item.woo_variation_id is None and not item.is_gift_card]
    product = products[number % len(products)]
    held, key = world.woo_quantity[product.sku], str(product.woo_product_id)
    return Wanted([shop_rows.product(key, held + 3, held)], (key,))


def _alerts(world: World, number: int) -> Wanted:
    # As with the books: the channel takes as many lines for each cell as for the first.
    world.state("slack")["bucket"] = Window(1_000_000)
    row = shop_rows.alert(f"CELL-{number:04d}")
    return Wanted([row], (row["message"],))


UNSAID = "0 + row"
SUBJECTS = (
    Subject("quickbooks__sales_receipts", "idempotency key", _receipts),
    Subject("hubspot__contacts", "natural upsert, in a batch of 3", lambda world, number: _people(world, number, 3)),
    Subject("klaviyo__profiles", "natural upsert, one by one", lambda world, number: _people(world, number, 1)),
    Subject("shopify__stock_levels", "compare-and-set and key", _stock),
    Subject("shopify__tracking", "look-up, then create", _tracking),
    Subject("woocommerce__stock_levels", "natural upsert of a number", _woo),
    Subject("xero__bank_transactions", "idempotency key, bound to a token", _books),
    Subject("slack__low_stock_alerts", "at most once", _alerts, frozenset({"1", UNSAID})),
)
