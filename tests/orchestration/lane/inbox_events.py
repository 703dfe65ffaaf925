"""What the inbox would hold of a made-up shop, and what becomes of it on the way."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Event:
    """What the inbox would hold."""

    sequence: int
    platform: str
    topic: str
    body: bytes
    occurred_at: datetime
    account_id: str = "main"

    @property
    def received_at(self) -> datetime:
        return self.occurred_at + timedelta(seconds=1)


def shuffled(events: Iterable[Event], rng: random.Random) -> list[Event]:
    """Every event at least once, some twice, in any order; as they came, so they are numbered."""
    found = [event for event in events for _ in range(2 if rng.random() < 0.2 else 1)]
    if rng.random() < 0.7:
        rng.shuffle(found)
    return [Event(at, one.platform, one.topic, one.body, one.occurred_at) for at, one in enumerate(found, start=1)]
