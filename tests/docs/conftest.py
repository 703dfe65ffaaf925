"""The demo's world, published once for all tests of the documents: what a reader's queries meet after `cartwheel demo`."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration import warehouse
from tests.transform import sandbox_warehouse


@pytest.fixture(scope="session")
def published_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CARTWHEEL_HOME with a published snapshot of the world that all tests share."""
    home = tmp_path_factory.mktemp("published_world")
    shutil.copy(sandbox_warehouse.shared(tmp_path_factory).path, home / "warehouse.duckdb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        with warehouse.writing("publish the demo's world"):
            warehouse.publish(datetime.now(UTC))
    return home
