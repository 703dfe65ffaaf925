"""A plan as people and programs read it: what needs a person comes first, and length never buries it."""

from __future__ import annotations

import dataclasses
import json

from reverse_etl import engine, plan, rendering
from reverse_etl.drift import Choice, Drift
from reverse_etl.plan import LastAccepted, Memory
from tests.reverse_etl.conftest import NOW

CONTACTS = engine.sync_named("hubspot__contacts")


def row(key, observed="lost"):
    return {
        "record_key": key, "payload": dict.fromkeys(CONTACTS.fields) | {"email": key, "segment": "loyal"}, "lines": [],
        "observed": {"segment": observed}, "fingerprint": "f", "quick": 1, "money_minor": None, "currency_code": "USD",
        "reason": "r", "source_key": "s", "depends_on": [["quickbooks__sales_receipts", "je:1"]],
    }  # fmt: skip


def made(**more):
    """One update, one delete beyond its limit, one edit that waits for a choice."""
    known = LastAccepted("p-1/1", "f", {"segment": "loyal"}, {"segment": "new"}, NOW)
    limits = dataclasses.replace(CONTACTS.limits, max_deletes=0, approvers=2)
    rows = [row("ann@example.com"), row("bob@example.com", "vip")]
    memory = Memory({"bob@example.com": known, "gone@example.com": known}, accepted_records=2)
    sync = dataclasses.replace(CONTACTS, limits=limits)
    done = plan.make(sync, 2, rows, memory, None, NOW, ["gone@example.com"])
    return dataclasses.replace(done, plan_id="hubspot__contacts-7", **more)


def test_text_tells_what_a_person_has_to_decide():
    text = rendering.render_text(made())
    for words in (
        "0 to create, 1 to update, 1 to delete, 0 with nothing to do, 1 held",
        f"plan hubspot__contacts-7, hash {made().plan_hash}",
        "OVER ITS LIMITS: 1 records would be deleted, allowed 0",
        "NEEDS APPROVAL by 2 different people: cartwheel approve hubspot__contacts-7 --by NAME --because TEXT",
        "gone@example.com",
        "je:1",
        "drift: bob@example.com: segment: accepted loyal, there now vip, ours loyal; choose with `cartwheel drift`",
        "held (drift): bob@example.com",
        "waits for",
    ):
        assert words in text
    assert "(Ann did)" in rendering.render_text(made(approved_by=("Ann",)))
    approved = rendering.render_text(made(approved_by=("Ann", "Bob")))
    assert "NEEDS APPROVAL" not in approved
    assert "approved by Ann, Bob" in approved
    assert "CANARY FAILED" in rendering.render_text(made(status="canary_failed"))


def test_json_says_the_same():
    said = json.loads(json.dumps(rendering.as_json(made(approved_by=("Ann",)))))
    assert (said["needs_approval"], said["approvers"], said["approved_by"]) == (True, 2, ["Ann"])
    assert said["counts"]["delete"] == 1
    assert said["plan_hash"] == made().plan_hash
    assert [(item["field"], item["observed"], item["choice"]) for item in said["drifts"]] == [
        ("segment", "vip", "open")
    ]
    assert [item["code"] for item in said["skipped"]] == ["drift"]


def test_ten_thousand_records_stay_readable_and_nothing_is_cut_in_silence():
    rows = [row(f"{number:05}@example.com") for number in range(10_000)]
    unsettled = {f"{number:05}@example.com" for number in range(4_000)}
    many = plan.make(CONTACTS, 10_000, rows, Memory(unsettled=unsettled))
    drifts = tuple(Drift("hubspot__contacts", str(number), "segment", 1, 2, 1, Choice.IGNORE) for number in range(50))
    text = rendering.render_text(dataclasses.replace(many, drifts=drifts))
    assert len(text.splitlines()) < 120
    assert max(map(len, text.splitlines())) < 200
    for words in ("6000 to update", "5980 update more records", "3995 more waiting (unsettled)", "30 more edits"):
        assert words in text
    assert len(rendering.render_text(many, 0).splitlines()) > 10_000
