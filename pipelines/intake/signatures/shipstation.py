"""ShipStation V1: not signed. The address we register carries our own secret, as `?secret=…`, or as Basic credentials.

The body is only `resource_url` and `resource_type`: what changed is fetched with the account's key. The address of a
batch is its identity, so it stands for the event's id. Whoever fetches takes its path and query only, never its host.
"""

from __future__ import annotations

import base64

from pipelines.intake.webhook import Facts, Keys, Request, Scheme, equal, name, read_object

TOPICS = frozenset({"ORDER_NOTIFY", "ITEM_ORDER_NOTIFY", "SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED"})


def is_genuine(request: Request, keys: Keys) -> bool:
    said = request.headers.get(b"authorization", b"")
    in_address = request.parameter("secret").encode("utf-8", "surrogatepass")
    held = [
        equal(secret.encode(), in_address) | equal(b"Basic " + base64.b64encode(secret.encode()), said)
        for secret in keys.secrets
    ]
    return any(held)


def facts(request: Request) -> Facts:
    body = read_object(request.body)
    if body is None:
        return Facts("no topic", is_readable=False)
    topic, address = name(body.get("resource_type")) or "no topic", name(body.get("resource_url"))
    return Facts(topic=topic, event_id=f"{topic} {address}" if address else None, resource_id=address)


SCHEME = Scheme("shipstation", "webhook_secret", TOPICS, is_genuine, facts)
