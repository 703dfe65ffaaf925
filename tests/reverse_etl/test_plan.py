"""The plan as a pure function, and what the warehouse hands it."""

from __future__ import annotations

import csv
import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from reverse_etl import comparison, engine, money, plan, rendering
from reverse_etl.errors import ConfigurationError
from reverse_etl.plan import Action, LastAccepted, Memory
from reverse_etl.sync import Baseline, Limits, Mode
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW

CONTACTS, RECEIPTS = engine.sync_named("hubspot__contacts"), engine.sync_named("quickbooks__sales_receipts")


def row(key="a", desired="loyal", observed=None, sync=CONTACTS):
    payload = dict.fromkeys(sync.fields) | {"email": key, "segment": desired}
    seen = {} if sync.baseline is Baseline.ACCEPTED else {"segment": observed}
    return {
        "record_key": key, "payload": payload, "lines": [], "observed": seen, "fingerprint": f"f-{desired}", "quick": 1,
        "money_minor": 100, "currency_code": "USD", "reason": "r", "source_key": "s",
    }  # fmt: skip


def last(after="loyal", before=None, at=NOW):
    return LastAccepted("p-1/1", f"f-{after}", {"segment": after}, {"segment": before}, at)


# observed, last accepted (after, before), read when → action and what it replaces
@pytest.mark.parametrize(
    ("observed", "accepted", "read", "expected"),
    [
        (None, None, None, (Action.CREATE, None)),
        ("lost", None, None, (Action.UPDATE, "lost")),
        # The read is older than our write: the destination already holds it.
        ("lost", ("loyal", "lost"), NOW - timedelta(hours=1), None),
        # Nobody knows how old the read is, but it still shows what our write replaced.
        ("lost", ("loyal", "lost"), None, None),
        # Read after our write: someone changed it back.
        ("lost", ("loyal", "lost"), NOW + timedelta(hours=1), (Action.UPDATE, "lost")),
        # It shows a third value, so it is newer than our write.
        ("new", ("loyal", "lost"), None, (Action.UPDATE, "new")),
        # Our older write is what is there now.
        ("lost", ("champions", "lost"), NOW - timedelta(hours=1), (Action.UPDATE, "champions")),
    ],
)
def test_what_is_replaced_depends_on_how_old_the_reading_is(observed, accepted, read, expected):
    memory = Memory({"a": last(*accepted)} if accepted else {})
    made = plan.make(CONTACTS, 1, [row(observed=observed)], memory, read)
    found = [(d.action, d.before.get("segment")) for d in made.deliveries]
    assert found == ([expected] if expected else [])
    assert made.noops == (0 if expected else 1)


def test_the_same_intention_has_the_same_key_and_another_one_has_not():
    first, again = (plan.make(CONTACTS, 1, [row(observed="lost")], Memory()) for _ in range(2))
    assert (first.plan_hash, first.deliveries) == (again.plan_hash, again.deliveries)
    keys = {
        plan.make(CONTACTS, 1, [changed], memory).deliveries[0].idempotency_key
        for changed, memory in (
            (row(observed="lost"), Memory()),
            (row(observed="at_risk"), Memory()),
            (row(desired="new", observed="lost"), Memory()),
            (row(key="b", observed="lost"), Memory()),
            (row(observed="lost"), Memory({"a": last("champions", "new")})),
            (row(observed="lost"), Memory(refused={first.deliveries[0].intention: 0})),
        )
    }
    assert len(keys) == 6


def test_a_document_once_created_with_other_content_is_held_for_a_person():
    held = plan.make(RECEIPTS, 1, [row(sync=RECEIPTS)], Memory({"a": last("other")}))
    assert (held.deliveries, held.count(Action.HELD)) == ((), 1)


def test_limits_brake_changes_to_what_was_accepted_not_the_first_fill():
    limited = dataclasses.replace(CONTACTS, limits=Limits(max_share_changed=0.5, judged_from=2, max_money_minor=150))
    two = [row("a", observed="x"), row("b", observed="x")]
    known = Memory({"a": last("q", "z"), "b": last("q", "z")}, accepted_records=2)
    assert [word in " ".join(plan.make(limited, 2, two, known).breaches) for word in ("2 of 2", "200")] == [True, True]
    assert plan.make(dataclasses.replace(limited, limits=Limits(judged_from=2)), 2, two, Memory()).breaches == ()


def test_quiet_fields_never_cause_an_update_alone():
    connection = rows.warehouse()
    rows.contacts(connection, ["a@example.com"], observed="loyal", as_of="2026-11-30")
    empty = comparison.Accepted(None)
    assert comparison.compare(connection, CONTACTS, empty).rows == []
    rows.contacts(connection, ["a@example.com"], segment="lost", observed="loyal", as_of="2026-11-30")
    assert len(comparison.compare(connection, CONTACTS, empty).rows) == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("drop table activation.act_hubspot__contacts", "build it first"),
        ("alter table activation.act_hubspot__contacts drop column segment", "segment"),
        ("alter table activation.act_hubspot__contacts alter orders_count type double", "floating"),
        ("insert into activation.act_hubspot__contacts from activation.act_hubspot__contacts", "unique"),
        ("update activation.act_hubspot__contacts set record_key = null", "unique"),
    ],
)
def test_an_activation_model_that_is_not_as_declared_is_refused(spoil, said):
    connection = rows.warehouse()
    rows.contacts(connection, ["a@example.com"])
    connection.execute(spoil)
    with pytest.raises(ConfigurationError, match=said):
        comparison.compare(connection, CONTACTS, comparison.Accepted(None))


@pytest.mark.parametrize(
    "wrong",
    [{"name": "x"}, {"model": "x"}, {"fields": ()}, {"batch_size": 0}, {"mode": Mode.CREATE}, {"quiet_fields": ("zip",)}],
)  # fmt: skip
def test_a_declaration_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="sync "):
        dataclasses.replace(CONTACTS, **wrong)


def test_a_plan_reads_as_record_field_before_after_reason():
    made = plan.make(CONTACTS, 3, [row("ann@example.com", observed="lost"), row("bob@example.com")], Memory())
    text = rendering.render_text(made, limit=1)
    for words in (
        "1 to create, 1 to update, 1 with nothing to do; 2.00 USD",
        "ann@example.com",
        "lost",
        "loyal",
        "1 more",
    ):
        assert words in text
    assert rendering.as_json(made)["counts"] == {"create": 1, "update": 1, "noop": 1, "waiting": 0, "held": 0}


def test_exponents_agree_with_the_seed():
    path = Path(__file__).parents[2] / "transform/seeds/currencies.csv"
    with path.open(newline="") as file:
        seed = {line["currency_code"]: int(line["exponent"]) for line in csv.DictReader(file)}
    assert {code: places for code, places in seed.items() if places != 2} == money.EXPONENTS
    assert [str(money.major(1050, code)) for code in ("USD", "JPY", "KWD")] == ["10.50", "1050", "1.050"]
