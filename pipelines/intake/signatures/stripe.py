"""Stripe: `Stripe-Signature: t=…,v1=…`, where v1 is hex HMAC-SHA256 of `{t}.{raw body}` under the endpoint's secret.

The time is signed: a delivery older, or newer, than five minutes is refused; a retry is signed anew. While a secret is
being rolled there are several v1; v0 is for tests and never counts. A repeat has the same event id. Retries: three days.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipelines.intake.webhook import Facts, Keys, Request, Scheme, equal, hmac_sha256, inner, moment, name, read_object

WINDOW = timedelta(seconds=300)
TOPICS = frozenset(
    {
        "charge.captured", "charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.expired", "charge.failed",
        "charge.pending", "charge.refund.updated", "charge.refunded", "charge.succeeded", "charge.updated",
        "payment_intent.canceled", "payment_intent.payment_failed", "payment_intent.succeeded",
        "payout.canceled", "payout.created", "payout.failed", "payout.paid", "payout.reconciliation_completed",
        "payout.updated", "refund.created", "refund.failed", "refund.updated", "balance.available",
    }
)  # fmt: skip


def is_genuine(request: Request, keys: Keys) -> bool:
    time, signatures = _parts(request.headers.get(b"stripe-signature", b""))
    if not _is_recent(time, request.received_at):
        return False
    held = [
        equal(hmac_sha256(secret, time, b".", request.body).hex().encode(), signature)
        for secret in keys.secrets
        for signature in signatures
    ]
    return any(held)


def _parts(header: bytes) -> tuple[bytes, list[bytes]]:
    pairs = [part.strip().partition(b"=") for part in header.split(b",")]
    time = next((value for key, _, value in pairs if key == b"t"), b"")
    # More signatures than a roll of secrets has are somebody trying.
    return time, [value for key, _, value in pairs if key == b"v1"][:8]


def _is_recent(time: bytes, now: datetime) -> bool:
    if not time.isdigit() or len(time) > 12:
        return False
    return abs(now - datetime.fromtimestamp(int(time), UTC)) <= WINDOW


def facts(request: Request) -> Facts:
    body = read_object(request.body)
    if body is None:
        return Facts("no topic", is_readable=False)
    return Facts(
        topic=name(body.get("type")) or "no topic",
        event_id=name(body.get("id")),
        resource_id=name(inner(body, "data", "object", "id")),
        resource_version=name(body.get("created")),
        occurred_at=moment(body.get("created")),
        tenant=name(body.get("account")),
    )


SCHEME = Scheme("stripe", "webhook_secret", TOPICS, is_genuine, facts)
