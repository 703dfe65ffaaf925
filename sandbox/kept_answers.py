"""What a vendor answered to an idempotency key, and for how long it remembers: by the world's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import Clock


class KeptAnswers:
    """Answers by key, each with the fingerprint of what was asked; forgotten `kept_for` after they were given."""

    def __init__(self, clock: Clock, kept_for: timedelta) -> None:
        self._clock, self._kept_for = clock, kept_for
        self._answers: dict[str, tuple[datetime, Any, Any]] = {}

    def get(self, key: str | None) -> tuple[Any, Any] | None:
        """(fingerprint, answer), or None when the key is new or was forgotten."""
        found = self._answers.get(key) if key else None
        if found is None or self._clock.now() - found[0] > self._kept_for:
            return None
        return found[1], found[2]

    def keep(self, key: str, fingerprint: Any, answer: Any) -> None:
        self._answers[key] = self._clock.now(), fingerprint, answer

    def clear(self) -> None:
        self._answers.clear()
