"""`python -m pipelines.intake.polls --supervised`: asks the platforms that send no webhooks, until it is told to stop.

Exit code 3: there is nothing to do, because none is configured, or one in part, which is said and keeps nobody else from
working. What a platform does not answer is said, too, and asked again at the next turn.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from pipelines import settings
from pipelines.errors import ConfigurationError, ExtractionError
from pipelines.extract import connector
from pipelines.intake import parent, wake
from pipelines.intake.inbox import Inbox
from pipelines.intake.polls.amazon import PLATFORM, AmazonPoll

NOTHING_TO_DO = 3
EVERY_SECONDS = 10.0


def main() -> int:
    """Runs until the process is ended; a turn that is cut off is repeated by the next process."""
    parser = argparse.ArgumentParser(prog="pipelines.intake.polls", description="Asks what changed, every few seconds.")
    parser.add_argument("--supervised", action="store_true", help="end when standard input does")
    if parser.parse_args().supervised:
        parent.end_with_it()
    try:
        every, inbox = every_seconds(), Inbox.at_home()
        polls = made(inbox)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return NOTHING_TO_DO
    if not polls or not every:
        return NOTHING_TO_DO
    bell = wake.Bell(wake.path())
    while True:
        for poll in polls:
            try:
                if poll.turn():
                    bell.ring()
            except (ExtractionError, SQLAlchemyError) as error:
                print(f"{PLATFORM} ({poll.account_id}): {error}", file=sys.stderr, flush=True)
        time.sleep(every)


def made(inbox: Inbox) -> list[AmazonPoll]:
    """A poll per configured account."""
    declared = connector(PLATFORM)
    return [
        AmazonPoll(declared.connect(found), found.account_id, inbox, lambda: datetime.now(UTC), time.monotonic)
        for found in settings.connections(PLATFORM, declared.credentials)
    ]


def every_seconds() -> float:
    """Seconds between two turns, from SOURCES__AMAZON__POLL_SECONDS; 0 switches the poll off."""
    said = settings.value(PLATFORM, "main", "poll_seconds")
    try:
        every = float(said) if said is not None else EVERY_SECONDS
    except ValueError:
        every = -1.0
    if every < 0 or 0 < every < 1:
        raise ConfigurationError("SOURCES__AMAZON__POLL_SECONDS is neither 0 nor a number of seconds from 1")
    return every


if __name__ == "__main__":
    sys.exit(main())
