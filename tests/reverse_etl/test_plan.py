"""The plan as a pure function, and what the warehouse hands it."""

from __future__ import annotations

import csv
import dataclasses
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_etl import canonical_json, comparison, engine, money, plan, plan_inputs, rendering
from reverse_etl.delivery import DELETED
from reverse_etl.errors import ConfigurationError
from reverse_etl.plan import Action, LastAccepted, Memory, Refusal
from reverse_etl.sync import Baseline, Guard, Limits, Mode, OnDrift
from reverse_etl.syncs import in_order
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.conftest import NOW

MIRRORED, RECEIPTS = engine.sync_named("hubspot__contacts"), engine.sync_named("quickbooks__sales_receipts")
# Edits at the destination are tests/reverse_etl/test_drift.py's.
CONTACTS = dataclasses.replace(MIRRORED, mode=Mode.UPSERT, on_drift=OnDrift.REASSERT, limits=Limits())


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
            (row(observed="lost"), Memory(refused={first.deliveries[0].intention: Refusal(0, NOW)})),
        )
    }
    assert len(keys) == 6


def test_a_document_once_created_with_other_content_is_held_for_a_person():
    held = plan.make(RECEIPTS, 1, [row(sync=RECEIPTS)], Memory({"a": last("other")}))
    assert (held.deliveries, held.count(Action.HELD)) == ((), 1)


# generation → minutes after the refusal at which it is tried again: 5 · 2^generation, a day at most
@pytest.mark.parametrize(("generation", "minutes"), [(0, 5), (1, 10), (3, 40), (8, 1280), (9, 1440), (5000, 1440)])
def test_a_refused_record_is_held_ever_longer_and_then_tried_under_a_new_key(generation, minutes):
    first = plan.make(CONTACTS, 1, [row()], Memory()).deliveries[0]
    memory = Memory(refused={first.intention: Refusal(generation, NOW, "INVALID_EMAIL")})
    due = NOW + timedelta(minutes=minutes)
    early = plan.make(CONTACTS, 1, [row()], memory, at=due - timedelta(seconds=1))
    assert (early.deliveries, [item.code for item in early.skipped]) == ((), ["refused"])
    assert f"{due:%Y-%m-%d %H:%M} UTC" in early.skipped[0].reason
    assert "INVALID_EMAIL" in early.skipped[0].reason
    (again,) = plan.make(CONTACTS, 1, [row()], memory, at=due).deliveries
    assert (again.intention, again.key_generation) == (first.intention, generation + 1)


def test_a_refused_record_goes_at_once_when_a_person_asks_or_its_content_changes():
    first = plan.make(CONTACTS, 1, [row()], Memory()).deliveries[0]
    asked = Memory(refused={first.intention: Refusal(2, NOW, retry_asked=True)})
    assert plan.make(CONTACTS, 1, [row()], asked, at=NOW).deliveries[0].key_generation == 3
    refused = Memory(refused={first.intention: Refusal(2, NOW)})
    assert plan.make(CONTACTS, 1, [row(desired="lost")], refused, at=NOW).deliveries[0].key_generation == 0


def test_a_refusal_for_another_value_there_is_over_when_it_was_read_again_and_no_other_is():
    compared = dataclasses.replace(CONTACTS, guard=Guard.COMPARE_AND_SET)
    first = plan.make(compared, 1, [row()], Memory()).deliveries[0]
    later = NOW + timedelta(seconds=1)

    def again(sync, refusal, read_at) -> int:
        return len(plan.make(sync, 1, [row()], Memory(refused={first.intention: refusal}), read_at, later).deliveries)

    conflict = Refusal(2, NOW, "STALE", is_conflict=True)
    assert again(compared, conflict, later) == 1
    assert (again(compared, conflict, NOW), again(compared, conflict, None)) == (0, 0)
    # Of what has no value to compare it says that the record is there already; and a bad value stays bad.
    assert (again(CONTACTS, conflict, later), again(compared, Refusal(2, NOW, "BAD"), later)) == (0, 0)


def test_a_mirror_takes_back_what_it_wrote_and_writes_again_what_returns():
    known = last("loyal", "lost")
    gone = plan.make(MIRRORED, 5, [], Memory({"a": known}, accepted_records=6), gone=["a", "never written"])
    (delete,) = gone.deliveries
    assert (delete.action, delete.payload, delete.follows) == (Action.DELETE, known.payload, "p-1/1")
    assert [(c.field, c.before, c.after) for c in delete.changes] == [("segment", "loyal", None)]
    assert "no longer in act_hubspot__contacts" in delete.reason
    assert gone.noops == 5

    taken_back = LastAccepted("p-2/1", DELETED, known.payload, {"segment": "loyal"}, NOW)
    assert plan.make(MIRRORED, 5, [], Memory({"a": taken_back}), gone=["a"]).deliveries == ()
    (back,) = plan.make(MIRRORED, 6, [row()], Memory({"a": taken_back}), NOW + timedelta(hours=1)).deliveries
    assert (back.action, back.follows) == (Action.CREATE, "p-2/1")
    # A reading older than the delete still shows what was taken back since.
    late = plan.make(
        MIRRORED, 6, [row(observed="loyal", desired="lost")], Memory({"a": taken_back}), NOW - timedelta(hours=1)
    )
    assert [(item.action, item.payload["segment"]) for item in late.deliveries] == [(Action.CREATE, "lost")]
    first = plan.make(MIRRORED, 6, [row()], Memory()).deliveries[0]
    assert back.idempotency_key != first.idempotency_key
    assert plan.make(CONTACTS, 5, [], Memory({"a": known}), gone=["a"]).deliveries == ()


def test_a_delete_waits_for_a_delivery_in_the_air():
    made = plan.make(MIRRORED, 1, [], Memory({"a": last()}, unsettled={"a"}), gone=["a"])
    assert [(item.action, item.code) for item in made.skipped] == [(Action.WAITING, "unsettled")]


def test_the_warehouse_says_which_accepted_records_left_the_model():
    connection = rows.warehouse()
    rows.contacts(connection, ["a@example.com", "b@example.com"])
    keys = pa.table({"record_key": ["z@example.com", "a@example.com", "gone@example.com"]})
    accepted = comparison.Accepted(pa.table({"quick": pa.array([], pa.int64())}), keys=lambda: keys)
    assert comparison.compare(connection, MIRRORED, accepted).gone == ("gone@example.com", "z@example.com")
    assert comparison.compare(connection, CONTACTS, accepted).gone == ()


def test_what_a_document_waits_for_comes_from_its_row():
    memos, connection = engine.sync_named("quickbooks__credit_memos"), rows.warehouse()
    rows.receipts(connection, ["7"], "credit_memos", waits_for="je:main:7:sale")
    accepted = comparison.Accepted(pa.table({"quick": pa.array([], pa.int64())}))
    compared = comparison.compare(connection, memos, accepted)
    (made,) = plan.make(memos, 1, compared.rows, Memory()).deliveries
    assert made.depends_on == (("quickbooks__sales_receipts", "je:main:7:sale"),)
    rows.receipts(connection, ["7"], "credit_memos")
    free = plan.make(memos, 1, comparison.compare(connection, memos, accepted).rows, Memory())
    assert free.deliveries[0].depends_on == ()
    assert free.deliveries[0].idempotency_key == made.idempotency_key
    assert free.plan_hash != plan.make(memos, 1, compared.rows, Memory()).plan_hash


def chained(name, upstream=(), lane=RECEIPTS.lane):
    waits = {f"bench__{other}": f"{other}_key" for other in upstream}
    return dataclasses.replace(
        RECEIPTS, name=f"bench__{name}", model=f"act_bench__{name}", destination="bench", depends_on=waits, lane=lane
    )


def test_syncs_come_after_what_they_wait_for_and_a_circle_is_refused():
    chain = [chained("a_payments", ["m_invoices"]), chained("m_invoices", ["z_customers"]), chained("z_customers")]
    assert list(in_order(chain)) == ["bench__z_customers", "bench__m_invoices", "bench__a_payments"]
    for wrong, said in (
        ([chained("a", ["b"]), chained("b", ["a"])], "wait for each other"),
        ([chained("a", ["missing"])], "no such sync"),
        ([chained("a", ["b"], lane=engine.sync_named("shopify__tracking").lane), chained("b")], "lane goes after"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            in_order(wrong)


def test_what_others_wait_for_goes_before_what_nobody_waits_for():
    """Xero makes a contact of any name a bank transaction bears; the contact that invoices wait for is to be there before."""
    chain = [
        chained("a_transactions"),
        chained("b_receipts"),
        chained("c_refunds", ["b_receipts"]),
        chained("d_contacts"),
    ]
    chain += [chained("e_invoices", ["d_contacts"]), chained("f_payments", ["e_invoices"])]
    names = [name.removeprefix("bench__") for name in in_order(chain)]
    assert names == ["d_contacts", "b_receipts", "a_transactions", "e_invoices", "c_refunds", "f_payments"]


SEGMENTS = st.sampled_from(["champions", "loyal", "lost", None])
WORLDS = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(SEGMENTS, SEGMENTS, SEGMENTS), max_size=8)


def world(drawn):
    """Rows and memory: per record what is wanted, what is observed, and what was accepted last (None: nothing)."""
    changed = [row(key, wanted, seen) for key, (wanted, seen, _) in drawn.items() if wanted != seen]
    accepted = {key: last(ours, "new") for key, (_, _, ours) in drawn.items() if ours is not None}
    return changed, Memory(accepted, accepted_records=len(accepted))


@settings(max_examples=150, deadline=None)
@given(WORLDS, st.randoms(use_true_random=False), st.sampled_from([MIRRORED, CONTACTS]))
def test_the_same_inputs_give_the_same_bytes_in_whatever_order_the_rows_come(drawn, shuffled, sync):
    changed, memory = world(drawn)
    read = NOW + timedelta(hours=1)
    gone = sorted(set(memory.accepted) - {item["record_key"] for item in changed})
    first = plan.make(sync, len(drawn), changed, memory, read, NOW, gone)
    shuffled.shuffle(changed)
    shuffled.shuffle(gone)
    again = plan.make(sync, len(drawn), changed, memory, read, NOW, gone)
    assert canonical_json.dumps(plan_inputs.plain(first)) == canonical_json.dumps(plan_inputs.plain(again))
    assert first.plan_hash == again.plan_hash


@settings(max_examples=150, deadline=None)
@given(WORLDS)
def test_a_record_is_left_alone_if_and_only_if_nothing_differs(drawn):
    changed, memory = world(drawn)
    made = plan.make(CONTACTS, len(drawn), changed, memory, NOW + timedelta(hours=1))
    assert {item.record_key for item in made.deliveries} == {
        key for key, (wanted, seen, _) in drawn.items() if wanted != seen
    }
    assert made.noops + len(made.deliveries) == len(drawn)
    for delivery in made.deliveries:
        assert [(c.field, c.before, c.after) for c in delivery.changes if c.before == c.after] == []


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
    [
        {"name": "x"}, {"model": "x"}, {"fields": ()}, {"batch_size": 0}, {"mode": Mode.CREATE}, {"quiet_fields": ("zip",)},
        {"price_fields": ("zip",)}, {"personal_fields": ("zip",)}, {"canary": -1}, {"limits": Limits(approvers=0)},
        {"limits": Limits(max_share_deleted=2)}, {"limits": Limits(max_deletes=-1)}, {"limits": Limits(max_price_move=0)},
        {"depends_on": {"hubspot__contacts": "a_key"}}, {"depends_on": {"other__sync": "segment"}},
        {"depends_on": {"other__sync": "no; name"}},
    ],
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
        "and 1 create more records",
    ):
        assert words in text
    assert rendering.as_json(made)["counts"] == {
        "create": 1,
        "update": 1,
        "delete": 0,
        "noop": 1,
        "waiting": 0,
        "held": 0,
    }


def test_exponents_agree_with_the_seed():
    path = Path(__file__).parents[2] / "transform/seeds/currencies.csv"
    with path.open(newline="") as file:
        seed = {line["currency_code"]: int(line["exponent"]) for line in csv.DictReader(file)}
    assert {code: places for code, places in seed.items() if places != 2} == money.EXPONENTS
    assert [str(money.major(1050, code)) for code in ("USD", "JPY", "KWD")] == ["10.50", "1050", "1.050"]
