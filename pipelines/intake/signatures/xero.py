"""Xero: `x-xero-signature` is base64 HMAC-SHA256 of the raw body under the webhook's signing key.

Before a webhook is switched on, Xero sends deliveries without events, some signed wrongly, and wants 200 for the good and
401 for the bad ones, each with an empty body and no cookie. No time is signed and no event has an id: sequence numbers,
resources and times stand for it. `entropy` differs between repeats, so the body's digest does not count.
"""

from __future__ import annotations

from pipelines.intake.inbox import digest_of
from pipelines.intake.webhook import Facts, Request, Scheme, moment, name, read_object, signs_body

INTENT = "intent to receive"
SEVERAL = "several"
_CATEGORIES = ("INVOICE", "CONTACT", "CREDITNOTE", "SUBSCRIPTION")
TOPICS = frozenset(
    {INTENT, SEVERAL, *(f"{category}.{deed}" for category in _CATEGORIES for deed in ("CREATE", "UPDATE"))}
)
_IDENTITY = ("tenantId", "eventCategory", "eventType", "resourceId", "eventDateUtc")


def facts(request: Request) -> Facts:
    body = read_object(request.body)
    if body is None or not isinstance(body.get("events"), list):
        return Facts("no topic", is_readable=False)
    events = [event for event in body["events"] if isinstance(event, dict)]
    if not events:
        return Facts(INTENT)
    first, last = name(body.get("firstEventSequence")), name(body.get("lastEventSequence"))
    topics = [f"{event.get('eventCategory')}.{event.get('eventType')}" for event in events]
    unknown = next((topic for topic in topics if topic not in TOPICS), None)
    times = [found for event in events if (found := moment(event.get("eventDateUtc")))]
    return Facts(
        topic=name(unknown) or (topics[0] if len(set(topics)) == 1 else SEVERAL),
        event_id=digest_of(first, last, *(name(event.get(key)) for event in events for key in _IDENTITY)),
        resource_id=name(events[0].get("resourceId")) if len(events) == 1 else None,
        resource_version=name(events[0].get("eventDateUtc")) if len(events) == 1 else None,
        occurred_at=max(times, default=None),
        tenant=name(events[0].get("tenantId")),
    )


SCHEME = Scheme("xero", "webhook_secret", TOPICS, signs_body("x-xero-signature"), facts)
