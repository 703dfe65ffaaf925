"""WooCommerce: `X-WC-Webhook-Signature` is base64 HMAC-SHA256 of the raw body under the webhook's own secret.

No time is signed and there is no event id: a repeat is the same topic, resource, `date_modified_gmt` and body. A new webhook
first sends an unsigned ping, `webhook_id=…` as a form, and wants success for it. Never retried; after five failures in a
row the shop switches the webhook off.
"""

from __future__ import annotations

import re

from pipelines.intake.webhook import Facts, Request, Scheme, moment, name, read_object, signs_body

_OBJECTS = ("coupon", "customer", "order", "product")
_DEEDS = ("created", "updated", "deleted", "restored")
TOPICS = frozenset(f"{thing}.{deed}" for thing in _OBJECTS for deed in _DEEDS)
_PING = re.compile(rb"webhook_id=\d{1,20}")


def facts(request: Request) -> Facts:
    topic = name(request.header("x-wc-webhook-topic")) or "no topic"
    tenant = name(request.header("x-wc-webhook-source"))
    body = read_object(request.body)
    if body is None:
        return Facts(topic, tenant=tenant, is_readable=False)
    version = body.get("date_modified_gmt") or body.get("date_created_gmt")
    return Facts(
        topic=topic,
        resource_id=name(body.get("id")),
        resource_version=name(version),
        occurred_at=moment(version),
        tenant=tenant,
    )


def is_ping(request: Request) -> bool:
    """The unsigned form a shop sends when a webhook is made; it is answered and means nothing."""
    return not request.header("x-wc-webhook-topic") and _PING.fullmatch(request.body) is not None


SCHEME = Scheme("woocommerce", "webhook_secret", TOPICS, signs_body("x-wc-webhook-signature"), facts, is_ping)
