"""How each platform counts its own records, one file per platform: what was loaded is held against it, day by day.

What a platform can not count has no entry, and the file's docstring says why. A resource that is read whole each time
needs none: nothing of it can be missed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import httpx


@dataclass(frozen=True)
class PlatformCount:
    """What a platform says it has of one day: records, and their total where it can be had."""

    records: int
    total: Decimal | None = None


@dataclass(frozen=True)
class Countable:
    """How the records of one resource are counted on both sides.

    ask: the platform's own count of the records it files under a day, in the platform's own calendar.
    day: SQL over the raw table, the same day (DATE) of a record here.
    total: SQL over the raw table whose sum is to be the platform's total, where `ask` gives one.
    kept: SQL condition for the records the platform still lists; what it deletes stays in the raw table.
    """

    ask: Callable[[httpx.Client, date], PlatformCount]
    day: str
    total: str | None = None
    kept: str = "true"


def countable(platform: str) -> Mapping[str, Countable]:
    """Resource → how it is counted; empty for a platform that counts nothing."""
    if platform not in {module.name for module in pkgutil.iter_modules(__path__)}:
        return {}
    found: Mapping[str, Countable] = importlib.import_module(f"{__name__}.{platform}").COUNTABLE
    return found
