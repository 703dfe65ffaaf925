"""Documents read back: what a person changed or deleted there is a drift with a choice, until it reads back as written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reverse_etl import drift_store, engine
from reverse_etl.errors import ConfigurationError
from reverse_etl.read_back import read_back
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW, no_sleep
from tests.reverse_etl.test_stops import troubles

SYNC = "quickbooks__sales_receipts"


@pytest.fixture
def booked(turn):
    """Three receipts in the books."""
    rows.receipts(turn.warehouse, ["#1", "#2", "#3"])
    assert turn.push(turn.plan(SYNC)).accepted == 3
    return turn


def look(turn, sync=SYNC, **more):
    return read_back(engine.sync_named(sync), turn.ledger, turn.settings, clock=lambda: turn.at, sleep=no_sleep, **more)


def listed(turn, choices=("open",)):
    with turn.ledger.engine.connect() as connection:
        return [(row["record_key"], row["field"]) for row in drift_store.listed(connection, SYNC, choices)]


def document(turn, number):
    return next(each for each in turn.shop.documents if each["DocNumber"] == number)


def test_what_nobody_touched_is_no_drift(booked):
    compared = look(booked)
    assert (compared.records, compared.drifts, compared.unread) == (3, [], {})
    assert troubles(booked) == []


def test_an_edited_and_a_deleted_document_wait_for_a_choice_and_a_plan_does_not_end_that(booked):
    document(booked, "#1")["TxnDate"] = "2026-09-30"
    booked.shop.documents.remove(document(booked, "#2"))
    effects = list(booked.shop.effects)
    look(booked)
    edited = [("je:main:#1:captured:0", "document_date"), ("je:main:#2:captured:0", "document")]
    assert listed(booked) == edited
    assert troubles(booked) == ["drift", "drift"]
    booked.at = NOW + timedelta(hours=1)
    assert booked.plan(SYNC).deliveries == ()
    assert (listed(booked), troubles(booked)) == (edited, ["drift", "drift"])
    # Reading changes nothing there.
    assert booked.shop.effects == effects


def test_it_ends_when_it_reads_back_as_written(booked):
    document(booked, "#1")["TxnDate"] = "2026-09-30"
    look(booked)
    document(booked, "#1")["TxnDate"] = "2026-10-05"
    look(booked)
    assert (listed(booked), troubles(booked)) == ([], [])


def test_an_accepted_edit_is_not_asked_about_again_and_another_one_is(booked):
    document(booked, "#1")["TxnDate"] = "2026-09-30"
    look(booked)
    with booked.ledger.engine.begin() as connection:
        drift_store.choose(
            connection, "accept", sync=SYNC, record_key="je:main:#1:captured:0", by="ann", because="was late", now=NOW
        )
    look(booked)
    assert (listed(booked), troubles(booked)) == ([], [])
    booked.shop.documents.remove(document(booked, "#1"))
    look(booked)
    assert listed(booked) == [("je:main:#1:captured:0", "document")]


def test_what_can_not_be_read_is_named_and_keeps_its_standing(booked):
    document(booked, "#1")["TxnDate"] = "2026-09-30"
    look(booked)
    reachable = booked.settings
    booked.settings = type(reachable)(
        reachable.environment, reachable.allow_writes, reachable.home, reachable.operations_url,
        {**reachable.values, "destinations.quickbooks.base_url": "http://127.0.0.1:9"},
    )  # fmt: skip
    compared = look(booked)
    assert (compared.records, sorted(compared.unread)) == (0, [f"je:main:#{number}:captured:0" for number in (1, 2, 3)])
    assert listed(booked) == [("je:main:#1:captured:0", "document_date")]


def test_a_sync_that_keeps_states_is_refused_in_words(turn):
    with pytest.raises(ConfigurationError, match="every plan compares them"):
        look(turn, "hubspot__contacts")
