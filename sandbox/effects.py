"""What the twins were made to do, counted by natural key, so that a test can ask the twin and not our own ledger.

`world.effects.record("quickbooks", "sales_receipt_created", "je:main:…")` is called once per effect, after it is
committed to the twin's state. Reads, refusals and replays of an idempotency key are not effects.
"""

from __future__ import annotations

from collections import Counter
from typing import Any


class Effects:
    """Counters of committed changes."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def record(self, platform: str, kind: str, natural_key: str) -> None:
        self._counts[(platform, kind, natural_key)] += 1

    def count(self, platform: str | None = None, kind: str | None = None, natural_key: str | None = None) -> int:
        """How many effects match what is given."""
        wanted = (platform, kind, natural_key)
        return sum(
            count
            for key, count in self._counts.items()
            if all(want is None or want == have for want, have in zip(wanted, key, strict=True))
        )

    def summary(self) -> dict[str, dict[str, int]]:
        """Platform → kind → count."""
        result: dict[str, dict[str, int]] = {}
        for (platform, kind, _), count in sorted(self._counts.items()):
            kinds = result.setdefault(platform, {})
            kinds[kind] = kinds.get(kind, 0) + count
        return result

    def rows(self) -> list[dict[str, Any]]:
        """One row per natural key."""
        return [
            {"platform": platform, "kind": kind, "natural_key": key, "count": count}
            for (platform, kind, key), count in sorted(self._counts.items())
        ]

    def clear(self) -> None:
        self._counts.clear()
