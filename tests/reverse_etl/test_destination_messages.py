"""Messages to people: what is written, what each answer means, and that nobody reads one crossing twice.

The receiver's own count is the evidence, and where it may be short, a row for a person.
"""

from __future__ import annotations

import pytest

from reverse_etl import engine, ownership
from reverse_etl.destination import Answer, Result
from reverse_etl.errors import DeliveryError, StopSync
from tests.proof import activation_tables, shop_rows
from tests.reverse_etl.conftest import Turn
from tests.reverse_etl.destination_cases import KEY, MALFORMED, batch, one, outcomes, results, write
from tests.reverse_etl.sudden_death import DEATHS, die_at

server = pytest.importorskip("sandbox.server")
from sandbox import pacing  # noqa: E402
from sandbox.platforms import slack  # noqa: E402

ALERTS = "slack__low_stock_alerts"


@pytest.fixture(scope="module")
def running():
    with server.Sandbox(port=0, seed=7, orders=60) as started:
        yield started


@pytest.fixture
def sandbox(running):
    """A channel in which nobody has said anything, with its whole burst left."""
    running.world.effects.clear()
    running.world.faults.clear()
    running.world.state("slack")["messages"].clear()
    running.world.state("slack")["bucket"] = pacing.bucket("slack", slack.PER_MINUTE, slack.BURST)
    return running


@pytest.fixture
def turn(sandbox, tmp_path):
    made = Turn(None, tmp_path)
    made.settings.values["destinations.slack.base_url"] = sandbox.base_urls["slack"]
    made.settings.values["destinations.slack.webhook_token"] = server.CREDENTIALS["slack"]["webhook_token"]
    yield made
    made.ledger.close()


def alerts(turn, *rows):
    activation_tables.fill(turn.warehouse, ALERTS, rows)
    return turn.plan(ALERTS)


def lines(sandbox) -> list[str]:
    return [line for message in sandbox.world.state("slack")["messages"] for line in message["text"].splitlines()]


def test_each_record_is_a_line_of_its_own_and_its_text_can_not_call_anybody():
    sent = [one(ALERTS, message="A & B <!channel>\nsecond"), one(ALERTS, message="C " + "x" * 500)]
    request = write(ALERTS).encode(sent, KEY, {})
    ownership.check(write(ALERTS), request)
    first, second = request.json["text"].split("\n")
    assert first == "A &amp; B &lt;!channel&gt; second"
    assert len(second) == 190
    # The address is a secret: a path names it and does not hold it.
    assert request.path == "/services/{webhook_token}"


def test_only_their_word_for_a_success_is_one():
    assert results(ALERTS, 3, 200, "ok") == ["accepted"] * 3
    for body in (*MALFORMED, "OK", "okay", "no_text"):
        assert results(ALERTS, 3, 200, body) == ["in_doubt"] * 3, body


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(400, "rejected"), (403, "stop"), (404, "stop"), (410, "stop"), (429, "not_applied"), (500, "in_doubt"), (503, "not_applied")],
)  # fmt: skip
def test_every_status_has_one_meaning(status, meaning):
    (outcome,) = outcomes(ALERTS, 1, status, "").values()
    assert outcome.result == {"stop": "not_applied"}.get(meaning, meaning)
    with pytest.raises(DeliveryError) as caught:
        write(ALERTS).decode(batch(ALERTS), Answer(status, "", {"retry-after": "7"}))
    assert isinstance(caught.value, StopSync) is (meaning == "stop")
    assert caught.value.wait == 7.0


def test_one_crossing_is_one_line_however_often_it_is_planned_and_pushed(sandbox, turn):
    plan = alerts(turn, shop_rows.alert("CUP", left=3), shop_rows.alert("POT", left=0))
    assert turn.push(plan).accepted == 2
    assert lines(sandbox) == ["Low stock: CUP, 3 left to sell", "Low stock: POT, 0 left to sell"]
    # Fewer are left, then it is in between and left out of the model: no news.
    for rows in ([shop_rows.alert("CUP", left=1), shop_rows.alert("POT", left=0)], [shop_rows.alert("POT", left=0)]):
        assert alerts(turn, *rows).deliveries == ()
    # It came back, and fell again: one line each.
    for status, left in (("recovered", 40), ("low", 2)):
        again = alerts(turn, shop_rows.alert("CUP", status, left), shop_rows.alert("POT", left=0))
        assert turn.push(again).accepted == 1
    assert lines(sandbox)[2:] == ["Back in stock: CUP, 40 to sell again", "Low stock: CUP, 2 left to sell"]
    assert sandbox.world.effects.count("slack", "message_posted") == 3


# What of the two lines reaches the channel, and whether nobody can know.
FAULTS = [
    ("reply_lost", 2, True), ("request_lost", 0, True), ("500_after", 2, True), ("garbage", 2, True), ("500", 0, True),
    ("429", 2, False), ("503", 2, False), ("slow", 2, False),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "arrived", "in_doubt"), FAULTS)
def test_no_line_comes_twice_and_none_is_lost_without_a_row(sandbox, turn, fault, arrived, in_doubt):
    plan = alerts(turn, shop_rows.alert("CUP"), shop_rows.alert("POT"))
    sandbox.world.faults.arm(fault, "slack", method="POST", count=1, seconds=0.01)
    result = turn.push(plan)
    assert (result.accepted, result.in_doubt, result.waiting) == (2, 0, 0)
    assert len(lines(sandbox)) == arrived
    assert turn.open_codes() == (["perhaps_unsent"] * 2 if in_doubt else [])
    assert turn.push(turn.plan(ALERTS)).calls == 0
    # The next line about a record ends its row.
    assert turn.push(alerts(turn, shop_rows.alert("CUP", "recovered", 40), shop_rows.alert("POT"))).accepted == 1
    assert turn.open_codes() == (["perhaps_unsent"] if in_doubt else [])


@pytest.mark.parametrize(("label", "arrived"), [("written_ahead", 0), ("answered", 1)])
def test_a_worker_that_dies_around_the_request_leaves_at_most_one_line_and_a_row(sandbox, turn, label, arrived):
    plan = alerts(turn, shop_rows.alert("CUP"))
    with pytest.raises(DEATHS):
        turn.push(plan, step=die_at(label))
    assert turn.push(plan).accepted == 1
    assert len(lines(sandbox)) == arrived
    assert turn.open_codes() == ["perhaps_unsent"]
    assert alerts(turn, shop_rows.alert("CUP")).deliveries == ()


def test_the_secret_address_stands_in_no_file_the_push_leaves_behind(sandbox, turn, tmp_path):
    secret = server.CREDENTIALS["slack"]["webhook_token"]
    turn.push(alerts(turn, shop_rows.alert("CUP")))
    sandbox.world.faults.arm("500", "slack", count=1)
    turn.push(alerts(turn, shop_rows.alert("CUP", "recovered", 9)))
    turn.settings.values["destinations.slack.webhook_token"] = f"{secret}-of-old"
    assert turn.push(alerts(turn, shop_rows.alert("CUP", "low", 1))).stopped_code == "no_service"
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"slack__low_stock_alerts" in left
    assert [part for part in (secret, *secret.split("/")) if part.encode() in left] == []


def test_a_flood_of_crossings_waits_for_a_person(sandbox, turn):
    plan = alerts(turn, *(shop_rows.alert(f"SKU-{at:03d}") for at in range(101)))
    with pytest.raises(StopSync) as caught:
        turn.push(plan)
    assert caught.value.code == "over_limits"
    assert lines(sandbox) == []


def test_an_accepted_line_is_known_to_the_sync_by_its_state_alone(turn):
    assert engine.sync_named(ALERTS).compared_fields == ("sku", "alert_status")
    assert write(ALERTS).look_up is None
    assert outcomes(ALERTS, 1, 200, "ok")["record-0"].result is Result.ACCEPTED
