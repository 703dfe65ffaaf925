"""Defects of other tools of this kind, each as a claim about this engine.

The claims are checked on the engine as it is here, and on copies with the defect planted by test_mutants.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from reverse_etl import engine, flows
from reverse_etl.errors import StopSync
from tests.proof import shop_rows
from tests.proof.counting_shop import CountingShop, Faults
from tests.proof.scenes import ELSEWHERE, Scene
from tests.reverse_etl.sudden_death import die_at

HUBSPOT, KLAVIYO, WOO = "hubspot__contacts", "klaviyo__profiles", "woocommerce__stock_levels"
STOCK, RECEIPTS = "shopify__stock_levels", "quickbooks__sales_receipts"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def scene(tmp_path) -> Iterator[Scene]:
    with CountingShop() as shop:
        made = Scene(shop, tmp_path)
        yield made
        made.ledger.close()


# Multiwoven: a fingerprint stored at extraction, a batch that counts as sent when one row was, a cursor that stops.


def test_a_refused_record_is_tried_again_though_its_data_did_not_change(scene) -> None:
    scene.fill(HUBSPOT, [shop_rows.person("ann@example.com"), shop_rows.person("bad@example.com")])
    scene.shop.bad_records = {"bad@example.com"}
    scene.push(scene.plan(HUBSPOT))
    scene.shop.bad_records = set()
    scene.at += DAY
    scene.push(scene.plan(HUBSPOT))
    assert scene.shop.count("contact", "bad@example.com") == 1
    assert scene.shop.count("contact", "ann@example.com") == 1


def test_a_batch_is_not_delivered_because_one_of_its_records_was(scene) -> None:
    scene.fill(HUBSPOT, [shop_rows.person(f"{name}@example.com") for name in ("a", "b", "c")])
    scene.shop.loses = {"c@example.com"}
    plan = scene.plan(HUBSPOT)
    scene.push(plan)
    assert scene.states(plan) == ["accepted", "accepted", "in_doubt"]
    scene.shop.loses = set()
    scene.at += DAY
    scene.push(plan)
    assert sorted(scene.shop.counts.values()) == [1, 1, 1]


def test_what_lies_beyond_the_first_page_goes_out_too(scene) -> None:
    people = [f"{number}@example.com" for number in range(70)]
    scene.fill(KLAVIYO, [shop_rows.person(email) for email in people])
    assert scene.push(scene.plan(KLAVIYO)).accepted == len(people)
    assert [scene.shop.count("profile", email) for email in people] == [1] * len(people)


# Hightouch: removals are ignored, and the difference is against the tool's own last run.


def test_a_record_that_left_the_model_is_taken_back(scene) -> None:
    scene.fill(HUBSPOT, [shop_rows.person("ann@example.com"), shop_rows.person("bob@example.com")])
    scene.push(scene.plan(HUBSPOT))
    scene.fill(HUBSPOT, [shop_rows.person("ann@example.com", observed="loyal")])
    scene.at += DAY
    plan = scene.plan(HUBSPOT, observed_at=scene.at)
    assert [(delivery.record_key, delivery.action) for delivery in plan.deliveries] == [("bob@example.com", "delete")]


def test_an_edit_at_the_destination_is_seen(scene) -> None:
    scene.fill(STOCK, [shop_rows.level("1", wanted=9, observed=0)])
    scene.push(scene.plan(STOCK))
    scene.shop.stock[shop_rows.level_key("1")] = 4
    scene.at += DAY
    scene.fill(STOCK, [shop_rows.level("1", wanted=9, observed=4)])
    scene.push(scene.plan(STOCK, observed_at=scene.at))
    assert scene.shop.stock[shop_rows.level_key("1")] == 9


# frappe/ecommerce_integrations: stock set without comparing, one flag for all places, a time taken after the read,
# "Not Found" marked as synced.


def test_a_sale_between_plan_and_push_is_not_overwritten(scene) -> None:
    scene.shop.stock[shop_rows.level_key("1")] = 5
    scene.fill(STOCK, [shop_rows.level("1", wanted=9, observed=5)])
    plan = scene.plan(STOCK)
    scene.shop.stock[shop_rows.level_key("1")] = 3
    assert scene.push(plan).rejected == 1
    assert scene.shop.stock[shop_rows.level_key("1")] == 3


def test_one_place_that_failed_does_not_settle_the_other_places_of_its_item(scene) -> None:
    scene.shop.stock[shop_rows.level_key("1", ELSEWHERE)] = 3
    scene.fill(STOCK, [shop_rows.level("1", 9, 0), shop_rows.level("1", 9, 5, ELSEWHERE)])
    scene.push(scene.plan(STOCK))
    assert scene.shop.stock == {shop_rows.level_key("1"): 9, shop_rows.level_key("1", ELSEWHERE): 3}
    scene.at += DAY
    scene.fill(STOCK, [shop_rows.level("1", 9, 9), shop_rows.level("1", 9, 3, ELSEWHERE)])
    scene.push(scene.plan(STOCK, observed_at=scene.at))
    assert scene.shop.stock == {shop_rows.level_key("1"): 9, shop_rows.level_key("1", ELSEWHERE): 9}


def test_a_reading_from_before_our_write_does_not_undo_it(scene) -> None:
    scene.fill(WOO, [shop_rows.product("11", wanted=7, observed=1)])
    read_at = scene.at
    scene.at += MINUTE
    scene.push(scene.plan(WOO, observed_at=read_at))
    scene.at += MINUTE
    assert scene.plan(WOO, observed_at=read_at).deliveries == ()
    assert scene.shop.values("11") == [7]


def test_a_record_that_is_not_found_there_is_no_success(scene) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1), shop_rows.product("12", 7, 1)])
    scene.shop.missing = {"12"}
    plan = scene.plan(WOO)
    scene.push(plan)
    assert scene.states(plan) == ["accepted", "rejected"]
    assert scene.troubles() == {("12", "woocommerce_rest_product_invalid_id")}


# Segment, drt, ledgerly: a retry doubles what was done; what was checked is sent before it is written down.


@pytest.mark.parametrize("fault", ["lose_reply", "reset_reply", "500", "garbage"])
def test_an_answer_that_was_lost_doubles_nothing(scene, fault) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1)])
    scene.shop.faults = Faults([fault])
    assert scene.push(scene.plan(WOO)).accepted == 1
    assert scene.shop.values("11") == [7]


def test_a_request_that_is_sent_again_carries_the_same_key(scene) -> None:
    scene.fill(RECEIPTS, shop_rows.receipt("#1042"))
    scene.shop.faults = Faults(["lose_request", "503", "lose_request"])
    scene.push(scene.plan(RECEIPTS))
    sent = [request["query"]["requestid"] for request in scene.shop.requests if request["method"] == "POST"]
    assert len(sent) == 4
    assert len(set(sent)) == 1


@pytest.mark.parametrize("label", ["written_ahead", "answered"])
def test_a_process_that_died_with_its_request_out_sends_nothing_twice(scene, label) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1)])
    plan = scene.plan(WOO)
    with pytest.raises(BaseExceptionGroup):
        scene.push(plan, step=die_at(label))
    assert scene.states(plan) == ["sending"]
    scene.push(plan)
    assert scene.shop.values("11") == [7]
    assert scene.states(plan) == ["accepted"]


def test_an_acknowledgement_that_names_no_record_is_no_success(scene) -> None:
    scene.fill(KLAVIYO, [shop_rows.person("ann@example.com")])
    scene.shop.swallows = 1
    assert scene.push(scene.plan(KLAVIYO)).accepted == 1
    assert scene.shop.count("profile", "ann@example.com") == 1


def test_a_doubt_is_not_settled_by_a_look_up_that_failed(scene) -> None:
    scene.fill(WOO, [shop_rows.product("11", 7, 1)])
    scene.shop.faults, scene.shop.reads_fail = Faults(["lose_reply"]), True
    plan = scene.plan(WOO)
    scene.push(plan)
    assert scene.states(plan) == ["in_doubt"]
    scene.shop.reads_fail = False
    scene.at += DAY
    scene.push(plan)
    assert scene.shop.values("11") == [7]


def test_the_same_intention_planned_twice_has_one_key(scene) -> None:
    scene.fill(RECEIPTS, shop_rows.receipt("#1042"))
    first = scene.plan(RECEIPTS).deliveries[0]
    scene.at += MINUTE
    scene.fill(RECEIPTS, [*shop_rows.receipt("#1042"), *shop_rows.receipt("#1043")])
    second = scene.plan(RECEIPTS).deliveries[0]
    assert first.delivery_id != second.delivery_id
    assert first.idempotency_key == second.idempotency_key


def test_a_value_wanted_again_after_another_is_written_again(scene) -> None:
    key = shop_rows.level_key("1")
    held = 0
    for wanted in (9, 4, 9, 4):
        scene.at += DAY
        scene.fill(STOCK, [shop_rows.level("1", wanted, held)])
        scene.push(scene.plan(STOCK, observed_at=scene.at))
        held = wanted
    assert scene.shop.values(key) == [9, 4, 9, 4]


# Synder: a roll-back deletes entries. Celigo: strict order by the clock. drt apply: what changed since is refused.


def test_a_document_is_never_deleted_because_its_row_is_gone(scene) -> None:
    scene.fill(RECEIPTS, [*shop_rows.receipt("#1042"), *shop_rows.receipt("#1043")])
    scene.push(scene.plan(RECEIPTS))
    scene.fill(RECEIPTS, shop_rows.receipt("#1042"))
    scene.at += DAY
    assert scene.plan(RECEIPTS).deliveries == ()
    assert len(scene.shop.documents) == 2


def test_a_document_is_not_rewritten_because_its_row_changed(scene) -> None:
    scene.fill(RECEIPTS, shop_rows.receipt("#1042"))
    scene.push(scene.plan(RECEIPTS))
    scene.fill(RECEIPTS, shop_rows.receipt("#1042", amount_minor=20000))
    plan = scene.plan(RECEIPTS)
    assert plan.deliveries == ()
    assert scene.troubles() == {("je:main:#1042:captured:0", "held")}


def test_a_plan_whose_data_changed_since_is_refused_by_name(scene) -> None:
    scene.fill(STOCK, [shop_rows.level("1", wanted=9, observed=0)])
    plan = scene.plan(STOCK)
    scene.fill(STOCK, [shop_rows.level("1", wanted=8, observed=0)])
    fresh = engine.derive_plan(STOCK, scene.warehouse, scene.ledger, scene.at)
    with pytest.raises(StopSync, match="quantity should become 8"):
        scene.push(plan, fresh=fresh)
    assert scene.shop.commits == []
    assert scene.troubles() == {(None, "stale_plan")}


def test_a_plan_beyond_its_limits_waits_for_a_person(scene) -> None:
    people = [f"{number}@example.com" for number in range(100)]
    scene.fill(HUBSPOT, [shop_rows.person(email) for email in people])
    scene.push(scene.plan(HUBSPOT))
    scene.at += DAY
    scene.fill(HUBSPOT, [shop_rows.person(email, segment="champions", observed="loyal") for email in people])
    plan = scene.plan(HUBSPOT, observed_at=scene.at)
    assert scene.troubles() == {(None, "over_limits")}
    with pytest.raises(StopSync, match="waits for a person"):
        scene.push(plan)
    assert scene.shop.count("contact", people[0]) == 1
    scene.ledger.approve(plan.plan_id, "Ann", "the rules were changed", scene.at)
    scene.push(plan)
    assert scene.shop.count("contact", people[0]) == 2
    assert scene.troubles() == set()


def test_a_pause_holds_between_two_records(scene) -> None:
    scene.fill(KLAVIYO, [shop_rows.person(f"{number}@example.com") for number in range(30)])
    plan, reached = scene.plan(KLAVIYO), []

    def step(label: str) -> None:
        reached.append(label)
        if reached.count("recorded") == 8:
            scene.switch(KLAVIYO, flows.Switch.PAUSED)

    assert scene.push(plan, step=step).is_paused
    assert 8 <= len(scene.shop.commits) < 30
    scene.switch(KLAVIYO, flows.Switch.ACTIVE)
    scene.push(plan)
    assert sorted(scene.shop.counts.values()) == [1] * 30
