"""What an exception shows of a delivery: enough to act on, no secret, and of a person only what is needed.

Headers never come here, so no credential does. Values of a sync's personal fields are masked wherever they occur, also
inside the destination's own words, which like to quote the payload back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reverse_etl.destination import Answer, Outcome, Result
from reverse_etl.exception_queue import Finding
from reverse_etl.plan import Delivery

MASK = "…"
# A shorter value occurs in other words by chance, and masking it would only garble them.
_SHORTEST_MASKED = 3


def masked(text: str, delivery: Delivery, personal_fields: tuple[str, ...]) -> str:
    """The text without the delivery's personal values."""
    for name in personal_fields:
        value = str(delivery.payload.get(name) or "")
        if len(value) >= _SHORTEST_MASKED:
            text = text.replace(value, MASK)
    return text


def discreet(delivery: Delivery, outcome: Outcome, personal_fields: tuple[str, ...]) -> Outcome:
    """The outcome with the destination's words masked."""
    return replace(outcome, message=masked(outcome.message, delivery, personal_fields)) if outcome.message else outcome


def evidence_of(
    delivery: Delivery, outcome: Outcome, request: str, answer: Answer | None, personal_fields: tuple[str, ...]
) -> Mapping[str, Any]:
    """Request, answer and the change that was tried."""
    changes = {
        change.field: MASK if change.field in personal_fields else [change.before, change.after]
        for change in delivery.changes
    }
    return {
        "request": masked(request, delivery, personal_fields),
        "idempotency_key": delivery.idempotency_key,
        "changes": changes,
        "answer": masked(outcome.message, delivery, personal_fields),
        "http_status": answer.status if answer is not None else None,
        "provider_request_id": answer.request_id if answer is not None else None,
    }


def finding_of(delivery: Delivery, outcome: Outcome, evidence: Mapping[str, Any]) -> Finding:
    """The exception of a delivery that did not end well."""
    kind = str(outcome.kind or "unknown")
    return finding_about(
        delivery,
        code=outcome.code or kind,
        kind=kind,
        message=str(evidence["answer"]) or (_IN_DOUBT if outcome.result is Result.IN_DOUBT else kind),
        evidence=evidence,
        cause=outcome.cause,
    )


def finding_about(
    delivery: Delivery,
    *,
    code: str,
    kind: str,
    message: str,
    evidence: Mapping[str, Any] | None = None,
    cause: str | None = None,
) -> Finding:
    """An exception that names a delivery, its record and the money at stake in it."""
    return Finding(
        code=code,
        kind=kind,
        message=message,
        sync=delivery.sync,
        destination=delivery.destination,
        record_key=delivery.record_key,
        delivery_id=delivery.delivery_id,
        plan_id=delivery.plan_id,
        money_minor=delivery.money_minor,
        currency_code=delivery.currency_code,
        evidence=evidence or {},
        cause=cause,
    )


_IN_DOUBT = "nobody knows whether this arrived"
