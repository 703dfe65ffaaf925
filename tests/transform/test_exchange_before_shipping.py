"""Goods exchanged before anything left, in a company that earns when goods leave: what was not paid was never deferred."""

from __future__ import annotations

import pytest

from tests.transform import advance_stories
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.journal_entries import entry, lines, told_together
from tests.transform.test_journal_hard_cases import ON_FULFILMENT, balances
from tests.transform.warehouse import identities

pytestmark = pytest.mark.dbt

ASKED = ("i_03", "i_11", "i_12", "i_17", "i_18", "i_19", "i_28")


@pytest.fixture(scope="module")
def waiting() -> CanonicalRows:
    return told_together({f"{name} ": tell for name, tell in advance_stories.WAITING.items()}).seed(
        "recognition_policies", *ON_FULFILMENT
    )


@pytest.fixture(scope="module")
def sent() -> CanonicalRows:
    return told_together({f"{name} ": tell for name, tell in advance_stories.SENT.items()}).seed(
        "recognition_policies", *ON_FULFILMENT
    )


CASES = [
    # 71.40 are paid of 119.00: 60.00 and their tax of 11.40 wait; the 40.00 that came back were never paid.
    ("waiting", "up txn_charge_ch_1:charge", "Dr 1100 47.60; Cr 2300 40.00; Cr 2100 7.60"),
    ("waiting", "up txn_charge_ch_2:charge", "Dr 1100 23.80; Cr 2300 20.00; Cr 2100 3.80"),
    ("waiting", "up r:refunded", ""),
    ("sent", "up a:captured", "Dr 2300 60.00; Dr 1200 47.60; Cr 4000 100.00; Cr 2100 7.60"),
    ("sent", "up r:released", "Dr 4020 40.00; Dr 2100 7.60; Cr 1200 47.60"),
    # Of 60.00 paid 20.00 go back at once; the other 40.00 stay for what goes out instead.
    ("waiting", "down r:refunded", "Dr 2300 20.00; Cr 1100 20.00"),
    ("sent", "down a:captured", "Dr 2300 60.00; Dr 1200 40.00; Cr 4000 100.00"),
    ("sent", "down r:released", "Dr 4020 60.00; Cr 2300 20.00; Cr 1200 40.00"),
    ("waiting", "terms r:refunded", ""),
    ("sent", "terms a:captured", "Dr 1200 113.05; Dr 4010 10.00; Cr 4000 100.00; Cr 4030 5.00; Cr 2100 18.05"),
    ("sent", "terms r:released", "Dr 4020 40.00; Dr 2100 7.60; Cr 1200 47.60"),
    ("sent", "unpaid r:released", "Dr 4020 40.00; Cr 1200 40.00"),
    ("waiting", "money r:refunded", "Dr 9999 5.00; Cr 1100 5.00"),
    ("sent", "money r:released", ""),
]


@pytest.mark.parametrize(("when", "event", "expected"), CASES, ids=[f"{when} {event}" for when, event, _ in CASES])
def test_the_entry_is_exactly_this(when: str, event: str, expected: str, request: pytest.FixtureRequest) -> None:
    assert entry(request.getfixturevalue(when), f"je:main:{event}") == lines(expected)


def test_nothing_is_owed_before_anything_left(waiting: CanonicalRows) -> None:
    # 71.40 + 40.00 + 95.00 at the processor; 60.00 + 40.00 + 100.00 of it wait, and 11.40 is tax.
    assert balances(waiting) == lines("Dr 1100 206.40; Cr 2300 200.00; Cr 2100 11.40; Dr 9999 5.00")
    assert waiting.query("select count(*) from {{ ref('fct_receivables') }}") == [(0,)]


def test_what_is_owed_once_all_left_is_what_was_kept_and_not_paid(sent: CanonicalRows) -> None:
    open_items = "select order_id, credited_minor, open_minor from {{ ref('fct_receivables') }} order by 1"
    assert sent.query(open_items) == [
        ("down a", 4_000, 0),
        ("terms a", 4_760, 6_545),
        ("unpaid a", 4_000, 6_000),
        ("up a", 4_760, 0),
    ]


@pytest.mark.parametrize("when", ["waiting", "sent"])
def test_every_identity_of_the_journal_holds(when: str, request: pytest.FixtureRequest) -> None:
    world = request.getfixturevalue(when)
    asked = [path for path in identities() if path.stem.removeprefix("assert_").startswith(ASKED)]
    assert {path.stem: world.query(path.read_text()) for path in asked} == {path.stem: [] for path in asked}
