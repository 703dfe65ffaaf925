"""Runs a push, or the lane, to its end: on the faster event loop, where there is one for this system."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

try:
    import uvloop
except ImportError:  # not made for Windows
    uvloop = None  # type: ignore[assignment]

T = TypeVar("T")
# Objects made and not yet gone before the collector looks for those that hold each other: some thousand deliveries' worth.
_UNCOLLECTED = 50_000


def run(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns."""
    with (
        _seldom_collected(),
        asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop is not None else None) as runner,
    ):
        return runner.run(work)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """What is there now outlives the run, and what a run makes goes by itself: an eighth of its time went into looking for more.

    A process that froze what it started with keeps that frozen.
    """
    often, is_first = gc.get_threshold(), gc.get_freeze_count() == 0
    if is_first:
        gc.freeze()
    gc.set_threshold(_UNCOLLECTED, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)
        if is_first:
            gc.unfreeze()
