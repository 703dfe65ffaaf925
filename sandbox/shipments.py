"""Boxes: what left which warehouse, in how many parcels, and how far it has come when the world opens."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sandbox.clock import OPENING
from sandbox.facts import Order, Parcel, ParcelLine, Product

CARRIERS = (
    ("ups", "ups_ground", "1Z999AA1{:010d}"),
    ("usps", "usps_priority_mail", "9400111899{:012d}"),
    ("fedex", "fedex_ground", "7712{:08d}"),
)
SPLIT_SHIPMENTS = 18
PARTLY_SHIPPED = 4
# Shopify has not been told the tracking of the last few boxes of its own orders.
UNTOLD = 8
# Placed later than this and nothing has left yet.
SHIPPED_IF_BEFORE = datetime(2026, 10, 29, tzinfo=UTC)


def ship(seed: int, orders: Sequence[Order], products: dict[str, Product]) -> list[Parcel]:
    """All parcels of the written orders, oldest first."""
    rng = random.Random(f"{seed}:parcels")
    leaving = [order for order in orders if _leaves(order)]
    wide = [order for order in leaving if len(_goods(order)) > 1 and not order.refunds]
    split = {order.number for order in wide[5 :: max(1, len(wide) // (SPLIT_SHIPMENTS + 4))][:SPLIT_SHIPMENTS]}
    late = [
        order for order in wide if order.number not in split and order.placed_at > datetime(2026, 10, 20, tzinfo=UTC)
    ]
    partly = {order.number for order in late[-PARTLY_SHIPPED:]}
    boxes: list[tuple[Order, list[ParcelLine], timedelta]] = []
    for order in leaving:
        goods = _goods(order)
        first_day = timedelta(hours=rng.randint(16, 40), minutes=rng.randint(0, 59))
        if order.number in split:
            boxes += [(order, goods[:1], first_day), (order, goods[1:], first_day + timedelta(days=1, hours=3))]
        else:
            boxes.append((order, goods[:1] if order.number in partly else goods, first_day))
    boxes.sort(key=lambda box: (box[0].placed_at + box[2], box[0].number))
    untold = {position for position, box in enumerate(boxes) if box[0].channel == "shopify"}
    told_until = sorted(untold)[-UNTOLD]
    parcels = [
        _parcel(rng, 200_000_000 + place, order, lines, order.placed_at + after, products, place < told_until)
        for place, (order, lines, after) in enumerate(boxes)
    ]
    return [*parcels, _voided(parcels[-30], len(boxes))]


def _goods(order: Order) -> list[ParcelLine]:
    return [ParcelLine(line.line_id, line.sku, line.quantity) for line in order.lines if not line.is_gift_card]


def _leaves(order: Order) -> bool:
    if order.is_test or order.cancelled_at or order.payment_status == "authorized" or not _goods(order):
        return False
    limit = datetime(2026, 10, 26, tzinfo=UTC) if order.is_b2b else SHIPPED_IF_BEFORE
    return order.placed_at < limit


def _parcel(
    rng: random.Random,
    parcel_id: int,
    order: Order,
    lines: list[ParcelLine],
    shipped_at: datetime,
    products: dict[str, Product],
    is_told: bool,
) -> Parcel:
    carrier, service, pattern = CARRIERS[rng.randrange(len(CARRIERS))]
    days = rng.randint(2, 5)
    delivered_at = shipped_at + timedelta(days=days, hours=rng.randint(1, 6))
    weight = sum(products[line.sku].weight_grams * line.quantity for line in lines)
    is_delivered = delivered_at < OPENING
    status = (
        "delivered"
        if is_delivered
        else "out_for_delivery"
        if delivered_at < OPENING + timedelta(hours=20)
        else "in_transit"
    )
    return Parcel(
        parcel_id=parcel_id,
        order_number=order.number,
        lines=tuple(lines),
        location_id="reno" if parcel_id % 3 == 0 else "newark",
        carrier=carrier,
        service=service,
        tracking_number=pattern.format(parcel_id * 37 % 10**8),
        created_at=shipped_at - timedelta(minutes=45),
        shipped_at=shipped_at,
        delivered_at=delivered_at if is_delivered else None,
        voided_at=None,
        status=status,
        cost_minor=480 + weight * 3 // 10,
        weight_grams=weight,
        is_known_to_storefront=is_told,
        storefront_fulfilment_id=4_000_000_000 + parcel_id,
    )


def _voided(twin: Parcel, place: int) -> Parcel:
    """A label bought twice by mistake, and voided."""
    return Parcel(
        parcel_id=200_000_000 + place,
        order_number=twin.order_number,
        lines=twin.lines,
        location_id=twin.location_id,
        carrier=twin.carrier,
        service=twin.service,
        tracking_number=twin.tracking_number[:-2] + "99",
        created_at=twin.created_at + timedelta(minutes=3),
        shipped_at=twin.shipped_at,
        delivered_at=None,
        voided_at=twin.created_at + timedelta(minutes=20),
        status="voided",
        cost_minor=twin.cost_minor,
        weight_grams=twin.weight_grams,
        is_known_to_storefront=False,
        storefront_fulfilment_id=4_000_000_000 + 200_000_000 + place,
    )


def shipped_quantities(parcels: Iterable[Parcel]) -> dict[int, int]:
    """Line id → units that left (voided labels moved nothing)."""
    shipped: dict[int, int] = {}
    for parcel in parcels:
        if parcel.voided_at is None:
            for line in parcel.lines:
                shipped[line.line_id] = shipped.get(line.line_id, 0) + line.quantity
    return shipped


def open_quantities(order: Order, shipped: dict[int, int]) -> dict[int, int]:
    """Line id → units still to ship; a cancelled or test order owes nothing, gift cards are not shipped.

    A refund before shipment would lower it too; in this world goods come back after they were sent.
    """
    if order.is_test or order.cancelled_at is not None:
        return {}
    owed = {line.line_id: line.quantity - shipped.get(line.line_id, 0) for line in order.lines if not line.is_gift_card}
    return {line_id: quantity for line_id, quantity in owed.items() if quantity > 0}
