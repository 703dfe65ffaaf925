"""The audit log on a real store: a person who changes it afterwards is found out, whatever they change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from reverse_etl import audit
from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import AUDIT_HEAD, AUDIT_LOG
from tests.reverse_etl.conftest import NOW
from tests.reverse_etl.postgres_server import on_both_stores

pytestmark = on_both_stores


@pytest.fixture
def operations(store):
    opened = open_store(store)
    yield opened
    opened.dispose()


def decide(operations, number=5, start=0):
    with operations.begin() as connection:
        for index in range(start, start + number):
            audit.append(
                connection,
                who="ann",
                action="exception.accept",
                subject=f"EX-{index}",
                because="the shop knows",
                details={"was": "open", "row": index},
                now=NOW + timedelta(minutes=index),
            )


def found(operations, noted=None):
    with operations.connect() as connection:
        return audit.verify(connection, noted)


def tamper(operations, *statements):
    with operations.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_untouched_log_is_intact_and_numbered_without_a_hole(operations):
    decide(operations, 3)
    decide(operations, 2, start=3)
    assert found(operations) == []
    with operations.connect() as connection:
        assert [row["number"] for row in audit.newest(connection, None)] == [5, 4, 3, 2, 1]
        assert audit.rows_about(connection, "EX-3")[0]["details"] == {"was": "open", "row": 3}


def test_an_empty_log_is_intact(operations):
    assert found(operations) == []


EDITS = {
    "who": "bob",
    "action": "exception.retry",
    "subject": "EX-9",
    "because": "no reason",
    "details": '{"was":"open","row":7}',
    "happened_at": NOW,
    "previous_digest": "f" * 64,
    "digest": "f" * 64,
}


@pytest.mark.parametrize("column", EDITS)
def test_an_edit_of_any_column_is_found_in_its_row(operations, column):
    decide(operations)
    tamper(operations, sa.update(AUDIT_LOG).where(AUDIT_LOG.c.number == 3).values({column: EDITS[column]}))
    assert any("row 3 was" in sentence for sentence in found(operations))


def test_an_edit_whose_digest_was_computed_anew_is_found_in_the_next_row(operations):
    decide(operations)
    with operations.begin() as connection:
        row = dict(connection.execute(sa.select(AUDIT_LOG).where(AUDIT_LOG.c.number == 3)).mappings().one())
        row["because"] = "another reason"
        values = {"because": row["because"], "digest": audit._digest(row)}
        connection.execute(sa.update(AUDIT_LOG).where(AUDIT_LOG.c.number == 3).values(values))
    assert found(operations) == ["row 4 was not written after row 3 as it is now"]


def test_a_deleted_row_is_found(operations):
    decide(operations)
    tamper(operations, sa.delete(AUDIT_LOG).where(AUDIT_LOG.c.number == 3))
    assert found(operations) == ["row 3 is missing: row 4 follows row 2"]


def test_a_deleted_first_row_is_found(operations):
    decide(operations)
    tamper(operations, sa.delete(AUDIT_LOG).where(AUDIT_LOG.c.number == 1))
    assert found(operations) == ["row 1 is missing: row 2 follows row 0"]


def test_a_cut_tail_is_found(operations):
    decide(operations)
    tamper(operations, sa.delete(AUDIT_LOG).where(AUDIT_LOG.c.number > 3))
    assert found(operations) == ["the end was cut off: the log ends at row 3, its head says row 5"]


def test_a_deleted_log_is_found(operations):
    decide(operations)
    tamper(operations, sa.delete(AUDIT_LOG))
    assert found(operations) == ["the end was cut off: the log ends at row 0, its head says row 5"]


def test_two_rows_in_the_other_order_are_found(operations):
    decide(operations)
    moved = sa.update(AUDIT_LOG)
    tamper(
        operations,
        moved.where(AUDIT_LOG.c.number == 2).values(number=99),
        moved.where(AUDIT_LOG.c.number == 3).values(number=2),
        moved.where(AUDIT_LOG.c.number == 99).values(number=3),
    )
    assert {"row 2 was changed after it was written", "row 3 was changed after it was written"} <= set(
        found(operations)
    )


def test_a_row_slipped_in_past_the_head_is_found(operations):
    decide(operations)
    with operations.begin() as connection:
        last = dict(connection.execute(sa.select(AUDIT_LOG).where(AUDIT_LOG.c.number == 5)).mappings().one())
        slipped = {**last, "number": 6, "previous_digest": last["digest"], "because": "slipped in"}
        connection.execute(sa.insert(AUDIT_LOG), [{**slipped, "digest": audit._digest(slipped)}])
    assert found(operations) == ["row 6 was added past the head, which says row 5"]


def test_a_log_cut_together_with_its_head_is_found_by_a_head_that_was_noted(operations):
    decide(operations)
    with operations.connect() as connection:
        noted = audit.head(connection)
        third = connection.execute(sa.select(AUDIT_LOG.c.digest).where(AUDIT_LOG.c.number == 3)).scalar_one()
    assert found(operations, noted) == []
    tamper(
        operations,
        sa.delete(AUDIT_LOG).where(AUDIT_LOG.c.number > 3),
        sa.update(AUDIT_HEAD).where(AUDIT_HEAD.c.head == audit.HEAD).values(number=3, digest=third),
    )
    assert found(operations) == []
    assert found(operations, noted) == ["row 5 was noted and is gone: the log ends at row 3"]
    decide(operations, 4, start=13)
    assert found(operations, noted) == ["row 5 is not the one that was noted: the log was written anew"]


def test_a_deed_that_did_not_happen_leaves_no_row(operations):
    decide(operations, 1)
    with operations.connect() as connection:
        audit.append(connection, who="ann", action="a", subject="s", because="b", details={}, now=NOW)
        connection.rollback()
    assert found(operations) == []
    decide(operations, 1)
    with operations.connect() as connection:
        assert audit.head(connection)[0] == 2


@pytest.mark.parametrize(("who", "because"), [("", "a reason"), ("ann", "  ")])
def test_nobody_acts_without_a_name_and_a_reason(operations, who, because):
    with operations.begin() as connection, pytest.raises(ConfigurationError, match="who does it and why"):
        audit.append(connection, who=who, action="approve", subject="p", because=because, details={}, now=NOW)


def test_words_that_a_store_refuses_do_not_lose_the_deed(operations):
    with operations.begin() as connection:
        audit.append(
            connection,
            who="ann",
            action="a",
            subject="s",
            because="odd\x00 \udcff words",
            details={"x": "\x00"},
            now=NOW,
        )
    assert found(operations) == []


def test_people_at_once_make_one_chain(operations):
    # Whoever comes second waits for the first one's transaction, and follows its row.
    together = Barrier(4)
    decide(operations, 1)

    def many(start):
        together.wait()
        for index in range(start, start + 25):
            decide(operations, 1, index)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(many, start) for start in (100, 200, 300, 400)]:
            done.result()
    assert found(operations) == []
    with operations.connect() as connection:
        assert audit.head(connection)[0] == 101
