"""What a person may do about a case: retry, accept, assign, snooze, resolve. Who and why go into the audit log with it.

Each function acts on all cases it is given or on none, within the caller's transaction, and refuses a case in the wrong
state by name. Reading is in exception_reading.py, what opens and ends cases by itself in exception_queue.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from reverse_etl import audit
from reverse_etl.delivery_states import State
from reverse_etl.errors import ConfigurationError
from reverse_etl.exception_queue import ACCEPTED, OPEN, RESOLVED, SNOOZED
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.operations_tables import BREAKERS, EXCEPTIONS

Case = Mapping[str, Any]
_PER_QUERY = 1_000

# Action → the states of a case in which it makes sense.
FROM = {
    "retry": (OPEN, SNOOZED, ACCEPTED),
    "accept": (OPEN, SNOOZED),
    "assign": (OPEN, SNOOZED, ACCEPTED),
    "snooze": (OPEN, SNOOZED),
    "resolve": (OPEN, SNOOZED, ACCEPTED),
}


def retry(connection: Connection, cases: Sequence[Case], who: str, because: str, now: datetime) -> list[str]:
    """Try again at once what waits, and let the next plan take up again what was refused; a sentence per case.

    A refused delivery is never sent again itself: its `due_at`, otherwise empty once it has ended, says since when its
    record may be planned anew without waiting.
    """
    for case in cases:
        if "retry" not in case["actions"]:
            said = f"retry does not help against {case['code']} ({case['exception_id']}): {case['to_do']}"
            raise ConfigurationError(said, code="bad_transition")
    deliveries = _newest_deliveries(connection, [case for case in cases if case["record_key"] is not None])
    told, again, due = [], list[str](), list[str]()
    for case in cases:
        if case["record_key"] is None:
            told.append(_retry_flow(connection, case))
            continue
        delivery = deliveries.get((case["sync"], case["record_key"]))
        told.append(_what_retry_does(case, delivery))
        if delivery is not None and delivery["state"] == State.REJECTED:
            again.append(delivery["delivery_id"])
        elif delivery is not None and delivery["state"] in _WAITING:
            due.append(delivery["delivery_id"])
    for ids, due_at in ((again, now), (due, None)):
        for part in _parts(sorted(ids)):
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_id.in_(part)).values(due_at=due_at))
    _change(connection, "retry", cases, who, because, now, exception_status=OPEN, snoozed_until=None, **_NOT_ENDED)
    return told


def accept(connection: Connection, cases: Sequence[Case], who: str, because: str, now: datetime) -> list[str]:
    """Known and left as it is: not shown as open again while it says the same."""
    ended = {"ended_at": now, "ended_by": who, "ended_because": because}
    _change(connection, "accept", cases, who, because, now, exception_status=ACCEPTED, snoozed_until=None, **ended)
    return [f"{case['exception_id']}: known; it shows again when it says something else" for case in cases]


def assign(
    connection: Connection, cases: Sequence[Case], owner: str, who: str, because: str, now: datetime
) -> list[str]:
    """Somebody's to look after."""
    _change(connection, "assign", cases, who, because, now, owner=owner)
    return [f"{case['exception_id']}: {owner} looks after it" for case in cases]


def snooze(
    connection: Connection, cases: Sequence[Case], until: datetime, who: str, because: str, now: datetime
) -> list[str]:
    """Hidden from the list until a moment, which must be to come."""
    if until <= now:
        raise ConfigurationError(f"{_moment(until)} is past: name a moment to come", code="bad_moment")
    _change(connection, "snooze", cases, who, because, now, exception_status=SNOOZED, snoozed_until=until)
    return [f"{case['exception_id']}: hidden until {_moment(until)}" for case in cases]


def resolve(connection: Connection, cases: Sequence[Case], who: str, because: str, now: datetime) -> list[str]:
    """Mended, says a person: it comes back if it happens again."""
    ended = {"ended_at": now, "ended_by": who, "ended_because": because}
    _change(connection, "resolve", cases, who, because, now, exception_status=RESOLVED, snoozed_until=None, **ended)
    return [f"{case['exception_id']}: resolved; it comes back if it happens again" for case in cases]


_NOT_ENDED = {"ended_at": None, "ended_by": None, "ended_because": None}
_WAITING = (State.APPROVED, State.IN_DOUBT)


def _change(
    connection: Connection, action: str, cases: Sequence[Case], who: str, because: str, now: datetime, **values: Any
) -> None:
    """Write the same new values to all cases, one audit row each; nothing when one of them is in the wrong state."""
    audit.lock(connection)
    ids = [case["exception_id"] for case in cases]
    # Read again under the lock: a push may have ended one while a person was thinking.
    states = _states(connection, ids)
    wrong = [case for case in cases if states[case["exception_id"]] not in FROM[action]]
    if wrong:
        said = "; ".join(f"{case['exception_id']} is {states[case['exception_id']]}" for case in wrong[:5])
        raise ConfigurationError(f"can not {action}: {said}; nothing was done", code="bad_transition")
    for part in _parts(ids):
        connection.execute(update(EXCEPTIONS).where(EXCEPTIONS.c.exception_id.in_(part)).values(**values))
    subjects = {
        case["exception_id"]: {
            "was": states[case["exception_id"]],
            "code": case["code"],
            "sync": case["sync"],
            "record_key": case["record_key"],
            **{name: value for name, value in values.items() if name in ("owner", "snoozed_until") and value},
        }
        for case in cases
    }
    audit.append_all(connection, who=who, action=f"exception.{action}", subjects=subjects, because=because, now=now)


def _what_retry_does(case: Case, delivery: Mapping[str, Any] | None) -> str:
    """A sentence on what follows, or a refusal where the record's delivery can not be hurried."""
    name, sync = case["exception_id"], case["sync"]
    if delivery is None:
        return f"{name}: nothing was sent for this record yet; cartwheel plan {sync} looks at it anew"
    state, plan = delivery["state"], delivery["plan_id"]
    if state == State.REJECTED:
        return f"{name}: may be planned again; cartwheel plan {sync}, then cartwheel push {sync}"
    if state == State.IN_DOUBT:
        return f"{name}: due now; cartwheel push {sync} looks it up first"
    if state == State.APPROVED:
        return f"{name}: due now; cartwheel push {sync} sends it"
    ask = {
        State.PLANNED: f"waits for approval: cartwheel approve {plan}",
        State.SENDING: "is being sent right now",
        State.HANDED_OFF: "was handed to a person: cartwheel handoff import gives the answer",
        State.ACCEPTED: f"was accepted in the meantime: cartwheel exceptions resolve {name}",
        State.SUPERSEDED: f"was replaced by a newer plan, which has nothing to do: cartwheel exceptions resolve {name}",
    }
    raise ConfigurationError(f"can not retry {name}: its delivery {ask[State(state)]}", code="bad_transition")


def _retry_flow(connection: Connection, case: Case) -> str:
    """Everything that waits in this flow, or at this destination, is due now; a destination given up on is asked again."""
    about: ColumnElement[bool] = DELIVERIES.c.sync == case["sync"]
    if case["sync"] is None:
        about = DELIVERIES.c.destination == case["destination"]
    waiting = about & DELIVERIES.c.state.in_(_WAITING)
    count = connection.execute(select(func.count()).select_from(DELIVERIES).where(waiting)).scalar_one()
    connection.execute(update(DELIVERIES).where(waiting).values(due_at=None))
    given_up = (BREAKERS.c.destination == case["destination"]) & (BREAKERS.c.breaker_status == "open")
    connection.execute(update(BREAKERS).where(given_up).values(breaker_status="half-open"))
    flow = case["sync"] or "SYNC"
    return f"{case['exception_id']}: {count} deliveries are due now; cartwheel push {flow}"


def _newest_deliveries(connection: Connection, cases: Sequence[Case]) -> dict[tuple[str, str], dict[str, Any]]:
    """The newest delivery of each case's record, whichever plan it is of; locked, for they are moved before the cases."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    names = ("delivery_id", "plan_id", "sync", "record_key", "state")
    for sync in sorted({case["sync"] for case in cases}):
        keys = sorted({case["record_key"] for case in cases if case["sync"] == sync})
        for part in _parts(keys):
            about = (DELIVERIES.c.sync == sync) & DELIVERIES.c.record_key.in_(part)
            wanted = select(*(DELIVERIES.c[name] for name in names)).where(about)
            # A replaced delivery counts only where no other one is left.
            order = (DELIVERIES.c.state != State.SUPERSEDED, DELIVERIES.c.planned_at, DELIVERIES.c.delivery_id)
            for row in connection.execute(wanted.order_by(*order).with_for_update()).mappings():
                found[row["sync"], row["record_key"]] = dict(row)
    return found


def _states(connection: Connection, exception_ids: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _parts(list(exception_ids)):
        wanted = select(EXCEPTIONS.c.exception_id, EXCEPTIONS.c.exception_status)
        rows = connection.execute(wanted.where(EXCEPTIONS.c.exception_id.in_(part)))
        found.update((row[0], row[1]) for row in rows)
    return found


def _parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _PER_QUERY):
        yield items[start : start + _PER_QUERY]


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
