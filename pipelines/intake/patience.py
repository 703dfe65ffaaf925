"""How long a body may take to come: one timer for all that are being read, because nearly every body is there at once.

A timer of its own for each request, made and taken back, cost as much as reading its facts.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any


class Patience:
    """`with patience.reading():` raises TimeoutError when what is awaited inside takes longer than so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # In the order of their ends, for each has the same time.
        self._ends: dict[asyncio.Task[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._overdue: set[asyncio.Task[Any]] = set()

    def reading(self) -> _Reading:
        return _Reading(self)

    def begin(self) -> asyncio.Task[Any]:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be waited for")
        self._ends[task] = end = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_at(end, self._look)
        return task

    def end(self, task: asyncio.Task[Any]) -> bool:
        """Was it ended here, for being too slow?"""
        self._ends.pop(task, None)
        if task not in self._overdue:
            return False
        self._overdue.discard(task)
        return True

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for task in [task for task, end in self._ends.items() if end <= now]:
            del self._ends[task]
            self._overdue.add(task)
            task.cancel()
        first = next(iter(self._ends.values()), None)
        self._timer = loop.call_at(first, self._look) if first is not None else None


class _Reading:
    __slots__ = ("_patience", "_task")

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    def __enter__(self) -> None:
        self._task = self._patience.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        was_slow = self._patience.end(self._task)
        # Unless somebody else wants the task to end as well.
        if was_slow and kind is asyncio.CancelledError and self._task.uncancel() == 0:
            raise TimeoutError from error
