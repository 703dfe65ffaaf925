"""What Shopify knows of boxes, which is less than the shipping tool knows: fulfilments and what is left to fulfil."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.facts import Order

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass
class Fulfilment:
    """A fulfilment as Shopify holds it."""

    fulfilment_id: int
    order_number: str
    lines: tuple[tuple[int, int], ...]  # (line id, quantity)
    company: str | None
    tracking_number: str | None
    url: str | None
    created_at: datetime
    updated_at: datetime
    display_status: str
    delivered_at: datetime | None = None
    location_id: str = "newark"


_DISPLAY = {"delivered": "DELIVERED", "out_for_delivery": "OUT_FOR_DELIVERY", "in_transit": "IN_TRANSIT"}
COMPANIES = {"ups": "UPS", "usps": "USPS", "fedex": "FedEx"}


def pushed(world: World) -> dict[str, list[Fulfilment]]:
    """Fulfilments made through the API, by order number."""
    found: dict[str, list[Fulfilment]] = world.state("shopify").setdefault("fulfilments", {})
    return found


def fulfilments_of(world: World, order: Order) -> list[Fulfilment]:
    """All fulfilments Shopify knows of the order, oldest first."""
    edited: dict[int, Fulfilment] = world.state("shopify").setdefault("edited_fulfilments", {})
    known = []
    for parcel in world.parcels_of(order):
        if not parcel.is_known_to_storefront or parcel.voided_at is not None:
            continue
        made = Fulfilment(
            fulfilment_id=parcel.storefront_fulfilment_id,
            order_number=order.number,
            lines=tuple((line.line_id, line.quantity) for line in parcel.lines),
            company=COMPANIES[parcel.carrier],
            tracking_number=parcel.tracking_number,
            url=None,
            created_at=parcel.shipped_at,
            updated_at=parcel.delivered_at or parcel.shipped_at,
            display_status=_DISPLAY.get(parcel.status, "FULFILLED"),
            delivered_at=parcel.delivered_at,
            location_id=parcel.location_id,
        )
        known.append(edited.get(made.fulfilment_id, made))
    return known + pushed(world).get(order.number, [])


def remaining(world: World, order: Order) -> dict[int, int]:
    """Line id → units Shopify still expects to be fulfilled (gift cards fulfil themselves)."""
    if order.cancelled_at is not None:
        return {line.line_id: 0 for line in order.lines}
    left = {line.line_id: 0 if line.is_gift_card else line.quantity for line in order.lines}
    for fulfilment in fulfilments_of(world, order):
        for line_id, quantity in fulfilment.lines:
            left[line_id] -= quantity
    return left


def display_fulfilment_status(world: World, order: Order) -> str:
    left = remaining(world, order)
    if order.cancelled_at is not None:
        return "UNFULFILLED"
    if not any(left.values()):
        return "FULFILLED"
    shippable = sum(line.quantity for line in order.lines if not line.is_gift_card)
    return "UNFULFILLED" if sum(left.values()) == shippable else "PARTIALLY_FULFILLED"


def committed_units(world: World) -> dict[str, int]:
    """SKU → units on Shopify's own open orders; Shopify promises them at Newark."""
    # Asked for once per stock level, and it looks at every order: kept until an order or a fulfilment is added.
    version = (len(world.orders), sum(len(made) for made in pushed(world).values()))
    kept: tuple[tuple[int, int], dict[str, int]] | None = world.state("shopify").get("committed")
    if kept is not None and kept[0] == version:
        return kept[1]
    units: dict[str, int] = {}
    for order in world.orders.values():
        if order.channel == "shopify" and not order.is_test:
            left = remaining(world, order)
            for line in order.lines:
                if left[line.line_id]:
                    units[line.sku] = units.get(line.sku, 0) + left[line.line_id]
    world.state("shopify")["committed"] = (version, units)
    return units
