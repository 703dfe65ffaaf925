"""The bell wakes a reader in another process soon, and costs whoever rings it nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipelines.intake.wake import Bell, Listener


def test_a_ring_is_heard_by_another_process(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pipelines.intake.wake import Bell; Bell(Path(sys.argv[1])).ring()"
    )
    with Listener(tmp_path / "bell") as listener:
        assert not listener.wait(0)
        subprocess.run([sys.executable, "-c", script, str(tmp_path / "bell")], check=True)
        assert listener.wait(30)
        assert not listener.wait(0)


def test_many_rings_wake_once_and_a_full_pipe_is_no_trouble(tmp_path: Path) -> None:
    with Listener(tmp_path / "bell") as listener:
        bell = Bell(tmp_path / "bell")
        for _ in range(100_000):
            bell.ring()
        assert listener.wait(30)
        assert not listener.wait(0)
        bell.close()


def test_nobody_listening_is_no_trouble_and_a_new_listener_is_found(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell")
    bell.ring()
    with Listener(tmp_path / "bell"):
        bell.ring()
    bell.ring()
    bell.ring()
    with Listener(tmp_path / "bell") as listener:
        bell.ring()
        assert listener.wait(30)
    bell.close()
