"""kill -9 under load, at any moment: what was acknowledged is in the inbox, once, and the intake comes back."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from pipelines.intake.inbox import Inbox
from sandbox.webhooks.notices import Notice
from sandbox.webhooks.signing import signed
from tests.reverse_etl.postgres_server import on_both_stores

ROOT = Path(__file__).resolve().parents[3]
SECRET = "kill-test"
IN_FLIGHT = 16
# Supervised as `cartwheel serve` does it; the lane beside it is not what is killed here.
SERVE = """
import signal, sys, threading
from orchestration.serve import Supervisor, children

stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
intake = [child for child in children("127.0.0.1", int(sys.argv[1])) if child.name == "intake"]
sys.exit(Supervisor(intake).run(stopping))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(home: Path, port: int, store: str) -> Iterator[int]:
    """A supervised intake; the process id of the supervisor."""
    environ = os.environ | {
        "CARTWHEEL_HOME": str(home),
        "CARTWHEEL_OPERATIONS_URL": store,
        "SOURCES__SHOPIFY__WEBHOOK_SECRET": SECRET,
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def intake_of(supervisor: int) -> int | None:
    """The process id of the intake that this supervisor keeps alive."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(supervisor)], capture_output=True, text=True)
    found = [line.split()[0] for line in listed.stdout.splitlines() if "pipelines.intake" in line]
    return int(found[0]) if found else None


class Load:
    """Senders that go on for ever; whoever gets no answer sends the same event again, as vendors do."""

    def __init__(self, url: str) -> None:
        self.url, self.acknowledged, self.sent = url, set[str](), 0
        self.stopped = False

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            await asyncio.gather(*(self._sender(session, number) for number in range(IN_FLIGHT)))

    async def _sender(self, session: aiohttp.ClientSession, sender: int) -> None:
        number = 0
        while not self.stopped:
            number += 1
            name = f"{sender}-{number}"
            body = f'{{"id": "{name}", "updated_at": "2026-11-01T12:00:00Z"}}'.encode()
            notice = Notice("shopify", "orders/create", name, name, body, datetime(2026, 11, 1, tzinfo=UTC))
            url, headers = signed(notice, self.url, SECRET, datetime.now(UTC), "http://127.0.0.1:9")
            while not self.stopped:
                try:
                    async with session.post(url, data=body, headers=headers) as answer:
                        if answer.status == 200:
                            self.acknowledged.add(name)
                            break
                except (aiohttp.ClientError, TimeoutError):
                    await asyncio.sleep(0.05)


async def killed_under_load(load: Load, supervisor: int, kills: int, rng: random.Random) -> None:
    running = asyncio.create_task(load.run())
    for _ in range(kills):
        before = len(load.acknowledged)
        until = time.monotonic() + 60
        # Only one that has acknowledged something since the last time is killed.
        while len(load.acknowledged) < before + 50:
            assert time.monotonic() < until, "nothing is acknowledged any more"
            await asyncio.sleep(0.01)
        await asyncio.sleep(rng.random() / 2)
        victim = intake_of(supervisor)
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
    before = len(load.acknowledged)
    until = time.monotonic() + 60
    while len(load.acknowledged) < before + 50:
        assert time.monotonic() < until, "it did not come back"
        await asyncio.sleep(0.01)
    load.stopped = True
    await running


def nothing_acknowledged_is_lost(home: Path, store: str, kills: int, seed: int) -> None:
    port = free_port()
    load = Load(f"http://127.0.0.1:{port}/webhooks/shopify")
    with serving(home, port, store) as supervisor:
        asyncio.run(killed_under_load(load, supervisor, kills, random.Random(seed)))
    inbox = Inbox(store.replace("operations.sqlite", "inbox.sqlite"))
    kept = [event.resource_id for event in inbox.events_after(0, limit=10_000_000)]
    inbox.close()
    assert len(kept) == len(set(kept)), "a retry made a second event"
    assert load.acknowledged - set(kept) == set()


def test_a_killed_intake_comes_back_and_has_lost_nothing_it_acknowledged(tmp_path: Path) -> None:
    nothing_acknowledged_is_lost(tmp_path / "home", f"sqlite:///{tmp_path}/operations.sqlite", kills=1, seed=1)


@pytest.mark.proof
@pytest.mark.timeout(1_800)
@on_both_stores
def test_an_intake_killed_twenty_five_times_has_lost_nothing_it_acknowledged(store: str, tmp_path: Path) -> None:
    nothing_acknowledged_is_lost(tmp_path / "home", store, kills=25, seed=2)


def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path / "home", port, f"sqlite:///{tmp_path}/operations.sqlite") as supervisor:
        until = time.monotonic() + 60
        while (child := intake_of(supervisor)) is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(supervisor, signal.SIGKILL)
        while Path(f"/proc/{child}").exists():
            assert time.monotonic() < until, "the intake outlived its supervisor"
            time.sleep(0.05)


def test_an_intake_whose_parent_is_gone_ends_without_a_word(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "pipelines.intake", "--port", str(port), "--supervised"]
    environ = os.environ | {"CARTWHEEL_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while not answers(port):
        assert time.monotonic() < until
        time.sleep(0.1)
    # Closes its standard input, and reads what it says until it has ended.
    _, said = process.communicate(timeout=60)
    assert said == b""
