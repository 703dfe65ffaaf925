"""Shopify: `X-Shopify-Hmac-Sha256` is base64 HMAC-SHA256 of the raw body under the app's client secret.

No time is signed, so there is no replay window: a repeat is known by `X-Shopify-Event-Id`, which retries keep. Several
events of one deed of the merchant may share that id, over topics and resources, so it counts per topic and resource.
Topic, shop and event id are headers outside the signature. The body is the REST resource, times carry the shop's offset.
Retries: 8 in 4 hours, with the payload as it was when triggered.
"""

from __future__ import annotations

from typing import Any

from pipelines.intake.webhook import Facts, Request, Scheme, moment, name, read_object, signs_body

TOPICS = frozenset(
    {
        "orders/create", "orders/updated", "orders/edited", "orders/paid", "orders/cancelled", "orders/fulfilled",
        "orders/partially_fulfilled", "orders/delete", "refunds/create", "order_transactions/create",
        "fulfillments/create", "fulfillments/update", "fulfillment_events/create",
        "inventory_levels/update", "inventory_levels/connect", "inventory_levels/disconnect",
        "products/create", "products/update", "products/delete",
        "customers/create", "customers/update", "customers/delete",
        "disputes/create", "disputes/update", "app/uninstalled",
        "customers/data_request", "customers/redact", "shop/redact",
    }
)  # fmt: skip


def facts(request: Request) -> Facts:
    topic = name(request.header("x-shopify-topic")) or "no topic"
    tenant = name(request.header("x-shopify-shop-domain"))
    body = read_object(request.body)
    if body is None:
        triggered_at = moment(request.header("x-shopify-triggered-at"))
        return Facts(topic, occurred_at=triggered_at, tenant=tenant, is_readable=False)
    resource_id = _resource_id(topic, body)
    version = body.get("updated_at") or body.get("created_at")
    event_id = name(request.header("x-shopify-event-id"))
    return Facts(
        topic=topic,
        event_id=f"{event_id}/{topic}/{resource_id}" if event_id else None,
        resource_id=resource_id,
        resource_version=name(version),
        occurred_at=moment(version) or moment(request.header("x-shopify-triggered-at")),
        tenant=tenant,
    )


def _resource_id(topic: str, body: dict[str, Any]) -> str | None:
    if topic.startswith("inventory_levels/"):
        return f"{name(body.get('inventory_item_id'))}/{name(body.get('location_id'))}"
    return name(body.get("id"))


SCHEME = Scheme("shopify", "webhook_secret", TOPICS, signs_body("x-shopify-hmac-sha256"), facts)
