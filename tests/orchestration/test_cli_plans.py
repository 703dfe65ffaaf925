"""`cartwheel approve` and `cartwheel drift`, as the person who decides meets them."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reverse_etl import audit, engine, plan
from reverse_etl.drift import Chosen
from reverse_etl.plan import LastAccepted, Memory
from reverse_etl.settings import read
from tests.orchestration.test_cli import cartwheel

CONTACTS = engine.sync_named("hubspot__contacts")
AT = datetime(2026, 11, 1, tzinfo=UTC)
WHY = ("--by", "Ann", "--because", "agreed")


def row(key: str, segment: str = "loyal", observed: str | None = None) -> dict[str, object]:
    return {
        "record_key": key, "payload": dict.fromkeys(CONTACTS.fields) | {"email": key, "segment": segment}, "lines": [],
        "observed": {"segment": observed}, "fingerprint": "f", "quick": 1, "money_minor": None, "currency_code": "USD",
        "reason": "r", "source_key": "s",
    }  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A ledger with an edit that waits for a choice, and a plan from an empty model that waits for approval."""
    known = {"a@example.com": LastAccepted("p-1/1", "f", {"segment": "loyal"}, {"segment": "lost"}, AT)}
    with closing(engine.open_ledger(read({"CARTWHEEL_HOME": str(tmp_path)}, tmp_path))) as ledger:
        chosen: dict[str, dict[str, Chosen]] = {}
        edited = plan.make(CONTACTS, 1, [row("a@example.com", observed="vip")], Memory(known, chosen=chosen))
        ledger.store_plan(CONTACTS, edited, AT)
        profiles = engine.sync_named("klaviyo__profiles")
        many = [row(f"{number}@example.com") for number in range(3)]
        strict = plan.make(profiles, 3, many, Memory())
        breached = plan.Plan(profiles.name, strict.deliveries, 0, breaches=("3 of 4 would change",), approvers=1)
        ledger.store_plan(profiles, breached, AT)
    return tmp_path


def test_a_plan_is_approved_by_name_and_reason_and_only_once_it_exists(home: Path) -> None:
    done = cartwheel(home, "approve", "klaviyo__profiles-1", *WHY)
    assert (done.returncode, "3 deliveries may be sent now" in done.stdout) == (0, True)
    missing = cartwheel(home, "approve", "klaviyo__profiles-9", *WHY)
    assert (missing.returncode, "there is no plan" in missing.stderr) == (1, True)
    assert cartwheel(home, "approve", "klaviyo__profiles-1", "--by", "Ann").returncode == 2


def test_an_edit_is_listed_with_its_three_values_and_a_choice_about_it_is_audited(home: Path) -> None:
    (found,) = json.loads(cartwheel(home, "drift", "list", "--format", "json").stdout)
    assert (found["field"], found["accepted"], found["observed"], found["wanted"]) == (
        "segment",
        "loyal",
        "vip",
        "loyal",
    )
    done = cartwheel(home, "drift", "ignore", "hubspot__contacts", "a@example.com", "segment", *WHY)
    assert (done.returncode, "ignore segment" in done.stdout) == (0, True)
    assert "Nobody edited" in cartwheel(home, "drift", "list").stdout
    assert "ignore" in cartwheel(home, "drift", "list", "--all").stdout
    store = read({"CARTWHEEL_HOME": str(home)}, home)
    with closing(engine.open_ledger(store)) as ledger, ledger.engine.connect() as connection:
        assert [(item["who"], item["action"]) for item in audit.newest(connection, 1)] == [("Ann", "drift_ignore")]
        assert audit.verify(connection) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reassert", "hubspot__contacts", "nobody@example.com"), "there is no drift"),
        (("accept", "hubspot__nothing", "a@example.com"), "there is no sync"),
    ],
)
def test_a_choice_about_nothing_is_refused_in_one_line(home: Path, arguments: tuple[str, ...], said: str) -> None:
    done = cartwheel(home, "drift", *arguments, *WHY)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
