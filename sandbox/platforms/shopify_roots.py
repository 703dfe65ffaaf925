"""The root fields of the Shopify twin: graphql-core calls them with info and the field's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graphql import GraphQLResolveInfo, get_directive_values

from sandbox.platforms.shopify_boxes import fulfilment_orders
from sandbox.platforms.shopify_catalogue import item_node, location_node, product_node, variant_node
from sandbox.platforms.shopify_listings import (
    catalogue_page,
    customers_page,
    order_by_gid,
    orders_count,
    orders_page,
    refund_by_gid,
)
from sandbox.platforms.shopify_money import gid
from sandbox.platforms.shopify_mutations import (
    create_fulfilment,
    order_of_fulfilment_order,
    set_quantities,
    update_tracking,
)
from sandbox.platforms.shopify_paging import Node
from sandbox.platforms.shopify_products import update_product
from sandbox.platforms.shopify_webhooks import subscribe

if TYPE_CHECKING:
    from sandbox.world import World


def root_fields(world: World) -> Node:
    """Resolvers of queries and mutations together."""
    return {"shop": _shop(world), **_single(world), **_lists(world), **_writes(world)}


def _lists(world: World) -> Node:
    def listing(rows: Callable[[], list[Node]]) -> Callable[..., Node]:
        def resolve(
            _: Any,
            first: int | None = None,
            after: str | None = None,
            query: str | None = None,
            reverse: bool = False,
            **__: Any,
        ) -> Node:
            return catalogue_page(rows(), first, after, query, reverse)

        return resolve

    def orders(
        _: Any,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        sortKey: str = "PROCESSED_AT",
        reverse: bool = False,
    ) -> Node:
        return orders_page(world, first, after, query, sortKey, reverse)

    def customers(
        _: Any,
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        reverse: bool = False,
        **__: Any,
    ) -> Node:
        return customers_page(world, first, after, query, reverse)

    def counted(_: Any, query: str | None = None, limit: int | None = 10_000) -> Node:
        found = orders_count(world, query)
        cut = limit is not None and found > limit
        return {"count": limit if cut else found, "precision": "AT_LEAST" if cut else "EXACT"}

    return {
        "orders": orders,
        "ordersCount": counted,
        "customers": customers,
        "products": listing(lambda: [product_node(world, product) for product in world.catalogue]),
        "productVariants": listing(lambda: [variant_node(world, product) for product in world.catalogue]),
        "inventoryItems": listing(lambda: [item_node(world, product) for product in world.catalogue]),
        "locations": listing(lambda: [location_node(world, place.location_id) for place in world.locations]),
    }


def _single(world: World) -> Node:
    def one(identity: str) -> Node | None:
        for product in world.catalogue:
            if identity == gid("Product", product.shopify_product_id):
                return product_node(world, product)
            if identity == gid("ProductVariant", product.shopify_variant_id):
                return variant_node(world, product)
            if identity == gid("InventoryItem", product.shopify_inventory_item_id):
                return item_node(world, product)
        for place in world.locations:
            if identity == gid("Location", place.shopify_id):
                return location_node(world, place.location_id)
        return refund_by_gid(world, identity) if "/Refund/" in identity else order_by_gid(world, identity)

    def fulfilment_order(identity: str) -> Node | None:
        order = order_of_fulfilment_order(world, identity)
        return next(iter(fulfilment_orders(world, order)), None) if order is not None else None

    return {
        "node": lambda _, id: one(id),
        "fulfillmentOrder": lambda _, id: fulfilment_order(id),
        "order": lambda _, id: order_by_gid(world, id),
        "product": lambda _, id: one(id),
        "inventoryItem": lambda _, id: one(id),
        "location": lambda _, id=None: one(id or gid("Location", world.locations[0].shopify_id)),
    }


def _writes(world: World) -> Node:
    return {
        "inventorySetQuantities": lambda info, input: set_quantities(world, input, _key(info)),
        "productUpdate": lambda _, product=None: product_update(world, product or {}),
        "fulfillmentCreate": lambda _, fulfillment, message=None: create_fulfilment(world, fulfillment),
        "webhookSubscriptionCreate": lambda _, topic, webhookSubscription: subscribe(world, topic, webhookSubscription),
        "fulfillmentTrackingInfoUpdate": lambda _, fulfillmentId, trackingInfoInput, notifyCustomer=None: (
            update_tracking(world, fulfillmentId, trackingInfoInput)
        ),
    }


def product_update(world: World, asked: Node) -> Node:
    """productUpdate, answered with the product as it is then."""
    changed, errors = update_product(world, asked)
    return {"product": product_node(world, changed) if changed else None, "userErrors": errors}


def _key(info: GraphQLResolveInfo) -> str | None:
    """The key of `@idempotent(key:)` on the field being resolved."""
    directive = info.schema.get_directive("idempotent")
    if directive is None:
        return None
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return None if values is None else str(values["key"])


def _shop(world: World) -> Node:
    return {
        "__typename": "Shop",
        "id": gid("Shop", 60000000001),
        "name": "Cartwheel Goods",
        "currencyCode": world.currency,
        "ianaTimezone": world.time_zone,
        "myshopifyDomain": "cartwheel-goods.myshopify.com",
        "email": "shop@example.com",
    }
