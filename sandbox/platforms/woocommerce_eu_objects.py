"""Orders, refunds and products of the European shop in WooCommerce's words (REST v3)."""

from __future__ import annotations

from datetime import timedelta

from sandbox.facts import Line, Order, Product, Refund
from sandbox.platforms.woocommerce_objects import Row, address_row, amount, dates
from sandbox.world import World

# What the payment gateways are called in the shop.
_METHODS = {"ppcp-gateway": "PayPal", "cod": "Nachnahme", "b2b_invoice": "Rechnung"}
_STANDARD, _REDUCED = 1, 2


def order_status(order: Order) -> str:
    """completed once it has left, which a paid order does the next day; an unpaid invoice left too."""
    if order.cancelled_at is not None:
        return "cancelled"
    return "refunded" if order.refunded_minor == order.total_minor else "completed"


def order_row(world: World, order: Order) -> Row:
    """An order as GET /orders shows it: totals without VAT, VAT beside them, one tax row for each rate."""
    leg = order.tenders[0] if order.tenders else None
    method = leg.gateway if leg else ("b2b_invoice" if order.payment_terms else "ppcp-gateway")
    done = order_status(order) in {"completed", "refunded"}
    return {
        "id": order.platform_id,
        "parent_id": 0,
        "number": order.number,
        "order_key": f"wc_order_eu{order.platform_id:x}",
        "created_via": "checkout",
        "version": "9.9.5",
        "status": order_status(order),
        "currency": order.currency_code or world.currency,
        **dates(world, "date_created", order.placed_at),
        **dates(world, "date_modified", order.updated_at),
        **dates(world, "date_paid", leg.processed_at if leg else None),
        **dates(world, "date_completed", order.placed_at + timedelta(hours=28) if done else None),
        "discount_total": amount(order.discount_minor),
        "discount_tax": amount(_discount_tax(order)),
        "shipping_total": amount(order.shipping_minor),
        "shipping_tax": amount(sum(ship.tax_minor for ship in order.shipping)),
        "cart_tax": amount(sum(line.tax_minor for line in order.lines)),
        "total": amount(order.total_minor),
        "total_tax": amount(order.tax_minor),
        "prices_include_tax": True,
        "customer_id": order.person.woo_id or 0,
        "customer_ip_address": "203.0.113.9",
        "customer_user_agent": "",
        "customer_note": "",
        "billing": address_row(order.person.address, order.person, order.email),
        "shipping": address_row(order.person.address, order.person, None),
        "payment_method": method,
        "payment_method_title": _METHODS[method],
        "transaction_id": leg.charge_id or "" if leg else "",
        "cart_hash": "",
        "meta_data": _meta(order),
        "line_items": [_line_row(world, line) for line in order.lines],
        "tax_lines": _tax_rows(order),
        "shipping_lines": _shipping_rows(order),
        "fee_lines": [],
        "coupon_lines": _coupons(order),
        "refunds": [
            {"id": refund.refund_id, "reason": refund.reason, "total": amount(-refund.amount_minor)}
            for refund in order.refunds
        ],
    }


def _meta(order: Order) -> list[Row]:
    """What the plugins for business customers and for PayPal keep."""
    kept: list[tuple[str, str]] = []
    if order.is_b2b:
        kept += [("_customer_type", "b2b"), ("_billing_po_number", f"PO-{order.platform_id}")]
    if order.vat_number:
        kept.append(("_billing_vat_number", order.vat_number))
    if order.payment_terms:
        kept.append(("_payment_terms", order.payment_terms))
    if order.charge_tender is not None:
        kept.append(("_ppcp_paypal_fees", ""))
    if order.refunds:
        kept.append(("_ppcp_refunds", ",".join(refund.stripe_refund_id for refund in order.refunds)))
    return [
        {"id": order.platform_id * 10 + place, "key": key, "value": value}
        for place, (key, value) in enumerate(kept, start=1)
    ]


def _rate_of(line: Line) -> int:
    return line.tax_rate_ppm or 0


def _rate_id(order: Order, ppm: int) -> int:
    return _STANDARD if ppm == order.tax_rate_ppm else _REDUCED


def _taxes(rate_id: int, minor: int) -> list[Row]:
    return [{"id": rate_id, "total": amount(minor), "subtotal": amount(minor)}] if minor else []


def _discount_tax(order: Order) -> int:
    """VAT that the discount took away: before the discount less after it, line by line."""
    return sum(_full_tax(line) - line.tax_minor for line in order.lines)


def _full_tax(line: Line) -> int:
    return (line.gross_minor * _rate_of(line) + 500_000) // 1_000_000


def _line_row(world: World, line: Line, sign: int = 1) -> Row:
    product = world.products[line.sku]
    rate_id = _STANDARD if not product.sku.startswith(("EU-BUCH", "EU-SAMEN")) else _REDUCED
    return {
        "id": line.line_id,
        "name": line.title,
        "product_id": product.woo_product_id,
        "variation_id": 0,
        "quantity": sign * line.quantity,
        "tax_class": "" if rate_id == _STANDARD else "reduced-rate",
        "subtotal": amount(sign * line.gross_minor),
        "subtotal_tax": amount(sign * _full_tax(line)),
        "total": amount(sign * line.net_minor),
        "total_tax": amount(sign * line.tax_minor),
        "taxes": _taxes(rate_id, sign * line.tax_minor),
        "meta_data": [],
        "sku": line.sku,
        "price": amount(line.net_minor // line.quantity),
    }


def _tax_rows(order: Order) -> list[Row]:
    """One row for each rate that was charged; none for exports and reverse charge."""
    country = order.person.address.country_code
    rows = []
    for ppm in sorted({_rate_of(line) for line in order.lines} | {order.tax_rate_ppm}, reverse=True):
        if not ppm:
            continue
        rate_id = _rate_id(order, ppm)
        goods = sum(line.tax_minor for line in order.lines if _rate_of(line) == ppm)
        shipping = sum(ship.tax_minor for ship in order.shipping) if ppm == order.tax_rate_ppm else 0
        rows.append(
            {
                "id": order.platform_id * 10 + 5 + rate_id,
                "rate_code": f"{country}-VAT-{rate_id}",
                "rate_id": rate_id,
                "label": "VAT",
                "compound": False,
                "tax_total": amount(goods),
                "shipping_tax_total": amount(shipping),
                "rate_percent": ppm // 10_000 if ppm % 10_000 == 0 else ppm / 10_000,
                "meta_data": [],
            }
        )
    return rows


def _shipping_rows(order: Order) -> list[Row]:
    return [
        {
            "id": ship.line_id,
            "method_title": ship.title,
            "method_id": "flat_rate",
            "total": amount(ship.price_minor),
            "total_tax": amount(ship.tax_minor),
            "taxes": _taxes(_STANDARD, ship.tax_minor),
            "meta_data": [],
        }
        for ship in order.shipping
    ]


def _coupons(order: Order) -> list[Row]:
    if not order.discount_minor:
        return []
    return [
        {
            "id": order.platform_id * 10 + 8,
            "code": order.discount_code,
            "discount": amount(order.discount_minor),
            "discount_tax": amount(_discount_tax(order)),
            "meta_data": [],
        }
    ]


def refund_row(world: World, order: Order, refund: Refund) -> Row:
    """A refund; its lines are negative, and say in their meta which line they give back."""
    lines = {line.line_id: line for line in order.lines}
    rows = []
    for back in refund.lines:
        sold = lines[back.line_id]
        part = Line(
            back.refund_line_id, back.sku, sold.title, back.quantity, sold.unit_price_minor,
            back.quantity * sold.unit_price_minor - back.net_minor, back.tax_minor, tax_rate_ppm=sold.tax_rate_ppm,
        )  # fmt: skip
        meta = [{"id": back.refund_line_id * 10, "key": "_refunded_item_id", "value": str(back.line_id)}]
        rows.append(_line_row(world, part, sign=-1) | {"meta_data": meta})
    return {
        "id": refund.refund_id,
        **dates(world, "date_created", refund.created_at),
        "amount": amount(refund.amount_minor),
        "reason": refund.reason,
        "refunded_by": 1,
        "refunded_payment": True,
        "meta_data": [],
        "line_items": rows,
    }


def product_row(world: World, product: Product) -> Row:
    """A simple product that keeps no stock; its price is with German VAT, as the shop's owner typed it."""
    is_reduced = product.sku in {"EU-BUCH", "EU-SAMEN"}
    price = amount((product.price_minor * (1_070_000 if is_reduced else 1_190_000) + 500_000) // 1_000_000)
    return {
        "id": product.woo_product_id,
        "name": product.title,
        "slug": product.sku.lower(),
        "permalink": f"https://eu.example.com/product/{product.woo_product_id}/",
        "type": "simple",
        "status": "publish",
        "catalog_visibility": "visible",
        "sku": product.sku,
        "price": price,
        "regular_price": price,
        "sale_price": "",
        "on_sale": False,
        "purchasable": True,
        "virtual": False,
        "downloadable": False,
        "tax_status": "taxable",
        "tax_class": "reduced-rate" if is_reduced else "",
        "manage_stock": False,
        "stock_quantity": None,
        "stock_status": "instock",
        "backorders": "no",
        "weight": f"{product.weight_grams / 1000:.2f}",
        "categories": [],
        "parent_id": 0,
        "variations": [],
        "meta_data": [],
        **dates(world, "date_created", product.updated_at),
        **dates(world, "date_modified", product.updated_at),
    }
