"""Whoever presses Ctrl-C twice is not left waiting."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

WAITING = """
import sys
from orchestration.stopping import asked_to_stop
asked = asked_to_stop()
print("ready", flush=True)
while not asked.wait(0.001):
    pass
print("ended", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_however_often_it_is_asked_to_stop_it_ends(number: signal.Signals) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", WAITING], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            for _ in range(2_000):
                process.send_signal(number)
            # It ends after the last signal: the interpreter on its way out has no handler any more.
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (said, process.returncode) == ("ended\n", 0)
