"""Ctrl-C and SIGTERM as an event to wait for."""

from __future__ import annotations

import os
import signal
import threading


def asked_to_stop() -> threading.Event:
    """Set once either signal came; called from the main thread.

    A handler runs in the middle of whatever the main thread does. Setting the event there takes a lock that the main thread may hold,
    in `wait` or in the handler of a signal before, and then waits for itself; so the handler writes to a pipe, and a thread sets it.
    """
    asked = threading.Event()
    heard, said = os.pipe()

    def listen() -> None:
        os.read(heard, 1)
        asked.set()

    threading.Thread(target=listen, name="signals", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os.write(said, b"."))
    return asked
