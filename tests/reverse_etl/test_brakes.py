"""What about a plan needs a person, in sentences with numbers; and what no person can let through."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_etl import engine, plan
from reverse_etl.plan import Action, LastAccepted, Memory
from reverse_etl.sync import Limits, Mode, OnDrift
from tests.reverse_etl.conftest import NOW

MIRRORED = engine.sync_named("hubspot__contacts")
PRICED = dataclasses.replace(
    MIRRORED, mode=Mode.UPSERT, on_drift=OnDrift.REASSERT, price_fields=("net_revenue_minor",), limits=Limits()
)


def row(key, *, price=1000, before=None, money_minor=None, currency="USD"):
    observed = {} if before is None else {"net_revenue_minor": before}
    return {
        "record_key": key, "payload": dict.fromkeys(PRICED.fields) | {"email": key, "net_revenue_minor": price}, "lines": [],
        "observed": {"net_revenue_minor": None} | observed, "fingerprint": f"f-{price}", "quick": 1,
        "money_minor": money_minor, "currency_code": currency, "reason": "r", "source_key": "s",
    }  # fmt: skip


def known(*keys):
    old = {"net_revenue_minor": 5}
    return {key: LastAccepted(f"p-1/{key}", "f-old", {"email": key} | old, old, NOW) for key in keys}


def limited(**limits):
    return dataclasses.replace(PRICED, limits=Limits(**limits))


def breaches(sync, rows, memory=None, gone=(), records=None):
    return list(
        plan.make(sync, len(rows) if records is None else records, rows, memory or Memory(), gone=gone).breaches
    )


def test_the_share_that_changes_is_judged_against_what_was_accepted_not_at_the_first_fill():
    two = [row("a"), row("b")]
    sync = limited(max_share_changed=0.5, judged_from=2)
    assert breaches(sync, two) == []
    assert breaches(sync, two, Memory(known("a", "b"), accepted_records=2)) == [
        "2 of 2 records accepted before would change (100.0%, allowed 50.0%)"
    ]
    assert breaches(sync, two[:1], Memory(known("a"), accepted_records=2)) == []
    assert (
        breaches(limited(max_share_changed=0.5, judged_from=3), two, Memory(known("a", "b"), accepted_records=2)) == []
    )


def test_money_is_braked_per_currency_and_opposite_amounts_do_not_cancel():
    rows = [row("a", money_minor=90), row("b", money_minor=-90), row("c", money_minor=150, currency="JPY")]
    assert breaches(limited(max_money_minor=150), rows) == ["1.80 USD at stake, allowed 1.50 USD"]
    assert breaches(limited(max_deliveries=2), rows) == ["3 deliveries, allowed 2"]


def mirrored(**limits):
    return dataclasses.replace(MIRRORED, limits=Limits(**limits))


def test_deletes_are_braked_by_number_and_by_share():
    memory = Memory(known(*"abc"), accepted_records=100)
    assert breaches(mirrored(), [], memory, ["a"], records=99) == ["1 records would be deleted, allowed 0"]
    assert breaches(mirrored(max_deletes=3, max_share_deleted=0.02), [], memory, list("abc"), records=97) == [
        "3 of 100 records accepted before would be deleted (3.0%, allowed 2.0%)"
    ]
    assert breaches(mirrored(max_deletes=3), [], memory, list("abc"), records=97) == []


def test_an_empty_model_never_empties_a_destination_by_itself():
    memory = Memory(known("a"), accepted_records=1)
    (said,) = breaches(mirrored(max_deletes=10), [], memory, ["a"], records=0)
    assert "holds no record at all, and 1 accepted before" in said
    assert plan.make(mirrored(max_deletes=10), 0, [], memory, gone=["a"]).approvers == 1
    assert breaches(mirrored(), [], Memory(), records=0) == []


# before, after (minor units) → what is said with 20 % allowed; 1000 → 1200 is exactly 20 %
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (1000, 1200, None),
        (1000, 1201, "from 1000 to 1201, 20.1%"),
        (1000, 799, "from 1000 to 799, 20.1%"),
        (1000, 10000, "900.0%"),
        (None, 1000, "1 prices have no price before"),
        (0, 1000, "1 prices have no price before"),
    ],
)
def test_a_price_that_moves_too_far_or_from_nothing_needs_a_person(before, after, said):
    found = breaches(limited(max_price_move=0.2), [row("a", price=after, before=before)])
    assert found == [] if said is None else said in found[0]


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**9), st.none() | st.integers(-10, 10**12))
def test_no_price_of_zero_or_none_ever_goes_out_and_none_moves_too_far_unseen(before, after):
    made = plan.make(limited(max_price_move=0.2), 1, [row("a", price=after, before=before)], Memory())
    if after is None or after <= 0:
        assert made.deliveries == ()
        assert [(item.action, item.code) for item in made.skipped] == [(Action.HELD, "price")]
    elif after != before:
        # In whole numbers, so that no rounding is on either side: |after - before| / before > 1/5.
        assert bool(made.breaches) == (5 * abs(after - before) > before)
        assert made.approvers == (1 if made.breaches else 0)


def test_as_many_people_must_approve_as_the_limits_ask_for():
    assert plan.make(limited(max_deliveries=0, approvers=2), 1, [row("a")], Memory()).approvers == 2
    assert plan.make(limited(approvers=2), 1, [row("a")], Memory()).approvers == 0
