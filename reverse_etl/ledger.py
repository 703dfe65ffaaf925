"""The ledger: the only writer of plans, deliveries and attempts. Each method is one transaction, durable when it returns.

It survives the loss of the warehouse and is asked through `ledger.queries`. Times come from the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import Engine

from reverse_etl import audit, claims, exception_queue, lane_states, partial_plan, plan_store, worker
from reverse_etl.claims import Answered, Claim, Release, chunks
from reverse_etl.delivery_states import State
from reverse_etl.errors import StopSync
from reverse_etl.evidence import finding_about
from reverse_etl.exception_queue import Finding
from reverse_etl.lane_states import LaneState
from reverse_etl.ledger_queries import LedgerQueries, read_deliveries
from reverse_etl.ledger_store import open_store, reader
from reverse_etl.ledger_tables import DELIVERIES, PLANS
from reverse_etl.operations_tables import EXCEPTIONS, FLOW_RUNS
from reverse_etl.partial_plan import Handed, Planned
from reverse_etl.plan import Delivery, Plan
from reverse_etl.plan_standing import CANARY_FAILED, CANARY_PASSED
from reverse_etl.quota import spend
from reverse_etl.rule_versions import ModelCode
from reverse_etl.sync import Sync


class Ledger:
    def __init__(self, url: str, lock_folder: Path) -> None:
        """Open the store, making or migrating it; refuses one written by a newer program."""
        self._engine = open_store(url)
        self._lock_folder = lock_folder
        self.queries = LedgerQueries(self._engine)

    @property
    def engine(self) -> Engine:
        """The operational store, for the tables of the people around the ledger; deliveries are moved here only."""
        return self._engine

    def reader(self) -> Connection:
        """A connection for those tables that only reads; to be closed by whoever asks."""
        return reader(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def working(self) -> AbstractContextManager[str]:
        """The name of a new worker; claims are made under it, and it counts as dead when the block or process ends."""
        return worker.working(self._lock_folder)

    def store_plan(
        self,
        sync: Sync,
        plan: Plan,
        now: datetime,
        inputs: bytes | None = None,
        snapshot: int | None = None,
        code: ModelCode | None = None,
        read_at: Mapping[str, datetime] | None = None,
    ) -> Plan:
        """Append a plan and its deliveries, superseding what older plans of the sync have not sent.

        A plan equal to the newest one that is still untouched is that one.
        """
        return plan_store.store_plan(self._engine, self.queries, sync, plan, now, inputs, snapshot, code, read_at)

    def commit(self, items: Sequence[Claim | Answered | Release | Handed], now: datetime) -> list[Any]:
        """Outcomes, releases, plans of some records and claims in one transaction; per item its answer.

        For a claim these are the attempts that are ours, for handed-in records what was planned.
        """
        answers: list[Any] = [None] * len(items)
        wanted = [(at, item) for at, item in enumerate(items) if isinstance(item, Claim)]
        plans: dict[int, Plan] = {}
        with self._engine.begin() as connection:
            claims.record(connection, [item for item in items if isinstance(item, Answered)], now)
            claims.release(connection, [item for item in items if isinstance(item, Release)], now)
            for at, item in enumerate(items):
                if isinstance(item, Handed):
                    plans[at] = partial_plan.store(connection, item, now)
                    if not plans[at].breaches and (claim := item.claim(plans[at].deliveries)) is not None:
                        wanted.append((at, claim))
            for (at, _), answer in zip(
                wanted, claims.claim(connection, [item for _, item in wanted], now), strict=True
            ):
                answers[at] = answer
        for at, plan in plans.items():
            # What may not be sent is told to whoever claims it by itself.
            attempts = answers[at] if isinstance(answers[at], list) else ()
            answers[at] = Planned(plan, attempts)
        return answers

    def doubt_unanswered(self, destination: str, now: datetime) -> int:
        """Deliveries whose sender died or slept through its lease become `in_doubt`, each with its exception."""
        sending = (DELIVERIES.c.destination == destination) & (DELIVERIES.c.state == State.SENDING)
        with self._engine.begin() as connection:
            rows = connection.execute(select(DELIVERIES).where(sending).with_for_update()).mappings().all()
            gone = {name: worker.is_gone(self._lock_folder, name) for name in {row["holder"] for row in rows}}
            left = [row for row in rows if gone[row["holder"]] or row["leased_until"] <= now]
            values = {"state": State.IN_DOUBT, "state_at": now, "code": "unanswered", "kind": "unknown", "due_at": None}
            for ids in chunks([row["delivery_id"] for row in left]):
                connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_id.in_(ids)).values(**values))
            message = "the process died before an answer came: looked up before anything is sent again"
            findings = [
                finding_about(delivery, code="unanswered", kind="unknown", message=message)
                for delivery in read_deliveries(left)
            ]
            if findings:
                exception_queue.open_findings(connection, findings, now)
        return len(left)

    def renew_key(self, delivery: Delivery) -> Delivery:
        """The delivery under its next idempotency key, for destinations that refuse the key of a failed attempt."""
        renewed = replace(delivery, key_generation=delivery.key_generation + 1)
        values = {"key_generation": renewed.key_generation, "idempotency_key": renewed.idempotency_key}
        with self._engine.begin() as connection:
            connection.execute(
                update(DELIVERIES).where(DELIVERIES.c.delivery_id == delivery.delivery_id).values(**values)
            )
        return renewed

    def accept_by_hand(
        self,
        delivery_ids: Sequence[str],
        who: str,
        because: str,
        now: datetime,
        destination_ids: Mapping[str, str] | None = None,
    ) -> int:
        """Deliveries handed to a human were done there: remembered as accepted, never sent. Returns how many moved."""
        return self._take_back(delivery_ids, State.ACCEPTED, who, because, now, destination_ids or {})

    def give_back(self, delivery_ids: Sequence[str], who: str, because: str, now: datetime) -> int:
        """Deliveries handed to a human were not done, as far as anybody knows: in doubt, so looked up before a send."""
        return self._take_back(delivery_ids, State.IN_DOUBT, who, because, now, {})

    def approve(self, reference: str, by: str, because: str, now: datetime) -> plan_store.Approval:
        """A person lets a plan beyond its limits go; audited. Raises ConfigurationError for an unknown plan."""
        with self._engine.begin() as connection:
            return plan_store.approve(connection, reference, by, because, now)

    def approve_within_limits(self, plan_id: str, now: datetime) -> None:
        """A plan that breaks no limit needs nobody."""
        with self._engine.begin() as connection:
            plan_store.approve_within_limits(connection, plan_id, now)

    def pass_canary(self, plan_id: str) -> None:
        """The first records of this plan read back as written: the rest may go, now and when the push is resumed."""
        with self._engine.begin() as connection:
            is_open = (PLANS.c.plan_id == plan_id) & (PLANS.c.plan_status == "open")
            connection.execute(update(PLANS).where(is_open).values(plan_status=CANARY_PASSED))

    def fail_canary(self, plan_id: str, finding: Finding, now: datetime) -> None:
        """Nothing more of this plan is sent; its first records did not read back as written."""
        with self._engine.begin() as connection:
            connection.execute(update(PLANS).where(PLANS.c.plan_id == plan_id).values(plan_status=CANARY_FAILED))
            exception_queue.open_findings(connection, [finding], now)

    def note(self, findings: Sequence[Finding], now: datetime) -> None:
        """Exceptions of a whole sync or destination: no delivery of it could end otherwise."""
        with self._engine.begin() as connection:
            exception_queue.open_findings(connection, findings, now)

    def clear(self, sync: str, codes: Sequence[str], because: str, now: datetime) -> None:
        """Exceptions of a whole sync whose cause is gone; those of its records end with the records."""
        with self._engine.begin() as connection:
            standing = EXCEPTIONS.c.exception_status.in_(exception_queue.STANDING)
            of_records = select(EXCEPTIONS.c.record_key).where(EXCEPTIONS.c.sync == sync, standing)
            kept = {str(row[0]) for row in connection.execute(of_records) if row[0] is not None}
            exception_queue.close_codes(connection, sync, codes, because, now, keep=kept)

    def stand(
        self, destination: str, codes: Sequence[str], findings: Sequence[Finding], because: str, now: datetime
    ) -> None:
        """All that stands under these codes, from now on: these findings, and nothing else that had been found before."""
        with self._engine.begin() as connection:
            exception_queue.open_findings(connection, findings, now)
            standing: dict[str, set[str]] = {code: set() for code in codes}
            for finding in findings:
                standing[finding.code].add(finding.record_key or "")
            for code, keep in standing.items():
                exception_queue.close_codes(connection, None, [code], because, now, destination=destination, keep=keep)

    def count_request(self, destination: str, daily: int | None, now: datetime, share: float = 1.0) -> None:
        """A read that belongs to no delivery, where the destination counts a day; StopSync when the day is used up.

        With a `share`, when so much of it is: the rest is for others.
        """
        if daily is None:
            return
        with self._engine.begin() as connection:
            if not spend(connection, destination, int(daily * share), now):
                rest = "the rest is kept for what is sent" if share < 1 else "they are used up"
                spent = f" and {int(daily * share)} are spent" if share < 1 else ""
                raise StopSync(f"{destination} allows {daily} requests a day{spent}, {rest}", code="budget_spent")

    def note_lane(self, state: LaneState) -> None:
        """What a fast lane says of itself, instead of what it said before."""
        with self._engine.begin() as connection:
            lane_states.keep(connection, state)

    def note_run(self, row: Mapping[str, Any]) -> None:
        """Append one run of a flow."""
        with self._engine.begin() as connection:
            connection.execute(insert(FLOW_RUNS), [dict(row)])

    def _take_back(
        self,
        delivery_ids: Sequence[str],
        target: State,
        who: str,
        because: str,
        now: datetime,
        destination_ids: Mapping[str, str],
    ) -> int:
        with self._engine.begin() as connection:
            moved: list[Delivery] = []
            for ids in chunks(sorted(delivery_ids)):
                handed = (DELIVERIES.c.delivery_id.in_(ids)) & (DELIVERIES.c.state == State.HANDED_OFF)
                rows = connection.execute(select(DELIVERIES).where(handed).with_for_update()).mappings()
                moved += read_deliveries(rows)
            for delivery in moved:
                values = {"state": target, "state_at": now, "destination_id": destination_ids.get(delivery.delivery_id)}
                mine = DELIVERIES.c.delivery_id == delivery.delivery_id
                connection.execute(update(DELIVERIES).where(mine).values(**values))
            if target is State.ACCEPTED:
                claims.remember(connection, moved, now)
            if moved:
                audit.append(
                    connection,
                    who=who,
                    action=f"handoff_{'done' if target is State.ACCEPTED else 'given_back'}",
                    subject=moved[0].destination,
                    because=because,
                    details={"deliveries": [delivery.delivery_id for delivery in moved]},
                    now=now,
                )
        return len(moved)


LONGEST_WAIT = timedelta(hours=1)


def due_again(tries: int, now: datetime, wait: float | None) -> datetime:
    """When a delivery that waits goes out again: what the destination asked for, else ever later, an hour at most."""
    seconds = wait if wait is not None else min(30.0 * 2 ** min(tries, 10), LONGEST_WAIT.total_seconds())
    return now + timedelta(seconds=max(1.0, seconds))
