"""PayPal: signed by PayPal's own key, SHA-256 with RSA, over `transmission id|time|webhook id|CRC32 of the body`.

The certificate's address comes with the delivery: it is fetched only from PayPal, or from the address the account is read
at, and kept. The webhook's id is ours to configure and never sent, so a delivery for another webhook does not verify.
The time is signed, but it is not known whether a retry is signed anew, and retries last three days: what is older than
four days is refused, and before that a repeat is known by the event's id.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pipelines.intake.webhook import Facts, Keys, Request, Scheme, inner, moment, name, read_object

OLDEST, CLOCK_SKEW = timedelta(days=4), timedelta(minutes=5)
CERTIFICATES = "/v1/notifications/certs/"
TOPICS = frozenset(
    {
        "CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED", "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.RESOLVED",
        "CUSTOMER.DISPUTE.UPDATED", "PAYMENT.AUTHORIZATION.CREATED", "PAYMENT.AUTHORIZATION.VOIDED",
        "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.DECLINED", "PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.PENDING",
        "PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED", "PAYMENT.SALE.COMPLETED", "PAYMENT.SALE.REFUNDED",
        "PAYMENT.SALE.REVERSED", "RISK.DISPUTE.CREATED",
    }
)  # fmt: skip


def key_address(request: Request, keys: Keys) -> str | None:
    """The certificate's address, where it is one that may be asked: PayPal's own, or the account's."""
    address = request.header("paypal-cert-url")
    try:
        parts, ours = urlsplit(address), urlsplit(keys.base_url)
        port, our_port = parts.port, ours.port
    except ValueError:
        return None
    if parts.username or parts.password or parts.query or parts.fragment or ".." in parts.path or "%" in parts.path:
        return None
    host = parts.hostname or ""
    is_paypal = parts.scheme == "https" and host.endswith(".paypal.com") and port in (None, 443)
    is_ours = (parts.scheme, host, port) == (ours.scheme, ours.hostname, our_port)
    folder = CERTIFICATES if is_paypal else f"{ours.path.rstrip('/')}{CERTIFICATES}"
    return address if (is_paypal or is_ours) and parts.path.startswith(folder) else None


def is_genuine(request: Request, keys: Keys) -> bool:
    if request.header("paypal-auth-algo") != "SHA256withRSA":
        return False
    sent_at = moment(request.header("paypal-transmission-time"))
    if sent_at is None or not -CLOCK_SKEW <= request.received_at - sent_at <= OLDEST:
        return False
    key = _public_key(request.key, request.received_at)
    if key is None:
        return False
    try:
        signature = base64.b64decode(request.header("paypal-transmission-sig"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(_holds(key, signature, request, webhook_id) for webhook_id in keys.secrets)


def _public_key(certificate: bytes, now: datetime) -> rsa.RSAPublicKey | None:
    try:
        found = x509.load_pem_x509_certificates(certificate)[0]
    except (ValueError, IndexError):
        return None
    key = found.public_key()
    is_valid = found.not_valid_before_utc <= now <= found.not_valid_after_utc
    return key if is_valid and isinstance(key, rsa.RSAPublicKey) else None


def _holds(key: rsa.RSAPublicKey, signature: bytes, request: Request, webhook_id: str) -> bool:
    identity, time = request.header("paypal-transmission-id"), request.header("paypal-transmission-time")
    signed = f"{identity}|{time}|{webhook_id}|{zlib.crc32(request.body)}"
    try:
        key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def facts(request: Request) -> Facts:
    body = read_object(request.body)
    if body is None:
        return Facts("no topic", is_readable=False)
    return Facts(
        topic=name(body.get("event_type")) or "no topic",
        event_id=name(body.get("id")),
        resource_id=name(inner(body, "resource", "id")) or name(inner(body, "resource", "dispute_id")),
        resource_version=name(inner(body, "resource", "update_time")) or name(body.get("create_time")),
        occurred_at=moment(body.get("create_time")),
    )


SCHEME = Scheme("paypal", "webhook_id", TOPICS, is_genuine, facts, key_address=key_address)
