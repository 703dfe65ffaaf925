"""What is told of one delivery: who let it go, what was said to it, and that no more of a person is shown than needed."""

from __future__ import annotations

import json
from datetime import timedelta

import duckdb
import pytest

from reverse_etl import personal
from reverse_etl.explain import Explanation, explain
from reverse_etl.explain_rendering import as_json, render_text
from reverse_etl.lineage import Step, trace
from reverse_etl.syncs import all_syncs
from tests.reverse_etl import activation_rows
from tests.reverse_etl.postgres_server import on_both_stores

LINEAGE = {
    "activation.act_hubspot__contacts": (
        Step("raw_shop.people", by={"email": "record_key"}, equals={"segment": "segment"}),
    ),
    "raw_shop.people": (),
}


def told(turn, delivery_id: str) -> Explanation:
    sync = all_syncs()["hubspot__contacts"]
    return explain(turn.ledger.engine, delivery_id, turn.warehouse, {sync.model: LINEAGE}, all_syncs())


def people(turn, *emails: str, segment: str = "loyal") -> None:
    turn.warehouse.execute("create schema if not exists raw_shop")
    turn.warehouse.execute(
        "create or replace table raw_shop.people (email varchar, segment varchar, first_name varchar, spent decimal(38, 9),"
        " address json, _dlt_load_id varchar)"
    )
    turn.warehouse.execute("create or replace table raw_shop._dlt_loads (load_id varchar, inserted_at timestamptz)")
    turn.warehouse.execute("insert into raw_shop._dlt_loads values ('17.5', '2026-10-31 10:00:00+00')")
    for email in emails:
        address = json.dumps({"city": "Reno", "country": "US", "street": "7 Elm"})
        row = [email, segment, "Anna-Lena", 10.50, address, "17.5"]
        turn.warehouse.execute("insert into raw_shop.people values (?, ?, ?, ?, ?, ?)", row)


@on_both_stores
def test_an_accepted_delivery_tells_who_let_it_go_and_what_the_destination_said(turn) -> None:
    activation_rows.contacts(turn.warehouse, ["anna@example.com"])
    people(turn, "anna@example.com")
    plan = turn.plan("hubspot__contacts")
    turn.at += timedelta(minutes=5)
    turn.push(plan)
    found = told(turn, plan.deliveries[0].delivery_id)
    assert found.delivery["state"] == "accepted"
    assert [row["approved_by"] for row in found.approvals] == ["limits"]
    (write,) = [row for row in found.attempts if row["purpose"] == "write"]
    assert (write["result"], write["http_status"], write["started_at"]) == ("accepted", 200, turn.at)
    assert found.planned_row["payload"]["segment"] == "loyal"
    text = render_text(found)
    for piece in ("accepted: HTTP 200", "by limits", "segment: – → loyal", "load 17.5 of 2026-10-31 10:00:00 UTC"):
        assert piece in text
    assert "✓ act_hubspot__contacts.segment loyal is raw_shop.people.segment" in text


def test_a_refused_delivery_tells_the_destinations_words(turn) -> None:
    activation_rows.contacts(turn.warehouse, ["anna@example.com"])
    people(turn)
    plan = turn.plan("hubspot__contacts")
    turn.shop.bad_records = {"anna@example.com"}
    turn.push(plan)
    found = told(turn, plan.deliveries[0].delivery_id)
    assert found.delivery["state"] == "rejected"
    assert str(found.delivery["code"]) in render_text(found)


def test_the_person_is_hidden_in_text_and_json_and_shown_when_asked_for(turn) -> None:
    activation_rows.contacts(turn.warehouse, ["anna@example.com"])
    people(turn, "anna@example.com")
    found = told(turn, turn.plan("hubspot__contacts").deliveries[0].delivery_id)
    for hidden in (render_text(found, 0), json.dumps(as_json(found), default=str, ensure_ascii=False)):
        assert "a…@example.com" in hidden
        for private in ("anna@", "Anna-Lena", "7 Elm", "Reno"):
            assert private not in hidden
        assert '"country":"US"' in hidden.replace('\\"', '"')
        assert "10.500000000" in hidden, "an amount is shown digit for digit"
    for shown in (
        render_text(found, 0, show_personal=True),
        json.dumps(as_json(found, show_personal=True), default=str),
    ):
        assert "anna@example.com" in shown
        assert "Anna-Lena" in shown


def test_the_digest_is_of_the_stored_bytes_whatever_is_hidden_of_them(turn) -> None:
    activation_rows.contacts(turn.warehouse, ["anna@example.com"])
    people(turn, "anna@example.com")
    found = told(turn, turn.plan("hubspot__contacts").deliveries[0].delivery_id)
    (payload,) = found.traced[0].payloads
    (stored,) = turn.warehouse.execute(
        "select sha256(cast(to_json(row) as varchar)) from raw_shop.people row"
    ).fetchall()
    assert (payload.sha256,) == stored
    assert as_json(found)["steps"][0]["payloads"][0]["sha256"] == payload.sha256


def test_what_the_rows_say_today_is_held_against_what_was_planned(turn) -> None:
    activation_rows.contacts(turn.warehouse, ["anna@example.com"])
    people(turn, "anna@example.com")
    plan = turn.plan("hubspot__contacts")
    people(turn, "anna@example.com", segment="At risk")
    activation_rows.contacts(turn.warehouse, ["anna@example.com"], segment="At risk")
    found = told(turn, plan.deliveries[0].delivery_id)
    assert found.today.differences == {"segment": ("loyal", "At risk")}
    assert [check.holds for check in found.traced[0].checks] == [False]
    assert "segment was pushed as loyal and is At risk" in render_text(found)


def test_many_rows_are_counted_and_only_some_of_them_shown(turn) -> None:
    activation_rows.contacts(turn.warehouse, ["anna@example.com"])
    people(turn, *["anna@example.com"] * 3)
    turn.warehouse.execute("update raw_shop.people set first_name = first_name || rowid")
    found = told(turn, turn.plan("hubspot__contacts").deliveries[0].delivery_id)
    assert "… and 2 more rows" in render_text(found, 1)
    assert "more rows" not in render_text(found, 0)


@pytest.mark.parametrize("text", ["O'Neil", "50% \\ off", "'; drop table x; --", "", "é\n"])
def test_any_key_is_followed_as_it_is(text: str) -> None:
    connection = duckdb.connect()
    connection.execute("create schema raw_shop; create table raw_shop.people (email varchar); ")
    connection.execute("insert into raw_shop.people values (?), ('another')", [text])
    lineage = {"activation.act": (Step("raw_shop.people", by={"email": "record_key"}),)}
    (found,) = trace(connection, lineage, "activation.act", {"record_key": text, "quantity": None, "is_new": True})
    assert [row["email"] for row in found.rows] == [text]


def test_a_row_without_the_key_comes_from_nowhere() -> None:
    connection = duckdb.connect()
    connection.execute("create schema raw_shop; create table raw_shop.people (email varchar, name varchar)")
    connection.execute("insert into raw_shop.people values (null, 'nobody')")
    lineage = {"activation.act": (Step("raw_shop.people", by={"email": "record_key"}),)}
    assert trace(connection, lineage, "activation.act", {"record_key": None}) == ()


def test_hidden_values_leave_no_trace_and_business_values_stay() -> None:
    raw = {
        "id": 7,
        "email": "ann@shop.test",
        "note": "call ann@shop.test, please",
        "billing": {"first_name": "Ann", "country": "US", "zip": "89501"},
        "lines": [{"sku": "KIT-1", "price": "10.50"}],
        "receipt": '{"receipt_email": "ann@shop.test", "amount": 1050}',
        "shippingAddress": {"firstName": "Ann", "provinceCode": "NV"},
    }
    shown = personal.hidden_json(json.dumps(raw))
    assert "Ann" not in shown
    assert "ann@" not in shown
    assert "89501" not in shown
    for kept in ('"id":7', '"country":"US"', '"KIT-1"', '"10.50"', '"provinceCode":"NV"', "1050", "a…@shop.test"):
        assert kept in shown
