"""Order of the suite: the world that many tests share is built first, and meanwhile the other worker builds what is nobody else's.

Its memory: libraries and thousands of collected tests live to the end, so nobody looks them through for cycles.
And its luck: the same code meets the same examples in every run; `make proof` looks for new ones.
"""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

BUILDS_THE_WORLD = "test_finance_europe.py"

# How slow an example was on a busy machine says nothing about the code.
settings.register_profile("suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", settings.get_profile("suite"), derandomize=False)
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> tuple[bool, int]:
        if item.get_closest_marker("world"):
            return item.path.name != BUILDS_THE_WORLD, 1
        return True, 0 if item.get_closest_marker("dbt") else 2

    items.sort(key=place)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
