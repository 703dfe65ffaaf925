"""Claiming deliveries and recording what came of them, many at a time on one connection of the operational store.

A claim is the write-ahead: in one commit a delivery becomes `sending`, its fence goes up, the lease is taken and the
attempt is written down; only then may the request leave. An outcome moves a delivery only under the newest fence, so a
worker that slept through its lease changes nothing. What does not end well becomes an exception in the same commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, update

from reverse_etl import claim_statements as statements
from reverse_etl import exception_queue, flows
from reverse_etl.delivery_states import TRANSITIONS, State
from reverse_etl.destination import Answer, Outcome, Result
from reverse_etl.errors import DeliveryError, Kind, StopSync
from reverse_etl.evidence import evidence_of, finding_of
from reverse_etl.ledger_tables import DELIVERIES, storable
from reverse_etl.plan import Delivery
from reverse_etl.quota import spend

Item = TypeVar("Item")

# Longer than any request with its waits, shorter than an operator's patience with a worker that died elsewhere.
LEASE = timedelta(minutes=5)
# Below SQLite's limit of parameters in one statement.
CHUNK = 5_000


class Purpose(StrEnum):
    WRITE = "write"
    LOOK_UP = "look_up"


@dataclass(frozen=True)
class Attempt:
    attempt_id: str
    delivery: Delivery
    request_key: str
    leased_until: datetime


@dataclass(frozen=True)
class Claim:
    """A request that is about to leave for these deliveries of one sync."""

    holder: str
    deliveries: Sequence[Delivery]
    purpose: Purpose
    # The idempotency key of a request for those of them that turn out to be ours.
    key_of: Callable[[Sequence[Delivery]], str]
    # Requests the destination allows per rolling day, where it counts them.
    daily: int | None = None
    # A flow whose switch stops this claim as well as the sync's own.
    flow: str = ""


@dataclass(frozen=True)
class Answered:
    """What came of a request: an outcome per record, None for a look-up that found nothing."""

    attempts: Sequence[Attempt]
    outcomes: Mapping[str, Outcome | None]
    answer: Answer | None = None
    # What was asked, for the exception's evidence: "POST /path".
    request: str = ""
    personal_fields: tuple[str, ...] = ()
    # When the answer was there; the commit comes a little later.
    at: datetime | None = None


@dataclass(frozen=True)
class Release:
    """Deliveries that go back to wait: in doubt where an attempt is, else approved, not before `due_at`."""

    deliveries: Sequence[Delivery]
    doubted: frozenset[str]
    due_at: datetime | None = None
    why: DeliveryError | None = None
    personal_fields: tuple[str, ...] = ()


# What a result makes of the delivery; the two missing ones leave it in the air for the loop to send anew or release.
_STATE_AFTER = {Result.ACCEPTED: State.ACCEPTED, Result.REJECTED: State.REJECTED, Result.IN_DOUBT: State.IN_DOUBT}


def claim(connection: Connection, claims: Sequence[Claim], now: datetime) -> list[list[Attempt] | StopSync]:
    """Per claim the attempts that are ours to make, or why nothing of it may be sent; others' deliveries are left out."""
    refused = _refusals(connection, claims, now)
    wanted = [item for item in claims if id(item) not in refused]
    rows = _locked(connection, (delivery for item in wanted for delivery in item.deliveries))
    until, answers, appended = now + LEASE, list[list[Attempt] | StopSync](), list[list[Any]]()
    written: dict[tuple[str, Purpose], list[str]] = {}
    for item in claims:
        if id(item) in refused:
            answers.append(refused[id(item)])
            continue
        ours = [
            delivery.taken(row["fence"] + 1)
            for delivery in item.deliveries
            if _is_free(row := rows[delivery.delivery_id], delivery, item.holder)
        ]
        key = item.key_of(ours) if ours else ""
        attempts = [Attempt(f"{held.delivery_id}#{held.fence}", held, key, until) for held in ours]
        written.setdefault((item.holder, item.purpose), []).extend(held.delivery_id for held in ours)
        appended += [[a.attempt_id, a.delivery.delivery_id, item.purpose, key, item.holder] for a in attempts]
        answers.append(attempts)
    for (holder, purpose), ids in written.items():
        _take(connection, ids, holder, purpose, until, now)
    statements.run(connection, statements.APPEND_ATTEMPTS, appended, now=now)
    return answers


def record(connection: Connection, answered: Sequence[Answered], now: datetime) -> None:
    """Append what came of each attempt and move the deliveries that are still ours."""
    pairs = [
        (item, attempt, item.outcomes[attempt.delivery.record_key]) for item in answered for attempt in item.attempts
    ]
    if not pairs:
        return
    said = [_outcome_row(attempt, outcome, item.answer) for item, attempt, outcome in pairs]
    statements.run(connection, statements.APPEND_OUTCOMES, said, now=now)
    rows = _locked(connection, (attempt.delivery for _, attempt, _ in pairs))
    moves: dict[State, list[tuple[Answered, Attempt, Outcome]]] = {}
    for item, attempt, outcome in pairs:
        row = rows[attempt.delivery.delivery_id]
        target = _STATE_AFTER.get(outcome.result) if outcome is not None else None
        if outcome is None or target is None or row["fence"] != attempt.delivery.fence or row["state"] != State.SENDING:
            continue
        moves.setdefault(target, []).append((item, attempt, outcome))
    for target, moved in moves.items():
        _end(connection, target, [(attempt.delivery, outcome, item.at or now) for item, attempt, outcome in moved], now)
    # Accepted for want of a way to ask: what was wrong with the record is over, and this is what a person has to see.
    unproven = [move for move in moves.get(State.ACCEPTED, []) if move[2].code]
    accepted = [attempt.delivery for _, attempt, _ in moves.pop(State.ACCEPTED, [])]
    remember(connection, accepted, now)
    findings = [
        finding_of(a.delivery, outcome, evidence_of(a.delivery, outcome, i.request, i.answer, i.personal_fields))
        for moved in (*moves.values(), unproven)
        for i, a, outcome in moved
    ]
    if findings:
        exception_queue.open_findings(connection, findings, now)


def release(connection: Connection, releases: Sequence[Release], now: datetime) -> None:
    """Let go of deliveries still `sending` under our fence; each one that waits for a reason is an exception."""
    rows = _locked(connection, (delivery for item in releases for delivery in item.deliveries))
    findings = []
    for item in releases:
        for target in (State.APPROVED, State.IN_DOUBT):
            mine = [
                delivery
                for delivery in item.deliveries
                if (delivery.delivery_id in item.doubted) is (target is State.IN_DOUBT)
                and rows[delivery.delivery_id]["state"] == State.SENDING
                and rows[delivery.delivery_id]["fence"] == delivery.fence
            ]
            # The name stays: the worker that let go does not take it up again, everybody else may.
            values = {"state": target, "state_at": now, "due_at": item.due_at, "leased_until": None}
            for ids in chunks([delivery.delivery_id for delivery in mine]):
                connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_id.in_(ids)).values(**values))
            if item.why is not None:
                waiting = Outcome(Result.NOT_APPLIED, item.why.kind, item.why.code, str(item.why))
                findings += [
                    finding_of(delivery, waiting, evidence_of(delivery, waiting, "", None, item.personal_fields))
                    for delivery in mine
                ]
    if findings:
        exception_queue.open_findings(connection, findings, now)


def remember(connection: Connection, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Make these the newest accepted deliveries of their records; whatever was wrong with the records is over."""
    by_sync: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        by_sync.setdefault(delivery.sync, []).append(delivery)
    statements.run(connection, statements.REMEMBER, [delivery.delivery_id for delivery in deliveries], now=now)
    for sync, mine in by_sync.items():
        keys = statements.troubled(connection, sync, [delivery.record_key for delivery in mine])
        if keys:
            exception_queue.close_for_records(connection, sync, keys, "the delivery was accepted", now)


def chunks(values: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _refusals(connection: Connection, claims: Sequence[Claim], now: datetime) -> dict[int, StopSync]:
    """Claims that may not go out at all: their flow is paused, or the destination's day is used up."""
    refused: dict[int, StopSync] = {}
    paused: dict[str, str | None] = {}
    for item in claims:
        for flow in (item.deliveries[0].sync, *([item.flow] if item.flow else [])):
            if flow not in paused:
                paused[flow] = flows.paused_because(connection, flow)
            if paused[flow]:
                refused[id(item)] = StopSync(str(paused[flow]), kind=Kind.UNKNOWN, code="paused")
        if id(item) in refused:
            continue
        if item.daily is not None and not spend(connection, item.deliveries[0].destination, item.daily, now):
            refused[id(item)] = StopSync(
                f"{item.deliveries[0].destination} allows {item.daily} requests a day, and they are used up",
                kind=Kind.THROTTLED,
                code="budget_spent",
            )
    return refused


def _is_free(row: Mapping[str, Any], delivery: Delivery, holder: str) -> bool:
    """Approved or in doubt, or already ours; what another worker holds is its own until the lease ends.

    What was claimed by another since we read or held it is not ours, whatever its state: it may have been sent since,
    and what we know of it (that it was looked up, say) is from before.
    """
    if row["fence"] != delivery.fence:
        return False
    if row["state"] in (State.APPROVED, State.IN_DOUBT):
        return True
    return bool(row["state"] == State.SENDING and row["holder"] == holder)


def _take(
    connection: Connection, ids: Sequence[str], holder: str, purpose: Purpose, until: datetime, now: datetime
) -> None:
    sent = 1 if purpose is Purpose.WRITE else 0
    statements.run(connection, statements.TAKE, ids, now=now, until=until, holder=holder, sent=sent)


def _end(
    connection: Connection, target: State, ended: Sequence[tuple[Delivery, Outcome, datetime]], now: datetime
) -> None:
    if target not in TRANSITIONS[State.SENDING]:
        raise StopSync(f"a delivery that is being sent can not become {target}", code="bad_transition")
    rows = [
        [
            delivery.delivery_id,
            outcome.kind,
            storable(outcome.code) or None,
            storable(outcome.message) or None,
            storable(outcome.destination_id),
            statements.stamp(answered_at) if target is State.ACCEPTED else None,
        ]
        for delivery, outcome, answered_at in ended
    ]
    statements.run(connection, statements.END, rows, now=now, state=target)


def _locked(connection: Connection, deliveries: Iterable[Delivery]) -> dict[str, dict[str, Any]]:
    """State, fence and holder by delivery id, locked in the order of ids so that two workers never wait crosswise."""
    return statements.standing(connection, sorted({delivery.delivery_id for delivery in deliveries}))


def _outcome_row(attempt: Attempt, outcome: Outcome | None, answer: Answer | None) -> list[Any]:
    status, request_id = (answer.status, storable(answer.request_id)) if answer is not None else (None, None)
    if outcome is None:
        return [attempt.attempt_id, "absent", None, None, None, status, request_id]
    code, message = storable(outcome.code) or None, storable(outcome.message) or None
    return [attempt.attempt_id, outcome.result, outcome.kind, code, message, status, request_id]
