"""Whatever does not end in "accepted" or "nothing to do" leaves a row in the queue, and a success takes it away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from reverse_etl import engine
from reverse_etl.claims import Claim, Purpose
from reverse_etl.errors import ConfigurationError
from reverse_etl.push import request_key
from reverse_etl.read_back import read_back
from tests.proof import shop_rows
from tests.proof.counting_shop import CountingShop, Faults
from tests.proof.scenes import Scene
from tests.reverse_etl.conftest import no_sleep, settings_for
from tests.reverse_etl.sudden_death import die_at

HUBSPOT, WOO = "hubspot__contacts", "woocommerce__stock_levels"
RECEIPTS, MEMOS = "quickbooks__sales_receipts", "quickbooks__credit_memos"
DAY = timedelta(days=1)


@pytest.fixture
def scene(tmp_path) -> Iterator[Scene]:
    with CountingShop() as shop:
        made = Scene(shop, tmp_path)
        yield made
        made.ledger.close()


def test_a_refusal_leaves_a_row_and_a_success_takes_it_away(scene) -> None:
    scene.fill(HUBSPOT, [shop_rows.person("bad@example.com")])
    scene.shop.bad_records = {"bad@example.com"}
    scene.push(scene.plan(HUBSPOT))
    assert scene.troubles() == {("bad@example.com", "VALIDATION_ERROR")}
    scene.shop.bad_records = set()
    scene.at += DAY
    scene.push(scene.plan(HUBSPOT))
    assert scene.troubles() == set()


def test_a_delivery_that_waits_leaves_a_row(scene) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1)])
    scene.settings = settings_for("http://127.0.0.1:9", scene.folder)
    scene.push(scene.plan(WOO))
    assert ("11", "unreachable") in scene.troubles()


def test_a_doubt_leaves_a_row(scene) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1)])
    scene.shop.goes_down_after_a_write = True
    scene.push(scene.plan(WOO))
    assert ("11", "no_answer") in scene.troubles()


def test_a_process_that_died_leaves_a_row_for_the_next_to_write(scene) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1)])
    plan = scene.plan(WOO)
    with pytest.raises(BaseExceptionGroup):
        scene.push(plan, step=die_at("answered"))
    scene.shop.is_down = True
    scene.push(plan)
    assert {"unanswered", "no_answer"} & {code for key, code in scene.troubles() if key == "11"}
    assert scene.ever("unanswered")


def test_refused_access_leaves_a_row_of_the_sync(scene) -> None:
    scene.fill(RECEIPTS, shop_rows.receipt("#1042"))
    scene.shop.faults = Faults(["401"])
    scene.push(scene.plan(RECEIPTS))
    assert (None, "auth") in scene.troubles()


def test_a_missing_setting_leaves_a_row(scene) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1)])
    plan = scene.plan(WOO)
    scene.settings.values.pop("destinations.woocommerce.consumer_key")
    with pytest.raises(ConfigurationError):
        scene.push(plan)
    assert scene.troubles() == {(None, "missing_setting")}


def test_a_model_that_can_not_be_read_leaves_a_row(scene) -> None:
    with pytest.raises(ConfigurationError):
        scene.plan(WOO)
    assert scene.troubles() == {(None, "missing_model")}


def failing(label: str, times: int = 1) -> Callable[[str], None]:
    """A step that meets what nobody foresaw the first so many times that it is reached."""
    failed: list[str] = []

    def step(reached: str) -> None:
        if reached == label and len(failed) < times:
            failed.append(label)
            raise ZeroDivisionError("nobody foresaw this")

    return step


NUMBERS = ["#1", "#2", "#3", "#4"]


def booked(scene: Scene) -> list[str]:
    return sorted(document["DocNumber"] for document in scene.shop.documents)


@pytest.mark.parametrize("label", ["written_ahead", "answered", "recorded"])
def test_what_nobody_foresaw_is_a_row_of_its_record_and_the_rest_goes_on(scene, label) -> None:
    scene.fill(RECEIPTS, [row for number in NUMBERS for row in shop_rows.receipt(number)])
    plan = scene.plan(RECEIPTS)
    assert scene.push(plan, step=failing(label)).accepted >= 3
    assert scene.ever("unforeseen")
    scene.at += DAY
    scene.push(plan)
    assert scene.states(plan) == ["accepted"] * 4
    assert booked(scene) == NUMBERS


@pytest.mark.parametrize("label", ["looked_up_written", "looked_up", "look_up_recorded"])
def test_a_look_up_nobody_foresaw_holds_back_its_own_record_alone(scene, label) -> None:
    """Four documents in doubt, and one of them breaks what asks for it: the other three end in the same push."""
    scene.fill(RECEIPTS, [row for number in NUMBERS for row in shop_rows.receipt(number)])
    plan = scene.plan(RECEIPTS)
    with scene.ledger.working() as holder:
        scene.ledger.approve_within_limits(plan.plan_id, scene.at)
        for delivery in plan.deliveries:
            scene.ledger.commit([Claim(holder, [delivery], Purpose.WRITE, request_key)], scene.at)
    scene.push(plan, step=failing(label))
    assert [code for _, code in scene.troubles()] == ["unforeseen"]
    assert scene.states(plan).count("accepted") == 3
    if label == "looked_up":
        # Let go, to be asked for again when it is due: no run is needed that finds its worker gone.
        assert "in_doubt" in scene.states(plan)
    scene.at += DAY
    scene.push(plan)
    assert scene.states(plan) == ["accepted"] * 4
    assert scene.troubles() == set()
    assert booked(scene) == NUMBERS


def test_of_records_asked_for_together_only_the_one_that_breaks_the_question_waits(scene) -> None:
    """The question about both breaks, then that about the first alone."""
    scene.fill(HUBSPOT, [shop_rows.person("ann@example.com"), shop_rows.person("bob@example.com")])
    plan = scene.plan(HUBSPOT)
    with pytest.raises(BaseExceptionGroup):
        scene.push(plan, step=die_at("written_ahead"))
    scene.at += DAY
    scene.push(plan, step=failing("looked_up", times=2))
    assert scene.troubles() == {("ann@example.com", "unforeseen")}
    assert scene.states(plan) == ["in_doubt", "accepted"]


def test_a_record_the_store_can_not_claim_is_left_and_not_tried_over_and_over(scene) -> None:
    scene.fill(RECEIPTS, [row for number in NUMBERS for row in shop_rows.receipt(number)])
    plan = scene.plan(RECEIPTS)
    with scene.ledger.engine.begin() as connection:
        poison = f"when new.delivery_id = '{plan.plan_id}/2' begin select raise(abort, 'a broken page'); end"
        connection.execute(text(f"create trigger poison before insert on attempts {poison}"))
    assert scene.push(plan).accepted == 3
    assert scene.troubles() == {("je:main:#2:captured:0", "unforeseen")}
    assert booked(scene) == ["#1", "#3", "#4"]


def test_a_canary_that_can_not_be_read_as_nobody_foresaw_has_failed_and_says_so(scene) -> None:
    people = [f"{number}@example.com" for number in range(20)]
    scene.fill(HUBSPOT, [shop_rows.person(email) for email in people])

    def step(label: str) -> None:
        if label == "recorded":
            scene.spoil(people[0])

    scene.push(scene.plan(HUBSPOT), step=step)
    assert scene.troubles() == {(None, "canary_failed")}
    assert "unforeseen KeyError" in scene.said("canary_failed")


def test_a_document_that_breaks_the_check_of_drift_is_named_and_the_others_are_read(scene) -> None:
    scene.fill(RECEIPTS, [row for number in ("#1", "#2", "#3") for row in shop_rows.receipt(number)])
    scene.push(scene.plan(RECEIPTS))
    scene.spoil("je:main:#2:captured:0")
    sync = engine.sync_named(RECEIPTS)
    compared = read_back(sync, scene.ledger, scene.settings, clock=lambda: scene.at, sleep=no_sleep)
    assert (compared.records, compared.unread) == (2, {"je:main:#2:captured:0": "unforeseen KeyError"})
    assert scene.troubles() == {(None, "not_read_back")}
    assert "unforeseen KeyError" in scene.said("not_read_back")


def test_a_push_that_breaks_as_a_whole_leaves_a_row_until_one_gets_through(scene) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1)])
    plan = scene.plan(WOO)
    stored = scene.spoil("11", "{")
    with pytest.raises(ValueError, match="Expecting property name"):
        scene.push(plan)
    assert scene.troubles() == {(None, "unforeseen")}
    scene.spoil("11", stored)
    scene.push(plan)
    assert (scene.states(plan), scene.troubles()) == (["accepted"], set())


def test_a_record_that_can_not_be_written_leaves_a_row_of_its_own(scene) -> None:
    scene.fill(RECEIPTS, [*shop_rows.receipt("#1"), *shop_rows.receipt("#2", item="Surcharge")])
    scene.push(scene.plan(RECEIPTS))
    assert {key for key, _ in scene.troubles()} == {"je:main:#2:captured:0"}
    assert len(scene.shop.documents) == 1


def test_an_edit_that_a_person_must_judge_leaves_a_row(scene) -> None:
    scene.fill(HUBSPOT, [shop_rows.person("ann@example.com")])
    scene.push(scene.plan(HUBSPOT))
    scene.at += DAY
    scene.fill(HUBSPOT, [shop_rows.person("ann@example.com", observed="lost")])
    assert scene.plan(HUBSPOT, observed_at=scene.at).deliveries == ()
    assert scene.troubles() == {("ann@example.com", "drift")}


def test_first_records_that_do_not_read_back_stop_the_rest_with_a_row(scene) -> None:
    people = [f"{number}@example.com" for number in range(20)]
    scene.fill(HUBSPOT, [shop_rows.person(email) for email in people])
    scene.shop.forgets = True
    plan = scene.plan(HUBSPOT)
    scene.push(plan)
    assert (None, "canary_failed") in scene.troubles()
    assert 0 < len(scene.shop.commits) < len(people)


@pytest.mark.parametrize("blocked", ["#R1", "#R2"])
def test_a_document_waits_for_the_one_it_needs_and_holds_up_no_other_chain(scene, blocked) -> None:
    good, bad = shop_rows.receipt("#1"), shop_rows.receipt("#2", item="Surcharge")
    scene.fill(RECEIPTS, [*good, *bad])
    scene.push(scene.plan(RECEIPTS))
    needs = {number: (bad if number == blocked else good)[0]["record_key"] for number in ("#R1", "#R2")}
    scene.fill(
        MEMOS, [row for number, key in needs.items() for row in shop_rows.receipt(number, sales_receipt_key=key)]
    )
    plan = scene.plan(MEMOS)
    scene.push(plan)
    assert dict(zip(needs, scene.states(plan), strict=True)) == dict.fromkeys(needs, "accepted") | {blocked: "approved"}
    waiting = {key for key, code in scene.troubles() if code == "waiting_for_upstream"}
    assert waiting == {f"je:main:{blocked}:captured:0"}
    scene.fill(RECEIPTS, [*shop_rows.receipt("#1"), *shop_rows.receipt("#2")])
    scene.at += DAY
    scene.push(scene.plan(RECEIPTS))
    scene.push(plan)
    assert scene.states(plan) == ["accepted", "accepted"]
    assert scene.troubles() == set()


def test_a_destination_that_is_down_before_its_ids_are_read_leaves_a_row(scene) -> None:
    scene.fill(RECEIPTS, shop_rows.receipt("#1"))
    plan = scene.plan(RECEIPTS)
    scene.settings = settings_for("http://127.0.0.1:9", scene.folder)
    scene.push(plan)
    assert {code for _, code in scene.troubles()} == {"unreachable"}
    assert scene.states(plan) == ["approved"]
