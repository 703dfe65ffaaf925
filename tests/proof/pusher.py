"""A pushing process of its own, which kills itself with signal 9 or stands still at a labelled step of the engine.

Processes are forked from a server that has the engine imported already, so that hundreds of them cost seconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reverse_etl import engine, settings
from reverse_etl.errors import DeliveryError

# How long one process may take before the test calls it stuck, in seconds.
PATIENCE = 60
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.proof.pusher", "aiohttp"])


@dataclass(frozen=True)
class Order:
    """What a pushing process is to do: at each of `stops`, taken in turn, it stands still until it is woken.

    At `dies_at` it kills itself, once it has passed all its stops.
    """

    home: Path
    environ: Mapping[str, str]
    plan_id: str
    at: datetime
    stops: tuple[str, ...] = ()
    dies_at: str = ""


class Pusher:
    """One process from start to end; `died` tells whether signal 9 ended it."""

    def __init__(self, order: Order) -> None:
        self._ours, theirs = FORKS.Pipe()
        self._process = FORKS.Process(target=_push, args=(order, theirs), daemon=True)
        self._process.start()
        self._last: Any = None
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._ours.close()

    @property
    def died(self) -> bool:
        return self._process.exitcode == -signal.SIGKILL

    def until_stopped(self) -> bool:
        """Wait until the process stands still at its next stop; False when it ended without reaching it."""
        self._last = self._hear()
        return isinstance(self._last, str)

    def wake(self, at: datetime) -> None:
        """Let it go on; it finds that this much time has passed."""
        self._ours.send(at)

    def end(self) -> Any:
        """Wait for the end: the engine's result, the refusal that ended it, or None when the process was killed."""
        heard = self._last if self._last is not None and not isinstance(self._last, str) else self._hear()
        self._process.join(PATIENCE)
        if heard is None and not self.died:
            raise RuntimeError(f"the pushing process ended with exit code {self._process.exitcode}")
        return heard

    def _hear(self) -> Any:
        if not self._ours.poll(PATIENCE):
            raise TimeoutError("the pushing process neither ended nor spoke")
        try:
            return self._ours.recv()
        except EOFError:
            return None


def push(order: Order, at_stop: Callable[[], None] = lambda: None) -> tuple[Any, bool]:
    """Run one process to its end, calling `at_stop` at each of its stops: its result, and whether it was killed."""
    with Pusher(order) as pusher:
        for _ in order.stops:
            if pusher.until_stopped():
                at_stop()
                pusher.wake(order.at)
        result = pusher.end()
        return result, pusher.died


async def _no_sleep(seconds: float) -> None:
    return None


def _push(order: Order, parent: Connection) -> None:
    stops, at = list(order.stops), order.at

    def step(label: str) -> None:
        nonlocal at
        if stops and label == stops[0]:
            parent.send(stops.pop(0))
            at = parent.recv()
        elif not stops and label == order.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        read = settings.read(order.environ, order.home)
        ledger = engine.open_ledger(read)
        result: Any = engine.push(order.plan_id, ledger, read, clock=lambda: at, step=step, sleep=_no_sleep)
        ledger.close()
    except DeliveryError as error:
        # A refusal in words is an answer; anything else ends the process with its traceback.
        result = error
    parent.send(result)
