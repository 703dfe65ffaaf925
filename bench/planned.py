"""Deliveries to send, planned and approved: what the benchmarks of ledger and push start from."""

from __future__ import annotations

from datetime import UTC, datetime

from reverse_etl import canonical_json
from reverse_etl.ledger import Ledger
from reverse_etl.plan import Action, Change, Delivery, Plan
from reverse_etl.sync import Baseline, Guard, Lane, Mode, Sync

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SYNC = Sync(
    name="bench__records",
    model="act_bench__records",
    destination="bench",
    object="record",
    mode=Mode.UPSERT,
    guard=Guard.IDEMPOTENCY_KEY,
    baseline=Baseline.ACCEPTED,
    lane=Lane.SEGMENTS,
    fields=("email", "segment", "net_revenue_minor"),
)


def delivery(number: int, run: str) -> Delivery:
    email = f"customer{number}.{run}@example.com"
    payload = {"email": email, "segment": "loyal", "net_revenue_minor": number}
    return Delivery(
        sync=SYNC.name, destination="bench", object="record", record_key=email, action=Action.CREATE, payload=payload,
        lines=(), changes=tuple(Change(name, None, value) for name, value in payload.items()), reason="scores moved",
        source_key=str(number), money_minor=number, currency_code="USD", fingerprint=f"{run}{number:028}", quick=number,
        intention=canonical_json.digest([run, number]),
    )  # fmt: skip


def approved(ledger: Ledger, deliveries: int, run: str) -> tuple[Delivery, ...]:
    stored = ledger.store_plan(SYNC, Plan(SYNC.name, tuple(delivery(n, run) for n in range(deliveries)), 0), NOW)
    ledger.approve_within_limits(stored.plan_id, NOW)
    return ledger.queries.deliveries(stored.plan_id)
