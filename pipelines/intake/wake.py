"""The bell between the process that keeps events and those that work on them: a named pipe, rung after each commit.

A bell that is not heard costs nothing but time: readers look at the inbox now and then anyway, and where there is no
named pipe (another machine, Windows) they only do that.
"""

from __future__ import annotations

import contextlib
import os
import select
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines import settings

NAME = "inbox.bell"


def path(name: str = NAME) -> Path:
    """The configured inbox's bell. Each reader has one of its own: a byte in a pipe is read once."""
    return settings.home() / name


class Bell:
    """Rings every listener's pipe; a pipe nobody listens to, or that is full of rings, is left alone."""

    def __init__(self, *paths: Path) -> None:
        self._pipes: dict[Path, int | None] = dict.fromkeys(paths)

    def ring(self) -> None:
        for where, pipe in self._pipes.items():
            if pipe is None:
                # Without a reader the system refuses to open it: nobody to wake.
                with contextlib.suppress(OSError):
                    pipe = os.open(where, os.O_WRONLY | os.O_NONBLOCK)
            if pipe is None:
                continue
            try:
                os.write(pipe, b"!")
            except BlockingIOError:
                pass
            except OSError:
                os.close(pipe)
                pipe = None
            self._pipes[where] = pipe

    def close(self) -> None:
        for where, pipe in self._pipes.items():
            if pipe is not None:
                os.close(pipe)
            self._pipes[where] = None


class Listener:
    """Hears the bell: `wait` returns when it rang or when the time is over, whichever comes first."""

    def __init__(self, where: Path) -> None:
        self._where = where
        self._pipe: int | None = None

    def __enter__(self) -> Self:
        if hasattr(os, "mkfifo"):
            self._where.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.mkfifo(self._where)
            # Opened for both, so that it stays open between writers and never reads as ended.
            self._pipe = os.open(self._where, os.O_RDWR | os.O_NONBLOCK)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

    def fileno(self) -> int:
        """For an event loop's `add_reader`; call `clear` when it becomes readable."""
        if self._pipe is None:
            raise ValueError("there is no pipe to listen to")
        return self._pipe

    def clear(self) -> None:
        """Forget the rings so far; look at the inbox after this, not before."""
        if self._pipe is not None:
            with contextlib.suppress(BlockingIOError):
                while os.read(self._pipe, 65_536):
                    pass

    def wait(self, seconds: float) -> bool:
        """True when the bell rang; the rings are cleared, so look at the inbox after this."""
        if self._pipe is None:
            select.select([], [], [], seconds)
            return False
        ready, _, _ = select.select([self._pipe], [], [], seconds)
        self.clear()
        return bool(ready)
