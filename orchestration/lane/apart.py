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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.managers import BaseManager
from typing import Any

from orchestration.lane.known_rows import KnownRows, Row
from orchestration.lane.published import PublishedTables, Renewed
from orchestration.lane.tables import Touched
from pipelines.intake.inbox import Inbox, InboxEvent
from reverse_etl.channel import Model
from reverse_etl.sync import Sync

# What was asked, and with it the newest event the tables hold and since when what is known of a SKU holds.
Answer = tuple[Any, int, tuple[int, int]]


class TablesApart:
    """PublishedTables for the loop: one thread calls, any thread may ask what is known."""

    def __init__(self, syncs: Mapping[str, Sync]) -> None:
        self.sequence = 0
        self._since = (0, 0)
        self._known: dict[str, KnownRows] = {}
        # Spawned and not forked: the process that starts it may have threads.
        self._manager = _Manager(ctx=multiprocessing.get_context("spawn"))
        self._manager.start(_end_with_parent)
        self._held: Any = self._manager.Held(syncs)  # type: ignore[attr-defined]

    def close(self) -> None:
        self._manager.shutdown()

    def prime(self) -> None:
        """Makes the tables. Raises NothingPublished or NoLaneSnapshot where there is nothing to start from."""
        self._told(self._held.prime())

    def apply(self, events: Sequence[InboxEvent]) -> Touched:
        return self._moved("apply", events)

    def take(self, told: Any, is_proof: bool) -> Touched:
        return self._moved("take", told, is_proof)

    def known(self, model: str, skus: Collection[str]) -> list[Row] | None:
        """What `rows` would answer, where it is known here; from any thread."""
        try:
            return self._known[model].of(skus)
        except KeyError:
            return None

    def rows(self, model: str, skus: Collection[str]) -> list[Row]:
        rows: list[Row] = self._told(self._held.ask("rows", model, list(skus)))
        if model not in self._known:
            # From now on its rows come with every answer that moved them.
            self._known[model] = KnownRows()
        self._known[model].learn(rows, skus)
        return rows

    def renew(self) -> Renewed | None:
        renewed: Renewed | None = self._told(self._held.ask("renew"))
        return renewed

    def models(self) -> dict[str, Model]:
        models: dict[str, Model] = self._told(self._held.ask("models"))
        return models

    def blocked(self) -> dict[str, str]:
        blocked: dict[str, str] = self._told(self._held.ask("blocked"))
        return blocked

    def _moved(self, name: str, *arguments: Any) -> Touched:
        answer, rows = self._held.move(name, tuple(self._known), *arguments)
        touched: Touched = self._told(answer)
        for model, found in rows.items():
            if found is None:
                self._known[model].forget(touched.skus)
            else:
                self._known[model].learn(found, touched.skus)
        return touched

    def _told(self, answer: Answer) -> Any:
        told, self.sequence, since = answer
        if since != self._since:
            self._since = since
            for known in self._known.values():
                known.forget_all()
        return told


class _Held:
    """The tables, in the process that holds them."""

    def __init__(self, syncs: Mapping[str, Sync]) -> None:
        self._inbox, self._syncs = Inbox.at_home(), syncs
        self._tables: PublishedTables

    def prime(self) -> Answer:
        with _noted():
            self._tables = PublishedTables(self._inbox, self._syncs)
        # What is there now stays: walking it took the collector 80 ms, in which nothing was computed.
        gc.collect()
        gc.freeze()
        return self._answer(None)

    def ask(self, name: str, *arguments: Any) -> Answer:
        """What a method of the tables says."""
        with _noted():
            return self._answer(getattr(self._tables, name)(*arguments))

    def move(self, name: str, models: Iterable[str], *arguments: Any) -> tuple[Answer, dict[str, list[Row] | None]]:
        """As `ask`, with the rows of what was touched by model; None where not all of them are known."""
        answer = self.ask(name, *arguments)
        return answer, {model: self._tables.known(model, answer[0].skus) for model in models}

    def _answer(self, told: Any) -> Answer:
        return told, self._tables.sequence, self._tables.since


@contextmanager
def _noted() -> Iterator[None]:
    """An error that goes over to the other process takes along where it came from."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in the process of the lane's tables:\n{traceback.format_exc()}")
        raise


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
