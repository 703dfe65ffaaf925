"""What goes wrong on request: faults armed by platform, path pattern, and count or share, used up in the order armed.

Kinds without an effect: request_lost (the connection drops before the twin sees the request), 429, 500, 503, 409,
token_expired (the vendor's 401). Kinds with the effect: reply_lost (the twin commits, the answer never leaves),
500_after (it commits and says that it failed), garbage (it commits, and the answer can not be read), omit_record (it
commits, and the answer leaves its last record out), slow (the answer is late by `seconds`).

A fault with a `share` fires at that part of the requests it fits, for ever unless a count is given as well. Whether the
n-th of them is hit depends on the seed alone.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "request_lost", "reply_lost", "429", "500", "500_after", "503", "409", "garbage", "omit_record", "slow",
    "token_expired",
)  # fmt: skip
FOR_EVER = -1


@dataclass
class Fault:
    """One armed fault; `remaining` counts down to zero, below zero means for ever."""

    kind: str
    platform: str
    path: str = ".*"
    remaining: int = 1
    seconds: float = 1.0
    method: str | None = None
    share: float = 1.0
    seed: int = 0
    fired: int = 0
    _draws: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._draws = random.Random(f"{self.kind} {self.seed}")

    def strikes(self, platform: str, method: str, path: str) -> bool:
        """Does this request meet the fault? Every request that fits takes one draw."""
        if self.remaining == 0 or self.platform not in {platform, "*"}:
            return False
        if self.method not in {None, method} or re.search(self.path, path) is None:
            return False
        return self._draws.random() < self.share

    def row(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "platform": self.platform,
            "path": self.path,
            "method": self.method,
            "remaining": self.remaining,
            "seconds": self.seconds,
            "share": self.share,
            "seed": self.seed,
            "fired": self.fired,
        }


class Faults:
    """The list of what is armed."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def arm(
        self,
        kind: str,
        platform: str,
        path: str = ".*",
        count: int | None = None,
        seconds: float = 1.0,
        method: str | None = None,
        share: float | None = None,
        seed: int = 0,
    ) -> Fault:
        """Arm one fault; a kind we don't know is the caller's mistake."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known: {', '.join(KINDS)}")
        if share is not None and not 0 < share <= 1:
            raise ValueError("a share is a fraction above 0, at most 1")
        re.compile(path)
        if count is None:
            count = 1 if share is None else FOR_EVER
        part = 1.0 if share is None else share
        fault = Fault(kind, platform, path, count, seconds, method.upper() if method else None, part, seed)
        self._faults.append(fault)
        return fault

    def take(self, platform: str, method: str, path: str) -> Fault | None:
        """Use up and return the first armed fault that strikes the request."""
        for fault in self._faults:
            if fault.strikes(platform, method, path):
                fault.remaining -= fault.remaining > 0
                fault.fired += 1
                return fault
        return None

    def rows(self) -> list[dict[str, Any]]:
        return [fault.row() for fault in self._faults]

    def clear(self) -> None:
        self._faults.clear()
