"""Puts the world together: catalogue, people, orders, money, books, boxes, stock."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.amazon_world import build_amazon
from sandbox.book_entries import typed_documents
from sandbox.buyers import assign_buyers
from sandbox.catalogue import make_catalogue, make_locations, make_purchase_orders
from sandbox.contact_lists import contact_lists
from sandbox.europe import build_europe
from sandbox.facts import BookDocument, Order, Parcel
from sandbox.golden_month import written_drafts
from sandbox.history import History
from sandbox.numbering import number_orders
from sandbox.people import make_people
from sandbox.processor_flow import Flow, flow
from sandbox.shipments import ship
from sandbox.stock_room import listed_quantities, stock_levels
from sandbox.timeline import Timeline
from sandbox.world import TIME_ZONE, World

GOLDEN_ORDERS = 500


def assemble(seed: int, count: int) -> World:
    """The whole world of a seed."""
    zone = ZoneInfo(TIME_ZONE)
    catalogue = make_catalogue(seed)
    products = {product.sku: product for product in catalogue}
    drafts = written_drafts(seed, catalogue)
    people = assign_buyers(seed, drafts, make_people(seed))
    orders = number_orders(seed, drafts, products)
    parcels = ship(seed, list(orders.values()), products)
    orders = _touched_by_parcels(orders, parcels)
    purchase_orders = make_purchase_orders(seed, catalogue)
    levels = stock_levels(seed, catalogue, orders.values(), parcels, purchase_orders)
    shopify_available, woo_quantity = listed_quantities(seed, levels)
    month = datetime(2026, 10, 1, tzinfo=zone).astimezone(UTC), datetime(2026, 11, 1, tzinfo=zone).astimezone(UTC)
    money = flow(seed, orders.values(), month)
    past = History(seed, count - GOLDEN_ORDERS, catalogue, zone)
    return World(
        seed=seed,
        catalogue=catalogue,
        locations=make_locations(),
        people=people,
        orders=orders,
        history=past,
        **_timelines(past, money, typed_documents(orders.values(), zone), parcels),
        disputes=list(money.disputes),
        stock=levels,
        shopify_available=shopify_available,
        woo_quantity=woo_quantity,
        purchase_orders=purchase_orders,
        contacts=contact_lists(seed, people),
        amazon=build_amazon(catalogue, levels),
        europe=build_europe(seed),
    )


def _timelines(past: History, money: Flow, documents: list[BookDocument], parcels: list[Parcel]) -> dict[str, Any]:
    """History and the written months, one after the other."""
    return {
        "charges": Timeline(
            lambda charge: charge.created_at, lambda charge: charge.charge_id, money.charges, past.charge, past.count,
            _numbered(r"ch_3H(\d{10})"),
        ),
        "refunds": Timeline(lambda refund: refund.created_at, lambda refund: refund.stripe_refund_id, money.refunds),
        "movements": Timeline(
            lambda movement: movement.occurred_at, lambda movement: movement.movement_id, money.movements, past.movement,
            past.movement_count, past.movement_place,
        ),
        "payouts": Timeline(
            lambda payout: payout.created_at, lambda payout: payout.payout_id, money.payouts, past.payout,
            past.payout_count, _numbered(r"po_1H(\d{5})"),
        ),
        "bank_lines": Timeline(
            lambda line: datetime(line.booked_on.year, line.booked_on.month, line.booked_on.day, tzinfo=UTC),
            lambda line: line.bank_line_id, money.bank_lines, past.bank_line, past.payout_count,
        ),
        "documents": Timeline(
            lambda document: document.created_at, lambda document: str(document.document_id),
            documents, past.document, past.count, _numbered(r"^(\d+)$", 1_000_001),
        ),
        "parcels": Timeline(
            lambda parcel: parcel.created_at, lambda parcel: str(parcel.parcel_id), parcels, past.parcel, past.count,
            _numbered(r"^(\d+)$", 100_000_000),
        ),
    }  # fmt: skip


def _numbered(pattern: str, first: int = 0) -> Callable[[str], int | None]:
    """Reads the index of history out of an id."""

    def position(key: str) -> int | None:
        found = re.match(pattern, key)
        number = int(found.group(1)) - first if found else -1
        return number if 0 <= number < 10_000_000 else None

    return position


def _touched_by_parcels(orders: dict[str, Order], parcels: list[Parcel]) -> dict[str, Order]:
    """An order's last change is not before the last parcel its shop was told of."""
    latest: dict[str, datetime] = {}
    for parcel in parcels:
        order = orders[parcel.order_number]
        if parcel.voided_at is None and (order.channel == "woocommerce" or parcel.is_known_to_storefront):
            moment = parcel.shipped_at + timedelta(minutes=2)
            latest[order.number] = max(latest.get(order.number, moment), moment)
    return {
        number: replace(order, updated_at=max(order.updated_at, latest.get(number, order.updated_at)))
        for number, order in orders.items()
    }
