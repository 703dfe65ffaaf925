"""A stored plan is derived again from its inputs alone, to the same bytes; a changed byte is named."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from reverse_etl import canonical_json, plan, plan_inputs, rule_versions, what_if
from reverse_etl.delivery import Action
from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_tables import METADATA
from reverse_etl.memory import Memory
from reverse_etl.replay import load, replay
from reverse_etl.replay_rendering import as_json, render_text
from reverse_etl.rule_versions import ModelCode, rules_of
from reverse_etl.sync import Mode
from reverse_etl.syncs import all_syncs
from tests.reverse_etl.postgres_server import on_both_stores

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
CONTACTS = all_syncs()["hubspot__contacts"]
RECEIPTS = all_syncs()["quickbooks__sales_receipts"]


def contact(key: str, segment: str = "loyal", observed: str | None = "new", money: int | None = None) -> dict:
    known = {"segment": observed, "r_score": 5, "f_score": 4, "m_score": 3, "net_revenue_minor": 100, "orders_count": 2}
    wanted = known | {"email": key, "segment": segment, "as_of_date": "2026-10-31", "rule_version": "rfm-1"}
    return {
        "record_key": key,
        "payload": {name: wanted[name] for name in CONTACTS.fields},
        "lines": [],
        "observed": known if observed else {},
        "fingerprint": canonical_json.digest([key, segment]),
        "quick": 7,
        "money_minor": money,
        "currency_code": "USD",
        "reason": f"{segment} since October",
        "source_key": f"customer of {key}",
    }


def receipt(number: str, total: int) -> dict:
    payload = dict.fromkeys(RECEIPTS.fields, "x") | {"document_number": number, "total_minor": total}
    line = {"line_number": 1, **dict.fromkeys(RECEIPTS.line_fields, "y"), "line_amount_minor": total}
    return {
        "record_key": f"je:main:{number}",
        "payload": payload,
        "lines": [line],
        "observed": {},
        "fingerprint": canonical_json.digest([number, total]),
        "quick": 9,
        "money_minor": total,
        "currency_code": "USD",
        "reason": "captured",
        "source_key": number,
    }


@pytest.fixture
def ledger(tmp_path, store):
    made = Ledger(store, tmp_path / "locks")
    yield made
    made.close()


def stored_plan(ledger: Ledger, sync, rows, memory=None, records=None, at=AT, gone=()):
    inputs = (sync, len(rows) if records is None else records, rows, memory or Memory(), AT - timedelta(hours=1), at)
    return ledger.store_plan(sync, plan.make(*inputs, gone), at, plan_inputs.pack(*inputs, gone))


def tamper(ledger: Ledger, statement: str, **values: object) -> None:
    with ledger.engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount == 1


KEYS = st.text(alphabet="abcdé'\"\\ ", min_size=1, max_size=4)
ROWS = st.dictionaries(
    KEYS, st.tuples(st.sampled_from(["loyal", "At risk", "ünï"]), st.sampled_from([None, "new", "loyal"])), max_size=8
)


ENDS = st.sampled_from(["accepted", "in_doubt", "rejected"])


def emptied(ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())


def ended(ledger: Ledger, stored: plan.Plan, states: Sequence[str]) -> None:
    """The deliveries of a plan as a push would have left them."""
    with ledger.engine.begin() as connection:
        for delivery, state in zip(stored.deliveries, states, strict=False):
            mine = {"id": delivery.delivery_id, "state": state, "at": "2026-10-31 12:00:00.000000"}
            connection.execute(
                text("update deliveries set state = :state, state_at = :at where delivery_id = :id"), mine
            )
            if state == "accepted":
                columns = "sync, record_key, delivery_id, fingerprint, quick, engine"
                accepted = f"insert into accepted select {columns}, state_at from deliveries where delivery_id = :id"
                connection.execute(text(accepted), {"id": delivery.delivery_id})


@on_both_stores
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS, st.lists(ENDS, min_size=8, max_size=8))
def test_any_plan_is_derived_again_byte_for_byte(ledger, before, after, ends) -> None:
    emptied(ledger)
    rows = [contact(key, *values) for key, values in before.items()]
    ended(ledger, stored_plan(ledger, CONTACTS, rows), ends)
    rows = [contact(key, *values, money=len(key)) for key, values in after.items()]
    gone = sorted(before.keys() - after.keys())
    memory = ledger.queries.memory(CONTACTS.name, [*after, *gone])
    stored = stored_plan(ledger, CONTACTS, rows, memory, len(rows) + 3, AT + timedelta(hours=1), gone)
    again = replay(ledger.engine, stored.plan_id)
    assert again.is_identical, (again.differences, again.verdict)
    assert (again.differences, again.plan_hash) == ((), stored.plan_hash)


@on_both_stores
def test_documents_with_lines_and_dependencies_are_derived_again(ledger) -> None:
    rows = [receipt(str(number), 1000 + number) for number in range(5)]
    rows = [{**row, "depends_on": [("quickbooks__deposits", f"upstream of {row['record_key']}")]} for row in rows]
    stored = stored_plan(ledger, RECEIPTS, rows)
    assert stored.deliveries[0].depends_on
    again = replay(ledger.engine, stored.plan_hash)
    assert (again.is_identical, again.deliveries) == (True, 5)


@on_both_stores
def test_a_record_taken_back_is_derived_again(ledger) -> None:
    mirror = replace(CONTACTS, mode=Mode.MIRROR)
    ended(ledger, stored_plan(ledger, mirror, [contact("gone@x.test")]), ["accepted"])
    memory = ledger.queries.memory(mirror.name, ["gone@x.test"])
    stored = stored_plan(ledger, mirror, [], memory, gone=["gone@x.test"])
    assert [delivery.action for delivery in stored.deliveries] == [Action.DELETE]
    assert replay(ledger.engine, stored.plan_id).is_identical


def test_a_plan_stored_under_a_declaration_with_a_field_that_is_gone_is_derived_again(ledger) -> None:
    stored = stored_plan(ledger, CONTACTS, [contact("a@x.test")])
    content = json.loads(zlib.decompress(load(ledger.engine, stored.plan_id).inputs))
    content["sync"]["in_doubt"] = "resend_same_key"
    older = zlib.compress(canonical_json.dumps(content).encode())
    tamper(ledger, "update plan_inputs set inputs = :inputs", inputs=older)
    assert replay(ledger.engine, stored.plan_id).is_identical


def test_what_happens_to_a_delivery_later_does_not_make_it_another_plan(ledger) -> None:
    stored = stored_plan(ledger, CONTACTS, [contact("a@x.test")])
    renewed = canonical_json.digest([stored.deliveries[0].intention, 3])
    tamper(
        ledger,
        "update deliveries set state = 'rejected', tries = 4, key_generation = 3, idempotency_key = :key",
        key=renewed,
    )
    assert replay(ledger.engine, stored.plan_id).is_identical


def test_a_newer_plan_leaves_the_older_one_derivable(ledger) -> None:
    first = stored_plan(ledger, CONTACTS, [contact("a@x.test")])
    stored_plan(ledger, CONTACTS, [contact("a@x.test", "At risk")])
    assert replay(ledger.engine, first.plan_id).is_identical


@on_both_stores
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("payload", '{"segment":"VIP"}'),
        ("changes", "[]"),
        ("lines", '[{"line_number":1}]'),
        ("record_key", "mallory@x.test"),
        ("idempotency_key", "0" * 32),
        ("intention", "0" * 32),
        ("action", "delete"),
        ("payload", "no json"),
    ],
)
def test_a_tampered_delivery_is_named(ledger, column: str, value: str) -> None:
    stored = stored_plan(ledger, CONTACTS, [contact("a@x.test"), contact("b@x.test")])
    victim = stored.deliveries[1].delivery_id
    tamper(ledger, f"update deliveries set {column} = :value where delivery_id = :id", value=value, id=victim)
    again = replay(ledger.engine, stored.plan_id)
    assert not again.is_identical
    assert {item.where for item in again.differences} == {victim}
    assert "what is stored was changed afterwards" in again.verdict or column in ("idempotency_key",)
    assert victim in again.verdict


@on_both_stores
def test_a_change_outside_the_hash_is_found_too(ledger) -> None:
    stored = stored_plan(ledger, CONTACTS, [contact("a@x.test")])
    tamper(ledger, "update deliveries set reason = 'because I say so', money_minor = 5")
    again = replay(ledger.engine, stored.plan_id)
    assert {item.what for item in again.differences} == {"reason", "money_minor"}
    assert "does not bind" in again.verdict


def test_a_delivery_slipped_in_or_taken_out_is_named(ledger) -> None:
    stored = stored_plan(ledger, CONTACTS, [contact("a@x.test"), contact("b@x.test")])
    tamper(ledger, "delete from deliveries where delivery_id = :id", id=stored.deliveries[1].delivery_id)
    again = replay(ledger.engine, stored.plan_id)
    assert [(item.record_key, item.stored) for item in again.differences] == [("b@x.test", "not stored")]


def test_tampered_inputs_are_told_from_a_tampered_delivery(ledger) -> None:
    stored = stored_plan(ledger, CONTACTS, [contact("a@x.test")])
    forged = plan_inputs.unpack(load(ledger.engine, stored.plan_id).inputs)
    rows = [contact("a@x.test", segment="VIP")]
    packed = plan_inputs.pack(forged.sync, 1, rows, forged.memory, forged.observed_at, forged.at)
    tamper(ledger, "update plan_inputs set inputs = :inputs", inputs=packed)
    again = replay(ledger.engine, stored.plan_id)
    assert not again.is_identical
    assert "the stored inputs were changed" in again.verdict


@on_both_stores
def test_a_tampered_head_of_a_plan_is_named(ledger) -> None:
    stored = stored_plan(ledger, CONTACTS, [contact("a@x.test")])
    tamper(ledger, "update plans set creates = 7, breaches = '[]', noops = 99")
    again = replay(ledger.engine, stored.plan_id)
    assert {(item.where, item.what) for item in again.differences} == {
        (stored.plan_id, "creates"),
        (stored.plan_id, "noops"),
    }


def test_a_plan_of_another_planner_is_said_to_be_one(ledger, monkeypatch) -> None:
    monkeypatch.setattr(plan_inputs, "PLANNER", 0)
    stored = stored_plan(ledger, CONTACTS, [contact("a@x.test")])
    assert replay(ledger.engine, stored.plan_id).planner == 0
    tamper(ledger, "update deliveries set payload = '{}'")
    assert "made by planner 0" in replay(ledger.engine, stored.plan_id).verdict


def test_a_plan_without_inputs_and_an_unknown_plan_are_refused_in_words(ledger) -> None:
    stored = ledger.store_plan(CONTACTS, plan.make(CONTACTS, 1, [contact("a@x.test")], Memory()), AT)
    with pytest.raises(ConfigurationError, match="without its inputs"):
        replay(ledger.engine, stored.plan_id)
    with pytest.raises(ConfigurationError, match="no plan 'nobody'"):
        replay(ledger.engine, "nobody")


def test_each_declaration_a_plan_was_made_under_can_be_asked_for_by_number(ledger) -> None:
    stricter = replace(CONTACTS, limits=replace(CONTACTS.limits, max_deliveries=1))
    stored_plan(ledger, CONTACTS, [contact("a@x.test")])
    stored = stored_plan(ledger, stricter, [contact("a@x.test")])
    assert replay(ledger.engine, stored.plan_id).declaration == 2
    assert rules_of(ledger.engine, CONTACTS.name, "1", {}).sync == CONTACTS
    assert rules_of(ledger.engine, CONTACTS.name, "2", {}).sync == stricter
    assert rules_of(ledger.engine, CONTACTS.name, "current", all_syncs()).sync == CONTACTS
    with pytest.raises(ConfigurationError, match="no declaration 3; known: 1, 2, current"):
        rules_of(ledger.engine, CONTACTS.name, "3", {})


@on_both_stores
def test_other_sql_under_the_same_declaration_is_another_version_and_the_same_plan(ledger) -> None:
    old = ModelCode({"model act_hubspot__contacts": "1", "model fct_rfm": "1", "macro add_days": "1"})
    new = ModelCode({"model act_hubspot__contacts": "1", "model fct_rfm": "2", "seed tiers": "1"})
    made = plan.make(CONTACTS, 1, [contact("a@x.test")], Memory())
    codes = (None, old, new, old)
    plans = [ledger.store_plan(CONTACTS, made, AT, code=code).plan_id for code in codes]
    assert len(set(plans)) == 1, "what a person approved is the content"
    versions = [rules_of(ledger.engine, CONTACTS.name, str(number), {}) for number in (1, 2, 3)]
    assert [found.code for found in versions] == [None, old, new]
    found = rule_versions.difference(old, new)
    assert (found.changed, found.added, found.removed) == (("model fct_rfm",), ("seed tiers",), ("macro add_days",))
    assert not rule_versions.difference(None, new).is_known


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (ModelCode({"model a": "1"}), "SQL        the same, in all 1 parts"),
        (ModelCode({"model a": "2"}), "SQL        changed: model a"),
        (ModelCode({"model a": "2"}), "not run    the rows below are the plan's"),
        (None, "can not be said"),
    ],
)
def test_a_replay_under_other_rules_says_in_words_whether_the_sql_is_another(ledger, now, said) -> None:
    then = ModelCode({"model a": "1"})
    rows = [contact("a@x.test")]
    packed = plan_inputs.pack(CONTACTS, 1, rows, Memory(), AT, AT)
    stored = ledger.store_plan(CONTACTS, plan.make(CONTACTS, 1, rows, Memory(), AT, AT), AT, packed, code=then)
    again = replay(ledger.engine, stored.plan_id)
    other = what_if.under(inputs_of(rows), CONTACTS, "current", rule_versions.difference(then, now))
    text = render_text(again, other)
    assert said in text
    assert then.digest[:12] in text
    assert as_json(again, other)["rules"]["code_differs"]["is_same"] is (said.endswith("1 parts"))


def inputs_of(rows, memory=None, sync=CONTACTS):
    return plan_inputs.unpack(plan_inputs.pack(sync, len(rows), rows, memory or Memory(), AT, AT))


def test_other_limits_would_have_asked_for_a_person() -> None:
    rows = [contact(f"{name}@x.test") for name in "abc"]
    brakes = replace(CONTACTS.limits, max_deliveries=2, approvers=2)
    found = what_if.under(inputs_of(rows), replace(CONTACTS, limits=brakes), "2")
    assert (found.added, found.dropped, found.changed) == ((), (), ())
    assert (found.breaches_then, found.approvers_then, found.approvers_now) == ((), 0, 2)
    assert len(found.breaches_now) == 1
    assert found.rules_differ == {"limits.max_deliveries": (None, 2), "limits.approvers": (1, 2)}
    assert not found.is_same


def test_a_field_that_is_no_news_drops_the_record_and_its_money() -> None:
    rows = [contact("a@x.test", money=1200), contact("b@x.test", "loyal", "loyal", 300)]
    rows[1]["payload"]["r_score"] = 1
    quieter = replace(CONTACTS, quiet_fields=(*CONTACTS.quiet_fields, "segment"))
    found = what_if.under(inputs_of(rows), quieter, "2")
    assert [key for key, _ in found.dropped] == ["a@x.test"]
    assert found.dropped[0][1].startswith(Action.UPDATE)
    assert found.money_minor == {"USD": -1200}
    assert found.added == ()


def test_a_field_that_is_not_written_changes_the_record() -> None:
    fewer = replace(CONTACTS, fields=tuple(name for name in CONTACTS.fields if name != "orders_count"))
    rows = [contact("a@x.test")]
    rows[0]["payload"]["orders_count"] = 3
    (changed,) = what_if.under(inputs_of(rows), fewer, "2").changed
    assert changed.record_key == "a@x.test"
    assert changed.differences["orders_count from"] == (2, None)


def test_a_record_news_only_to_the_other_rules_is_added() -> None:
    quieter = replace(CONTACTS, quiet_fields=(*CONTACTS.quiet_fields, "segment"))
    found = what_if.under(inputs_of([contact("a@x.test", money=50)], sync=quieter), CONTACTS, "current")
    assert [key for key, _ in found.added] == ["a@x.test"]
    assert found.money_minor == {"USD": 50}


def test_rules_that_need_what_is_not_in_the_inputs_are_refused() -> None:
    more = replace(CONTACTS, fields=(*CONTACTS.fields, "shoe_size"))
    with pytest.raises(ConfigurationError, match="would need shoe_size"):
        what_if.under(inputs_of([contact("a@x.test")]), more, "2")
    upsert = replace(CONTACTS, mode=Mode.UPSERT)
    with pytest.raises(ConfigurationError, match="went from upsert"):
        what_if.under(inputs_of([contact("a@x.test")], sync=upsert), CONTACTS, "current")


def test_the_same_rules_differ_in_nothing() -> None:
    found = what_if.under(inputs_of([contact("a@x.test")]), CONTACTS, "1")
    assert found.is_same
    assert (found.rules_differ, json.dumps(found.money_minor)) == ({}, "{}")
