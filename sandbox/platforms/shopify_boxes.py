"""Fulfilments and fulfilment orders in Shopify's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sandbox.facts import Order
from sandbox.platforms.shopify_catalogue import location_node, variant_node
from sandbox.platforms.shopify_fulfilments import Fulfilment, remaining
from sandbox.platforms.shopify_lines import line_node
from sandbox.platforms.shopify_money import gid, stamp
from sandbox.platforms.shopify_paging import Node, nested

if TYPE_CHECKING:
    from sandbox.world import World


def fulfilment_node(world: World, order: Order, made: Fulfilment, place: int) -> Node:
    """A Fulfillment object; `place` counts the order's fulfilments from one."""
    lines = {line.line_id: line for line in order.lines}
    tracking = (
        [{"company": made.company, "number": made.tracking_number, "url": made.url}] if made.tracking_number else []
    )
    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", made.fulfilment_id),
        "legacyResourceId": str(made.fulfilment_id),
        "name": f"{order.number}-F{place}",
        "status": "SUCCESS",
        "displayStatus": made.display_status,
        "createdAt": stamp(made.created_at),
        "updatedAt": stamp(made.updated_at),
        "deliveredAt": stamp(made.delivered_at),
        "inTransitAt": stamp(made.created_at),
        "totalQuantity": sum(quantity for _, quantity in made.lines),
        "requiresShipping": True,
        "trackingInfo": lambda _, first=None: tracking[:first],
        "location": location_node(world, made.location_id),
        "fulfillmentLineItems": nested(
            lambda: [
                {
                    "id": gid("FulfillmentLineItem", f"{made.fulfilment_id}{line_id % 10}"),
                    "lineItem": line_node(world, order, lines[line_id]),
                    "quantity": quantity,
                }
                for line_id, quantity in made.lines
            ]
        ),
    }


def fulfilment_orders(world: World, order: Order) -> Iterable[Node]:
    """One per order, at the warehouse that ships it; none where nothing is shipped."""
    shippable = [line for line in order.lines if not line.is_gift_card]
    if not shippable:
        return
    left = remaining(world, order)
    open_units, all_units = sum(left.values()), sum(line.quantity for line in shippable)
    status = "CLOSED" if not open_units else "OPEN" if open_units == all_units else "IN_PROGRESS"
    yield {
        "__typename": "FulfillmentOrder",
        "id": gid("FulfillmentOrder", order.platform_id + 1_000_000_000),
        "status": "CANCELLED" if order.cancelled_at else status,
        "requestStatus": "UNSUBMITTED",
        "createdAt": stamp(order.placed_at),
        "updatedAt": stamp(order.updated_at),
        "orderId": gid("Order", order.platform_id),
        "orderName": order.number,
        "assignedLocation": {"name": "Newark Warehouse", "location": location_node(world, order.location_id)},
        "lineItems": nested(
            lambda: [
                {
                    "id": gid("FulfillmentOrderLineItem", line.line_id + 1),
                    "lineItem": line_node(world, order, line),
                    "sku": line.sku,
                    "totalQuantity": line.quantity,
                    "remainingQuantity": left[line.line_id],
                    "inventoryItemId": gid("InventoryItem", world.products[line.sku].shopify_inventory_item_id),
                    "productTitle": line.title,
                    "variant": variant_node(world, world.products[line.sku]),
                }
                for line in shippable
            ]
        ),
    }
