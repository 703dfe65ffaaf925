"""Everything that can happen to the engine, as rules for hypothesis to interleave; at the end all must be as wanted.

The receiver is a shop over HTTP, and its own log of commits is the judge. Each value wanted is wanted once, so a value
committed twice is an effect done twice, unless somebody overwrote it at the destination in between.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from reverse_etl import engine, flows
from reverse_etl.delivery_states import OPEN, State
from reverse_etl.errors import StopSync
from reverse_etl.push import Step
from tests.proof import activation_tables, shop_rows
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
    """Three stock levels of one shop, and people, machines and weather around them."""

    sync = ""

    def __init__(self) -> None:
        super().__init__()
        self.shop = CountingShop()
        self.shop.__enter__()
        self.folder = Path(tempfile.mkdtemp(prefix="cartwheel-machine-"))
        self.settings = settings_for(self.shop.url, self.folder)
        self.warehouse = activation_tables.warehouse()
        self.ledger = engine.open_ledger(self.settings)
        self.at, self.observed_at = NOON, NOON
        self.wanted: dict[str, int] = {}
        self.history: dict[str, list[int]] = {}
        self.observed: dict[str, int] = {}
        # How often a human overwrote the record since the value was wanted: so often may it be written again.
        self.overwritten: Counter[tuple[str, int]] = Counter()
        self.workers: list[Worker] = []
        self.number = 100

    @initialize()
    def first_wishes(self) -> None:
        for record in RECORDS:
            self.want(record)
        self.read_destination()
        self.plan()

    @rule(record=st.sampled_from(RECORDS))
    def want(self, record: str) -> None:
        self.number += 1
        self.wanted[record] = self.number
        self.history.setdefault(record, []).append(self.number)

    @rule(record=st.sampled_from(RECORDS))
    def a_human_edits_it_there(self, record: str) -> None:
        self.number += 1
        self.shop.stock[self.key(record)] = -self.number
        for value in self.history[record]:
            self.overwritten[record, value] += 1

    @rule()
    def read_destination(self) -> None:
        self.observed = {record: self.shop.stock.get(self.key(record), 0) for record in RECORDS}
        self.observed_at = self.at
        self.at += SECOND

    @rule()
    def plan(self) -> None:
        rows = [self.row(record) for record in self.wanted]
        activation_tables.fill(self.warehouse, self.sync, rows)
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
        """Let everything come to rest, then ask the shop."""
        try:
            while self.workers:
                self.workers.pop(0).finish()
            self.switch(flows.Switch.ACTIVE, flows.EVERYTHING)
            self.switch(flows.Switch.ACTIVE, "")
            for _ in range(TURNS_TO_REST):
                self.at += timedelta(hours=25)
                self.read_destination()
                self.plan()
                self.push([])
            self.judge()
        finally:
            self.ledger.close()
            self.shop.__exit__()
            shutil.rmtree(self.folder, ignore_errors=True)

    def judge(self) -> None:
        held = {record: self.shop.stock.get(self.key(record), 0) for record in RECORDS}
        assert held == self.wanted, "the last wish is what the destination holds"
        for record in RECORDS:
            values = self.shop.values(self.key(record))
            assert values == sorted(values), f"an older wish was written over a newer one: {values}"
            for value, count in Counter(values).items():
                assert count <= 1 + self.overwritten[record, value], f"{value} was written {count} times"
        self.read_destination()
        self.plan()
        assert self.newest.deliveries == (), "nothing is left to do"
        waiting = self.ledger.queries.waiting(self.sync)
        assert not {State(state) for state, count in waiting.items() if count} & set(OPEN)

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

    def key(self, record: str) -> str:
        raise NotImplementedError

    def row(self, record: str) -> dict[str, Any]:
        raise NotImplementedError


class ShopifyStock(EngineMachine):
    """Compare-and-set under an idempotency key."""

    sync = "shopify__stock_levels"

    def key(self, record: str) -> str:
        return shop_rows.level_key(record)

    def row(self, record: str) -> dict[str, Any]:
        return shop_rows.level(record, self.wanted[record], self.observed.get(record))


class WooStock(EngineMachine):
    """A number that is set, with neither key nor comparison: only looking first keeps it from being set twice."""

    sync = "woocommerce__stock_levels"

    def key(self, record: str) -> str:
        return record

    def row(self, record: str) -> dict[str, Any]:
        return shop_rows.product(record, self.wanted[record], self.observed.get(record))
