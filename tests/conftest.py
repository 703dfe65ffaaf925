"""Order of the suite: what builds a whole world goes first, so that no worker is left with it at the end.

And its memory: libraries and thousands of collected tests live to the end, so nobody looks them through for cycles.
"""

from __future__ import annotations

import gc

import pytest

# One builds the default world and the other both companies': begun side by side, neither worker waits for the other's.
WORLDS = ("test_finance_europe.py", "test_finance_golden_month.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> tuple[bool, bool]:
        builds = any(item.get_closest_marker(name) for name in ("world", "dbt"))
        return item.path.name not in WORLDS, not builds

    items.sort(key=place)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
