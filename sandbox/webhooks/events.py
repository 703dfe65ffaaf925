"""Who hears of what: one function per thing that can happen in the world, telling each vendor's topics about it.

Bodies are in the vendors' own words and made only where somebody subscribed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.facts import Charge, Dispute, Movement, Order, Parcel, Payout, Product, Refund

if TYPE_CHECKING:
    from sandbox.platforms.shopify_fulfilments import Fulfilment
    from sandbox.world import World

# Imported where they are used: the twins' modules know the world, and the world knows these.


def order_placed(world: World, order: Order) -> None:
    """A channel took an order."""
    _order(world, order, "orders/create", "order.created")


def order_changed(world: World, order: Order) -> None:
    _order(world, order, "orders/updated", "order.updated")


def order_cancelled(world: World, order: Order) -> None:
    _order(world, order, "orders/cancelled", "order.updated")


def _order(world: World, order: Order, at_shopify: str, at_woocommerce: str) -> None:
    from sandbox.platforms import woocommerce_objects
    from sandbox.webhooks import shopify_bodies

    identity, at = str(order.platform_id), world.clock.now()
    if order.channel == "shopify":
        world.webhooks.tell("shopify", at_shopify, identity, at, lambda: shopify_bodies.order(world, order))
    else:
        world.webhooks.tell(
            "woocommerce", at_woocommerce, identity, at, lambda: woocommerce_objects.order_row(world, order)
        )


def refund_made(world: World, order: Order, refund: Refund) -> None:
    """Money given back: the channel's order shows it, Shopify tells of it by itself as well, and so does the processor."""
    from sandbox.webhooks import shopify_bodies

    at = world.clock.now()
    if order.channel == "shopify":
        world.webhooks.tell(
            "shopify", "refunds/create", str(refund.refund_id), at, lambda: shopify_bodies.refund(world, order, refund)
        )
    order_changed(world, order)
    refund_at_processor(world, refund)


def refund_at_processor(world: World, refund: Refund) -> None:
    """Only the processor knows of it, or tells of it as well."""
    from sandbox.platforms import stripe_objects

    at, identity = world.clock.now(), refund.stripe_refund_id
    world.webhooks.tell("stripe", "refund.created", identity, at, lambda: stripe_objects.refund(world, refund))
    charge = world.charges.find(refund.charge_id)
    if charge is not None:
        charge_changed(world, charge, "charge.refunded")


def level_changed(world: World, sku: str, location_id: str) -> None:
    """Shopify's available units of one item at one place are others."""
    from sandbox.webhooks import shopify_bodies

    at = world.clock.now()
    item = world.products[sku].shopify_inventory_item_id
    world.webhooks.tell(
        "shopify",
        "inventory_levels/update",
        f"{item}/{location_id}",
        at,
        lambda: shopify_bodies.level(world, sku, location_id, at),
    )


def product_changed(world: World, product: Product) -> None:
    """A product's own page was edited, at both shops."""
    shopify_product_changed(world, product)
    woo_product_changed(world, product)


def shopify_product_changed(world: World, product: Product) -> None:
    from sandbox.webhooks import shopify_bodies

    at, identity = world.clock.now(), str(product.shopify_product_id)
    world.webhooks.tell("shopify", "products/update", identity, at, lambda: shopify_bodies.product(world, product))


def woo_product_changed(world: World, product: Product) -> None:
    """WooCommerce tells of a variation under the product's topic, with the variation as its body."""
    from sandbox.platforms import woocommerce_catalogue as catalogue

    if product.woo_variation_id is None:
        woo_page_changed(world, product)
        return

    def body() -> object:
        return {**catalogue.variation_row(world, product), "parent_id": product.woo_product_id, "type": "variation"}

    world.webhooks.tell("woocommerce", "product.updated", str(product.woo_variation_id), world.clock.now(), body)


def woo_page_changed(world: World, product: Product) -> None:
    """The product itself, whatever its variations."""
    from sandbox.platforms import woocommerce_catalogue as catalogue

    at, identity = world.clock.now(), str(product.woo_product_id)
    world.webhooks.tell("woocommerce", "product.updated", identity, at, lambda: catalogue.product_row(world, product))


def stock_changed(world: World, *skus: str) -> None:
    """Cin7 counts other units of these: one webhook with all their rows, as it does when a document is authorised."""
    from sandbox.platforms import cin7_objects

    def body() -> object:
        return [row for row in cin7_objects.availability(world) if row["SKU"] in skus]

    world.webhooks.tell("cin7", "Stock/AvailableStockLevelChanged", ",".join(skus), world.clock.now(), body)


def charge_changed(world: World, charge: Charge, topic: str = "charge.succeeded") -> None:
    from sandbox.platforms import stripe_objects

    at = world.clock.now()
    world.webhooks.tell("stripe", topic, charge.charge_id, at, lambda: stripe_objects.charge(world, charge))


def payout_made(world: World, payout: Payout) -> None:
    from sandbox.platforms import stripe_objects

    at = world.clock.now()
    world.webhooks.tell("stripe", "payout.paid", payout.payout_id, at, lambda: stripe_objects.payout(world, payout))


def dispute_opened(world: World, dispute: Dispute) -> None:
    from sandbox.platforms import stripe_objects

    at, identity = world.clock.now(), dispute.dispute_id
    topic = "charge.dispute.created"
    world.webhooks.tell("stripe", topic, identity, at, lambda: stripe_objects.dispute(world, dispute))


def moved(world: World, movement: Movement) -> None:
    """The processor's balance is another; what is available is told, not the movement."""
    world.webhooks.tell(
        "stripe",
        "balance.available",
        movement.movement_id,
        world.clock.now(),
        lambda: {"object": "balance", "available": [], "pending": [], "livemode": False},
    )


def parcel_shipped(world: World, parcel: Parcel) -> None:
    """ShipStation gives only the address of the batch; Shopify tells of the box where it knows it."""
    address = f"{world.webhooks.base_url}/shipstation/shipments?batchId={parcel.parcel_id}&includeShipmentItems=True"
    world.webhooks.tell(
        "shipstation",
        "SHIP_NOTIFY",
        str(parcel.parcel_id),
        world.clock.now(),
        lambda: {"resource_url": address, "resource_type": "SHIP_NOTIFY"},
    )


def fulfilment_made(world: World, order: Order, made: Fulfilment, topic: str = "fulfillments/create") -> None:
    from sandbox.webhooks import shopify_bodies

    at, identity = world.clock.now(), str(made.fulfilment_id)
    world.webhooks.tell("shopify", topic, identity, at, lambda: shopify_bodies.fulfilment(world, order, made))
    order_changed(world, order)


def book_changed(world: World, entity: str, identity: str, operation: str) -> None:
    """QuickBooks says which record changed, not how."""
    world.webhooks.tell("quickbooks", f"{entity}.{operation}", identity, world.clock.now(), dict)


def xero_changed(world: World, category: str, identity: str, deed: str) -> None:
    """Xero tells of invoices, contacts and credit notes, and of nothing else."""
    world.webhooks.tell("xero", f"{category}.{deed}", identity, world.clock.now(), dict)


def paypal_changed(world: World, topic: str, identity: str, resource: dict[str, object]) -> None:
    """PayPal tells of a capture, a refund or a dispute with the object itself."""
    world.webhooks.tell("paypal", topic, identity, world.clock.now(), lambda: resource)
