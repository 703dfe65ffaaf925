"""Deliveries of every vendor, good and bad, with what must become of each: signed by the twins, not by the product."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sandbox import decimal_json
from sandbox.webhooks.control import secret_of
from sandbox.webhooks.notices import Notice
from sandbox.webhooks.signing import signed
from sandbox.webhooks.vendors import VENDORS

TOPICS = {
    "shopify": "orders/updated",
    "woocommerce": "order.updated",
    "stripe": "charge.succeeded",
    "shipstation": "SHIP_NOTIFY",
    "cin7": "Stock/AvailableStockLevelChanged",
    "quickbooks": "Invoice.Update",
    "xero": "INVOICE.UPDATE",
    "paypal": "PAYMENT.CAPTURE.COMPLETED",
}
# These sign nothing, so a change on the way can not be seen.
UNSIGNED = ("shipstation", "cin7")
KEPT = ("good", "late", "truncated", "not_utf8", "unknown_topic", "no_json", "deep", "half_a_surrogate")
REFUSED = ("forged", "tampered", "unsigned", "stale", "empty_signature", "huge")
LARGEST = 64 * 1024


@dataclass(frozen=True)
class Delivery:
    """One request. `name` is the same for all deliveries of one event; `status` is what must be answered."""

    name: str
    kind: str
    platform: str
    url: str
    headers: dict[str, str]
    body: bytes
    status: int


def mixed(seed: int, count: int, url: str, base_url: str, now: datetime) -> list[Delivery]:
    """`count` deliveries, reordered: a third are repeats of others, exact or signed anew."""
    rng = random.Random(seed)
    made: list[Delivery] = []
    number = 0
    while len(made) < count:
        if made and rng.random() < 0.33:
            made.append(_again(rng.choice(made), rng))
            continue
        number += 1
        platform, kind = rng.choice(sorted(TOPICS)), rng.choice((*KEPT, *KEPT, *REFUSED))
        if (kind == "tampered" and platform in UNSIGNED) or (kind == "stale" and platform not in ("stripe", "paypal")):
            kind = "forged"
        made.append(_first(number, platform, kind, url, base_url, now))
    rng.shuffle(made)
    return made


def _again(delivery: Delivery, rng: random.Random) -> Delivery:
    return replace(delivery, kind=f"{delivery.kind}, again")


def _first(number: int, platform: str, kind: str, url: str, base_url: str, now: datetime) -> Delivery:
    at = datetime(2026, 11, 1, tzinfo=UTC) - (timedelta(days=30) if kind == "late" else timedelta(0))
    topic = f"nobody/{number}" if kind == "unknown_topic" else TOPICS[platform]
    if platform in ("quickbooks", "xero") and kind == "unknown_topic":
        topic = f"Nobody{number}.CREATE"
    resource = f"{7_000_000 + number}"
    wrapped = VENDORS[platform].wrap(topic, number, resource, at, _object(platform, resource, at))
    notice = Notice(platform, topic, wrapped.event_id, resource, _body(kind, wrapped.body, number), at)
    secret = secret_of(platform)
    if kind == "forged":
        secret = f"{secret}x"
    when = now - timedelta(days=5) if kind == "stale" else now
    address, headers = signed(notice, f"{url}/{platform}", secret, when, base_url)
    body, status = notice.body, 200 if kind in KEPT else 401
    if kind == "tampered":
        body += b" "
    if kind == "huge":
        status = 413
    if kind in ("unsigned", "empty_signature"):
        address = address.split("?")[0]
        headers = {name: "" if kind == "empty_signature" else value for name, value in headers.items()}
        if kind == "unsigned":
            headers = {"Content-Type": "application/json"}
    return Delivery(f"{platform} {number}", kind, platform, address, headers, body, status)


def _object(platform: str, resource: str, at: datetime) -> object:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S")
    if platform == "cin7":
        return [{"SKU": f"SKU-{resource}", "Location": "Newark", "OnHand": 5, "Available": 4}]
    if platform == "shipstation":
        return {
            "resource_url": f"https://ssapi.shipstation.com/shipments?batchId={resource}",
            "resource_type": "SHIP_NOTIFY",
        }
    return {"id": int(resource), "updated_at": f"{stamp}Z", "date_modified_gmt": stamp, "update_time": f"{stamp}Z"}


def _body(kind: str, body: object, number: int) -> bytes:
    text = decimal_json.dumps(body)
    # No two of these are equal: an unreadable body is known by its bytes.
    mark = f"{number}".encode()
    return {
        "truncated": text[: len(text) // 2] + mark,
        "not_utf8": b"\xff\xfe" + text + mark,
        "no_json": b"hello " + mark,
        "deep": b"[" * 9_000 + mark,
        "half_a_surrogate": text.replace(b"{", b'{"note": "\\ud800 \\u0000", ', 1),
        "huge": text + b" " * LARGEST,
    }.get(kind, text)
