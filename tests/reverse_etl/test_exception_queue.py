"""The operator's queue on a real store: one row per trouble, as long as its cause stands."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from reverse_etl import exception_actions as actions
from reverse_etl import exception_queue as queue
from reverse_etl import exception_reading as reading
from reverse_etl.exception_evidence import EVIDENCE_CHARACTERS, MESSAGE_CHARACTERS
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import EXCEPTIONS
from tests.reverse_etl.conftest import NOW
from tests.reverse_etl.postgres_server import on_both_stores

pytestmark = on_both_stores


@pytest.fixture
def operations(store):
    opened = open_store(store)
    yield opened
    opened.dispose()


LATER = NOW + timedelta(hours=1)
SYNC = "shopify__stock_levels"


def refusal(record="r1", **more) -> Finding:
    told = {"message": "the quantity is not a number", "sync": SYNC, "destination": "shopify", "record_key": record}
    return Finding(**{"code": "INVALID", "kind": "validation", "delivery_id": f"plan-1/{record}", **told, **more})


def meet(operations, *findings, at=NOW):
    with operations.begin() as connection:
        return queue.open_findings(connection, findings, at)


def close(operations, *records, at=LATER, **more):
    with operations.begin() as connection:
        return queue.close_for_records(connection, SYNC, records, "the delivery was accepted", at, **more)


def rows(operations, status="all", at=LATER):
    with operations.connect() as connection:
        return reading.listed(connection, at, reading.Filters(status=status))


def one(operations, at=LATER):
    (row,) = rows(operations, at=at)
    return row


def act(operations, action, ids, *extra, at=NOW, by="ann", because="known"):
    with operations.begin() as connection:
        cases = reading.chosen(connection, ids, None, at)
        return getattr(actions, action)(connection, cases, *extra, by, because, at)


def test_the_same_trouble_of_the_same_record_is_one_row_however_often_it_comes(operations):
    first = meet(operations, refusal())
    again = meet(operations, refusal(message="the quantity is not a number at all"), at=LATER)
    assert first == again == ["EX-1"]
    row = one(operations)
    assert (row["occurrences"], row["opened_at"], row["seen_at"]) == (2, NOW, LATER)
    assert row["message"] == "the quantity is not a number at all"


def test_the_same_trouble_twice_in_one_call_is_one_row_counted_twice(operations):
    assert meet(operations, refusal(), refusal("r2"), refusal()) == ["EX-1", "EX-2", "EX-1"]
    meet(operations, refusal(), refusal())
    assert [row["occurrences"] for row in sorted(rows(operations), key=lambda row: row["number"])] == [4, 1]


def test_it_ends_when_the_record_is_accepted_and_comes_back_when_it_recurs(operations):
    meet(operations, refusal(), refusal("r2"))
    assert close(operations, "r1") == 1
    ended = next(row for row in rows(operations) if row["record_key"] == "r1")
    assert (ended["exception_status"], ended["ended_by"]) == ("resolved", "cause gone")
    assert [row["record_key"] for row in rows(operations, "open")] == ["r2"]
    back = LATER + timedelta(days=1)
    assert meet(operations, refusal(), at=back) == ["EX-1"]
    row = next(row for row in rows(operations, "open", at=back) if row["record_key"] == "r1")
    # Its age is that of this spell; that it came before is counted.
    assert (row["opened_at"], row["occurrences"], row["ended_by"]) == (back, 2, None)


def test_closing_what_is_not_there_costs_no_write(operations):
    meet(operations, refusal("r2"))
    assert close(operations, "r1", "r3") == 0


def test_a_newer_answer_about_a_record_replaces_the_older_trouble_of_its_delivery(operations):
    meet(operations, refusal(code="no_answer", kind="transient"))
    meet(operations, refusal(code="drift", kind="conflict", delivery_id=None))
    meet(operations, refusal(), at=LATER)
    # The doubt was settled by a refusal; a drift is about the record, not about the delivery, and stays.
    assert {row["code"] for row in rows(operations, "open")} == {"INVALID", "drift"}


def test_what_a_person_accepted_stays_so_until_it_says_something_else(operations):
    meet(operations, refusal(message='SKU "A-1" is unknown (request req_1)'))
    act(operations, "accept", ["EX-1"])
    meet(operations, refusal(message='SKU "A-1" is unknown (request req_2)'), at=LATER)
    assert (one(operations)["exception_status"], one(operations)["ended_by"]) == ("accepted", "ann")
    meet(operations, refusal(message="the location is closed"), at=LATER)
    assert (one(operations)["exception_status"], one(operations)["ended_by"]) == ("open", None)


def test_what_is_snoozed_stays_hidden_until_its_time(operations):
    meet(operations, refusal())
    act(operations, "snooze", ["EX-1"], NOW + timedelta(days=1))
    meet(operations, refusal(), at=LATER)
    with operations.connect() as connection:
        assert reading.listed(connection, LATER) == []
        assert [row["exception_id"] for row in reading.listed(connection, NOW + timedelta(days=2))] == ["EX-1"]
    meet(operations, refusal(), at=NOW + timedelta(days=2))
    assert one(operations)["exception_status"] == "open"


def test_codes_end_when_their_cause_is_gone_except_for_records_that_still_have_it(operations):
    held = [refusal(name, code="held", kind="conflict", delivery_id=None) for name in ("r1", "r2", "r3")]
    meet(operations, *held, refusal("r4"))
    with operations.begin() as connection:
        assert queue.close_codes(connection, SYNC, ["held"], "no longer held", LATER, keep=["r2"]) == 2
    assert {row["record_key"] for row in rows(operations, "open")} == {"r2", "r4"}


def test_trouble_of_a_whole_destination_is_one_row_per_destination(operations):
    down = [Finding("breaker_open", "transient", "it is down", destination=name) for name in ("shopify", "klaviyo")]
    assert meet(operations, *down) == ["EX-1", "EX-2"]
    with operations.begin() as connection:
        assert queue.close_codes(connection, None, ["breaker_open"], "it answers", LATER, destination="klaviyo") == 1
    assert [row["destination"] for row in rows(operations, "open")] == ["shopify"]


def test_one_missing_sku_is_one_group_of_many_records(operations):
    meet(operations, *(refusal(f"r{n}", message=f"record r{n}: no such SKU (request q{n})") for n in range(7)))
    meet(operations, refusal("other", message="the location is closed"))
    with operations.connect() as connection:
        groups = reading.grouped(reading.listed(connection, LATER))
        whole = reading.chosen(connection, [], groups[0]["group"], LATER)
    assert sorted(group["cases"] for group in groups) == [1, 7]
    assert len(whole) == next(group["cases"] for group in groups[:1])


def test_the_list_has_the_gravest_first_then_the_most_money_then_the_oldest(operations):
    meet(operations, refusal("old"))
    meet(
        operations,
        refusal("new"),
        refusal("rich", money_minor=-90_000, currency_code="USD"),
        refusal("access", code="auth", kind="auth"),
        refusal("late", code="http_503", kind="transient"),
        at=LATER,
    )
    assert [row["record_key"] for row in rows(operations)] == ["access", "rich", "old", "new", "late"]


def test_its_age_is_known_to_the_minute(operations):
    meet(operations, refusal())
    assert round(one(operations, at=NOW + timedelta(minutes=6))["age_days"] * 1440) == 6


# A validation is medium; 1,000.00 USD makes it high, 10,000.00 critical, whatever the sign.
@pytest.mark.parametrize(
    ("money", "severity"),
    [(None, "medium"), (99_999, "medium"), (-100_000, "high"), (999_999, "high"), (1_000_000, "critical")],
)
def test_money_at_stake_makes_it_graver(operations, money, severity):
    meet(operations, refusal(money_minor=money, currency_code="USD"))
    assert one(operations)["severity"] == severity


def test_headers_and_credentials_are_never_operationsd_wherever_they_hide(operations):
    secret = "sEcReT-4711"
    evidence = {
        "headers": {"x": secret},
        "request": {"json": {"a": 1, "Authorization": secret}, "Headers": [secret]},
        "answer": [{"access_token": secret, "error": f"bearer {secret} was refused", "note": "kept"}],
        "provider_request_id": "req_1",
    }
    meet(operations, refusal(evidence=evidence, message=f"Authorization: Bearer {secret} refused"))
    with operations.connect() as connection:
        operationsd = connection.execute(sa.select(EXCEPTIONS)).mappings().one()
    assert not [name for name, value in operationsd.items() if secret in str(value)]
    assert json.loads(operationsd["evidence"])["provider_request_id"] == "req_1"
    assert "kept" in operationsd["evidence"]


class Odd:
    def __repr__(self):
        return "sEcReT-4711"


@pytest.mark.parametrize(
    "evidence",
    [
        {"request": "x" * 100_000, "answer": ["y" * 1000] * 1000},
        {f"field {n}": "z" * 1000 for n in range(500)},
        {"answer": {"deep": {"deeper": {"and": {"so": {"on": {"for": {"ever": [1] * 9999}}}}}}}},
        {"odd": Odd(), "float": 1.5, "nul": "\x00", "half": "\udcff", "bytes": b"abc", "none": None},
        {1: "a number as a name"},
    ],
)
def test_no_evidence_is_too_long_or_too_odd_for_its_row(operations, evidence):
    meet(operations, refusal(evidence={**evidence, "provider_request_id": "req_1"}, message="m\x00" * 5000))
    with operations.connect() as connection:
        operationsd = connection.execute(sa.select(EXCEPTIONS)).mappings().one()
    assert len(operationsd["evidence"]) <= EVIDENCE_CHARACTERS
    assert len(operationsd["message"]) <= MESSAGE_CHARACTERS
    assert "sEcReT-4711" not in operationsd["evidence"]
    json.loads(operationsd["evidence"])


class Statements:
    def __init__(self, engine):
        self.engine, self.count = engine, 0

    def __enter__(self):
        sa.event.listen(self.engine, "before_cursor_execute", self._seen)
        return self

    def __exit__(self, *_):
        sa.event.remove(self.engine, "before_cursor_execute", self._seen)

    def _seen(self, *_):
        self.count += 1


def test_ten_thousand_findings_are_a_handful_of_statements(operations):
    many = [refusal(f"r{n}", money_minor=n, currency_code="USD") for n in range(10_000)]
    for again in range(2):
        with Statements(operations) as sent:
            ids = meet(operations, *many)
        assert len(set(ids)) == 10_000
        assert sent.count < 20, again
    with Statements(operations) as sent:
        assert close(operations, *(f"r{n}" for n in range(10_000))) == 10_000
    assert sent.count < 20


def test_a_finding_of_a_transaction_that_failed_is_not_there(operations):
    meet(operations, refusal("r0"))
    with operations.connect() as connection:
        queue.open_findings(connection, [refusal()], NOW)
        connection.rollback()
    assert meet(operations, replace(refusal(), code="OTHER")) == ["EX-2"]


def test_two_processes_that_meet_the_same_trouble_make_one_row(operations):
    from concurrent.futures import ThreadPoolExecutor

    met = [refusal(f"r{n}") for n in range(50)]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(meet, operations, *part) for part in (met, met[::-1], met[25:], met[:25])]:
            done.result()
    assert sorted(row["number"] for row in rows(operations)) == list(range(1, 51))
    assert {row["occurrences"] for row in rows(operations)} == {3}
