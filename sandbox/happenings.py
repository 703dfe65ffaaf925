"""What can happen in the shop after an order: cancelled, refunded, shipped, counted, edited; who subscribed hears of it.

Each function changes the facts that every twin shows, and tells the vendors' subscribers, in that order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.facts import Order, Parcel, ParcelLine
from sandbox.money_happenings import dispute_order, give_back, order_named, pay_out, tell_of_capture
from sandbox.shipments import CARRIERS, open_quantities, shipped_quantities
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.world import World


def cancel_order(world: World, number: str) -> Order:
    """The buyer's money back, the units back on sale, and nothing left to ship."""
    order = order_named(world, number)
    if order.cancelled_at is not None:
        raise ValueError(f"{number} is cancelled already")
    owed = open_quantities(order, shipped_quantities(world.parcels_of(order)))
    if len(owed) < sum(1 for line in order.lines if not line.is_gift_card):
        raise ValueError(f"{number} has left in part: refund it instead")
    now = world.clock.advance(1)
    if order.captured_minor and not order.refunds:
        order = give_back(world, order, now, is_restocked=False)
    elif not order.captured_minor:
        order = replace(order, payment_status="voided")
    order = _keep(world, replace(order, cancelled_at=now, updated_at=now))
    _put_back(world, order, owed)
    if order.refunds:
        events.refund_made(world, order, order.refunds[-1])
    events.order_cancelled(world, order)
    _tell_levels(world, order)
    return order


def refund_order(world: World, number: str, restock: bool = True) -> Order:
    """All of it back; goods that left come back on the shelf where `restock` says so."""
    order = order_named(world, number)
    if order.refunds or not order.captured_minor:
        raise ValueError(f"{number} has nothing to give back")
    now = world.clock.advance(1)
    order = _keep(world, give_back(world, order, now, restock))
    if restock:
        for line in order.lines:
            if not line.is_gift_card:
                level = world.stock[(line.sku, "newark")]
                world.set_stock(line.sku, "newark", on_hand=level.on_hand + line.quantity)
                _list_more(world, order, line.sku, line.quantity)
    events.refund_made(world, order, order.refunds[-1])
    if restock:
        _tell_levels(world, order)
    return order


def ship_order(world: World, number: str) -> Parcel:
    """One parcel with all that is still owed leaves Newark; the storefront hears of it from the shipping tool."""
    order = order_named(world, number)
    owed = open_quantities(order, shipped_quantities(world.parcels_of(order)))
    if not owed:
        raise ValueError(f"{number} has nothing left to ship")
    now = world.clock.advance(1)
    lines = tuple(
        ParcelLine(line.line_id, line.sku, owed[line.line_id]) for line in order.lines if line.line_id in owed
    )
    identity = 300_000_000 + len(world.parcels)
    carrier, service, pattern = CARRIERS[identity % len(CARRIERS)]
    parcel = Parcel(
        parcel_id=identity, order_number=number, lines=lines, location_id="newark", carrier=carrier, service=service,
        tracking_number=pattern.format(identity * 37 % 10**8), created_at=now, shipped_at=now, delivered_at=None,
        voided_at=None, status="in_transit", cost_minor=695, weight_grams=sum(
            world.products[line.sku].weight_grams * line.quantity for line in lines
        ), is_known_to_storefront=False, storefront_fulfilment_id=4_000_000_000 + identity,
    )  # fmt: skip
    world.add_parcel(parcel)
    for line in lines:
        level = world.stock[(line.sku, "newark")]
        world.set_stock(
            line.sku, "newark", on_hand=level.on_hand - line.quantity, allocated=max(0, level.allocated - line.quantity)
        )
    world.effects.record("control", "order_shipped", number)
    events.parcel_shipped(world, parcel)
    events.stock_changed(world, *sorted({line.sku for line in lines}))
    return parcel


def count_stock(world: World, sku: str, quantity: int, location_id: str = "newark") -> None:
    """Somebody counted: so many are on the shelf, whatever was believed."""
    if (sku, location_id) not in world.stock or quantity < 0:
        raise ValueError(f"{sku} can not be counted as {quantity} at {location_id}")
    world.clock.advance(1)
    world.set_stock(sku, location_id, on_hand=quantity)
    world.effects.record("control", "stock_counted", f"{sku}|{location_id}")
    events.stock_changed(world, sku)


def edit_product(world: World, sku: str) -> None:
    """Its page was saved again; nothing that is sold changed."""
    if sku not in world.products:
        raise ValueError(f"no SKU {sku!r} in the catalogue")
    edited = replace(world.products[sku], updated_at=world.clock.advance(1))
    world.catalogue = tuple(edited if product.sku == sku else product for product in world.catalogue)
    world.products[sku] = edited
    world.effects.record("control", "product_edited", sku)
    events.product_changed(world, edited)


HAPPENINGS: dict[str, Callable[[World, dict[str, Any]], object]] = {
    "cancel": lambda world, asked: cancel_order(world, str(asked["order"])),
    "refund": lambda world, asked: refund_order(world, str(asked["order"]), bool(asked.get("restock", True))),
    "ship": lambda world, asked: ship_order(world, str(asked["order"])),
    "dispute": lambda world, asked: dispute_order(world, str(asked["order"])),
    "count": lambda world, asked: count_stock(
        world, str(asked["sku"]), int(asked["quantity"]), str(asked.get("location", "newark"))
    ),
    "edit": lambda world, asked: edit_product(world, str(asked["sku"])),
    "payout": lambda world, _: pay_out(world),
    "paypal_capture": lambda world, _: tell_of_capture(world),
}


def _keep(world: World, order: Order) -> Order:
    world.orders[order.number] = order
    world.effects.record("control", "order_changed", order.number)
    return order


def _put_back(world: World, order: Order, owed: dict[int, int]) -> None:
    """What was promised is free again, in the building and in the shop that had sold it."""
    for line in order.lines:
        quantity = owed.get(line.line_id, 0)
        if quantity:
            level = world.stock[(line.sku, "newark")]
            world.set_stock(line.sku, "newark", allocated=max(0, level.allocated - quantity))
            _list_more(world, order, line.sku, quantity)


def _list_more(world: World, order: Order, sku: str, quantity: int) -> None:
    if order.channel == "shopify":
        world.shopify_available[(sku, "newark")] += quantity
        world.state("shopify").setdefault("level_changes", {})[(sku, "newark")] = world.clock.now()
    else:
        world.woo_quantity[sku] += quantity
        world.state("woocommerce").setdefault("stock_changes", {})[sku] = world.clock.now()


def _tell_levels(world: World, order: Order) -> None:
    skus = sorted({line.sku for line in order.lines if not line.is_gift_card})
    for sku in skus:
        if order.channel == "shopify":
            events.level_changed(world, sku, "newark")
        else:
            events.woo_product_changed(world, world.products[sku])
    if skus:
        events.stock_changed(world, *skus)
