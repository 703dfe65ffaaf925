"""A whole intake on a port of its own: the application under the server that `cartwheel serve` runs."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any, Self

import uvicorn

from pipelines.intake import keys
from pipelines.intake.__main__ import configuration
from pipelines.intake.inbox import Inbox
from pipelines.intake.server import Intake, Limits
from pipelines.intake.signatures import schemes
from pipelines.intake.webhook import Keys
from sandbox.server import CREDENTIALS, EUROPE_CREDENTIALS


def sandbox_keys(base_url: str = "http://127.0.0.1:9") -> dict[str, tuple[Keys, ...]]:
    """What verifies the sandbox's webhooks, read as the product reads it."""
    known = {**EUROPE_CREDENTIALS, **CREDENTIALS}

    def look_up(platform: str, account: str, name: str) -> str | None:
        return f"{base_url}/{platform}" if name == "base_url" else known[platform].get(name)

    return {platform: keys.read(platform, look_up, lambda _: ["main"]) for platform in schemes()}


class RunningIntake:
    """`with RunningIntake(inbox) as intake: intake.url`."""

    def __init__(self, inbox: Inbox, keys: dict[str, tuple[Keys, ...]] | None = None, **limits: Any) -> None:
        self.rings = 0
        self.app = Intake(schemes(), keys or sandbox_keys(), inbox, self._ring, Limits(**limits))
        self.at_port(0)

    def at_port(self, port: int) -> None:
        """The port it will listen on; any that is free unless told."""
        self._server = uvicorn.Server(configuration(self.app, "127.0.0.1", port))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def _ring(self) -> None:
        self.rings += 1

    @property
    def url(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/webhooks"

    def __enter__(self) -> Self:
        self._thread.start()
        until = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < until, "the intake did not start"
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(30)
