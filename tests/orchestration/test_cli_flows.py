"""`cartwheel flows` and `cartwheel handoff` as an operator at 2 a.m. meets them: what they say, and what it changes."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration import cli
from orchestration.flow_register import told
from orchestration.schedules import schedules
from reverse_etl import engine
from tests.orchestration.published_home import publish, settle_in
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.receiving_shop import ReceivingShop

CONTACTS, TRACKING = "hubspot__contacts", "shopify__tracking"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReceivingShop]:
    with ReceivingShop() as opened:
        settle_in(tmp_path, opened.url, monkeypatch)
        publish(fill)
        yield opened


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    rows.contacts(connection, ["a@x.test", "b@x.test"])
    rows.tracking(connection, ["p1"])


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def cartwheel(*arguments: str) -> Done:
    """The command as typed, in this process: what it prints, and its exit code."""
    out, trouble, code = StringIO(), StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(trouble):
        patch.setattr(sys, "argv", ["cartwheel", *arguments])
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Done(code, out.getvalue(), trouble.getvalue())


def said(*arguments: str) -> str:
    done = cartwheel(*arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def listed() -> dict[str, dict]:
    return {flow["flow"]: flow for flow in json.loads(said("flows", "--format", "json"))}


def test_every_flow_is_listed_with_how_it_works_and_in_what_state_it_is(shop: ReceivingShop) -> None:
    found = listed()
    assert list(found) == [
        "refresh_warehouse",
        "check_drift",
        "audit_completeness",
        "expire_inbox",
        "stock_lane",
        *engine.syncs(),
    ]
    for flow in found.values():
        assert all(flow[name] for name in ("trigger", "condition", "action", "fallback", "owner")), flow
        assert flow["state"] == "active"
    assert found["refresh_warehouse"]["last_run_at"] == "2026-11-01T12:00:00+00:00"
    table = said("flows")
    assert all(name in table for name in found)


def test_the_kill_switch_holds_every_push_until_it_is_given_free(shop: ReceivingShop) -> None:
    assert said("flows", "pause", "--all", "--by", "Ann", "--because", "wrong prices") == "everything is paused\n"
    cartwheel("push", CONTACTS)
    assert shop.requests == []
    found = listed()
    assert {flow["state"] for flow in found.values()} == {"paused"}
    assert "by Ann: wrong prices" in found[CONTACTS]["because"]
    assert found[CONTACTS]["waiting"]
    said("flows", "resume", "--all", "--by", "Ann", "--because", "prices corrected")
    cartwheel("push", CONTACTS)
    assert sorted(shop.effects) == [("contact", "a@x.test"), ("contact", "b@x.test")]
    assert listed()[CONTACTS]["waiting"] == {}


def test_one_flow_paused_leaves_the_others_running(shop: ReceivingShop) -> None:
    shop.remaining = {"gid://shopify/FulfillmentOrderLineItem/p1": 1}
    said("flows", "pause", CONTACTS, "--by", "Ann", "--because", "wrong segments")
    cartwheel("push", CONTACTS, TRACKING)
    assert shop.effects == [("fulfilment", "1Zp1")]
    again = said("flows", "pause", CONTACTS, "--by", "Ben", "--because", "still wrong")
    assert again == f"{CONTACTS} was paused before; your name and reason are noted\n"


def test_a_paused_refresh_does_not_start_by_itself(shop: ReceivingShop) -> None:
    refresh, *_ = schedules()
    assert isinstance(refresh(), dg.RunRequest)
    said("flows", "pause", "refresh_warehouse", "--by", "Ann", "--because", "platform asks for quiet")
    skipped = refresh()
    assert isinstance(skipped, dg.SkipReason)
    assert "platform asks for quiet" in str(skipped.skip_message)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["flows", "pause", "--because", "x"], "Name the flows, or say --all."),
        (["flows", "pause", "nothing", "--because", "x"], "There is no flow 'nothing'. Known: refresh_warehouse"),
        (["flows", "pause", CONTACTS], "See `cartwheel flows pause --help`."),
        (["flows", "pause", CONTACTS, "--because", " "], "say who does it and why"),
        (["handoff", "export", "nowhere"], "there is no destination 'nowhere'"),
        (["handoff", "import", "missing.csv", "--because", "x"], "missing.csv is not there"),
    ],
)
def test_a_mistake_is_told_in_two_lines_and_changes_nothing(
    shop: ReceivingShop, arguments: list[str], advice: str
) -> None:
    done = cartwheel(*arguments)
    assert done.returncode != 0
    assert advice in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert {flow["state"] for flow in listed().values()} == {"active"}


def test_a_round_by_hand_from_the_command_line(shop: ReceivingShop, tmp_path: Path) -> None:
    """A person enters one of two contacts and hands the file back; what is given back goes out by itself."""
    cartwheel("plan", CONTACTS)
    (waits,) = json.loads(said("handoff", "list", "--format", "json"))
    assert (waits["sync"], waits["deliveries"]) == (CONTACTS, 2)
    assert waits["oldest_seconds"] >= 0
    out = tmp_path / "out.csv"
    assert "2 handed over" in said("handoff", "export", "hubspot", "--file", str(out), "--by", "Ann")
    assert "handed to a person" in said("handoff", "list")
    assert "nothing waits for hubspot" in said("handoff", "export", "hubspot")

    with out.open(newline="", encoding="utf-8-sig") as opened:
        lines = list(csv.DictReader(opened))
    lines[0]["done"] = "yes"
    with out.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, lines[0].keys())
        writer.writeheader()
        writer.writerows([*lines, {**lines[0], "delivery_id": "nobody"}])
    done = cartwheel("handoff", "import", str(out), "--by", "Ann", "--because", "entered by hand")
    assert done.returncode == 1
    assert done.stdout == "1 done by hand, 1 given back, 0 settled before\n"
    assert done.stderr == "out.csv, row 3, column delivery_id: there is no delivery 'nobody'\n"

    cartwheel("plan", CONTACTS)
    cartwheel("push", CONTACTS)
    given_back = lines[1]["record_key"]
    assert shop.effects == [("contact", given_back)], "the other one is in the person's hands alone"
    assert json.loads(said("handoff", "list", "--format", "json")) == []


def test_the_register_describes_each_sync_and_names_an_owner(shop: ReceivingShop) -> None:
    for name, described in told().items():
        assert described.trigger, name
        assert described.owner in ("analytics", "finance", "operations", "crm"), name
