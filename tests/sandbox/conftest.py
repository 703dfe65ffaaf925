"""One running sandbox per test that writes, so that its world is nobody else's; one for all that only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def untouched() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running
