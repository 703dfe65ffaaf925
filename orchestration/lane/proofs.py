"""Which events can prove that units came back: all but sales, and a channel's own word about what it shows; and which are that word."""

from __future__ import annotations

# What a channel says it shows: an observation, never the owner of a number.
_READINGS = {
    "shopify": ("inventory_levels/", "inventory_items/", "products/", "variants/"),
    "woocommerce": ("product.",),
    "amazon": ("listing.read",),
}
_SALES = {
    "shopify": ("orders/create", "orders/paid", "orders/fulfilled", "orders/partially_fulfilled", "fulfillments/"),
    "woocommerce": ("order.created",),
    "amazon": ("order.read",),
    "shipstation": ("ORDER_NOTIFY", "SHIP_NOTIFY", "ITEM_SHIP_NOTIFY"),
}


def proves(platform: str, topic: str) -> bool:
    """May an event of this topic stand behind an increase?"""
    return not topic.startswith((*_READINGS.get(platform, ()), *_SALES.get(platform, ())))


def shows(platform: str, topic: str) -> bool:
    """Does an event of this topic say what the channel shows at that moment?

    A listing read at Amazon does not: it is a poll that says the same again and again, and a write shows there minutes later.
    """
    return platform != "amazon" and topic.startswith(_READINGS.get(platform, ()))
