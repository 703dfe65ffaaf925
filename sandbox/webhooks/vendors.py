"""Each vendor's manner: how long it waits for an answer, when it tries again, when it gives up, how it wraps an event.

Pauses are seconds, in the vendors' documents or, where those say only "growing" or "over three days", shaped to fit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5


@dataclass(frozen=True)
class Wrapped:
    event_id: str
    body: Any


Wrap = Callable[[str, int, str, datetime, Any], Wrapped]


@dataclass(frozen=True)
class Vendor:
    """first: the pause before the first try. switched_off_after: so many failures in a row end a subscription."""

    timeout: float
    retries: tuple[float, ...]
    wrap: Wrap
    first: float = 0.0
    switched_off_after: int | None = None


def _plain(topic: str, number: int, resource_id: str, at: datetime, body: Any) -> Wrapped:
    return Wrapped(str(uuid5(NAMESPACE_URL, f"sandbox/{number}/{topic}/{resource_id}")), body)


def _stripe(topic: str, number: int, resource_id: str, at: datetime, body: Any) -> Wrapped:
    event_id = f"evt_{hashlib.sha256(f'{number}{topic}{resource_id}'.encode()).hexdigest()[:24]}"
    event = {
        "id": event_id,
        "object": "event",
        "api_version": "2026-08-26.dahlia",
        "created": int(at.timestamp()),
        "data": {"object": body},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": topic,
    }
    return Wrapped(event_id, event)


def _paypal(topic: str, number: int, resource_id: str, at: datetime, body: Any) -> Wrapped:
    event_id = f"WH-{hashlib.sha256(f'{number}{topic}{resource_id}'.encode()).hexdigest()[:17].upper()}-{number}"
    # PAYMENT.CAPTURE.COMPLETED is about a capture.
    kind = topic.lower().split(".")[-2:][0]
    event = {
        "id": event_id,
        "event_version": "1.0",
        "create_time": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "resource_type": "dispute" if topic.startswith("CUSTOMER.DISPUTE") else kind,
        "resource_version": "2.0",
        "event_type": topic,
        "summary": f"{topic.replace('.', ' ').capitalize()}.",
        "resource": body,
        "links": [],
    }
    return Wrapped(event_id, event)


def _quickbooks(topic: str, number: int, resource_id: str, at: datetime, body: Any) -> Wrapped:
    from sandbox.server import CREDENTIALS

    name, _, operation = topic.partition(".")
    entity = {
        "name": name,
        "id": resource_id,
        "operation": operation,
        "lastUpdated": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    realm = CREDENTIALS["quickbooks"]["realm_id"]
    notice = {"realmId": realm, "dataChangeEvent": {"entities": [entity]}}
    return Wrapped(f"{number}", {"eventNotifications": [notice]})


def _xero(topic: str, number: int, resource_id: str, at: datetime, body: Any) -> Wrapped:
    from sandbox.server import EUROPE_CREDENTIALS

    category, _, deed = topic.partition(".")
    event = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/{category.title()}s/{resource_id}",
        "resourceId": resource_id,
        # The vendor writes no Z, and means UTC.
        "eventDateUtc": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        "eventType": deed,
        "eventCategory": category,
        "tenantId": EUROPE_CREDENTIALS["xero"]["tenant_id"],
        "tenantType": "ORGANISATION",
    }
    entropy = hashlib.sha256(f"{number}".encode()).hexdigest()[:20].upper()
    body = {"events": [event], "firstEventSequence": number, "lastEventSequence": number, "entropy": entropy}
    return Wrapped(f"{number}", body)


VENDORS: dict[str, Vendor] = {
    # Eight times in four hours, each pause twice the one before; then the subscription is removed.
    "shopify": Vendor(5.0, (56, 113, 226, 452, 904, 1_807, 3_614, 7_228), _plain, switched_off_after=9),
    "woocommerce": Vendor(5.0, (), _plain, switched_off_after=5),
    "stripe": Vendor(10.0, (60, 300, 1_800, 7_200, 18_000, 43_200, 86_400, 86_400), _stripe),
    "shipstation": Vendor(10.0, (60, 300, 900), _plain),
    "cin7": Vendor(30.0, (300, 600, 900, 1_200, 1_500), _plain, first=60, switched_off_after=6),
    "quickbooks": Vendor(3.0, (10, 20, 30, 300, 1_200, 7_200, 14_400, 21_600), _quickbooks),
    "xero": Vendor(5.0, (60, 300, 1_800, 7_200, 21_600, 43_200), _xero, switched_off_after=7),
    # Twenty-five times over three days.
    "paypal": Vendor(30.0, (10_368,) * 25, _paypal),
}
