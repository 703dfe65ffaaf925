"""Everything that can happen to the engine, as rules for hypothesis to interleave; at the end all must be as wanted.

The receiver is a shop over HTTP, and its own log of commits is the judge. What is wanted, edited and refused there is in
value_machines.py (records kept in a state) and document_machines.py (documents made once), a machine per guard. At rest
there are two judgements: while the destination still refuses some, each of those and nothing else stands in the queue;
once all causes are gone, nothing does.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select

from reverse_etl import engine, flows, plan_standing
from reverse_etl.delivery_states import OPEN, State
from reverse_etl.errors import StopSync
from reverse_etl.exception_queue import STANDING
from reverse_etl.ledger import Ledger
from reverse_etl.operations_tables import EXCEPTIONS
from reverse_etl.push import Step
from tests.proof import activation_tables
from tests.proof.counting_shop import FAULTS, CountingShop, Faults
from tests.reverse_etl.conftest import settings_for

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LABELS = ("looked_up_written", "looked_up", "look_up_recorded", "written_ahead", "answered", "recorded")
RECORDS = ("1", "2", "3")
# After the last accident: each turn is a day later, reads the destination, plans and pushes.
TURNS_TO_REST = 4
SECOND = timedelta(seconds=1)
# Seconds after which a thread is called stuck.
PATIENCE = 120


class Killed(BaseException):
    """The process is gone at this line."""


async def no_sleep(seconds: float) -> None:
    return None


class Worker:
    """A second process pushing at the same time; it stands still at a step until it is woken."""

    def __init__(self, machine: EngineMachine, label: str) -> None:
        self.label = label
        self._stands, self._woken = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._pushing = self._pool.submit(machine.push_newest, self._step)
        self._pushing.add_done_callback(lambda _: self._stands.set())

    def _step(self, reached: str) -> None:
        if reached == self.label and not self._stands.is_set():
            self._stands.set()
            if not self._woken.wait(PATIENCE):
                raise TimeoutError("never woken")

    def until_it_stands(self) -> None:
        """Wait until it reached its step, or ended without."""
        if not self._stands.wait(PATIENCE):
            raise TimeoutError("a worker neither stood still nor ended")

    def finish(self) -> None:
        """Wake it and wait for its end; raises what it raised."""
        self._woken.set()
        self._pushing.result(PATIENCE)
        self._pool.shutdown()


class EngineMachine(RuleBasedStateMachine):
    """Some records of one sync at one shop, and people, machines and weather around them."""

    sync = ""
    # The URL of a new operational store for each history; SQLite in its folder where nobody says otherwise.
    new_store: ClassVar[Callable[[], str] | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.shop = CountingShop()
        self.shop.__enter__()
        self.folder = Path(tempfile.mkdtemp(prefix="cartwheel-machine-"))
        store = {"CARTWHEEL_OPERATIONS_URL": type(self).new_store()} if type(self).new_store is not None else {}
        self.settings = settings_for(self.shop.url, self.folder, **store)
        self.warehouse = activation_tables.warehouse()
        self.ledger = engine.open_ledger(self.settings)
        self.at, self.observed_at = NOON, NOON
        self.workers: list[Worker] = []
        self.number = 100
        self.refused: set[str] = set()

    @initialize()
    def first_wishes(self) -> None:
        self.wish_first()
        self.read_destination()
        self.plan()

    @rule()
    def read_destination(self) -> None:
        self.observe()
        self.observed_at = self.at
        self.at += SECOND

    @rule(record=st.sampled_from(RECORDS))
    def the_destination_refuses_it(self, record: str) -> None:
        self.refused.add(record)
        self.refuse(record, is_refused=True)

    @rule(record=st.sampled_from(RECORDS))
    def the_destination_takes_it_again(self, record: str) -> None:
        self.refused.discard(record)
        self.refuse(record, is_refused=False)

    @rule()
    def plan(self) -> None:
        activation_tables.fill(self.warehouse, self.sync, self.rows())
        self.newest = engine.make_plan(self.sync, self.warehouse, self.ledger, self.at, observed_at=self.observed_at)

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=6))
    def push(self, faults: list[str]) -> None:
        self.shop.faults = Faults(faults)
        self.push_newest(lambda label: None)
        self.shop.faults = Faults()

    @rule(label=st.sampled_from(LABELS), faults=st.lists(st.sampled_from(FAULTS), max_size=2))
    def push_and_die(self, label: str, faults: list[str]) -> None:
        def step(reached: str) -> None:
            if reached == label:
                raise Killed(label)

        self.shop.faults = Faults(faults)
        try:
            self.push_newest(step)
        except BaseExceptionGroup as group:
            if group.split(Killed)[1] is not None:
                raise
        self.shop.faults = Faults()

    @precondition(lambda self: len(self.workers) < 2)
    @rule(label=st.sampled_from(LABELS), faults=st.lists(st.sampled_from(FAULTS), max_size=2))
    def a_worker_stands_still(self, label: str, faults: list[str]) -> None:
        self.shop.faults = Faults(faults)
        worker = Worker(self, label)
        worker.until_it_stands()
        self.shop.faults = Faults()
        self.workers.append(worker)

    @precondition(lambda self: bool(self.workers))
    @rule()
    def a_worker_wakes(self) -> None:
        self.workers.pop(0).finish()

    @rule(minutes=st.sampled_from((1, 10, 60, 48 * 60)))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule()
    def the_destination_forgets_keys(self) -> None:
        self.shop.answered.clear()

    @rule(to=st.sampled_from(list(flows.Switch)), flow=st.sampled_from(("", flows.EVERYTHING)))
    def switch(self, to: flows.Switch, flow: str) -> None:
        with self.ledger.engine.begin() as connection:
            flows.switch(connection, flow or self.sync, to, "Ann", "stocktaking", self.at)

    def teardown(self) -> None:
        """Let everything come to rest, then ask the shop and the queue; then take every cause away and ask again."""
        try:
            while self.workers:
                self.workers.pop(0).finish()
            self.switch(flows.Switch.ACTIVE, flows.EVERYTHING)
            self.switch(flows.Switch.ACTIVE, "")
            self.come_to_rest()
            self.judge()
            for record in RECORDS:
                self.the_destination_takes_it_again(record)
            self.mend()
            self.come_to_rest()
            self.judge()
            assert standing(self.ledger) == {}, "every cause is gone"
            self.read_destination()
            self.plan()
            assert self.newest.deliveries == (), "nothing is left to do"
            waiting = self.ledger.queries.waiting(self.sync)
            assert not {State(state) for state, count in waiting.items() if count} & set(OPEN)
        finally:
            self.ledger.close()
            self.shop.__exit__()
            shutil.rmtree(self.folder, ignore_errors=True)

    def come_to_rest(self) -> None:
        for _ in range(TURNS_TO_REST):
            self.at += timedelta(hours=25)
            self.read_destination()
            self.plan()
            self.a_person_lets_it_go()
            self.push([])

    def a_person_lets_it_go(self) -> None:
        """After a canary failed, as one does whose record a human takes away before it is read back, no plan goes by itself."""
        found = plan_standing.standing(self.ledger.engine, self.newest.plan_id)
        if found is not None and plan_standing.needs_person(self.ledger.engine, found, engine.sync_named(self.sync)):
            self.ledger.approve(self.newest.plan_id, "Ann", "read it", self.at)

    def push_newest(self, step: Step) -> None:
        """Push the newest plan as a process of its own would; a refusal in words is no failure."""
        self.at += SECOND
        ledger = engine.open_ledger(self.settings)
        try:
            engine.push(self.newest.plan_id, ledger, self.settings, clock=lambda: self.at, step=step, sleep=no_sleep)
        except StopSync:
            pass
        finally:
            ledger.close()

    def wish_first(self) -> None:
        raise NotImplementedError

    def observe(self) -> None:
        """Read what the destination holds, where plans compare with that."""

    def rows(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    def refuse(self, record: str, *, is_refused: bool) -> None:
        raise NotImplementedError

    def mend(self) -> None:
        """Undo or decide what people did at the destination."""

    def judge(self) -> None:
        """Ask the shop what it holds and how often it did what, and hold the queue against that."""
        raise NotImplementedError


def standing(ledger: Ledger) -> dict[str | None, list[str]]:
    """The codes of every exception that has not ended, by record; None for those of the whole sync."""
    wanted = select(EXCEPTIONS.c.record_key, EXCEPTIONS.c.code).where(EXCEPTIONS.c.exception_status.in_(STANDING))
    found: dict[str | None, list[str]] = {}
    with ledger.reader() as connection:
        for row in connection.execute(wanted.order_by(EXCEPTIONS.c.code)):
            found.setdefault(row[0], []).append(row[1])
    return found
