"""The canary: the first records of a plan go alone and are read back; the rest follows only if they hold what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reverse_etl import plan_standing
from reverse_etl.delivery_states import State
from reverse_etl.errors import DeliveryError, foreseen
from reverse_etl.exception_queue import Finding
from reverse_etl.feed import Feed
from reverse_etl.plan import Action, Delivery
from reverse_etl.plan_standing import CANARY_PASSED
from reverse_etl.push import Push
from reverse_etl.sync import Sync

# How many times as many records as the canary asks for are tried before "all refused" is taken for a failure.
_ROUNDS = 3


@dataclass(frozen=True)
class Verdict:
    """May the rest go? `wrong` says what failed; without it the canary itself still waits."""

    may_go: bool
    wrong: Finding | None = None


async def lead(run: Push, sync: Sync, plan_id: str) -> Verdict:
    """Send the canary of a plan that has more records than that, and read it back.

    A refused record says something about itself, not about the writing, so the next one takes its place; only when all
    that were tried are refused, or one that was accepted does not hold what was written, has the canary failed.
    """
    records, queries = sync.canary, run.ledger.queries
    standing = plan_standing.standing(run.ledger.engine, plan_id)
    if not records or standing is None or standing.plan_status == CANARY_PASSED:
        return Verdict(True)
    if sum(standing.states.values()) <= records:
        return Verdict(True)
    for _ in range(_ROUNDS):
        accepted = queries.deliveries(plan_id, (State.ACCEPTED,), records)
        wanted = (
            queries.due(sync.destination, [sync.name], run.holder, records - len(accepted))
            if len(accepted) < records
            else ()
        )
        if not wanted or run.tallies[sync.name].stopped is not None:
            break
        ids = [delivery.delivery_id for delivery in wanted]
        await run.drain(Feed(queries, run.destination, {sync.name: sync}, run.holder, ids))
    if run.tallies[sync.name].stopped is not None:
        return Verdict(False)
    return await _judge(run, sync, plan_id)


async def _judge(run: Push, sync: Sync, plan_id: str) -> Verdict:
    accepted = run.ledger.queries.deliveries(plan_id, (State.ACCEPTED,), sync.canary)
    if accepted:
        wrong = await _wrong(run, sync, accepted)
        return Verdict(not wrong, _finding(sync, plan_id, wrong) if wrong else None)
    refused = len(run.ledger.queries.deliveries(plan_id, (State.REJECTED,), sync.canary * _ROUNDS))
    if refused == sync.canary * _ROUNDS:
        return Verdict(False, _finding(sync, plan_id, [f"all of the first {refused} were refused"]))
    # Refused and nothing else left, or all that is left waits for something: then there is nothing to hold back.
    return Verdict(not run.ledger.queries.due(sync.destination, [sync.name], "", 1))


async def _wrong(run: Push, sync: Sync, deliveries: Sequence[Delivery]) -> list[str]:
    """A sentence per record that does not hold what it accepted."""
    found = []
    for delivery in deliveries:
        try:
            held = await run.read_back(delivery)
            with foreseen():
                found += _differences(sync, delivery, held)
        except DeliveryError as error:
            found.append(f"{delivery.record_key} can not be read back: {error}")
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
