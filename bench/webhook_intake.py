"""Webhooks per second that are verified, deduplicated and on disk before they are answered, beside what that cannot beat.

In turn, several rounds, best of each: the same server verifying the same signatures and keeping nothing; `python -m
pipelines.intake` keeping everything; rows into the same table by the driver alone, one and 128 in a commit; a page written
with fdatasync. Then a pace, with latencies from the moment each request was due. Server and load share the machine.
Usage: webhook_intake.py [REQUESTS] [PER_SECOND] [postgresql://...]   (default 20,000 and 2,000, and a SQLite file)
"""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from ledger_commits import bare_disk, rate
from load import BODY_BYTES, SECRET, as_fast_as_answered, at_a_pace, requests

from pipelines.intake.inbox import Inbox

ROUNDS = 3
CONNECTIONS = 64
ROWS, TOGETHER = 2_000, 128
BARE = """
import sys
import uvicorn
from pipelines.intake.__main__ import configuration
from pipelines.intake.signatures import schemes
from pipelines.intake.webhook import Keys, Request

scheme, keys = schemes()["shopify"], Keys("shopify", "main", (sys.argv[2],))

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    held = scheme.is_genuine(Request(dict(scope["headers"]), b"", body, None), keys)
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200 if held else 401, "headers": headers})
    await send({"type": "http.response.body"})

uvicorn.Server(configuration(app, "127.0.0.1", int(sys.argv[1]))).run()
"""


@contextmanager
def server(command: list[str], port: int, folder: Path, url: str | None) -> Iterator[None]:
    environ = os.environ | {"CARTWHEEL_HOME": str(folder), "SOURCES__SHOPIFY__WEBHOOK_SECRET": SECRET}
    if url:
        environ["CARTWHEEL_OPERATIONS_URL"] = url
    process = subprocess.Popen(command, env=environ)
    try:
        until = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def bare_rows(folder: Path, together: int) -> Callable[[], None]:
    """Rows of the same size into the same table, so many in a commit, by SQLite's driver alone."""
    path = folder / f"bare-{time.time_ns()}.sqlite"
    Inbox(f"sqlite:///{path}").close()
    store = sqlite3.connect(path, isolation_level=None)
    store.execute("pragma journal_mode=wal")
    store.execute("pragma synchronous=full")
    body, at = b"x" * BODY_BYTES, "2026-11-01 12:00:00.000000"
    row = ("shopify", "main", "orders/create", "1", at, body, "d" * 32, at, at)

    def work() -> None:
        for first in range(0, ROWS, together):
            store.execute("begin immediate")
            store.executemany(
                "insert into inbox_events (platform, account_id, topic, resource_id, resource_version, body, body_digest,"
                " occurred_at, received_at, event_id, is_known_topic, is_readable, times_received)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, 1)",
                [(*row, f"e{number}") for number in range(first, min(first + together, ROWS))],
            )
            store.execute("commit")

    return work


def one_round(number: int, count: int, folder: Path, url: str | None) -> dict[str, tuple[float, float, float]]:
    found = {"disk": (rate(ROWS, lambda: bare_disk(str(folder), ROWS)), 0.0, 0.0)}
    for together in (1, TOGETHER):
        found[f"rows {together}"] = (rate(ROWS, bare_rows(folder, together)), 0.0, 0.0)
    sent = requests(count, f"{time.time_ns():x}-{number}")
    port = free_port()
    with server([sys.executable, "-c", BARE, str(port), SECRET], port, folder, url):
        found["bare"] = uvloop.run(as_fast_as_answered(port, sent, CONNECTIONS))
    port = free_port()
    with server([sys.executable, "-m", "pipelines.intake", "--port", str(port)], port, folder, url):
        found["intake"] = uvloop.run(as_fast_as_answered(port, sent, CONNECTIONS))
        # The same once more: every one of them is a repeat.
        found["repeats"] = uvloop.run(as_fast_as_answered(port, sent, CONNECTIONS))
    return found


def paced(per_second: float, folder: Path, url: str | None) -> tuple[float, float, float]:
    port = free_port()
    with server([sys.executable, "-m", "pipelines.intake", "--port", str(port)], port, folder, url):
        warm, sent = requests(500, f"w{time.time_ns():x}"), requests(int(per_second * 10), f"p{time.time_ns():x}")
        uvloop.run(as_fast_as_answered(port, warm, 8))
        return uvloop.run(at_a_pace(port, sent, per_second))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    per_second = float(sys.argv[2]) if len(sys.argv) > 2 else 2_000.0
    url = sys.argv[3] if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rounds = [one_round(number, count, folder, url) for number in range(ROUNDS)]
        pace = paced(per_second, folder, url)
        inbox = Inbox(url or f"sqlite:///{folder}/inbox.sqlite")
        kept = sum(topic.events for topic in inbox.counts())
        inbox.close()
    asked = ROUNDS * count + 500 + int(per_second * 10)
    best = {name: max(found[name] for found in rounds) for name in rounds[0]}
    bare = best["bare"][0]
    print(
        f"webhooks of {BODY_BYTES} bytes, {CONNECTIONS} connections, best of {ROUNDS} ({'PostgreSQL' if url else 'SQLite'})"
    )
    print(f"  {'':44} {'per s':>8} {'p50 ms':>8} {'p99 ms':>8} {'x bare':>7}")
    names = {
        "bare": "verified, kept nowhere",
        "intake": "verified, deduplicated, on disk",
        "repeats": "the same again: every one a repeat",
    }
    for key, words in names.items():
        speed, median, high = best[key]
        print(f"  {words:44} {speed:8.0f} {median:8.1f} {high:8.1f} {speed / bare:7.2f}")
    rows = {"rows 1": "bare rows, one a commit", f"rows {TOGETHER}": f"bare rows, {TOGETHER} a commit"}
    for key, words in {**rows, "disk": "bare disk, write + fdatasync"}.items():
        print(f"  {words:44} {best[key][0]:8.0f} {'':17} {best[key][0] / bare:7.2f}")
    print(f"  at {per_second:.0f}/s: {pace[0]:.0f}/s, p50 {pace[1]:.1f} ms, p99 {pace[2]:.1f} ms from the moment due")
    print(f"  {kept} events in the inbox of {asked} sent and acknowledged")
    assert url or kept == asked


if __name__ == "__main__":
    main()
