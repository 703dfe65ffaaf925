"""What can be changed of a product at Shopify: its status, and fields that apps and people add to it (metafields).

One mutation changes both or neither. A metafield is known by namespace and key; writing it again replaces its value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.facts import Product
from sandbox.platforms.shopify_money import gid, stamp
from sandbox.platforms.shopify_paging import Node
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass
class Changed:
    """A product that is not as the catalogue has it; `metafields` are (type, value, changed at) by namespace and key."""

    status: str
    updated_at: datetime
    metafields: dict[tuple[str, str], tuple[str, str, datetime]] = field(default_factory=dict)


def product_changes(world: World) -> dict[int, Changed]:
    """By product number."""
    found: dict[int, Changed] = world.state("shopify").setdefault("product_changes", {})
    return found


def update_product(world: World, asked: Node) -> tuple[Product | None, list[Node]]:
    """The product and nothing wrong, or nothing changed and what is wrong."""
    found = next((each for each in world.catalogue if gid("Product", each.shopify_product_id) == asked.get("id")), None)
    if found is None:
        return None, [{"field": ["id"], "message": "Product does not exist"}]
    for place, given in enumerate(asked.get("metafields") or ()):
        missing = [name for name in ("namespace", "key", "value", "type") if not given.get(name)]
        if missing:
            return None, [{"field": ["metafields", str(place), missing[0]], "message": f"{missing[0]} can't be blank"}]
    now = world.clock.advance(0.001)
    changed = product_changes(world).setdefault(found.shopify_product_id, Changed("ACTIVE", now))
    changed.status, changed.updated_at = asked.get("status") or changed.status, now
    for given in asked.get("metafields") or ():
        changed.metafields[(given["namespace"], given["key"])] = (given["type"], given["value"], now)
    world.effects.record("shopify", "product_updated", str(asked["id"]))
    events.shopify_product_changed(world, found)
    return found, []


def metafield_node(world: World, product: Product, namespace: str | None, key: str) -> Node | None:
    """A Metafield object; None when nobody wrote it."""
    changed = product_changes(world).get(product.shopify_product_id)
    found = changed.metafields.get((namespace or "", key)) if changed else None
    if found is None:
        return None
    kind, value, at = found
    return {
        "__typename": "Metafield",
        "id": gid("Metafield", f"{product.shopify_product_id}{len(key)}"),
        "namespace": namespace,
        "key": key,
        "type": kind,
        "value": value,
        "createdAt": stamp(at),
        "updatedAt": stamp(at),
    }
