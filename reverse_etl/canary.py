"""The canary: the first records of a plan go alone and are read back; the rest follows only if they hold what was written."""

from __future__ import annotations

from collections.abc import Sequence

from reverse_etl.delivery_states import OPEN, State
from reverse_etl.errors import DeliveryError
from reverse_etl.exception_queue import Finding
from reverse_etl.feed import Feed
from reverse_etl.plan import Action, Delivery
from reverse_etl.push import Push
from reverse_etl.sync import Sync


async def lead(run: Push, sync: Sync, plan_id: str) -> Finding | None:
    """Send the canary of a plan that has more records than that; what is wrong with it, or None when the rest may go."""
    records = sync.canary
    if not records:
        return None
    # What waits for another document says nothing about this plan, and holds up no other chain.
    blocked = {delivery.delivery_id for delivery, _ in run.ledger.queries.blocked(sync.name)}
    head = run.ledger.queries.head(plan_id, records + len(blocked) + 1)
    first = [delivery for delivery in head if delivery.delivery_id not in blocked]
    if len(first) <= records:
        return None
    first = first[:records]
    if any(delivery.state in OPEN for delivery in first):
        ids = [delivery.delivery_id for delivery in first]
        await run.drain(Feed(run.ledger.queries, run.destination, {sync.name: sync}, run.holder, ids))
        first = list(run.ledger.queries.by_ids(ids))
        if run.tallies[sync.name].stopped is None:
            wrong = await _wrong(run, sync, first)
            if wrong:
                return _finding(sync, plan_id, wrong)
    return None


async def _wrong(run: Push, sync: Sync, deliveries: Sequence[Delivery]) -> list[str]:
    """A sentence per record that was not accepted or does not hold what it accepted."""
    found = []
    for delivery in deliveries:
        if delivery.state != State.ACCEPTED:
            found.append(f"{delivery.record_key} was not accepted but is {delivery.state}")
            continue
        try:
            held = await run.read_back(delivery)
        except DeliveryError as error:
            found.append(f"{delivery.record_key} can not be read back: {error}")
            continue
        found += _differences(sync, delivery, held)
    return found


def _differences(sync: Sync, delivery: Delivery, held: object) -> list[str]:
    if delivery.action is Action.DELETE:
        left = {name: value for name, value in dict(held or {}).items() if value not in (None, "")}  # type: ignore[call-overload]
        wrong = [name for name in sync.compared_fields if name in left]
        return [f"{delivery.record_key} still holds {', '.join(wrong)}"] if wrong else []
    if not isinstance(held, dict):
        return [f"{delivery.record_key} was accepted but is not there"]
    return [
        f"{delivery.record_key}: {name} was written but does not read back"
        for name in sync.compared_fields
        if name in held and held[name] != delivery.payload[name]
    ]


def _finding(sync: Sync, plan_id: str, wrong: Sequence[str]) -> Finding:
    return Finding(
        code="canary_failed",
        kind="validation",
        message=f"the first records of plan {plan_id} did not read back as written: {'; '.join(wrong[:5])}",
        sync=sync.name,
        destination=sync.destination,
        plan_id=plan_id,
        evidence={"records": list(wrong[:50])},
        severity="critical",
    )
