"""Documents read back: what a person changed or deleted there is a drift with a choice, until it reads back as written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reverse_etl import drift_store, engine
from reverse_etl.claims import Claim, Purpose, Release
from reverse_etl.errors import ConfigurationError
from reverse_etl.read_back import read_back
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW, no_sleep

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
    assert booked.open_codes() == []


def asked_for_documents(turn):
    statements = [request["query"]["query"] for request in turn.shop.requests if "query" in request["query"]]
    return [statement for statement in statements if " where " in statement]


def test_numbered_documents_are_asked_for_together(booked):
    booked.shop.requests.clear()
    assert look(booked).records == 3
    assert asked_for_documents(booked) == [
        "select * from SalesReceipt where DocNumber in ('#1', '#2', '#3') maxresults 1000"
    ]


def test_documents_of_a_day_without_numbers_share_one_question(turn):
    deposits = "quickbooks__deposits"
    rows.receipts(turn.warehouse, ["#1", "#2", "#3"], "deposits")
    assert turn.push(turn.plan(deposits)).accepted == 3
    turn.shop.requests.clear()
    compared = look(turn, deposits)
    assert (compared.records, compared.drifts, len(asked_for_documents(turn))) == (3, [], 1)


def test_what_a_full_page_leaves_out_is_asked_for_alone_and_not_taken_for_gone(booked):
    booked.shop.unmentioned = {"je:main:#2:captured:0"}
    booked.shop.documents.remove(document(booked, "#3"))
    booked.shop.requests.clear()
    look(booked)
    assert listed(booked) == [("je:main:#3:captured:0", "document")]
    assert [" in (" in statement for statement in asked_for_documents(booked)] == [True, False, False]


def test_an_edited_and_a_deleted_document_wait_for_a_choice_and_a_plan_does_not_end_that(booked):
    document(booked, "#1")["TxnDate"] = "2026-09-30"
    booked.shop.documents.remove(document(booked, "#2"))
    effects = list(booked.shop.effects)
    look(booked)
    edited = [("je:main:#1:captured:0", "document_date"), ("je:main:#2:captured:0", "document")]
    assert listed(booked) == edited
    assert booked.open_codes() == ["drift", "drift"]
    booked.at = NOW + timedelta(hours=1)
    assert booked.plan(SYNC).deliveries == ()
    assert (listed(booked), booked.open_codes()) == (edited, ["drift", "drift"])
    # Reading changes nothing there.
    assert booked.shop.effects == effects


def test_it_ends_when_it_reads_back_as_written(booked):
    document(booked, "#1")["TxnDate"] = "2026-09-30"
    look(booked)
    document(booked, "#1")["TxnDate"] = "2026-10-05"
    look(booked)
    assert (listed(booked), booked.open_codes()) == ([], [])


def test_an_accepted_edit_is_not_asked_about_again_and_another_one_is(booked):
    document(booked, "#1")["TxnDate"] = "2026-09-30"
    look(booked)
    with booked.ledger.engine.begin() as connection:
        drift_store.choose(
            connection, "accept", sync=SYNC, record_key="je:main:#1:captured:0", by="ann", because="was late", now=NOW
        )
    look(booked)
    assert (listed(booked), booked.open_codes()) == ([], [])
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
    assert (compared.records, len(compared.unread) + compared.left) == (0, 3)
    assert "je:main:#1:captured:0" in compared.unread
    assert listed(booked) == [("je:main:#1:captured:0", "document_date")]
    assert booked.open_codes() == ["drift", "not_read_back"]
    booked.settings, booked.at = reachable, booked.at + timedelta(minutes=5)
    look(booked, records=1)
    assert booked.open_codes() == ["drift", "not_read_back"], "two of three are still unread"
    look(booked)
    assert booked.open_codes() == ["drift"]


def test_what_shuts_everything_out_ends_the_reading_and_leaves_the_rest_as_it_was(booked):
    document(booked, "#1")["TxnDate"] = "2026-09-30"
    look(booked)
    document(booked, "#1")["TxnDate"] = "2026-10-05"
    booked.shop.refuses_reads = True
    compared = look(booked)
    assert (compared.records, compared.left, compared.unread) == (0, 3, {})
    assert compared.stopped.kind == "auth"
    assert listed(booked) == [("je:main:#1:captured:0", "document_date")]
    assert booked.open_codes() == ["drift", "not_read_back"]


def test_reading_waits_while_something_is_being_sent_there(booked):
    """A push must find the vendor's whole pace: reading stands still until the last of its claims is over."""
    rows.receipts(booked.warehouse, ["#1", "#2", "#3", "#4"])
    plan = booked.plan(SYNC)
    booked.ledger.approve_within_limits(plan.plan_id, booked.at)
    claim = Claim("another", booked.ledger.queries.deliveries(plan.plan_id), Purpose.WRITE, lambda batch: "key")
    (attempts,) = booked.ledger.commit([claim], booked.at)
    asked, waited = len(booked.shop.requests), []

    async def sleep(seconds):
        waited.append(seconds)
        assert len(booked.shop.requests) == asked, "nothing is read meanwhile"
        if len(waited) == 3:
            release = Release([attempt.delivery for attempt in attempts], frozenset())
            booked.ledger.commit([release], booked.at)

    compared = read_back(engine.sync_named(SYNC), booked.ledger, booked.settings, clock=lambda: booked.at, sleep=sleep)
    assert (compared.records, len(waited)) == (3, 3)


def test_a_sync_without_documents_needs_no_connection(turn):
    turn.settings = type(turn.settings)("sandbox", "", turn.folder, turn.settings.operations_url, {})
    assert look(turn).records == 0


def test_a_sync_that_keeps_states_is_refused_in_words(turn):
    with pytest.raises(ConfigurationError, match="every plan compares them"):
        look(turn, "hubspot__contacts")
