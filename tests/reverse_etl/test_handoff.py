"""A destination is down, a person does the work by hand, the destination comes back: the receiver counts each thing once."""

from __future__ import annotations

import csv
import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from reverse_etl import audit, handoff
from reverse_etl.claims import Claim, Purpose
from reverse_etl.errors import ConfigurationError
from reverse_etl.handoff_file import COLUMNS, Row, cells
from reverse_etl.operations_tables import AUDIT_LOG
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import settings_for
from tests.reverse_etl.postgres_server import on_both_stores
from tests.reverse_etl.sudden_death import DEATHS, die_at

pytestmark = on_both_stores

RECEIPTS = "quickbooks__sales_receipts"
CONTACTS = "hubspot__contacts"
DOWN = "http://127.0.0.1:9"


def export(turn, destination="quickbooks", name="out.csv", **more):
    file = turn.folder / name
    return file, handoff.export(turn.ledger, destination, file, "Ann", "the books are down", turn.at, **more)


def take_in(turn, file):
    return handoff.take_in(turn.ledger, file, "Ben", "entered by hand", turn.at)


def lines(file):
    with file.open(newline="", encoding="utf-8-sig") as opened:
        return list(csv.DictReader(opened))


def fill(file, said, delimiter=",", newline="\r\n"):
    """Save the file again as a spreadsheet would, with these lines."""
    with file.open("w", newline="", encoding="utf-8-sig") as opened:
        writer = csv.DictWriter(opened, said[0].keys(), delimiter=delimiter, lineterminator=newline)
        writer.writeheader()
        writer.writerows(said)
    return file


def enter_by_hand(shop, line):
    """What a person does with a line of the file: the same document, with the marks the line asks for."""
    number, note = (mark.split(": ", 1)[1] for mark in line["put_in"].split("\n"))
    shop.book("salesreceipt", f"by hand {number}", {"DocNumber": number, "PrivateNote": note, "Line": []})


def entered(turn, number):
    return turn.shop.count("salesreceipt", f"je:main:{number}:captured:0")


def test_a_round_by_hand_while_the_books_are_down_leaves_each_receipt_once(turn):
    """Three receipts: the first was sent by a process that died before the answer; a person enters the second."""
    rows.receipts(turn.warehouse, ["101"])
    with pytest.raises(DEATHS):
        turn.push(turn.plan(RECEIPTS), step=die_at("answered"))
    assert entered(turn, "101") == 1, "it is there, and nobody here knows"

    up, turn.settings = turn.settings, settings_for(DOWN, turn.folder)
    rows.receipts(turn.warehouse, ["101", "102", "103"])
    turn.at += timedelta(hours=1)
    turn.push(turn.plan(RECEIPTS))
    file, handed = export(turn)
    assert (handed.deliveries, handed.doubtful) == (3, 1)
    turn.at += timedelta(hours=1)
    turn.push(turn.plan(RECEIPTS))
    said = lines(file)
    first, second, third = said
    assert first["look_first"].startswith("yes"), "the person looks, finds it and enters nothing"
    enter_by_hand(turn.shop, second)
    first["done"] = second["done"] = "yes"
    second["destination_id"] = "QB-77"
    done = take_in(turn, fill(file, said))
    assert (done.accepted, done.given_back, done.problems) == (2, 1, ())

    turn.settings, turn.shop.faults = up, []
    turn.at += timedelta(hours=1)
    turn.push(turn.plan(RECEIPTS))
    turn.at += timedelta(hours=1)
    turn.push(turn.plan(RECEIPTS))
    assert [entered(turn, number) for number in ("101", "102", "103")] == [1, 1, 1]
    assert turn.plan(RECEIPTS).deliveries == ()
    assert third["lines"].startswith("1. item name: Product; account number: 4000;")


def test_a_row_that_was_done_but_not_marked_is_found_by_our_marks_and_not_entered_again(turn):
    rows.receipts(turn.warehouse, ["101"])
    turn.plan(RECEIPTS)
    file, _ = export(turn)
    enter_by_hand(turn.shop, lines(file)[0])
    assert take_in(turn, file).given_back == 1
    turn.push(turn.plan(RECEIPTS))
    assert entered(turn, "101") == 1
    assert turn.plan(RECEIPTS).deliveries == ()


def test_what_is_handed_off_is_never_sent_and_never_planned_again(turn):
    rows.contacts(turn.warehouse, ["a@x.test", "b@x.test"])
    plan = turn.plan(CONTACTS)
    export(turn, "hubspot")
    assert turn.states(plan) == ["handed_off", "handed_off"]
    turn.push(plan.plan_id)
    again = turn.plan(CONTACTS)
    assert (again.deliveries, len(again.skipped)) == ((), 2)
    turn.push(again)
    assert turn.shop.effects == []


def test_a_sender_that_slept_through_the_hand_off_sends_nothing_of_it_even_after_it_was_given_back(turn):
    """It read the delivery as approved; since then a person may have done it, so only a look-up may come first."""
    rows.contacts(turn.warehouse, ["a@x.test"])
    plan = turn.plan(CONTACTS)
    turn.ledger.approve_within_limits(plan.plan_id, turn.at)
    (read_before,) = turn.ledger.queries.deliveries(plan.plan_id)
    file, _ = export(turn, "hubspot")
    take_in(turn, file)
    assert turn.states(plan) == ["in_doubt"]
    with turn.ledger.working() as holder:
        claim = Claim(holder, [read_before], Purpose.WRITE, lambda ours: "key")
        assert turn.ledger.commit([claim], turn.at) == [[]]


def test_the_file_says_all_a_person_needs_in_words_and_major_units(turn):
    rows.receipts(turn.warehouse, ["101"])
    turn.plan(RECEIPTS)
    file, handed = export(turn)
    (line,) = lines(file)
    assert tuple(line) == COLUMNS
    assert handed.money_minor == {"USD": 9680}
    assert (line["object"], line["action"], line["money"]) == ("sales_receipt", "create", "96.80 USD")
    assert line["put_in"].split("\n") == ["DocNumber: 101", "PrivateNote: je:main:101:captured:0"]
    assert "total: 96.80 USD" in line["write"].split("\n")
    assert line["lines"].split("\n")[1].endswith("line amount: -3.20 USD")
    assert (line["done"], line["destination_id"], line["look_first"]) == ("", "", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "it holds customers' data"


def test_an_update_shows_what_it_replaces(turn):
    rows.contacts(turn.warehouse, ["a@x.test"], segment="loyal", observed="asleep")
    turn.plan(CONTACTS)
    (line,) = lines(export(turn, "hubspot")[0])
    assert (line["action"], line["replaces"]) == ("update", "segment: asleep")
    assert "net revenue: 120.50 USD" in line["write"].split("\n")


def test_importing_the_same_file_twice_changes_nothing(turn):
    rows.contacts(turn.warehouse, ["a@x.test", "b@x.test"])
    plan = turn.plan(CONTACTS)
    file, _ = export(turn, "hubspot")
    said = lines(file)
    said[0]["done"] = "yes"
    fill(file, said)
    take_in(turn, file)
    states = turn.states(plan)
    with turn.ledger.engine.connect() as connection:
        logged = len(connection.execute(select(AUDIT_LOG)).all())
    again = take_in(turn, file)
    assert (again.accepted, again.given_back, again.unchanged, again.problems) == (0, 0, 2, ())
    assert turn.states(plan) == states == ["accepted", "in_doubt"]
    with turn.ledger.engine.connect() as connection:
        assert len(connection.execute(select(AUDIT_LOG)).all()) == logged
        assert audit.verify(connection) == []


def test_bad_rows_are_named_by_row_and_column_and_the_good_ones_go_on(turn):
    rows.receipts(turn.warehouse, ["101", "102", "103", "104"])
    turn.plan(RECEIPTS)
    file, _ = export(turn)
    said = lines(file)
    for line in said:
        line["done"] = "yes"
    said[1]["write"] = said[1]["write"].replace("96.80", "69.80")
    said[2]["done"] = "maybe"
    said += [dict(said[0]), dict(said[0], delivery_id="nobody-1/1")]
    found = take_in(turn, fill(file, said))
    assert found.accepted == 2
    assert [(problem.row, problem.column) for problem in found.problems] == [
        (2, "write"),
        (3, "done"),
        (5, "delivery_id"),
        (6, "delivery_id"),
    ]
    assert str(found.problems[1]) == "row 3, column done: 'maybe' is neither yes nor no"

    said = [said[1] | {"write": lines(export(turn, name="again.csv", again=True)[0])[0]["write"]}]
    assert take_in(turn, fill(file, said)).accepted == 1, "the row corrected, it is taken"


def test_done_by_hand_and_sent_by_us_is_named(turn):
    rows.contacts(turn.warehouse, ["a@x.test"])
    turn.plan(CONTACTS)
    file, _ = export(turn, "hubspot")
    take_in(turn, file)
    turn.push(turn.plan(CONTACTS))
    assert turn.shop.count("contact", "a@x.test") == 1
    said = lines(file)
    said[0]["done"] = "yes"
    (problem,) = take_in(turn, fill(file, said)).problems
    assert (problem.row, problem.column) == (1, "done")
    assert "look whether it is there twice" in problem.message


def test_a_file_saved_with_semicolons_and_plain_line_ends_is_read_as_well(turn):
    rows.receipts(turn.warehouse, ["101", "102"])
    turn.plan(RECEIPTS)
    file, _ = export(turn)
    said = lines(file)
    said[0]["done"] = "X"
    found = take_in(turn, fill(file, said, delimiter=";", newline="\n"))
    assert (found.accepted, found.given_back, found.problems) == (1, 1, ())


def test_an_export_that_can_not_write_its_file_hands_nothing_off(turn):
    rows.contacts(turn.warehouse, ["a@x.test"])
    plan = turn.plan(CONTACTS)
    with pytest.raises(OSError, match="no such folder"):
        export(turn, "hubspot", "no such folder/out.csv")
    assert turn.states(plan) == ["planned"]
    (turn.folder / "there.csv").write_text("somebody's")
    with pytest.raises(ConfigurationError, match="exists"):
        export(turn, "hubspot", "there.csv")
    assert turn.states(plan) == ["planned"]


def test_a_lost_file_is_written_once_more_and_moves_nothing(turn):
    rows.contacts(turn.warehouse, ["a@x.test"])
    plan = turn.plan(CONTACTS)
    first, _ = export(turn, "hubspot")
    second, handed = export(turn, "hubspot", "second.csv", again=True)
    assert handed.deliveries == 1
    assert lines(first) == lines(second)
    assert turn.states(plan) == ["handed_off"]
    nothing, handed = export(turn, "hubspot", "third.csv")
    assert (handed.deliveries, nothing.exists()) == (0, False)


def test_what_waits_is_listed_with_its_age_and_money(turn):
    rows.receipts(turn.warehouse, ["101", "102"])
    turn.plan(RECEIPTS)
    with turn.ledger.engine.connect() as connection:
        (waits,) = handoff.pending(connection)
    assert (waits.destination, waits.sync, waits.state, waits.deliveries) == ("quickbooks", RECEIPTS, "planned", 2)
    assert (waits.since, waits.money_minor) == (turn.at, {"USD": 19360})
    export(turn)
    with turn.ledger.engine.connect() as connection:
        assert [item.state for item in handoff.pending(connection, "quickbooks")] == ["handed_off"]
        assert handoff.pending(connection, "hubspot") == []


def test_a_value_that_a_spreadsheet_would_run_is_made_harmless(turn):
    rows.contacts(turn.warehouse, ["a@x.test"])
    (delivery,) = turn.plan(CONTACTS).deliveries
    shown = cells(Row(replace(delivery, record_key='=HYPERLINK("http://evil.test")'), {"record": "x"}))
    assert shown["record_key"].startswith("'=")
