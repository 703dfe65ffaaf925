"""The operator's queue as tables: read back from a real store, built by dbt, aged by the ledger's own newest moment."""

# The warehouse's times are plain UTC timestamps, so the rows' are too.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orchestration import ledger_import
from orchestration.ledger_tables import TABLES
from reverse_etl import audit, exception_queue
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import AUDIT_LOG, DRIFTS
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.warehouse import Warehouse

NOON = datetime(2026, 11, 1, 12)
MODELS = ("+fct_exceptions", "+fct_audit_log", "+fct_drifts", "+fct_flow_runs", "+fct_approvals")


def case(number: int, **more: Any) -> dict[str, Any]:
    row = {"exception_id": f"EX-{number}", "exception_status": "open", "severity": "medium", "occurrences": 1}
    return row | {"opened_at": NOON, "last_seen_at": NOON} | more


def test_age_is_counted_to_the_newest_moment_of_the_ledger_and_ends_with_the_trouble() -> None:
    world = CanonicalRows()
    hour = timedelta(hours=1)
    world.rows(
        "can_exceptions",
        case(1),
        case(2, exception_status="resolved", ended_at=NOON + 5 * hour),
        case(3, exception_status="snoozed", snoozed_until=NOON + 20 * hour),
        case(4, exception_status="snoozed", snoozed_until=NOON + 60 * hour),
        case(5, exception_status="accepted", ended_at=NOON + hour),
    )
    # 50 hours later a push ran: two whole days.
    world.rows("can_flow_runs", {"run_id": "r", "finished_at": NOON + 50 * hour})
    found = world.query(
        "select exception_id, age_hours, age_days, is_due from {{ ref('fct_exceptions') }} order by exception_id"
    )
    assert found == [
        ("EX-1", 50, 2, True),
        ("EX-2", 5, 0, False),
        ("EX-3", 50, 2, True),
        ("EX-4", 50, 2, False),
        ("EX-5", 50, 2, False),
    ]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.delenv("CARTWHEEL_OPERATIONS_URL", raising=False)
    return tmp_path


def decide(connection: sa.Connection, number: int, now: datetime) -> None:
    for place in range(number):
        audit.append(
            connection,
            who="ann",
            action="exception.accept",
            subject=f"EX-{place}",
            because="known",
            details={},
            now=now,
        )


@pytest.mark.dbt
def test_the_tables_build_from_a_ledger_nothing_was_ever_done_with(home: Path) -> None:
    assert ledger_import.read_ledger() == dict.fromkeys(TABLES, 0)
    built = Warehouse(home)
    built.dbt("build", *MODELS)
    assert built.value("select count(*) from marts.fct_exceptions") == 0


@pytest.mark.dbt
def test_what_stands_in_the_store_stands_in_the_marts_and_personal_values_do_not(home: Path) -> None:
    now = NOON.replace(tzinfo=UTC)
    store = open_store(f"sqlite:///{home}/operations.sqlite")
    finding = Finding(
        "INVALID",
        "validation",
        "not a number",
        "shopify__stock_levels",
        "shopify",
        "r1",
        money_minor=-5,
        currency_code="USD",
    )
    drift = {"accepted_value": '"ann@example.com"', "observed_value": '"x@example.com"', "wanted_value": '"y"'}
    edited = {"record_key": "k", "found_at": now, "choice": "open", **drift}
    with store.begin() as connection:
        exception_queue.open_findings(connection, [finding], now)
        decide(connection, 3, now)
        connection.execute(
            sa.insert(DRIFTS),
            [
                {**edited, "sync": "klaviyo__profiles", "field": "email"},
                {**edited, "sync": "klaviyo__profiles", "field": "segment"},
                {**edited, "sync": "a_sync_that_is_gone", "field": "segment"},
            ],
        )
    store.dispose()
    ledger_import.read_ledger()
    built = Warehouse(home)
    built.dbt("build", *MODELS)
    assert built.query(
        "select record_key, money_minor, currency_code, severity, is_due, age_hours from marts.fct_exceptions"
    ) == [
        {
            "record_key": "r1",
            "money_minor": -5,
            "currency_code": "USD",
            "severity": "medium",
            "is_due": True,
            "age_hours": 0,
        }
    ]
    shown = built.query("select field, sync, observed_value from marts.fct_drifts order by sync, field")
    assert [row["observed_value"] for row in shown] == ['"…"', '"…"', '"x@example.com"']
    assert built.value("select count(*) from marts.fct_audit_log") == 3


@pytest.mark.dbt
def test_a_decision_taken_out_of_the_log_stops_the_build(home: Path) -> None:
    store = open_store(f"sqlite:///{home}/operations.sqlite")
    with store.begin() as connection:
        decide(connection, 3, NOON.replace(tzinfo=UTC))
        connection.execute(sa.delete(AUDIT_LOG).where(AUDIT_LOG.c.number == 2))
    store.dispose()
    ledger_import.read_ledger()
    with pytest.raises(AssertionError, match="assert_decisions_are_chained"):
        Warehouse(home).dbt("build", "+fct_audit_log")


def test_a_refusal_without_a_row_in_the_queue_is_found() -> None:
    world = CanonicalRows()
    delivery = {"sync": "s", "action": "update", "status_changed_at": NOON, "delivery_status": "rejected"}
    world.rows(
        "can_deliveries",
        {"delivery_id": "seen", "record_key": "a", **delivery},
        {"delivery_id": "swallowed", "record_key": "b", **delivery},
        {"delivery_id": "arrived", "record_key": "c", **delivery, "delivery_status": "accepted"},
    )
    world.rows("can_exceptions", case(1, sync="s", record_key="a", exception_status="resolved", ended_at=NOON))
    text = Path("transform/tests/assert_what_did_not_arrive_is_in_the_queue.sql")
    found = world.query((Path(__file__).parents[2] / text).read_text())
    assert [row[0] for row in found] == ["swallowed"]
