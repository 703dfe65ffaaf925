"""Orders and refunds in WooCommerce's words (REST v3)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.facts import Address, Line, Order, Person, Refund
from sandbox.shipments import open_quantities, shipped_quantities

if TYPE_CHECKING:
    from sandbox.world import World

Row = dict[str, Any]
_TAX_RATE_ID = 1


def amount(minor: int) -> str:
    """Cents as a decimal string."""
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def dates(world: World, name: str, moment: datetime | None) -> Row:
    """`name` in the site's zone and `name_gmt`, neither with an offset, as the vendor writes them."""
    if moment is None:
        return {name: None, f"{name}_gmt": None}
    local = moment.astimezone(ZoneInfo(world.time_zone))
    return {name: local.strftime("%Y-%m-%dT%H:%M:%S"), f"{name}_gmt": moment.strftime("%Y-%m-%dT%H:%M:%S")}


def trash(world: World) -> set[int]:
    """Ids of the orders in the bin, from which they can be taken back."""
    found: set[int] = world.state("woocommerce").setdefault("trash", set())
    return found


def order_status(world: World, order: Order) -> str:
    """completed once everything has left; on-hold while the card is only authorised; trash once it was thrown away."""
    if order.platform_id in trash(world):
        return "trash"
    if order.cancelled_at is not None:
        return "cancelled"
    if order.payment_status in {"authorized", "refunded", "pending"}:
        return {"authorized": "on-hold", "refunded": "refunded", "pending": "pending"}[order.payment_status]
    still_open = open_quantities(order, shipped_quantities(world.parcels_of(order)))
    return "processing" if still_open else "completed"


def order_row(world: World, order: Order) -> Row:
    """An order as GET /orders shows it."""
    paid = next((leg for leg in order.tenders if leg.kind in {"sale", "capture"}), None)
    leg = order.charge_tender
    status = order_status(world, order)
    return {
        "id": order.platform_id,
        "parent_id": 0,
        "number": order.number,
        "order_key": f"wc_order_{order.platform_id:x}",
        "created_via": "checkout",
        "version": "9.9.5",
        "status": status,
        "currency": world.currency,
        **dates(world, "date_created", order.placed_at),
        **dates(world, "date_modified", order.updated_at),
        **dates(world, "date_paid", paid.processed_at if paid else None),
        **dates(world, "date_completed", order.updated_at if status == "completed" else None),
        "discount_total": amount(order.discount_minor),
        "discount_tax": "0.00",
        "shipping_total": amount(order.shipping_minor),
        "shipping_tax": amount(sum(ship.tax_minor for ship in order.shipping)),
        "cart_tax": amount(sum(line.tax_minor for line in order.lines)),
        "total": amount(order.total_minor),
        "total_tax": amount(order.tax_minor),
        "prices_include_tax": False,
        "customer_id": 0 if order.is_guest else order.person.woo_id or 0,
        "customer_ip_address": "203.0.113.7",
        "customer_user_agent": "",
        "customer_note": "",
        "billing": address_row(order.address or order.person.address, order.person, order.email),
        "shipping": address_row(order.address or order.person.address, order.person, None),
        "payment_method": "invoice" if order.payment_terms else "stripe",
        "payment_method_title": "Invoice" if order.payment_terms else "Credit card (Stripe)",
        "transaction_id": leg.charge_id if leg else "",
        "cart_hash": "",
        "meta_data": _payment_meta(order),
        "line_items": [_line_row(world, line) for line in order.lines],
        "tax_lines": [_tax_row(order)] if order.tax_minor else [],
        "shipping_lines": [_shipping_row(order, place) for place in range(len(order.shipping))],
        "fee_lines": [],
        "coupon_lines": _coupons(order),
        "refunds": [
            {"id": refund.refund_id, "reason": refund.reason, "total": amount(-refund.amount_minor)}
            for refund in order.refunds
        ],
    }


def _payment_meta(order: Order) -> list[Row]:
    leg = order.charge_tender
    first = order.platform_id * 10
    if order.payment_terms:
        # As the extensions for business customers keep it.
        kept = {
            "_payment_terms": order.payment_terms,
            "_billing_po_number": order.po_number,
            "_billing_vat_number": order.vat_number,
        }
        known = [(key, value) for key, value in kept.items() if value]
        return [{"id": first + place, "key": key, "value": value} for place, (key, value) in enumerate(known, start=1)]
    if leg is None:
        return []
    captured = "yes" if order.captured_minor else "no"
    return [
        {"id": first + 1, "key": "_stripe_intent_id", "value": leg.payment_intent_id},
        {"id": first + 2, "key": "_stripe_charge_captured", "value": captured},
    ]


def address_row(address: Address, person: Person, email: str | None) -> Row:
    row = {
        "first_name": address.first_name,
        "last_name": address.last_name,
        "company": person.company or "",
        "address_1": address.line1,
        "address_2": "",
        "city": address.city,
        "state": address.region_code,
        "postcode": address.postcode,
        "country": address.country_code,
    }
    return row if email is None else {**row, "email": email, "phone": person.phone or ""}


def _taxes(minor: int) -> list[Row]:
    return [{"id": _TAX_RATE_ID, "total": amount(minor), "subtotal": amount(minor)}] if minor else []


def _line_row(world: World, line: Line) -> Row:
    product = world.products[line.sku]
    return {
        "id": line.line_id,
        "name": line.title,
        "product_id": product.woo_product_id,
        "variation_id": product.woo_variation_id or 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": amount(line.gross_minor),
        # The vendor stores the tax before the discount here too; this shop's plugin writes the final one in both.
        "subtotal_tax": amount(line.tax_minor),
        "total": amount(line.net_minor),
        "total_tax": amount(line.tax_minor),
        "taxes": _taxes(line.tax_minor),
        "meta_data": [],
        "sku": line.sku,
        "price": amount(line.net_minor // line.quantity),
    }


def _tax_row(order: Order) -> Row:
    return {
        "id": order.platform_id * 10 + 8,
        "rate_code": f"US-{order.person.address.region_code}-TAX-1",
        "rate_id": _TAX_RATE_ID,
        "label": order.tax_title,
        "compound": False,
        "rate_percent": order.tax_rate_ppm / 10_000,
        "tax_total": amount(sum(line.tax_minor for line in order.lines)),
        "shipping_tax_total": amount(sum(ship.tax_minor for ship in order.shipping)),
        "meta_data": [],
    }


def _shipping_row(order: Order, place: int) -> Row:
    shipping = order.shipping[place]
    return {
        "id": shipping.line_id,
        "method_title": shipping.title,
        "method_id": "flat_rate" if shipping.price_minor else "free_shipping",
        "total": amount(shipping.price_minor),
        "total_tax": amount(shipping.tax_minor),
        "taxes": _taxes(shipping.tax_minor),
        "meta_data": [],
    }


def _coupons(order: Order) -> list[Row]:
    if not order.discount_minor:
        return []
    code = (order.discount_code or "discount").lower()
    return [
        {
            "id": order.platform_id * 10 + 7,
            "code": code,
            "discount": amount(order.discount_minor),
            "discount_tax": "0.00",
            "meta_data": [],
        }
    ]


def refund_row(world: World, order: Order, refund: Refund) -> Row:
    """A refund; its lines are negative, and say in their meta which line they give back."""
    lines = {line.line_id: line for line in order.lines}
    rows = []
    for back in refund.lines:
        row = _line_row(world, lines[back.line_id])
        rows.append(
            row
            | {
                "id": back.refund_line_id,
                "quantity": -back.quantity,
                "subtotal": amount(-back.net_minor),
                "subtotal_tax": amount(-back.tax_minor),
                "total": amount(-back.net_minor),
                "total_tax": amount(-back.tax_minor),
                "taxes": _taxes(-back.tax_minor),
                "price": amount(back.net_minor // back.quantity),
                "meta_data": [{"id": back.refund_line_id * 10, "key": "_refunded_item_id", "value": str(back.line_id)}],
            }
        )
    return {
        "id": refund.refund_id,
        **dates(world, "date_created", refund.created_at),
        "amount": amount(refund.amount_minor),
        "reason": refund.reason,
        "refunded_by": 1,
        "refunded_payment": True,
        "meta_data": [
            {"id": refund.refund_id * 10, "key": "_stripe_refund_id", "value": refund.stripe_refund_id},
            {"id": refund.refund_id * 10 + 1, "key": "_stripe_charge_id", "value": refund.charge_id},
        ],
        "line_items": rows,
    }
