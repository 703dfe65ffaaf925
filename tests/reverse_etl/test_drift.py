"""A person's edit at the destination is seen, asked about, and handled as a person chose."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from reverse_etl import claims, destinations, drift_store, engine, plan
from reverse_etl.drift import Choice, Chosen, Drift
from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.operations_tables import EXCEPTIONS
from reverse_etl.plan import Action, LastAccepted, Memory
from reverse_etl.sync import OnDrift
from tests.reverse_etl import activation_rows
from tests.reverse_etl.conftest import NOW, Turn
from tests.reverse_etl.postgres_server import on_both_stores

CONTACTS = engine.sync_named("hubspot__contacts")
LATER = NOW + timedelta(hours=1)


def row(segment="loyal", observed="vip", score=5, observed_score=5):
    payload = dict.fromkeys(CONTACTS.fields) | {"email": "a", "segment": segment, "r_score": score}
    return {
        "record_key": "a", "payload": payload, "lines": [], "observed": {"segment": observed, "r_score": observed_score},
        "fingerprint": "f", "quick": 1, "money_minor": None, "currency_code": "USD", "reason": "r", "source_key": "s",
    }  # fmt: skip


def memory(choice=None, *, accepted="loyal", replaced="lost", wanted="loyal", observed="vip", without=()):
    payload = {name: value for name, value in (("segment", accepted), ("r_score", 5)) if name not in without}
    last = LastAccepted("p-1/1", "f-old", payload, {"segment": replaced}, NOW)
    chosen = {"a": {"segment": Chosen(choice, accepted, observed, wanted)}} if choice else {}
    return Memory({"a": last}, accepted_records=1, chosen=chosen)


def made(rows, known, read=LATER, sync=CONTACTS):
    return plan.make(sync, 1, [rows], known, read, LATER)


def test_an_edit_after_our_write_holds_the_record_and_is_told_with_its_three_values():
    found = made(row(), memory())
    assert found.deliveries == ()
    assert [(item.action, item.code) for item in found.skipped] == [(Action.HELD, "drift")]
    assert "'loyal' to 'vip'" in found.skipped[0].reason
    assert found.drifts == (Drift("hubspot__contacts", "a", "segment", "loyal", "vip", "loyal", Choice.OPEN),)


@pytest.mark.parametrize(
    ("rows", "known", "read"),
    [
        # Never written by us: the first fill replaces what is there.
        (row(), Memory(), LATER),
        # Read before our write.
        (row(observed="lost"), memory(), NOW - timedelta(hours=1)),
        # Shows what our write replaced, and the reading may have begun before it: it takes minutes.
        (row(observed="lost"), memory(), NOW + timedelta(minutes=5)),
        # What they entered is what we want by now.
        (row(segment="vip"), memory(), LATER),
    ],
)
def test_what_is_no_edit_is_not_asked_about(rows, known, read):
    assert made(rows, known, read).drifts == ()


def test_an_edit_back_to_what_we_replaced_is_an_edit_once_the_reading_is_surely_younger():
    assert [item.observed for item in made(row(observed="lost"), memory()).drifts] == ["lost"]


def test_where_the_value_moves_by_itself_ours_is_simply_written():
    found = made(row(), memory(), sync=dataclasses.replace(CONTACTS, on_drift=OnDrift.REASSERT))
    assert (found.drifts, [item.before for item in found.deliveries]) == ((), [{"segment": "vip"}])


def test_reassert_writes_ours_over_this_edit_and_asks_again_about_another():
    (delivery,) = made(row(), memory(Choice.REASSERT)).deliveries
    assert (delivery.payload["segment"], delivery.before) == ("loyal", {"segment": "vip"})
    again = made(row(observed="whale"), memory(Choice.REASSERT))
    assert (again.deliveries, again.drifts[0].choice) == ((), Choice.OPEN)


def test_accept_lets_theirs_stand_until_ours_changes():
    found = made(row(), memory(Choice.ACCEPT))
    assert (found.deliveries, found.skipped, found.noops) == ((), (), 1)
    # They changed it once more: still theirs.
    assert made(row(observed="whale"), memory(Choice.ACCEPT)).deliveries == ()
    (delivery,) = made(row(segment="lost"), memory(Choice.ACCEPT)).deliveries
    assert (delivery.payload["segment"], delivery.before) == ("lost", {"segment": "vip"})


@pytest.mark.parametrize("choice", [Choice.ACCEPT, Choice.IGNORE])
def test_a_field_left_alone_is_in_no_payload_while_the_others_go_out(choice):
    (delivery,) = made(row(score=1), memory(choice)).deliveries
    assert "segment" not in delivery.payload
    assert [(change.field, change.before, change.after) for change in delivery.changes] == [("r_score", 5, 1)]
    # That delivery was accepted; the reading at hand is older and newer than it.
    after = memory(choice, without=["segment"])
    for read in (NOW - timedelta(hours=1), LATER):
        assert made(row(), after, read).deliveries == ()


def test_ignore_leaves_the_field_alone_also_when_ours_changes():
    for segment in ("loyal", "lost", None):
        assert made(row(segment=segment), memory(Choice.IGNORE)).deliveries == ()


class Contacts(Turn):
    """One contact, written once as loyal; then read from the destination with another segment."""

    def __init__(self, folder, store):
        super().__init__(None, folder, store)
        self.written = self.see(None)
        with self.ledger.engine.begin() as connection:
            connection.execute(update(DELIVERIES).values(state="accepted"))
            claims.remember(connection, self.written.deliveries, self.at)

    def see(self, observed, wanted="loyal"):
        """A plan made an hour later, from a reading of then."""
        activation_rows.contacts(self.warehouse, ["a@example.com"], wanted, observed)
        self.at += timedelta(hours=1)
        return self.plan("hubspot__contacts", observed_at=self.at)

    def choose(self, choice, **more):
        named = {"sync": "hubspot__contacts", "record_key": "a@example.com", "by": "Ann", "because": "agreed"} | more
        with self.ledger.engine.begin() as connection:
            return drift_store.choose(connection, choice, now=self.at, **named)

    def drifts(self, *choices):
        with self.ledger.engine.begin() as connection:
            return drift_store.listed(connection, choices=choices or tuple(Choice))

    def exceptions(self):
        with self.ledger.engine.begin() as connection:
            found = connection.execute(select(EXCEPTIONS.c.code).where(EXCEPTIONS.c.exception_status == "open"))
            return list(found.scalars())


@pytest.fixture
def contacts(tmp_path, store):
    made = Contacts(tmp_path, store)
    yield made
    made.ledger.close()


@on_both_stores
def test_an_edit_becomes_a_row_and_an_exception_and_a_choice_ends_both(contacts):
    held = contacts.see("vip")
    assert (held.count(Action.HELD), contacts.exceptions()) == (1, ["drift"])
    (row_,) = contacts.drifts()
    assert (row_["accepted"], row_["observed"], row_["wanted"], row_["choice"]) == ("loyal", "vip", "loyal", "open")
    assert contacts.choose("reassert") == ["segment"]
    assert contacts.exceptions() == []
    assert [item.before["segment"] for item in contacts.see("vip").deliveries] == ["vip"]
    assert contacts.see("loyal").deliveries == ()
    assert [item["choice"] for item in contacts.drifts()] == ["gone"]
    contacts.see("vip")
    assert [(item["choice"], item["chosen_by"]) for item in contacts.drifts()] == [("open", None)]


@on_both_stores
def test_an_ignored_field_stays_alone_until_a_person_says_otherwise(contacts):
    contacts.see("vip")
    contacts.choose("ignore", field="segment")
    for observed, wanted in itertools.product(("vip", "loyal"), ("loyal", "lost")):
        seen = contacts.see(observed, wanted)
        assert (seen.deliveries, seen.skipped) == ((), ())
    contacts.see("vip", "lost")
    contacts.choose("reassert")
    assert [item.payload["segment"] for item in contacts.see("vip", "lost").deliveries] == ["lost"]


@on_both_stores
def test_an_accepted_edit_stands_until_ours_changes_and_is_then_written(contacts):
    contacts.see("vip")
    contacts.choose("accept")
    assert contacts.see("vip").deliveries == ()
    assert contacts.see("vip").deliveries == ()
    for _ in range(2):
        assert [item.payload["segment"] for item in contacts.see("vip", "lost").deliveries] == ["lost"]


@pytest.mark.parametrize("wrong", [{"record_key": "b"}, {"field": "r_score"}, {"because": " "}, {"by": ""}])
def test_a_choice_without_name_reason_or_drift_is_refused_and_changes_nothing(contacts, wrong):
    contacts.see("vip")
    with pytest.raises(ConfigurationError):
        contacts.choose("accept", **wrong)
    assert [item["choice"] for item in contacts.drifts()] == ["open"]


@pytest.mark.parametrize(("destination", "sync"), [("hubspot", "hubspot__contacts"), ("klaviyo", "klaviyo__profiles")])
@pytest.mark.parametrize("action", [Action.UPDATE, Action.DELETE])
def test_no_request_names_a_property_that_is_left_alone(destination, sync, action):
    (delivery,) = made(row(score=1), memory(Choice.IGNORE)).deliveries
    delivery = dataclasses.replace(delivery, sync=sync, destination=destination, action=action)
    write = destinations.load(destination).writes[engine.sync_named(sync).object]
    encode = write.encode if action is Action.UPDATE else write.encode_delete
    sent = str(encode([delivery], "key", {}).json)
    assert "cartwheel_r_score" in sent
    assert "cartwheel_segment" not in sent
