"""What Shopify's webhooks carry: the REST resource, with times in the shop's own offset."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.facts import Line, Order, Product, Refund
from sandbox.platforms.shopify_fulfilments import Fulfilment, display_fulfilment_status, fulfilments_of, remaining
from sandbox.platforms.shopify_money import decimal, gid
from sandbox.platforms.shopify_products import product_changes

if TYPE_CHECKING:
    from sandbox.world import World

Body = dict[str, Any]


def stamp(world: World, moment: datetime | None) -> str | None:
    """`2026-11-01T07:00:04-05:00`: the shop's wall clock with its offset."""
    if moment is None:
        return None
    return moment.astimezone(ZoneInfo(world.time_zone)).isoformat(timespec="seconds")


def _set(world: World, minor: int) -> Body:
    one = {"amount": decimal(minor), "currency_code": world.currency}
    return {"shop_money": one, "presentment_money": dict(one)}


def order(world: World, fact: Order) -> Body:
    """orders/*: the whole order as it is now."""
    status = display_fulfilment_status(world, fact)
    remaining_minor = 0 if fact.cancelled_at else fact.total_minor - fact.refunded_minor
    return {
        "id": fact.platform_id,
        "admin_graphql_api_id": gid("Order", fact.platform_id),
        "name": fact.number,
        "order_number": int(fact.number.lstrip("#")),
        "email": fact.email or "",
        "phone": None,
        "created_at": stamp(world, fact.placed_at),
        "processed_at": stamp(world, fact.placed_at),
        "updated_at": stamp(world, fact.updated_at),
        "cancelled_at": stamp(world, fact.cancelled_at),
        "cancel_reason": "customer" if fact.cancelled_at else None,
        "closed_at": None,
        "confirmed": True,
        "test": fact.is_test,
        "tags": "B2B" if fact.is_b2b else "",
        "note": None,
        "po_number": fact.po_number,
        "source_name": "web",
        "currency": world.currency,
        "presentment_currency": world.currency,
        "taxes_included": False,
        "financial_status": fact.payment_status,
        "fulfillment_status": {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}.get(status),
        "payment_gateway_names": sorted({leg.gateway for leg in fact.tenders}),
        "subtotal_price": decimal(fact.product_net_minor + fact.gift_card_sold_minor),
        "total_line_items_price": decimal(sum(line.gross_minor for line in fact.lines)),
        "total_discounts": decimal(fact.discount_minor),
        "total_tax": decimal(fact.tax_minor),
        "total_tip_received": decimal(fact.tip_minor),
        "total_price": decimal(fact.total_minor),
        "current_total_price": decimal(remaining_minor),
        "total_price_set": _set(world, fact.total_minor),
        "current_total_price_set": _set(world, remaining_minor),
        "total_tax_set": _set(world, fact.tax_minor),
        "total_discounts_set": _set(world, fact.discount_minor),
        "total_shipping_price_set": _set(world, fact.shipping_minor),
        "discount_codes": [{"code": fact.discount_code, "amount": decimal(fact.discount_minor), "type": "fixed_amount"}]
        if fact.discount_code
        else [],
        "customer": _customer(world, fact),
        "line_items": [_line(world, fact, line) for line in fact.lines],
        "shipping_lines": [
            {"id": each.line_id, "title": each.title, "code": each.title, "price": decimal(each.price_minor)}
            for each in fact.shipping
        ],
        "refunds": [refund(world, fact, each) for each in fact.refunds],
        "fulfillments": [fulfilment(world, fact, each) for each in fulfilments_of(world, fact)],
    }


def _customer(world: World, fact: Order) -> Body | None:
    person = fact.person
    identity = person.shopify_id
    if fact.is_guest or identity is None:
        return None
    return {
        "id": identity,
        "admin_graphql_api_id": gid("Customer", identity),
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "created_at": stamp(world, person.created_at),
        "updated_at": stamp(world, person.created_at),
    }


def _line(world: World, fact: Order, line: Line) -> Body:
    product = world.products[line.sku]
    returned = sum(back.quantity for each in fact.refunds for back in each.lines if back.line_id == line.line_id)
    left = remaining(world, fact)[line.line_id]
    return {
        "id": line.line_id,
        "admin_graphql_api_id": gid("LineItem", line.line_id),
        "product_id": product.shopify_product_id,
        "variant_id": product.shopify_variant_id,
        "sku": line.sku,
        "title": line.title,
        "name": line.title,
        "vendor": product.supplier,
        "quantity": line.quantity,
        "current_quantity": 0 if fact.cancelled_at else line.quantity - returned,
        "fulfillable_quantity": left,
        "fulfillment_status": "fulfilled" if not left and not fact.cancelled_at else None,
        "grams": product.weight_grams,
        "gift_card": line.is_gift_card,
        "requires_shipping": not line.is_gift_card,
        "taxable": not line.is_gift_card,
        "price": decimal(line.unit_price_minor),
        "price_set": _set(world, line.unit_price_minor),
        "total_discount": decimal(0),
        "discount_allocations": [{"amount": decimal(line.discount_minor), "discount_application_index": 0}]
        if line.discount_minor
        else [],
        "tax_lines": [
            {"title": fact.tax_title, "rate": fact.tax_rate_ppm / 1_000_000, "price": decimal(line.tax_minor)}
        ]
        if line.tax_minor
        else [],
    }


def refund(world: World, fact: Order, each: Refund) -> Body:
    """refunds/create."""
    newark = next(place.shopify_id for place in world.locations if place.location_id == "newark")
    lines = {line.line_id: line for line in fact.lines}
    return {
        "id": each.refund_id,
        "admin_graphql_api_id": gid("Refund", each.refund_id),
        "order_id": fact.platform_id,
        "created_at": stamp(world, each.created_at),
        "processed_at": stamp(world, each.created_at),
        "note": each.reason,
        "restock": any(back.is_restocked for back in each.lines),
        "refund_line_items": [
            {
                "id": back.refund_line_id,
                "line_item_id": back.line_id,
                "quantity": back.quantity,
                "location_id": newark if back.is_restocked else None,
                "restock_type": "return" if back.is_restocked else "no_restock",
                "subtotal": decimal(back.net_minor),
                "total_tax": decimal(back.tax_minor),
                "line_item": {"id": back.line_id, "sku": back.sku, "quantity": lines[back.line_id].quantity},
            }
            for back in each.lines
        ],
        "transactions": [
            {
                "id": each.tender_id,
                "order_id": fact.platform_id,
                "kind": "refund",
                "gateway": "stripe",
                "status": "success",
                "amount": decimal(each.amount_minor),
                "currency": world.currency,
                "authorization": each.stripe_refund_id,
                "created_at": stamp(world, each.created_at),
                "processed_at": stamp(world, each.created_at),
            }
        ],
        "order_adjustments": [],
    }


def fulfilment(world: World, fact: Order, made: Fulfilment) -> Body:
    """fulfillments/create and /update."""
    place = next(place.shopify_id for place in world.locations if place.location_id == made.location_id)
    skus = {line.line_id: line.sku for line in fact.lines}
    return {
        "id": made.fulfilment_id,
        "admin_graphql_api_id": gid("Fulfillment", made.fulfilment_id),
        "order_id": fact.platform_id,
        "status": "success",
        "shipment_status": made.display_status.lower() if made.delivered_at else None,
        "created_at": stamp(world, made.created_at),
        "updated_at": stamp(world, made.updated_at),
        "location_id": place,
        "tracking_company": made.company,
        "tracking_number": made.tracking_number,
        "tracking_numbers": [made.tracking_number] if made.tracking_number else [],
        "tracking_url": made.url,
        "line_items": [{"id": line_id, "sku": skus[line_id], "quantity": quantity} for line_id, quantity in made.lines],
    }


def level(world: World, sku: str, location_id: str, at: datetime) -> Body:
    """inventory_levels/update: what can be bought of one item at one place."""
    item = world.products[sku].shopify_inventory_item_id
    number = f"{item}{1 if location_id == 'newark' else 2}"
    place = next(place.shopify_id for place in world.locations if place.location_id == location_id)
    return {
        "inventory_item_id": item,
        "location_id": place,
        "available": world.shopify_available[(sku, location_id)],
        "updated_at": stamp(world, at),
        "admin_graphql_api_id": f"{gid('InventoryLevel', number)}?inventory_item_id={item}",
    }


def product(world: World, fact: Product) -> Body:
    """products/update."""
    changed = product_changes(world).get(fact.shopify_product_id)
    updated_at = stamp(world, changed.updated_at if changed else fact.updated_at)
    quantity = sum(world.shopify_available.get((fact.sku, place.location_id), 0) for place in world.locations)
    return {
        "id": fact.shopify_product_id,
        "admin_graphql_api_id": gid("Product", fact.shopify_product_id),
        "title": fact.title,
        "handle": fact.title.lower().replace(" ", "-"),
        "status": changed.status.lower() if changed else "active",
        "vendor": fact.supplier,
        "product_type": fact.category,
        "tags": "",
        "created_at": "2024-08-31T20:00:00-04:00",
        "updated_at": updated_at,
        "published_at": "2024-08-31T20:00:00-04:00",
        "variants": [
            {
                "id": fact.shopify_variant_id,
                "admin_graphql_api_id": gid("ProductVariant", fact.shopify_variant_id),
                "product_id": fact.shopify_product_id,
                "title": "Default Title",
                "sku": fact.sku,
                "barcode": fact.barcode,
                "price": decimal(fact.price_minor),
                "inventory_item_id": fact.shopify_inventory_item_id,
                "inventory_quantity": quantity,
                "inventory_management": None if fact.is_gift_card else "shopify",
                "updated_at": stamp(world, fact.updated_at),
            }
        ],
    }
