"""Work handed to a person while a destination is down: out as a file, back as what was done and what was not.

A delivery that goes out is `handed_off` in the commit before its file is seen, so it is never sent and done by hand as
well. What comes back as done is accepted; what does not is a doubt, and a doubt is looked up before anything is sent.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, RowMapping, func, select, update

from reverse_etl import audit, destinations
from reverse_etl.claims import Purpose, chunks
from reverse_etl.delivery_states import State, sources
from reverse_etl.errors import ConfigurationError
from reverse_etl.handoff_file import CHECKED, Row, cells, read_rows, was_done, write_rows
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_queries import read_deliveries
from reverse_etl.ledger_tables import ATTEMPTS, DELIVERIES, DEPENDENCIES, OUTCOMES
from reverse_etl.operations_tables import APPROVALS
from reverse_etl.plan import Delivery, money_by_currency
from reverse_etl.syncs import all_syncs

# What has not arrived and may be done by hand instead; what is being sent at this moment is left alone.
WAITING = sources(State.HANDED_OFF)


@dataclass(frozen=True)
class HandedOff:
    """What an export put into the file."""

    deliveries: int
    doubtful: int
    unapproved: int
    money_minor: Mapping[str, int]


@dataclass(frozen=True)
class Problem:
    """Why a row of the file changed nothing. `row` counts records from 1, the header is none."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.message}"


@dataclass(frozen=True)
class Imported:
    """What an import did. `unchanged` counts rows that an earlier import had settled."""

    accepted: int
    given_back: int
    unchanged: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Pending:
    """What waits of one sync in one state, and since when."""

    destination: str
    sync: str
    state: State
    deliveries: int
    since: datetime
    money_minor: Mapping[str, int]


def export(
    ledger: Ledger, destination: str, file: Path, who: str, because: str, now: datetime, again: bool = False
) -> HandedOff:
    """Hand what waits for a destination to a person: one commit, then the file. Nothing waiting makes no file.

    `again` writes those already handed off once more and moves nothing, for a file that was lost.
    """
    destinations.load(destination)
    if file.exists():
        raise ConfigurationError(f"{file} exists: name another file, or move it away", code="file_exists")
    # What a dead process left in the air waits as well.
    ledger.doubt_unanswered(destination, now)
    temporary = file.with_name(f"{file.name}.part")
    try:
        with ledger.engine.begin() as connection:
            rows = _chosen(connection, destination, (State.HANDED_OFF,) if again else WAITING)
            if not rows:
                return HandedOff(0, 0, 0, {})
            write_rows(temporary, [cells(row) for row in rows])
            ids = [row.delivery.delivery_id for row in rows]
            if not again:
                _move(connection, ids, now)
            action = "handoff_again" if again else "handoff_export"
            details = {"deliveries": ids}
            audit.append(
                connection, who=who, action=action, subject=destination, because=because, details=details, now=now
            )
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # After the commit: a file that could be acted on while its rows might still be sent would double them.
    os.replace(temporary, file)
    return HandedOff(
        len(rows),
        sum(row.look_first for row in rows),
        sum(not row.approved_by for row in rows),
        money_by_currency([row.delivery for row in rows]),
    )


def take_in(ledger: Ledger, file: Path, who: str, because: str, now: datetime) -> Imported:
    """Settle what a file says: done rows are accepted, the others given back; bad rows are named and change nothing."""
    said = read_rows(file)
    with ledger.reader() as connection:
        known = _by_id(connection, [line.get("delivery_id", "") for line in said])
        written = _accepted_by_us(connection, list(known))
    done: dict[str, str] = {}
    back: list[str] = []
    unchanged, problems, seen = 0, list[Problem](), Counter[str]()
    for number, line in enumerate(said, start=1):
        delivery_id = line.get("delivery_id", "")
        seen[delivery_id] += 1
        row = known.get(delivery_id)
        problem = _problem(line, row, seen[delivery_id] > 1, delivery_id in written)
        if problem is not None:
            problems.append(Problem(number, *problem))
        elif row is None or row.delivery.state != State.HANDED_OFF:
            unchanged += 1
        elif was_done(line["done"]):
            done[delivery_id] = line.get("destination_id", "")
        else:
            back.append(delivery_id)
    ids = {delivery_id: named for delivery_id, named in done.items() if named}
    accepted = ledger.accept_by_hand(list(done), who, because, now, ids) if done else 0
    given_back = ledger.give_back(back, who, because, now) if back else 0
    return Imported(accepted, given_back, unchanged + len(done) + len(back) - accepted - given_back, tuple(problems))


def pending(connection: Connection, destination: str | None = None) -> list[Pending]:
    """What waits for a destination (default: for each), per sync and state, the oldest first."""
    wanted = (
        select(
            DELIVERIES.c.destination,
            DELIVERIES.c.sync,
            DELIVERIES.c.state,
            DELIVERIES.c.currency_code,
            func.count().label("found"),
            func.min(DELIVERIES.c.planned_at).label("since"),
            func.sum(DELIVERIES.c.money_minor).label("money"),
        )
        .where(DELIVERIES.c.state.in_((*WAITING, State.SENDING, State.HANDED_OFF)))
        .group_by(DELIVERIES.c.destination, DELIVERIES.c.sync, DELIVERIES.c.state, DELIVERIES.c.currency_code)
    )
    if destination is not None:
        wanted = wanted.where(DELIVERIES.c.destination == destination)
    together: dict[tuple[str, str, str], list[RowMapping]] = {}
    for row in connection.execute(wanted).mappings():
        together.setdefault((row["destination"], row["sync"], row["state"]), []).append(row)
    found = [
        Pending(
            *key[:2],
            State(key[2]),
            sum(row["found"] for row in rows),
            min(row["since"] for row in rows),
            {row["currency_code"]: int(row["money"]) for row in rows if row["currency_code"] and row["money"]},
        )
        for key, rows in together.items()
    ]
    return sorted(found, key=lambda item: (item.since, item.sync, item.state))


def _problem(line: Mapping[str, str], row: Row | None, repeated: bool, written: bool) -> tuple[str, str] | None:
    """What is wrong with a row of the file, as (column, sentence)."""
    if row is None:
        return "delivery_id", f"there is no delivery '{line.get('delivery_id', '')}'"
    if repeated:
        return "delivery_id", "this delivery stands in the file twice; the first row counts"
    done = was_done(line["done"])
    if done is None:
        return "done", f"'{line['done']}' is neither yes nor no"
    expected = cells(row)
    for column in CHECKED:
        if column in line and line[column] != expected[column]:
            return column, f"changed: it was '{expected[column]}'; what was done differently must be corrected there"
    if not done or row.delivery.state == State.HANDED_OFF:
        return None
    if row.delivery.state != State.ACCEPTED:
        return "done", f"the delivery is {row.delivery.state}, not handed off: the next push looks it up first"
    if written:
        return "done", "we sent it as well and it was accepted: look whether it is there twice"
    return None


def _chosen(connection: Connection, destination: str, states: Sequence[State]) -> list[Row]:
    """Deliveries in these states, locked, in the order in which a person should do them."""
    wanted = select(DELIVERIES).where(DELIVERIES.c.destination == destination, DELIVERIES.c.state.in_(states))
    locked = connection.execute(wanted.order_by(DELIVERIES.c.delivery_id).with_for_update()).mappings().all()
    ordered = sorted(locked, key=lambda row: (row["lane"], row["planned_at"], row["plan_id"], row["position"]))
    return _described(connection, read_deliveries(ordered))


def _by_id(connection: Connection, delivery_ids: Sequence[str]) -> dict[str, Row]:
    deliveries: list[Delivery] = []
    for ids in chunks(sorted(set(delivery_ids))):
        found = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_id.in_(ids))).mappings()
        deliveries += read_deliveries(found)
    return {row.delivery.delivery_id: row for row in _described(connection, deliveries)}


def _described(connection: Connection, deliveries: Sequence[Delivery]) -> list[Row]:
    """Each delivery with what a person must know about it beside its values."""
    approved: dict[str, list[str]] = {}
    for plans in chunks(sorted({delivery.plan_id for delivery in deliveries})):
        for row in connection.execute(select(APPROVALS).where(APPROVALS.c.plan_id.in_(plans))).mappings():
            approved.setdefault(row["plan_id"], []).append(row["approved_by"])
    after: dict[str, list[str]] = {}
    tried: set[str] = set()
    for ids in chunks([delivery.delivery_id for delivery in deliveries]):
        for row in connection.execute(select(DEPENDENCIES).where(DEPENDENCIES.c.delivery_id.in_(ids))).mappings():
            after.setdefault(row["delivery_id"], []).append(f"{row['upstream_sync']}: {row['upstream_key']}")
        sent = select(ATTEMPTS.c.delivery_id).where(
            ATTEMPTS.c.delivery_id.in_(ids), ATTEMPTS.c.purpose == Purpose.WRITE
        )
        tried.update(connection.execute(sent.distinct()).scalars())
    orders = {sync.name: (*sync.fields, *sync.line_fields) for sync in all_syncs().values()}
    return [
        Row(
            delivery=delivery,
            marks=destinations.load(delivery.destination).writes[delivery.object].marks_by_hand(delivery),
            after=tuple(sorted(after.get(delivery.delivery_id, ()))),
            approved_by=tuple(sorted(approved.get(delivery.plan_id, ()))),
            look_first=delivery.delivery_id in tried,
            order=orders.get(delivery.sync, ()),
        )
        for delivery in deliveries
    ]


def _accepted_by_us(connection: Connection, delivery_ids: Sequence[str]) -> set[str]:
    """Of these, the deliveries of which a write of ours was accepted."""
    found: set[str] = set()
    for ids in chunks(delivery_ids):
        joined = ATTEMPTS.join(OUTCOMES, OUTCOMES.c.attempt_id == ATTEMPTS.c.attempt_id)
        wanted = select(ATTEMPTS.c.delivery_id).select_from(joined)
        mine = ATTEMPTS.c.delivery_id.in_(ids) & (ATTEMPTS.c.purpose == Purpose.WRITE)
        found.update(connection.execute(wanted.where(mine, OUTCOMES.c.result == State.ACCEPTED)).scalars())
    return found


def _move(connection: Connection, delivery_ids: Sequence[str], now: datetime) -> None:
    """Out of our hands. The fence goes up, so that no answer that is still on its way moves them."""
    values = {"state": State.HANDED_OFF, "state_at": now, "due_at": None, "fence": DELIVERIES.c.fence + 1}
    for ids in chunks(delivery_ids):
        free = DELIVERIES.c.delivery_id.in_(ids) & DELIVERIES.c.state.in_(WAITING)
        connection.execute(update(DELIVERIES).where(free).values(**values))
