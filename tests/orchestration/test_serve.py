"""The supervisor keeps its children alive, waits longer each time, and ends with all of them."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from orchestration import environment, serve
from orchestration.serve import CAN_NOT_START, Child, Duty, Supervisor
from pipelines.intake.inbox import Inbox
from tests.pipelines.intake.events import arrived

PATIENCE_SECONDS = 60.0


def child(name: str, script: str, *arguments: str) -> Child:
    return Child(name, (sys.executable, "-c", script, *arguments))


def until(holds: object) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_that_dies_is_started_again_and_the_others_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "FIRST_PAUSE", 0.01)
    log = "import sys; open(sys.argv[1], 'a').write('started\\n')"
    stopping = threading.Event()
    children = [
        child("mortal", f"{log}; sys.exit(1)", str(tmp_path / "mortal")),
        child("steady", f"{log}; sys.stdin.read()", str(tmp_path / "steady")),
    ]
    running = threading.Thread(target=Supervisor(children).run, args=(stopping,))
    running.start()
    mortal, steady = tmp_path / "mortal", tmp_path / "steady"
    until(lambda: mortal.exists() and len(mortal.read_text().splitlines()) >= 3 and steady.exists())
    stopping.set()
    running.join(PATIENCE_SECONDS)
    assert not running.is_alive()
    assert steady.read_text() == "started\n"


def test_a_child_that_can_not_start_as_configured_ends_it_all() -> None:
    children = [child("wrong", f"import sys; sys.exit({CAN_NOT_START})"), child("steady", "input()")]
    assert Supervisor(children).run(threading.Event()) == CAN_NOT_START


def test_trouble_with_a_duty_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    stopping, calls = threading.Event(), []

    def duty() -> None:
        calls.append(1)
        if len(calls) == 2:
            stopping.set()
        raise OSError("the disk is full")

    assert Supervisor([], [Duty("notes", 0.0, duty)]).run(stopping) == 0
    assert len(calls) == 2
    assert "notes: the disk is full" in capsys.readouterr().err


def test_a_reborn_sandbox_forgets_the_webhooks_of_the_world_before_and_keeps_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An intake may have the inbox open: what it keeps afterwards must be found by everybody."""
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.delenv("CARTWHEEL_OPERATIONS_URL", raising=False)
    inbox = Inbox.at_home()
    inbox.keep([arrived("a"), arrived(None, platform="cin7")])
    before = inbox.newest()
    environment.born(environment.SandboxAddress("http://127.0.0.1:9", {}, {}))
    inbox.keep([arrived("a")])
    other = Inbox.at_home()
    assert [event.sequence for event in other.events_after(0)] == [before + 1]
    for opened in (inbox, other):
        opened.close()
