"""Cin7 Core: not signed. It sends back the credential we registered: a bearer token, or Basic `user:password`.

A webhook is of one type and has one address, so the type stands in the address we register (`?topic=Stock/…`) where the
body does not say it. No event has an id. Stock comes as rows of product availability without a time, so a repeat is known
only by saying what the newest one of the same SKU said. Six attempts: after 1, 5, 10, 15, 20, 25 minutes, then switched off.
"""

from __future__ import annotations

import base64
from typing import Any

from pipelines.intake.webhook import Facts, Keys, Request, Scheme, equal, moment, name, read_json

STOCK = "Stock/AvailableStockLevelChanged"
TOPICS = frozenset(
    {
        STOCK, "Sale/Created", "Sale/QuoteAuthorised", "Sale/OrderAuthorised", "Sale/PickAuthorised",
        "Sale/PackAuthorised", "Sale/ShipmentAuthorised", "Sale/ShipmentTrackingNumberChanged",
        "Sale/InvoiceAuthorised", "Sale/CreditNoteAuthorised", "Sale/PartialPaymentReceived",
        "Sale/FullPaymentReceived", "Sale/Backordered", "Sale/Voided", "Sale/Undo", "Purchase/OrderAuthorised",
        "Purchase/StockReceivedAuthorised", "Purchase/InvoiceAuthorised", "Product/Updated", "Customer/Updated",
        "Supplier/Updated",
    }
)  # fmt: skip
_IDS = ("SaleID", "SaleTaskID", "TaskID", "PurchaseID", "ID")


def is_genuine(request: Request, keys: Keys) -> bool:
    said = request.headers.get(b"authorization", b"")
    held = [
        equal(b"Bearer " + secret.encode(), said) | equal(b"Basic " + base64.b64encode(secret.encode()), said)
        for secret in keys.secrets
    ]
    return any(held)


def facts(request: Request) -> Facts:
    body = read_json(request.body)
    topic = name(request.parameter("topic")) or "no topic"
    if isinstance(body, dict):
        topic = name(body.get("EventType")) or topic
    rows = body if isinstance(body, list) else [body]
    first = rows[0] if rows and isinstance(rows[0], dict) else None
    if first is None:
        return Facts(topic, is_readable=False)
    version = first.get("LastModifiedOn") or first.get("UpdatedDate")
    return Facts(
        topic=topic,
        resource_id=_resource_id(topic, rows, first),
        resource_version=name(version),
        occurred_at=moment(version),
        is_state=version is None,
    )


def _resource_id(topic: str, rows: list[Any], first: dict[str, Any]) -> str | None:
    if topic == STOCK:
        skus = sorted({name(row.get("SKU")) or "" for row in rows if isinstance(row, dict)})
        return name(",".join(skus))
    return next((found for key in _IDS if (found := name(first.get(key)))), None)


SCHEME = Scheme("cin7", "webhook_secret", TOPICS, is_genuine, facts)
