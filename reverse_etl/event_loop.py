"""Runs a push to its end: on the faster event loop, where there is one for this system, beside the thread that commits."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

try:
    import uvloop
except ImportError:  # not made for Windows
    uvloop = None  # type: ignore[assignment]

# The thread that commits must not wait for the loop's usual 5 ms each time it comes back from the disk.
_SWITCH_SECONDS = 0.0005

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop is not None else None) as runner:
            return runner.run(work)
    finally:
        sys.setswitchinterval(before)
