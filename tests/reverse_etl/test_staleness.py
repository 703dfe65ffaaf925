"""What of a stored plan no longer holds is named, record by record and field by field."""

from __future__ import annotations

import dataclasses

import pytest

from reverse_etl import engine, plan, staleness
from reverse_etl.plan import Memory
from reverse_etl.sync import Mode, OnDrift
from tests.reverse_etl.conftest import NOW

CONTACTS = dataclasses.replace(engine.sync_named("hubspot__contacts"), on_drift=OnDrift.REASSERT, mode=Mode.UPSERT)


def row(key="a", segment="loyal", observed="lost", **more):
    payload = dict.fromkeys(CONTACTS.fields) | {"email": key, "segment": segment, "as_of_date": "2026-10-31"} | more
    return {
        "record_key": key, "payload": payload, "lines": [], "observed": {"segment": observed}, "fingerprint": "f", "quick": 1,
        "money_minor": 1, "currency_code": "USD", "reason": "r", "source_key": "s",
    }  # fmt: skip


def made(*rows, **memory):
    return plan.make(CONTACTS, len(rows), rows, Memory(**memory), at=NOW)


@pytest.mark.parametrize(
    ("fresh", "said"),
    [
        (made(row()), []),
        (made(row(), row("b")), []),
        (made(row(segment="vip")), ["a: segment should become 'vip' now, the plan says 'loyal'"]),
        (made(row(observed="new")), ["a: segment is 'new' at the destination now, the plan was made for 'lost'"]),
        (made(row(observed=None)), ["a: would be a create now, the plan says update"]),
        (made(), ["a: nothing is to be done any more (the plan would update it)"]),
        (made(row(), unsettled={"a"}), ["a: waiting now: an earlier delivery of this record has no known outcome yet"]),
    ],
)
def test_each_difference_of_an_unsent_delivery_is_a_sentence(fresh, said):
    found = staleness.changed_since(made(row()), fresh)
    assert [sentence for sentence in found if "email" not in sentence][: len(said) or 1] == said


def test_what_was_sent_already_makes_no_plan_stale():
    stored = made(row(), row("b"))
    sent = dataclasses.replace(stored.deliveries[0], state="accepted")
    stored = dataclasses.replace(stored, deliveries=(sent, stored.deliveries[1]))
    assert staleness.changed_since(stored, made(row("b"))) == []


def test_quiet_fields_are_no_news_and_personal_values_are_not_repeated():
    fresh = made(row(as_of_date="2026-11-01", net_revenue_minor=7))
    quiet, personal = CONTACTS.quiet_fields, ("net_revenue_minor",)
    (sentence,) = staleness.changed_since(made(row(net_revenue_minor=5)), fresh, quiet, personal)
    assert sentence == "a: net_revenue_minor should become another value now, the plan says another value"
