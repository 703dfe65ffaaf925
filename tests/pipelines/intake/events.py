"""Events as the intake hands them to the inbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pipelines.intake.inbox import Arrived

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def arrived(event_id: str | None = "e1", body: bytes = b"{}", **other: Any) -> Arrived:
    columns: dict[str, Any] = {
        "platform": "shopify",
        "account_id": "main",
        "topic": "orders/create",
        "resource_id": "1",
        "resource_version": None,
        "occurred_at": NOON,
        "received_at": NOON,
        "is_known_topic": True,
        "is_readable": True,
        **other,
    }
    return Arrived(event_id=event_id, body=body, **columns)
