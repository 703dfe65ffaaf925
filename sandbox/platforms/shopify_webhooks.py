"""Subscriptions through Shopify's own API: webhookSubscriptionCreate, one topic and one address each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.platforms.shopify_money import gid, stamp
from sandbox.platforms.shopify_paging import Node

if TYPE_CHECKING:
    from sandbox.world import World

# Topic of the schema → the name that deliveries carry.
TOPICS = {
    "ORDERS_CREATE": "orders/create",
    "ORDERS_UPDATED": "orders/updated",
    "ORDERS_CANCELLED": "orders/cancelled",
    "REFUNDS_CREATE": "refunds/create",
    "FULFILLMENTS_CREATE": "fulfillments/create",
    "FULFILLMENTS_UPDATE": "fulfillments/update",
    "INVENTORY_LEVELS_UPDATE": "inventory_levels/update",
    "PRODUCTS_UPDATE": "products/update",
}

WEBHOOK_SDL = f"""
extend type Mutation {{
  webhookSubscriptionCreate(topic: WebhookSubscriptionTopic!, webhookSubscription: WebhookSubscriptionInput!): WebhookSubscriptionCreatePayload
}}
enum WebhookSubscriptionTopic {{ {" ".join(TOPICS)} }}
enum WebhookSubscriptionFormat {{ JSON XML }}
input WebhookSubscriptionInput {{ uri: String format: WebhookSubscriptionFormat name: String }}
type WebhookSubscription {{
  id: ID! legacyResourceId: UnsignedInt64! topic: WebhookSubscriptionTopic! uri: String! format: WebhookSubscriptionFormat!
  createdAt: DateTime! updatedAt: DateTime!
}}
type WebhookSubscriptionCreatePayload {{ userErrors: [UserError!]! webhookSubscription: WebhookSubscription }}
"""


def subscribe(world: World, topic: str, asked: Node) -> Node:
    """The subscription, or what is wrong with it. Only JSON over HTTP is offered here; the vendor wants HTTPS."""
    from sandbox.server import CREDENTIALS

    uri = asked.get("uri") or ""
    errors = []
    if not uri.startswith(("http://", "https://")):
        errors.append({"field": ["webhookSubscription", "uri"], "message": "Address is invalid"})
    if asked.get("format") == "XML":
        errors.append({"field": ["webhookSubscription", "format"], "message": "Format is not offered here"})
    if errors:
        return {"userErrors": errors, "webhookSubscription": None}
    made = world.webhooks.subscribe("shopify", uri, CREDENTIALS["shopify"]["webhook_secret"], [TOPICS[topic]])
    now = stamp(world.clock.advance(0.001))
    number = 1_000_000_000 + made.subscription_id
    shown = {"id": gid("WebhookSubscription", number), "legacyResourceId": str(number), "topic": topic, "uri": uri}
    return {"userErrors": [], "webhookSubscription": {**shown, "format": "JSON", "createdAt": now, "updatedAt": now}}
