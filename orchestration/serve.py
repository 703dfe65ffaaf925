"""`cartwheel serve`: long-running processes, kept alive. A process is a row of `children`; nothing here knows what it does.

A child that dies is started again, at once the first time, later each time after; one that cannot start as configured
(exit code 2) ends it all, for trying again would not help; one that has nothing to do (3) is left alone. Children end
with this process, however it ends.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from orchestration import environment
from orchestration.screen import say, screen, trouble
from orchestration.stopping import asked_to_stop

CAN_NOT_START, NOTHING_TO_DO = 2, 3
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
# Who ran this long was well; the next pause is the first again.
WELL_AFTER = 60.0
PATIENCE_SECONDS = 15.0
NOTED_EVERY = 30.0


@dataclass(frozen=True)
class Child:
    """A process to keep alive; it ends when its standard input does."""

    name: str
    command: tuple[str, ...]


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    deaths: int = 0
    has_nothing_to_do: bool = False


@dataclass(frozen=True)
class Duty:
    """Something small to do every so often beside the children; its trouble is said and ends nothing."""

    name: str
    every_seconds: float
    do: Callable[[], None]


@dataclass
class Supervisor:
    """Keeps children alive until told to stop."""

    children: Sequence[Child]
    duties: Sequence[Duty] = ()
    _running: list[_Running] = field(default_factory=list)

    def run(self, stopping: threading.Event) -> int:
        """0 after a stop; CAN_NOT_START when a child says so."""
        self._running = [_Running(child) for child in self.children]
        due = dict.fromkeys((duty.name for duty in self.duties), 0.0)
        try:
            while not stopping.wait(0.05):
                now = time.monotonic()
                for running in self._running:
                    if self._look_after(running, now) == CAN_NOT_START:
                        return CAN_NOT_START
                for duty in self.duties:
                    if now >= due[duty.name]:
                        due[duty.name] = now + duty.every_seconds
                        _do(duty)
        finally:
            self._end()
        return 0

    def _look_after(self, running: _Running, now: float) -> int | None:
        """Starts what is due and notices what died; the code of one that cannot start."""
        if running.process is None:
            if now >= running.due_at and not running.has_nothing_to_do:
                running.process, running.started_at = _start(running.child), now
            return None
        code = running.process.poll()
        if code is None:
            return None
        running.process = None
        if code == CAN_NOT_START:
            return code
        if code == NOTHING_TO_DO:
            running.has_nothing_to_do = True
            return None
        running.deaths = 1 if now - running.started_at >= WELL_AFTER else running.deaths + 1
        pause = min(FIRST_PAUSE * 2 ** (running.deaths - 1), LONGEST_PAUSE)
        running.due_at = now + pause
        say(trouble, f"{running.child.name} ended with {code}; it starts again in {pause:.1f} s")
        return None

    def _end(self) -> None:
        alive = [running.process for running in self._running if running.process is not None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + PATIENCE_SECONDS
        for process in alive:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(child: Child) -> subprocess.Popen[bytes]:
    # Ctrl-C is for us: we tell the children. The pipe closes when we are gone, even by a kill.
    return subprocess.Popen(child.command, stdin=subprocess.PIPE, start_new_session=True, cwd=environment.ROOT)  # noqa: S603


def _do(duty: Duty) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from pipelines.errors import ExtractionError
    from reverse_etl.errors import DeliveryError

    try:
        duty.do()
    except (ExtractionError, DeliveryError, SQLAlchemyError, OSError) as error:
        say(trouble, f"{duty.name}: {getattr(error, 'orig', None) or error}")


def children(host: str, port: int) -> list[Child]:
    """What `cartwheel serve` keeps alive."""
    intake = (sys.executable, "-m", "pipelines.intake", "--host", host, "--port", str(port), "--supervised")
    lane = (sys.executable, "-m", "orchestration.lane", "--supervised")
    polls = (sys.executable, "-m", "pipelines.intake.polls", "--supervised")
    return [Child("intake", intake), Child("stock lane", lane), Child("polls", polls)]


def supervisor(host: str, port: int) -> Supervisor:
    """What `cartwheel serve` runs, for whoever runs it beside something else."""
    from orchestration.inbox_findings import note_at_home

    return Supervisor(children(host, port), [Duty("exceptions of the inbox", NOTED_EVERY, note_at_home)])


def run(host: str, port: int) -> int:
    """Serves until Ctrl-C or SIGTERM."""
    environment.prepare()
    from orchestration.up import refuse_taken

    refuse_taken(port, "webhooks", "--port")
    stopping = asked_to_stop()
    address = f"http://{host}:{port}"
    say(screen, f"Webhooks: {address}/webhooks/<platform> · health: {address}/healthz · stop: Ctrl-C")
    return supervisor(host, port).run(stopping)
