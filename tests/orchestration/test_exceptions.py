"""The queue in Dagster: the light is red when somebody must look, and the table says what at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from orchestration.exceptions import AUDIT_LOG, NOT_CRITICAL, UNBROKEN, exception_checks
from orchestration.exceptions_view import age, exceptions_table_markdown
from orchestration.ledger_import import ledger_assets
from reverse_etl import audit, exception_queue
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import AUDIT_LOG as ROWS

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.delenv("CARTWHEEL_OPERATIONS_URL", raising=False)
    return tmp_path


def meet(home: Path, *findings: Finding) -> None:
    store = open_store(f"sqlite:///{home}/operations.sqlite")
    with store.begin() as connection:
        exception_queue.open_findings(connection, findings, NOON)
    store.dispose()


def looked(home: Path) -> dict[str, dg.AssetCheckEvaluation]:
    ran = dg.materialize([ledger_assets(), *exception_checks()], instance=dg.DagsterInstance.ephemeral())
    return {found.check_name: found for found in ran.get_asset_check_evaluations()}


# What stands → is the light green, and if not, is it red or yellow?
LIGHTS = [
    ((), True, None),
    ((Finding("http_503", "transient", "busy", "s", "shopify", "r"),), True, None),
    ((Finding("no_answer", "transient", "nobody knows", "s", "shopify", "r"),), False, dg.AssetCheckSeverity.WARN),
    ((Finding("auth", "auth", "expired", "s", "shopify"),), False, dg.AssetCheckSeverity.ERROR),
]


@pytest.mark.parametrize(("findings", "green", "severity"), LIGHTS)
def test_the_light_is_red_when_somebody_must_look_now_and_yellow_when_soon(
    home: Path, findings: tuple[Finding, ...], green: bool, severity: dg.AssetCheckSeverity | None
) -> None:
    meet(home, *findings)
    found = looked(home)[NOT_CRITICAL]
    assert found.passed is green
    assert severity is None or found.severity is severity
    assert found.metadata["open"].value == len(findings)


def test_a_changed_decision_is_a_red_light(home: Path) -> None:
    store = open_store(f"sqlite:///{home}/operations.sqlite")
    with store.begin() as connection:
        for number in (1, 2):
            subject = f"EX-{number}"
            audit.append(connection, who="a", action="b", subject=subject, because="c", details={}, now=NOON)
    assert looked(home)[UNBROKEN].passed
    with store.begin() as connection:
        connection.execute(sa.update(ROWS).where(ROWS.c.number == 1).values(who="nobody"))
    store.dispose()
    found = looked(home)[UNBROKEN]
    assert (found.passed, found.asset_key) == (False, AUDIT_LOG)
    assert found.metadata["broken"].value == "row 1 was changed after it was written"


def test_the_ledgers_own_asset_shows_what_stands_in_the_queue(home: Path) -> None:
    meet(
        home,
        Finding("INVALID", "validation", "a | b", "s", "shopify", "item|1", money_minor=150_000, currency_code="JPY"),
    )
    ran = dg.materialize([ledger_assets()], instance=dg.DagsterInstance.ephemeral())
    [event] = [
        event.materialization
        for event in ran.get_asset_materialization_events()
        for event in [event.step_materialization_data]
        if event.materialization.asset_key == dg.AssetKey(["raw_ledger", "exceptions"])
    ]
    shown = event.metadata["exceptions"].value
    # The table is a table: bars in a value do not make a column; yen have no decimals.
    assert "| EX-1 | high | 150,000 JPY |" in shown
    assert "item\\|1" in shown
    assert "docs/runbooks/validation.md" in shown
    assert event.metadata["by severity"].value == "1 high"


def test_a_long_queue_is_cut_and_says_so() -> None:
    case = {"severity": "low", "money_minor": None, "currency_code": None, "age_days": 0.01, "record_key": "r"}
    case |= {"code": "c", "kind": "transient", "message": "m", "to_do": "wait", "sync": "s", "destination": "d"}
    text = exceptions_table_markdown([case | {"exception_id": f"EX-{n}"} for n in range(60)])
    assert "50 of 60" in text
    assert "EX-49" in text
    assert "EX-50" not in text


@pytest.mark.parametrize(
    ("days", "words"), [(0.001, "1 min"), (0.03, "43 min"), (0.3, "7 h"), (1.9, "46 h"), (12.4, "12 d")]
)
def test_an_age_is_in_the_unit_that_says_enough(days: float, words: str) -> None:
    assert age(days) == words
