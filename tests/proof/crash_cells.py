"""One cell of the crash matrix: what happens to the pushing processes, and what the twin counts afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

from reverse_etl import engine, settings
from sandbox.server import CREDENTIALS, Sandbox
from tests.proof import activation_tables
from tests.proof.pusher import Order, Pusher, push
from tests.proof.scenes import troubles
from tests.proof.twin_records import SUBJECTS, Subject, Wanted

STEPS = ("looked_up_written", "looked_up", "look_up_recorded", "written_ahead", "answered", "recorded")
_LOOK_UPS = STEPS[:3]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LEASE_IS_OVER = timedelta(minutes=10)
TWO_DAYS = timedelta(hours=48)
# Pushes by which everything must have come to rest after the last accident.
QUIET_PUSHES = 3


class Situation(StrEnum):
    BEFORE = "before the request"
    REPLY_LOST = "after the request, its reply lost"
    NOT_RECORDED = "after the reply, before the record"
    DUPLICATE = "duplicate worker, the first wakes later"
    EXPIRED = "resumed 48 h later, keys expired"


@dataclass(frozen=True)
class Cell:
    step: str
    situation: Situation
    subject: Subject

    @property
    def number(self) -> int:
        """Each cell has records of its own."""
        row = STEPS.index(self.step) * len(Situation) + list(Situation).index(self.situation)
        return row * len(SUBJECTS) + SUBJECTS.index(self.subject)


@dataclass(frozen=True)
class Verdict:
    """Effects per record as the twin counts them; `reached` is false where the step never came on this way.

    `is_told`: the queue has a row that says that it may not have arrived.
    """

    counts: tuple[int, ...]
    reached: bool
    is_told: bool

    def __str__(self) -> str:
        worst = max(self.counts, key=lambda count: abs(count - 1))
        told = " + row" if worst == 0 and self.is_told else ""
        return f"{worst}{told}{'' if self.reached else '*'}"


def cells() -> Iterator[Cell]:
    for step in STEPS:
        for situation in Situation:
            for subject in SUBJECTS:
                yield Cell(step, situation, subject)


class CrashTest:
    """Runs a cell against a running sandbox, in a folder of its own; the store is an empty file to copy, or a URL."""

    def __init__(self, sandbox: Sandbox, cell: Cell, folder: Path, empty_store: Path | str) -> None:
        self.sandbox, self.cell = sandbox, cell
        self.environ = environ(sandbox, folder)
        if isinstance(empty_store, Path):
            shutil.copy(empty_store, folder / "operations.sqlite")
        else:
            self.environ["CARTWHEEL_OPERATIONS_URL"] = empty_store
        self.folder, self.at = folder, NOON
        sandbox.world.faults.clear()
        sandbox.world.effects.clear()
        self.wanted: Wanted = cell.subject.wanted(sandbox.world, cell.number)
        self.plan_id = self._plan()

    def run(self) -> Verdict:
        """Bring the situation about, kill at the step, then push until it is quiet, and ask the twin."""
        reached = {
            Situation.BEFORE: self._before,
            Situation.REPLY_LOST: self._reply_lost,
            Situation.NOT_RECORDED: self._not_recorded,
            Situation.DUPLICATE: self._duplicate,
            Situation.EXPIRED: self._expired,
        }[self.cell.situation]()
        for _ in range(QUIET_PUSHES):
            self.at += LEASE_IS_OVER
            result, _ = push(self._order())
            if getattr(result, "is_clean", False):
                break
        return Verdict(tuple(self.cell.subject.counts(self.sandbox.world, self.wanted)), reached, self._is_told())

    def _before(self) -> bool:
        """The first process dies with its request written down and not sent; the second at the step."""
        return self._dies("written_ahead") and self._dies(self.cell.step)

    def _reply_lost(self) -> bool:
        """The twin does the work and the line is cut; the process dies in doubt, the next one at the step."""
        in_doubt = partial(self._dies, "recorded", fault="reply_lost")
        if self.cell.step == "recorded":
            return in_doubt()
        if self.cell.step == "written_ahead":
            # Once a reply was lost the look-up settles the matter and nothing is written again: this death comes first.
            return self._dies("written_ahead") and in_doubt()
        return in_doubt() and self._dies(self.cell.step)

    def _not_recorded(self) -> bool:
        """The process dies with the answer in its hand; at a step of a write before that, at one of a look-up after."""
        with_the_answer = partial(self._dies, "answered")
        if self.cell.step == "answered":
            return with_the_answer()
        if self.cell.step == "written_ahead":
            return self._dies("written_ahead") and with_the_answer()
        if self.cell.step == "recorded":
            # What it recorded is that it was asked to wait.
            return self._dies("recorded", fault="429") and with_the_answer()
        return with_the_answer() and self._dies(self.cell.step)

    def _duplicate(self) -> bool:
        """A second process pushes the plan while the first stands still at the step, before and after its lease ends."""
        stops = ("written_ahead", self.cell.step) if self.cell.step in _LOOK_UPS else (self.cell.step,)
        with Pusher(self._order(stops=stops)) as first:
            reached = first.until_stopped()
            if reached and len(stops) > 1:
                self._arm("reply_lost")
                first.wake(self.at)
                reached = first.until_stopped()
            push(self._order())
            self.at += LEASE_IS_OVER
            push(self._order())
            if reached:
                first.wake(self.at)
                first.end()
        return reached

    def _expired(self) -> bool:
        """The process dies at the step; when the next one comes, the twin has forgotten every key it was given."""
        reached = self._dies(self.cell.step, fault="reply_lost" if self.cell.step in _LOOK_UPS else "")
        self.at += TWO_DAYS
        self.sandbox.world.clock.advance(TWO_DAYS.total_seconds())
        forget_keys(self.sandbox)
        return reached

    def _dies(self, step: str, fault: str = "") -> bool:
        """Push in a process that is killed at the step; with a fault, only after its first write has met that."""
        self.at += LEASE_IS_OVER
        stops = ("written_ahead",) if fault else ()
        _, died = push(self._order(stops=stops, dies_at=step), partial(self._arm, fault))
        return died

    def _is_told(self) -> bool:
        ledger = engine.open_ledger(settings.read(self.environ, self.folder))
        try:
            return any(code == "perhaps_unsent" for _, code in troubles(ledger))
        finally:
            ledger.close()

    def _arm(self, fault: str) -> None:
        """The next request is the write: the process stands still between writing it down and sending it."""
        self.sandbox.world.faults.arm(fault, self.cell.subject.platform, count=1)

    def _order(self, stops: tuple[str, ...] = (), dies_at: str = "") -> Order:
        return Order(self.folder, self.environ, self.plan_id, self.at, stops, dies_at)

    def _plan(self) -> str:
        warehouse = activation_tables.warehouse()
        activation_tables.fill(warehouse, self.cell.subject.sync, self.wanted.rows)
        ledger = engine.open_ledger(settings.read(self.environ, self.folder))
        made = engine.make_plan(self.cell.subject.sync, warehouse, ledger, self.at)
        ledger.close()
        assert len(made.deliveries) == len(self.wanted.natural_keys), made
        return made.plan_id


def environ(sandbox: Sandbox, home: Path) -> dict[str, str]:
    """Settings of a pushing process that talks to this sandbox and keeps its ledger in this folder."""
    found = {"CARTWHEEL_HOME": str(home)}
    for platform, url in sandbox.base_urls.items():
        found[f"DESTINATIONS__{platform.upper()}__BASE_URL"] = url
        for name, value in CREDENTIALS[platform].items():
            found[f"DESTINATIONS__{platform.upper()}__{name.upper()}"] = value
    return found | {name: value for name, value in sandbox.europe_settings.items() if name.startswith("DESTINATIONS__")}


def forget_keys(sandbox: Sandbox) -> None:
    """What a vendor does to idempotency keys after a while."""
    for platform, kept in (("quickbooks", "requests"), ("shopify", "idempotency"), ("xero", "requests")):
        sandbox.world.state(platform).get(kept, {}).clear()
