"""The stock models, built once by dbt for all tests here."""

from __future__ import annotations

import pytest

from tests.orchestration.lane.batch import Built, built_empty


@pytest.fixture(scope="session")
def stock_models(tmp_path_factory: pytest.TempPathFactory) -> Built:
    home = tmp_path_factory.mktemp("stock_models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(home))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
        return built_empty(home)
