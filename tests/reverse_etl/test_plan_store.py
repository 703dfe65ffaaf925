"""Plans in the operational store: each one whole, numbered without gaps, and only the newest value of a record unsent."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from reverse_etl import claims, engine, plan
from reverse_etl.claims import Answered, Claim, Purpose
from reverse_etl.delivery_states import State
from reverse_etl.destination import Outcome, Result
from reverse_etl.errors import DeliveryError, StopSync
from reverse_etl.exception_queue import Finding, open_findings
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_tables import DECLARATIONS, DELIVERIES, DEPENDENCIES, PLAN_INPUTS, PLANS
from reverse_etl.operations_tables import APPROVALS, AUDIT_LOG, EXCEPTIONS
from reverse_etl.plan import Memory
from reverse_etl.sync import Limits, Mode, OnDrift
from tests.reverse_etl.conftest import NOW
from tests.reverse_etl.postgres_server import on_both_stores

CONTACTS = dataclasses.replace(
    engine.sync_named("hubspot__contacts"), mode=Mode.UPSERT, on_drift=OnDrift.REASSERT, limits=Limits()
)
RECEIPTS = engine.sync_named("quickbooks__sales_receipts")


pytestmark = on_both_stores


@pytest.fixture
def ledger(store, tmp_path):
    made = Ledger(store, tmp_path)
    yield made
    made.close()


def row(key="a", segment="loyal", **more):
    return {
        "record_key": key, "payload": dict.fromkeys(CONTACTS.fields) | {"email": key, "segment": segment}, "lines": [],
        "observed": {"segment": None}, "fingerprint": f"f-{segment}", "quick": 1, "money_minor": 100,
        "currency_code": "USD", "reason": "r", "source_key": "s",
    } | more  # fmt: skip


def make(ledger, *rows, sync=CONTACTS, at=NOW):
    memory = ledger.queries.memory(sync.name, [item["record_key"] for item in rows])
    return plan.make(sync, len(rows), rows, memory, at=at)


def stored(ledger, *rows, sync=CONTACTS, at=NOW, **more):
    return ledger.store_plan(sync, make(ledger, *rows, sync=sync, at=at), at, **more)


def send(ledger, delivery, result=Result.ACCEPTED, at=NOW):
    """What a worker does with an approved delivery; without a result it dies before the answer."""
    (attempts,) = ledger.commit([Claim("worker", [delivery], Purpose.WRITE, lambda batch: "key")], at)
    if result is not None:
        ledger.commit([Answered(attempts, {delivery.record_key: Outcome(result, code="said")})], at)


def states(ledger):
    with ledger.engine.begin() as connection:
        wanted = select(DELIVERIES.c.delivery_id, DELIVERIES.c.state)
        return {key.removeprefix("hubspot__contacts-"): state for key, state in connection.execute(wanted)}


def rows_of(ledger, table, *where):
    with ledger.engine.begin() as connection:
        return [dict(found) for found in connection.execute(select(table).where(*where)).mappings()]


def exceptions(ledger):
    return sorted(
        (item["code"], item["record_key"])
        for item in rows_of(ledger, EXCEPTIONS, EXCEPTIONS.c.exception_status == "open")
    )


def test_a_plan_is_stored_with_inputs_declaration_and_dependencies(ledger):
    memos = engine.sync_named("quickbooks__credit_memos")
    waits = row("m", depends_on=[["quickbooks__sales_receipts", "s"]]) | {
        "payload": dict.fromkeys(memos.fields, "x"),
        "observed": {},
    }
    made = stored(ledger, waits, sync=memos, inputs=b"all of it", snapshot=7)
    (kept,) = rows_of(ledger, PLANS)
    assert (kept["plan_hash"], kept["declaration"], kept["snapshot"], kept["creates"]) == (made.plan_hash, 1, 7, 1)
    assert [item["inputs"] for item in rows_of(ledger, PLAN_INPUTS)] == [b"all of it"]
    assert rows_of(ledger, DEPENDENCIES) == [
        {
            "delivery_id": made.deliveries[0].delivery_id,
            "upstream_sync": "quickbooks__sales_receipts",
            "upstream_key": "s",
        }
    ]
    read = ledger.queries.plan(made.plan_hash)
    assert (read.plan_id, read.plan_hash) == (made.plan_id, made.plan_hash)


def test_each_version_of_a_declaration_has_a_number(ledger):
    other = dataclasses.replace(CONTACTS, limits=Limits(max_deliveries=9))
    numbers = []
    for sync, key in ((CONTACTS, "a"), (other, "b"), (CONTACTS, "c")):
        made = stored(ledger, row(key), sync=sync)
        numbers += [item["declaration"] for item in rows_of(ledger, PLANS, PLANS.c.plan_id == made.plan_id)]
    assert (numbers, len(rows_of(ledger, DECLARATIONS))) == ([1, 2, 1], 2)


def test_an_equal_plan_is_the_newest_one_until_something_of_it_is_begun(ledger):
    first = stored(ledger, row("a"), row("b"))
    assert stored(ledger, row("b"), row("a"), at=NOW + timedelta(hours=1)) == first
    ledger.approve_within_limits(first.plan_id, NOW)
    assert stored(ledger, row("a"), row("b")).plan_id == first.plan_id
    send(ledger, first.deliveries[0])
    rest = stored(ledger, row("b"))
    assert (rest.plan_id, states(ledger)) == (
        "hubspot__contacts-2", {"1/1": State.ACCEPTED, "1/2": State.SUPERSEDED, "2/1": State.PLANNED}
    )  # fmt: skip
    with ledger.engine.begin() as connection:
        connection.execute(update(PLANS).values(plan_status="canary_failed"))
    assert stored(ledger, row("b")).plan_id == "hubspot__contacts-3"


def test_only_the_newest_value_of_a_record_is_left_to_send(ledger):
    for segment in ("loyal", "lost", "vip"):
        made = stored(ledger, row("a", segment))
    ledger.approve_within_limits(made.plan_id, NOW)
    (left,) = ledger.queries.deliveries(made.plan_id, (State.APPROVED,))
    assert (left.payload["segment"], sorted(states(ledger).values())) == (
        "vip",
        ["approved", "superseded", "superseded"],
    )


def test_a_successor_of_the_same_intention_keeps_its_key_its_tries_and_its_time(ledger):
    first = stored(ledger, row("a"))
    ledger.approve_within_limits(first.plan_id, NOW)
    (attempts,) = ledger.commit([Claim("worker", first.deliveries, Purpose.WRITE, lambda batch: "key")], NOW)
    renewed = ledger.renew_key(attempts[0].delivery)
    due = NOW + timedelta(minutes=9)
    ledger.commit([claims.Release([attempts[0].delivery], frozenset(), due)], NOW)
    second = stored(ledger, row("a"), row("b"))
    assert second.deliveries[0].idempotency_key == renewed.idempotency_key
    (kept,) = rows_of(ledger, DELIVERIES, DELIVERIES.c.delivery_id == second.deliveries[0].delivery_id)
    assert (kept["tries"], kept["due_at"]) == (1, due)
    assert kept["idempotency_key"] == renewed.idempotency_key


# What a push did with the record between the reading of the ledger and the storing of the plan.
@pytest.mark.parametrize("result", [None, Result.IN_DOUBT, Result.ACCEPTED])
def test_a_plan_that_a_push_has_overtaken_is_not_stored(ledger, result):
    first = stored(ledger, row("a"))
    ledger.approve_within_limits(first.plan_id, NOW)
    late = make(ledger, row("a", "lost"))
    send(ledger, first.deliveries[0], result)
    with pytest.raises(StopSync, match="plan again"):
        ledger.store_plan(CONTACTS, late, NOW)
    assert len(rows_of(ledger, PLANS)) == 1


def test_plans_made_at_once_get_different_numbers_and_leave_one_open_delivery_per_record(store, tmp_path):
    opened = [Ledger(store, tmp_path) for _ in range(4)]

    def work(mine, number):
        for turn in range(5):
            mine.store_plan(CONTACTS, plan.make(CONTACTS, 1, [row("a", f"s{number}-{turn}")], Memory()), NOW)

    threads = [threading.Thread(target=work, args=(mine, number)) for number, mine in enumerate(opened)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item["number"] for item in rows_of(opened[0], PLANS)) == list(range(1, 21))
    assert sorted(states(opened[0]).values()) == [State.PLANNED] + [State.SUPERSEDED] * 19
    for mine in opened:
        mine.close()


def over(ledger, *keys, approvers=1):
    strict = dataclasses.replace(CONTACTS, limits=Limits(max_deliveries=0, approvers=approvers))
    return stored(ledger, *(row(key) for key in keys or ("a",)), sync=strict)


def test_a_plan_within_its_limits_needs_nobody_and_one_beyond_them_a_person(ledger):
    within = stored(ledger, row("a"))
    ledger.approve_within_limits(within.plan_id, NOW)
    ledger.approve_within_limits(within.plan_id, NOW)
    assert [item["approved_by"] for item in rows_of(ledger, APPROVALS)] == ["limits"]
    beyond = over(ledger, "b")
    ledger.approve_within_limits(beyond.plan_id, NOW)
    assert states(ledger) == {"1/1": State.SUPERSEDED, "2/1": State.PLANNED}
    assert exceptions(ledger) == [("over_limits", None)]
    given = ledger.approve(beyond.plan_hash, " Ann ", "read it", NOW)
    assert (given.is_complete, given.approved_by, given.approved) == (True, ("Ann",), 1)
    assert states(ledger)["2/1"] == State.APPROVED
    assert exceptions(ledger) == []
    (audited,) = rows_of(ledger, AUDIT_LOG)
    assert (audited["who"], audited["action"], audited["subject"], audited["because"]) == (
        "Ann", "approve", beyond.plan_id, "read it"
    )  # fmt: skip


def test_two_different_people_are_two_and_one_person_twice_is_one(ledger):
    made = over(ledger, approvers=2)
    for by in ("Ann", "ann", "ANN "):
        assert not ledger.approve(made.plan_id, by, "fine", NOW).is_complete
    assert states(ledger)["1/1"] == State.PLANNED
    assert ledger.approve(made.plan_id, "Bob", "fine", NOW).approved_by == ("Ann", "Bob")
    assert states(ledger)["1/1"] == State.APPROVED


def test_an_approval_holds_for_what_was_read_only(ledger):
    made = over(ledger, "a")
    ledger.approve(made.plan_id, "Ann", "fine", NOW)
    assert over(ledger, "a").plan_id == made.plan_id
    assert over(ledger, "a", "b").plan_id != made.plan_id
    assert [item["state"] for item in rows_of(ledger, DELIVERIES, DELIVERIES.c.state != "superseded")] == [
        "planned"
    ] * 2


@pytest.mark.parametrize(
    ("reference", "by", "because", "said"),
    [
        ("nothing-9", "Ann", "fine", "there is no plan"),
        ("hubspot__contacts-2", "", "fine", "who does it"),
        ("hubspot__contacts-2", "Ann", " ", "why"),
        ("hubspot__contacts-2", "Limits", "fine", "give a person's"),
        ("hubspot__contacts-1", "Ann", "fine", "superseded by hubspot__contacts-2"),
    ],
)
def test_an_approval_that_makes_no_sense_is_refused_and_changes_nothing(ledger, reference, by, because, said):
    over(ledger, "a")
    over(ledger, "b")
    with pytest.raises(DeliveryError, match=said):
        ledger.approve(reference, by, because, NOW)
    assert (rows_of(ledger, APPROVALS), rows_of(ledger, AUDIT_LOG)) == ([], [])


def test_what_is_held_is_an_exception_until_it_is_no_longer_held(ledger):
    priced = dataclasses.replace(CONTACTS, price_fields=("net_revenue_minor",))

    def at(price):
        return row() | {"payload": dict.fromkeys(CONTACTS.fields) | {"net_revenue_minor": price}}

    stored(ledger, at(0), sync=priced)
    assert exceptions(ledger) == [("held", "a")]
    stored(ledger, at(5), sync=priced)
    assert exceptions(ledger) == []


def test_troubles_end_when_nothing_is_left_to_do_but_not_while_a_delivery_is_in_the_air(ledger):
    made = stored(ledger, row("a"), row("b"))
    ledger.approve_within_limits(made.plan_id, NOW)
    for delivery, result in zip(made.deliveries, (Result.REJECTED, Result.IN_DOUBT), strict=True):
        send(ledger, delivery, result)
    with ledger.engine.begin() as connection:
        open_findings(connection, [Finding("missing_model", "validation", "m", sync="hubspot__contacts")], NOW)
    assert exceptions(ledger) == [("missing_model", None), ("said", "a"), ("said", "b")]
    stored(ledger)
    assert exceptions(ledger) == [("missing_model", None), ("said", "b")]


def test_a_refusal_is_remembered_with_its_time_and_a_retry_that_a_person_asked_for(ledger):
    made = stored(ledger, row("a"))
    ledger.approve_within_limits(made.plan_id, NOW)
    send(ledger, made.deliveries[0], Result.REJECTED)
    held = stored(ledger, row("a"), at=NOW + timedelta(minutes=4))
    assert (held.deliveries, held.skipped[0].code) == ((), "refused")
    with ledger.engine.begin() as connection:
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.state == "rejected").values(due_at=NOW))
    (again,) = stored(ledger, row("a"), at=NOW + timedelta(minutes=4)).deliveries
    assert again.idempotency_key != made.deliveries[0].idempotency_key


def test_a_record_taken_back_counts_no_longer_as_accepted_and_returns_as_new(ledger):
    mirror = dataclasses.replace(CONTACTS, mode=Mode.MIRROR, limits=Limits(max_deletes=1))
    first = stored(ledger, row("a"), sync=mirror)
    ledger.approve_within_limits(first.plan_id, NOW)
    send(ledger, first.deliveries[0])
    assert ledger.queries.accepted_marks(mirror.name).keys().to_pylist() == [{"record_key": "a"}]

    def without():
        gone = [item["record_key"] for item in ledger.queries.accepted_marks(mirror.name).keys().to_pylist()]
        made = plan.make(mirror, 5, [], ledger.queries.memory(mirror.name, ["a"]), at=NOW, gone=gone)
        return ledger.store_plan(mirror, made, NOW)

    taken = without()
    assert [item.action for item in taken.deliveries] == ["delete"]
    assert [item["deletes"] for item in rows_of(ledger, PLANS)] == [0, 1]
    ledger.approve_within_limits(taken.plan_id, NOW)
    send(ledger, taken.deliveries[0])
    assert without().deliveries == ()
    assert ledger.queries.memory(mirror.name, ["a"]).accepted_records == 0
    assert [item.action for item in stored(ledger, row("a"), sync=mirror).deliveries] == ["create"]
