"""A push in a process of its own that tells how much memory it had come to need, after so many deliveries."""

from __future__ import annotations

import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from reverse_etl import engine, settings
from reverse_etl.engine import PushResult
from tests.proof.pusher import FORKS

# Seconds after which a push of ten thousand is called stuck.
PATIENCE = 1500


@dataclass(frozen=True)
class Measured:
    result: PushResult
    # Deliveries done → highest resident memory until then, in the units of the system (kilobytes on Linux).
    peaks: Mapping[int, int]


def push(home: Path, environ: Mapping[str, str], plan_id: str, at: datetime, marks: Sequence[int] = ()) -> Measured:
    """Push a plan in a fresh process."""
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=_push, args=(home, dict(environ), plan_id, at, tuple(marks), theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(PATIENCE):
            raise TimeoutError("the push did not end")
        # Without a word it ended with a traceback, and the pipe says so: EOFError.
        heard: Measured = ours.recv()
    finally:
        process.join(5)
        process.kill()
        ours.close()
    return heard


async def _no_sleep(seconds: float) -> None:
    return None


def _push(home: Path, environ: Mapping[str, str], plan_id: str, at: datetime, marks: Any, parent: Connection) -> None:
    peaks: dict[int, int] = {}

    def progress(done: int, total: int) -> None:
        for mark in marks:
            if done >= mark and mark not in peaks:
                peaks[mark] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    read = settings.read(environ, home)
    ledger = engine.open_ledger(read)
    result = engine.push(plan_id, ledger, read, progress, clock=lambda: at, sleep=_no_sleep)
    ledger.close()
    parent.send(Measured(result, peaks))
