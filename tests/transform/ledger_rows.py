"""A day's troubles in an operational store, made by the code that makes them in a push: for tests that read the queue."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from reverse_etl import engine, exception_actions, exception_queue, exception_reading
from reverse_etl.delivery_states import State
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_store import open_store
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.operations_tables import DRIFTS, FLOW_RUNS
from tests.reverse_etl import activation_rows

MORNING = datetime(2026, 11, 1, 8, tzinfo=UTC)
RECEIPTS, STOCK, CONTACTS = "quickbooks__sales_receipts", "shopify__stock_levels", "hubspot__contacts"


def troubles_of_a_day(home: Path) -> None:
    """Fill the store of this home: refusals of one cause, a doubt, an edit over there, decisions, two runs."""
    _accepted_contacts(home)
    store = open_store(f"sqlite:///{home}/operations.sqlite")
    with store.begin() as connection:
        exception_queue.open_findings(connection, _findings(), MORNING)
        cases = exception_reading.chosen(connection, ["EX-1", "EX-4"], None, MORNING)
        exception_actions.assign(connection, cases, "bob", "ann", "knows the books", MORNING + timedelta(hours=1))
        exception_actions.accept(connection, cases[1:], "bob", "known since May", MORNING + timedelta(hours=2))
        exception_queue.close_for_records(
            connection, RECEIPTS, ["je:2"], "the delivery was accepted", MORNING + timedelta(hours=3)
        )
        connection.execute(
            sa.insert(DRIFTS), [_drift("open"), {**_drift("accept"), "record_key": "2", "chosen_by": "ann"}]
        )
        connection.execute(sa.insert(FLOW_RUNS), [_run(RECEIPTS, 1, rejected=3), _run(STOCK, 30, stopped_code="auth")])
    store.dispose()


def _accepted_contacts(home: Path) -> None:
    """A plan of two contacts, handed off and done by hand."""
    warehouse = activation_rows.warehouse()
    activation_rows.contacts(warehouse, ["a@example.com", "b@example.com"])
    with closing(Ledger(f"sqlite:///{home}/operations.sqlite", home / "locks")) as ledger:
        plan = engine.make_plan(CONTACTS, warehouse, ledger, MORNING)
        with ledger.engine.begin() as connection:
            connection.execute(sa.update(DELIVERIES).values(state=State.HANDED_OFF))
        done = [delivery.delivery_id for delivery in plan.deliveries]
        ledger.accept_by_hand(done, "ann", "entered by hand", MORNING)


def _findings() -> list[Finding]:
    missing = [
        Finding(
            code="missing_item",
            kind="validation",
            message="QuickBooks has no item 'Gift wrap': create or map it there",
            sync=RECEIPTS,
            destination="quickbooks",
            record_key=f"je:{number}",
            delivery_id=f"{RECEIPTS}-1/{number}",
            money_minor=number * 4_000,
            currency_code="USD",
            cause="item Gift wrap",
        )
        for number in (1, 2, 3)
    ]
    doubt = Finding("no_answer", "transient", "the answer never came", STOCK, "shopify", "item/1")
    return [*missing, doubt]


def _drift(choice: str) -> dict[str, object]:
    values = {"accepted_value": '"loyal"', "observed_value": '"champion"', "wanted_value": '"loyal"'}
    edited = {"sync": CONTACTS, "record_key": "1", "field": "segment", "found_at": MORNING, "choice": choice}
    return {**edited, **values, "chosen_by": None}


def _run(flow: str, minutes: int, rejected: int = 0, stopped_code: str | None = None) -> dict[str, object]:
    counts = {"accepted": 12, "rejected": rejected, "in_doubt": 0, "waiting": 0, "requests": 14}
    times = {"started_at": MORNING, "finished_at": MORNING + timedelta(minutes=minutes)}
    return {"run_id": f"{flow} 1", "flow": flow, **times, **counts, "stopped_code": stopped_code}
