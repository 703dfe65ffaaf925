"""An order thrown away: it leaves the list and its count, keeps its row under status `trash`, and is told as its id alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.facts import Order
from sandbox.platforms.woocommerce_objects import trash
from sandbox.platforms.woocommerce_stock import Refusal

if TYPE_CHECKING:
    from sandbox.world import World


def throw_away(world: World, order: Order) -> Order:
    """The order as it lies in the bin. Its stock stays off the shelf, as at the vendor; orders of history can not be thrown away."""
    if order.number not in world.orders:
        raise Refusal("woocommerce_rest_cannot_delete", "The order cannot be deleted.", 500)
    if order.platform_id in trash(world):
        raise Refusal("woocommerce_rest_already_trashed", "The order has already been deleted.", 410)
    moved = replace(order, updated_at=world.clock.advance(1))
    world.orders[order.number] = moved
    trash(world).add(order.platform_id)
    world.effects.record("woocommerce", "order_trashed", order.number)
    identity = order.platform_id
    world.webhooks.tell("woocommerce", "order.deleted", str(identity), world.clock.now(), lambda: {"id": identity})
    return moved
