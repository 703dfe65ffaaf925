"""Says at the end of a run what the proofs counted."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, [])]
    lines = [f"{name}: {value}" for report in reports for name, value in getattr(report, "user_properties", ())]
    if lines:
        terminalreporter.section("proof")
        for line in lines:
            terminalreporter.write_line(line)
