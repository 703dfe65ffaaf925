"""The lane's tables in a process of their own: computing never waits for what pushes, nor pushing for what computes.

An interpreter lets one thread of a process work at a time, and applying events and pushing both take all they get. What was
moved comes back with each answer and is kept here as well, so that a channel that asks for it asks nobody. The process ends with
this one, however it ended; when it ends by itself, the next call raises EOFError or ConnectionError.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import traceback
from collections.abc import Collection, Mapping, Sequence
from multiprocessing.managers import BaseManager
from typing import Any

import pyarrow as pa

from orchestration.lane.known_rows import KnownRows
from orchestration.lane.published import PublishedTables, served_syncs
from orchestration.lane.tables import Touched
from pipelines.intake.inbox import Inbox, InboxEvent
from reverse_etl import settings
from reverse_etl.channel import Model

# What an answer adds: the newest event the tables hold, how many days began, and per model that was ever asked for the rows of
# what was touched.
News = tuple[int, int, Mapping[str, pa.Table | None]]


class TablesApart:
    """PublishedTables for the loop: one thread calls, any thread may ask what is known."""

    def __init__(self) -> None:
        self.sequence = 0
        self._known: dict[str, KnownRows] = {}
        self._days = 0
        # Spawned and not forked: the process that starts it may have threads.
        self._manager = _Manager(ctx=multiprocessing.get_context("spawn"))
        self._manager.start(_end_with_parent)
        self._held: Any = self._manager.Held()  # type: ignore[attr-defined]

    def close(self) -> None:
        self._manager.shutdown()

    def prime(self) -> None:
        """Makes the tables. Raises NothingPublished or NoLaneSnapshot where there is nothing to start from."""
        self.sequence = self._held.call("prime")

    def apply(self, events: Sequence[InboxEvent]) -> Touched:
        return self._moved("apply", events)

    def take(self, told: Any, is_proof: bool) -> Touched:
        return self._moved("take", told, is_proof)

    def _moved(self, name: str, *arguments: Any) -> Touched:
        touched: Touched
        touched, (self.sequence, days, rows) = self._held.call(name, *arguments)
        self._forget_before(days)
        for model, known in self._known.items():
            found = rows.get(model)
            if found is None:
                known.forget(touched.skus)
            else:
                known.learn(found, touched.skus)
        return touched

    def known(self, model: str, skus: Collection[str]) -> pa.Table | None:
        """What `rows` would answer, where it is known here; from any thread."""
        try:
            return self._known[model].of(skus)
        except KeyError:
            return None

    def rows(self, model: str, skus: Collection[str]) -> pa.Table:
        rows, days = self._held.call("rows", model, list(skus))
        self._forget_before(days)
        self._known.setdefault(model, KnownRows(rows.slice(0, 0))).learn(rows, skus)
        return rows

    def renew(self) -> Mapping[str, Model] | None:
        models: Mapping[str, Model] | None
        models, self.sequence = self._held.call("renew")
        if models is not None:
            self._forget()
        return models

    def _forget_before(self, days: int) -> None:
        """What is counted in days moves with a new one, of SKUs no event touched, too."""
        if days != self._days:
            self._days = days
            self._forget()

    def _forget(self) -> None:
        for known in self._known.values():
            known.forget_all()

    def models(self) -> dict[str, Model]:
        found: dict[str, Model] = self._held.call("models")
        return found

    def blocked(self) -> dict[str, str]:
        found: dict[str, str] = self._held.call("blocked")
        return found


class _Held:
    """The tables, in the process that holds them."""

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._tables: PublishedTables

    def call(self, name: str, *arguments: Any) -> Any:
        """One of the methods below, by its name; an error takes along where it came from."""
        try:
            return getattr(self, name)(*arguments)
        except Exception as error:
            error.add_note(f"in the process of the lane's tables:\n{traceback.format_exc()}")
            raise

    def prime(self) -> int:
        self._tables = PublishedTables(Inbox.at_home(), served_syncs(settings.read()))
        # What is there now stays: walking it took the collector 80 ms, in which nothing was computed.
        gc.collect()
        gc.freeze()
        return self._tables.sequence

    def apply(self, events: Sequence[InboxEvent]) -> tuple[Touched, News]:
        return self._with_news(self._tables.apply(events))

    def take(self, told: Any, is_proof: bool) -> tuple[Touched, News]:
        return self._with_news(self._tables.take(told, is_proof))

    def _with_news(self, touched: Touched) -> tuple[Touched, News]:
        rows = {model: self._tables.known(model, touched.skus) for model in self._asked}
        return touched, (self._tables.sequence, self._tables.days, rows)

    def rows(self, model: str, skus: Collection[str]) -> tuple[pa.Table, int]:
        self._asked.add(model)
        return self._tables.rows(model, skus), self._tables.days

    def renew(self) -> tuple[Mapping[str, Model] | None, int]:
        return self._tables.renew(), self._tables.sequence

    def models(self) -> dict[str, Model]:
        return self._tables.models()

    def blocked(self) -> dict[str, str]:
        return self._tables.blocked()


class _Manager(BaseManager):
    """The standard library's server of objects in another process."""


_Manager.register("Held", _Held)


def _end_with_parent() -> None:
    """In the new process: it ends when the one that started it does, even by a signal that nobody can handle."""
    threading.Thread(target=_wait, name="parent", daemon=True).start()


def _wait() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
