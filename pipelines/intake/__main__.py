"""`python -m pipelines.intake --port 8080`: the intake as a process of its own, until it is told to stop."""

from __future__ import annotations

import argparse
import os
import sys

import uvicorn

from pipelines.errors import ConfigurationError
from pipelines.intake import parent, wake
from pipelines.intake.inbox import Inbox
from pipelines.intake.keys import read_all
from pipelines.intake.server import Intake, Limits
from pipelines.intake.signatures import schemes


def main() -> int:
    """Serves until SIGINT or SIGTERM; what is under way is finished first."""
    parser = argparse.ArgumentParser(prog="pipelines.intake", description="Receives webhooks into the inbox.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--supervised", action="store_true", help="end when standard input does")
    options = parser.parse_args()
    if options.supervised:
        parent.end_with_it()
    try:
        limits, keys, inbox = _limits(), read_all(), Inbox.at_home()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    # The thread that commits must not wait for the loop's usual 5 ms each time it comes back from the disk.
    sys.setswitchinterval(0.0005)
    bell = wake.Bell(wake.path())
    app = Intake(schemes(), keys, inbox, bell.ring, limits)
    uvicorn.Server(configuration(app, options.host, options.port)).run()
    bell.close()
    inbox.close()
    return 0


def configuration(app: Intake, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,  # addresses may carry a secret
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )


def _limits() -> Limits:
    said = os.environ.get("CARTWHEEL_WEBHOOK_MAX_BYTES")
    if said is None:
        return Limits()
    if not said.isdigit() or int(said) == 0:
        raise ConfigurationError("CARTWHEEL_WEBHOOK_MAX_BYTES is not a number of bytes")
    return Limits(body_bytes=int(said))


if __name__ == "__main__":
    sys.exit(main())
