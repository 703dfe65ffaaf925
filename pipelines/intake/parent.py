"""A process that another one started ends when that one does, however it ended: its standard input is then closed."""

from __future__ import annotations

import os
import signal
import sys
import threading


def end_with_it() -> None:
    """From now on, the end of standard input is taken as the wish to stop."""
    threading.Thread(target=_wait, name="parent", daemon=True).start()


def _wait() -> None:
    # Below Python's own reader, whose lock an ending interpreter would wait for.
    while os.read(sys.stdin.fileno(), 4_096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
