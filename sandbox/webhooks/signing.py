"""How each vendor proves that a delivery is its own. Written from the vendors' documents alone: the product has its own.

Returns the address (some secrets travel in it) and the headers of one try; a retry is signed anew.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

from sandbox.webhooks.notices import Notice

Signed = tuple[str, dict[str, str]]


def signed(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    """Address and headers of one try, now, by the vendor of this notice."""
    url, headers = _SIGNERS[notice.platform](notice, url, secret, now, base_url)
    return url, {"Content-Type": "application/json", **headers}


def _digest(secret: str, message: bytes) -> hmac.HMAC:
    return hmac.new(secret.encode(), message, hashlib.sha256)


def _base64(secret: str, message: bytes) -> str:
    return b64encode(_digest(secret, message).digest()).decode()


def _shopify(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    return url, {
        "X-Shopify-Topic": notice.topic,
        "X-Shopify-Hmac-Sha256": _base64(secret, notice.body),
        "X-Shopify-Shop-Domain": base_url.split("//")[-1],
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Webhook-Id": str(uuid4()),
        "X-Shopify-Event-Id": notice.event_id,
        "X-Shopify-Triggered-At": notice.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def _woocommerce(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    resource, _, event = notice.topic.partition(".")
    return url, {
        "X-WC-Webhook-Source": f"{base_url}/",
        "X-WC-Webhook-Topic": notice.topic,
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": _base64(secret, notice.body),
        "X-WC-Webhook-ID": "1",
        "X-WC-Webhook-Delivery-ID": uuid4().hex,
    }


def _stripe(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    time = str(int(now.timestamp()))
    mine = _digest(secret, f"{time}.".encode() + notice.body).hexdigest()
    return url, {"Stripe-Signature": f"t={time},v1={mine},v0={'0' * 64}"}


def _shipstation(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    return f"{url}?{urlencode({'secret': secret})}", {}


def _cin7(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    return f"{url}?{urlencode({'topic': notice.topic})}", {"Authorization": f"Bearer {secret}"}


def _quickbooks(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    return url, {"intuit-signature": _base64(secret, notice.body)}


def _xero(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    return url, {"x-xero-signature": _base64(secret, notice.body)}


def _paypal(notice: Notice, url: str, secret: str, now: datetime, base_url: str) -> Signed:
    from sandbox.webhooks import paypal_key

    identity, time = str(uuid4()), now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    message = f"{identity}|{time}|{secret}|{zlib.crc32(notice.body)}"
    return url, {
        "PAYPAL-TRANSMISSION-ID": identity,
        "PAYPAL-TRANSMISSION-TIME": time,
        "PAYPAL-TRANSMISSION-SIG": b64encode(paypal_key.sign(message.encode())).decode(),
        "PAYPAL-CERT-URL": f"{base_url}/paypal{paypal_key.PATH}",
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    }


_SIGNERS = {
    "shopify": _shopify,
    "woocommerce": _woocommerce,
    "stripe": _stripe,
    "shipstation": _shipstation,
    "cin7": _cin7,
    "quickbooks": _quickbooks,
    "xero": _xero,
    "paypal": _paypal,
}
