"""Order lines, shipping lines and their taxes and discounts in Shopify's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.facts import Line, Order
from sandbox.platforms.shopify_catalogue import product_node, variant_node
from sandbox.platforms.shopify_fulfilments import remaining
from sandbox.platforms.shopify_money import bag, decimal, gid, money
from sandbox.platforms.shopify_paging import Node

if TYPE_CHECKING:
    from sandbox.world import World


def tax_line(order: Order, minor: int) -> Node:
    """The one tax of the order's region."""
    return {
        "title": order.tax_title,
        "rate": order.tax_rate_ppm / 1_000_000,
        "ratePercentage": order.tax_rate_ppm / 10_000,
        "price": decimal(minor),
        "priceSet": bag(minor),
        "channelLiable": False,
        "source": "shopify",
    }


def line_node(world: World, order: Order, line: Line) -> Node:
    """A LineItem object. `discountedTotalSet` leaves code discounts out unless asked, as the vendor's does."""
    product = world.products[line.sku]
    returned = sum(back.quantity for refund in order.refunds for back in refund.lines if back.line_id == line.line_id)
    return {
        "id": gid("LineItem", line.line_id),
        "name": line.title,
        "title": line.title,
        "variantTitle": None,
        "sku": line.sku,
        "vendor": product.supplier,
        "quantity": line.quantity,
        "currentQuantity": 0 if order.cancelled_at else line.quantity - returned,
        "unfulfilledQuantity": lambda _: remaining(world, order)[line.line_id],
        "refundableQuantity": line.quantity - returned,
        "requiresShipping": not line.is_gift_card,
        "taxable": not line.is_gift_card,
        "isGiftCard": line.is_gift_card,
        "duties": [],
        "originalUnitPriceSet": bag(line.unit_price_minor),
        "originalTotalSet": bag(line.gross_minor),
        "discountedTotalSet": lambda _, withCodeDiscounts=False: bag(
            line.net_minor if withCodeDiscounts else line.gross_minor
        ),
        "discountedUnitPriceSet": bag(line.unit_price_minor),
        "totalDiscountSet": bag(0),
        "discountAllocations": _allocations(order, line.discount_minor),
        "taxLines": lambda _, first=None: [tax_line(order, line.tax_minor)] if line.tax_minor else [],
        "variant": lambda _: variant_node(world, product),
        "product": lambda _: product_node(world, product),
    }


def _allocations(order: Order, minor: int) -> list[Node]:
    if not minor:
        return []
    application = {
        "__typename": "DiscountCodeApplication",
        "code": order.discount_code or "",
        "allocationMethod": "ACROSS",
        "index": 0,
        "targetSelection": "ALL",
        "targetType": "LINE_ITEM",
        "value": {"__typename": "MoneyV2", **money(order.discount_minor)},
    }
    return [{"allocatedAmount": money(minor), "allocatedAmountSet": bag(minor), "discountApplication": application}]


def shipping_node(order: Order, place: int) -> Node:
    """A ShippingLine object."""
    shipping = order.shipping[place]
    return {
        "id": gid("ShippingLine", shipping.line_id),
        "title": shipping.title,
        "code": shipping.title,
        "source": "shopify",
        "price": decimal(shipping.price_minor),
        "originalPriceSet": bag(shipping.price_minor),
        "discountedPriceSet": bag(shipping.price_minor),
        "currentDiscountedPriceSet": bag(shipping.price_minor),
        "isRemoved": False,
        "taxLines": [tax_line(order, shipping.tax_minor)] if shipping.tax_minor else [],
        "discountAllocations": [],
    }
