from pathlib import Path
import pytest
@pytest.fixture(scope="session")
def published_world() -> Path:
    return Path("world")
