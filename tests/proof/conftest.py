"""Says at the end of a run what the proofs counted; PostgreSQL for those that want a store per history."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.reverse_etl.postgres_server import Server, migrated_database, postgres_server  # noqa: F401


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, [])]
    lines = [f"{name}: {value}" for report in reports for name, value in getattr(report, "user_properties", ())]
    if lines:
        terminalreporter.section("proof")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def new_store(postgres_server: Server, migrated_database: str) -> Iterator[Callable[[], str]]:  # noqa: F811
    """Makes databases with the tables of the operational store, each for one history; their URLs."""
    made: list[str] = []

    def url() -> str:
        made.append(postgres_server.create_database(migrated_database))
        return postgres_server.url(made[-1])

    yield url
    assert made, "it ran on something else"
    for name in made:
        postgres_server.drop_database(name)
