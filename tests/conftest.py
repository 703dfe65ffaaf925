"""Order of the suite: what builds a whole world goes first, so that no worker is left with it at the end.

Its memory: libraries and thousands of collected tests live to the end, so nobody looks them through for cycles.
And its luck: the same code meets the same examples in every run; `make proof` looks for new ones.
"""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

# One builds the default world and the other both companies': begun side by side, neither worker waits for the other's.
WORLDS = ("test_finance_europe.py", "test_finance_golden_month.py")

# How slow an example was on a busy machine says nothing about the code.
settings.register_profile("suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", settings.get_profile("suite"), derandomize=False)
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> tuple[bool, bool]:
        builds = any(item.get_closest_marker(name) for name in ("world", "dbt"))
        return item.path.name not in WORLDS, not builds

    items.sort(key=place)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
