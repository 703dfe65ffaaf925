"""QuickBooks Online: `intuit-signature` is base64 HMAC-SHA256 of the raw body under the app's verifier token.

No time is signed. Two shapes of body: `eventNotifications` per company with the entities that changed, which have no event
id, and CloudEvents, which have one each. A delivery is one event here, whatever it lists; its entities are references to
be read again. Success is wanted within 3 s; later events may be held back until a failed one is acknowledged.
"""

from __future__ import annotations

from typing import Any

from pipelines.intake.inbox import digest_of
from pipelines.intake.webhook import Facts, Request, Scheme, inner, moment, name, read_json, signs_body

_ENTITIES = (
    "Account", "Bill", "BillPayment", "Class", "CreditMemo", "Customer", "Department", "Deposit", "Estimate", "Invoice",
    "Item", "JournalEntry", "Payment", "PaymentMethod", "Preferences", "Purchase", "PurchaseOrder", "RefundReceipt",
    "SalesReceipt", "TaxAgency", "Term", "TimeActivity", "Transfer", "Vendor", "VendorCredit",
)  # fmt: skip
_OPERATIONS = ("Create", "Update", "Delete", "Merge", "Void", "Emailed")
SEVERAL = "several"
TOPICS = frozenset(
    {
        SEVERAL,
        *(f"{entity}.{operation}" for entity in _ENTITIES for operation in _OPERATIONS),
        *(
            f"qbo.{entity.lower()}.{deed}.v1"
            for entity in _ENTITIES
            for deed in ("created", "updated", "deleted", "merged", "voided", "emailed")
        ),
    }
)


def facts(request: Request) -> Facts:
    body = read_json(request.body)
    if isinstance(body, list) or (isinstance(body, dict) and "specversion" in body):
        return _cloud_events(
            [event for event in (body if isinstance(body, list) else [body]) if isinstance(event, dict)]
        )
    notices = body.get("eventNotifications") if isinstance(body, dict) else None
    if not isinstance(notices, list):
        return Facts("no topic", is_readable=False)
    return _notifications([notice for notice in notices if isinstance(notice, dict)])


def _notifications(notices: list[dict[str, Any]]) -> Facts:
    lists = [inner(notice, "dataChangeEvent", "entities") for notice in notices]
    entities = [entity for found in lists if isinstance(found, list) for entity in found if isinstance(entity, dict)]
    times = [found for entity in entities if (found := moment(entity.get("lastUpdated")))]
    return Facts(
        topic=_topic([f"{entity.get('name')}.{entity.get('operation')}" for entity in entities]),
        resource_id=name(entities[0].get("id")) if len(entities) == 1 else None,
        resource_version=name(entities[0].get("lastUpdated")) if len(entities) == 1 else None,
        occurred_at=max(times, default=None),
        tenant=name(notices[0].get("realmId")) if notices else None,
    )


def _cloud_events(events: list[dict[str, Any]]) -> Facts:
    if not events:
        return Facts("no topic", is_readable=False)
    ids = [name(event.get("id")) for event in events]
    times = [found for event in events if (found := moment(event.get("time")))]
    return Facts(
        topic=_topic([str(event.get("type")) for event in events]),
        event_id=None if None in ids else ids[0] if len(ids) == 1 else digest_of(*ids),
        resource_id=name(events[0].get("intuitentityid")) if len(events) == 1 else None,
        resource_version=name(events[0].get("time")) if len(events) == 1 else None,
        occurred_at=max(times, default=None),
        tenant=name(events[0].get("intuitaccountid")),
    )


def _topic(topics: list[str]) -> str:
    """The one topic of a delivery; an unknown one among several is shown by its name."""
    unknown = next((topic for topic in topics if topic not in TOPICS), None)
    different = set(topics)
    return name(unknown) or (topics[0] if len(different) == 1 else SEVERAL)


SCHEME = Scheme("quickbooks", "webhook_secret", TOPICS, signs_body("intuit-signature"), facts)
