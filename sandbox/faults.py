"""What goes wrong on request: faults armed by platform, path pattern and count, used up in the order armed.

kinds: request_lost (the connection drops before the twin sees the request), reply_lost (the twin commits, the answer
never leaves), 429, 500, slow (the answer is late by `seconds`), token_expired (the vendor's 401).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

KINDS = ("request_lost", "reply_lost", "429", "500", "slow", "token_expired")


@dataclass
class Fault:
    """One armed fault; `remaining` counts down to zero, below zero means for ever."""

    kind: str
    platform: str
    path: str = ".*"
    remaining: int = 1
    seconds: float = 1.0
    method: str | None = None
    fired: int = 0

    def matches(self, platform: str, method: str, path: str) -> bool:
        if self.remaining == 0 or self.platform not in {platform, "*"}:
            return False
        return (self.method is None or self.method == method) and re.search(self.path, path) is not None

    def row(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "platform": self.platform,
            "path": self.path,
            "method": self.method,
            "remaining": self.remaining,
            "seconds": self.seconds,
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
        count: int = 1,
        seconds: float = 1.0,
        method: str | None = None,
    ) -> Fault:
        """Arm one fault; a kind we don't know is the caller's mistake."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known: {', '.join(KINDS)}")
        re.compile(path)
        fault = Fault(kind, platform, path, count, seconds, method.upper() if method else None)
        self._faults.append(fault)
        return fault

    def take(self, platform: str, method: str, path: str) -> Fault | None:
        """Use up and return the first armed fault that fits the request."""
        for fault in self._faults:
            if fault.matches(platform, method, path):
                fault.remaining -= 1
                fault.fired += 1
                return fault
        return None

    def rows(self) -> list[dict[str, Any]]:
        return [fault.row() for fault in self._faults]

    def clear(self) -> None:
        self._faults.clear()
