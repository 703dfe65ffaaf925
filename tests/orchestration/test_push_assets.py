"""Plan and push as assets of a real Dagster instance: run twice, paused, blocked, killed and run again, each effect once."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from orchestration import activate, activation, push_metadata
from orchestration.resources import dagster_home
from reverse_etl import engine, exception_reading, flows
from reverse_etl.flows import Switch
from reverse_etl.record_results import RecordResult, RecordResults
from tests.orchestration.published_home import fail_in_build, failed_check, publish, settle_in
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.receiving_shop import ReceivingShop

ROOT = Path(__file__).resolve().parents[2]
CONTACTS, TRACKING = "hubspot__contacts", "shopify__tracking"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class StallingShop(ReceivingShop):
    """Does the work, and keeps the first answer back until the test lets go."""

    def __init__(self) -> None:
        super().__init__()
        self.done, self.let_go = threading.Event(), threading.Event()
        self.let_go.set()

    def handle(self, request: dict) -> dict:
        answer: dict = super().handle(request)
        if self.effects:
            self.done.set()
            self.let_go.wait(120)
        return answer


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StallingShop]:
    with StallingShop() as opened:
        settle_in(tmp_path, opened.url, monkeypatch)
        yield opened


@pytest.fixture
def instance(shop: StallingShop) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(dagster_home())) as opened:
        yield opened


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    rows.contacts(connection, ["a@x.test", "b@x.test"])
    rows.tracking(connection, ["p1"])


def contacts_job() -> dg.JobDefinition:
    return job(CONTACTS)


def tracking_job() -> dg.JobDefinition:
    return job(TRACKING)


def job(sync: str) -> dg.JobDefinition:
    jobs = list(activate.push_jobs().values())
    found = dg.Definitions(assets=activate.sync_assets(), jobs=jobs, executor=dg.in_process_executor)
    return found.resolve_job_def(f"push_{sync}")


def run(instance: dg.DagsterInstance, of: object = contacts_job, **more: object) -> dg.JobExecutionResult:
    return dg.execute_job(dg.reconstructable(of), instance=instance, run_config=QUIET, **more)


def metadata(instance: dg.DagsterInstance, sync: str, verb: str = "push") -> dict[str, object]:
    event = instance.get_latest_materialization_event(dg.AssetKey([verb, sync]))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def failing_checks(instance: dg.DagsterInstance, sync: str) -> set[str]:
    keys = [dg.AssetCheckKey(dg.AssetKey(["push", sync]), name) for name in activate.CHECKS]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return {key.name for key, record in found.items() if record.status is AssetCheckExecutionRecordStatus.FAILED}


def open_codes(sync: str) -> list[str]:
    ledger = engine.open_ledger()
    with ledger.engine.connect() as connection:
        found = exception_reading.listed(connection, datetime.now(UTC), exception_reading.Filters(sync=sync))
    ledger.close()
    return [case["code"] for case in found]


def put(flow: str, to: Switch) -> None:
    ledger = engine.open_ledger()
    with ledger.engine.begin() as connection:
        flows.switch(connection, flow, to, "Ann", "wrong prices", datetime.now(UTC))
    ledger.close()


def test_a_push_shows_each_record_with_its_outcome_and_a_second_run_finds_nothing(shop, instance) -> None:
    publish(fill)
    shop.bad_records = {"b@x.test"}
    assert run(instance).success
    said = metadata(instance, CONTACTS)
    table = said["records"]
    assert [dict(record.data) for record in table.records] == [  # type: ignore[attr-defined]
        {
            "record": "b@x.test",
            "action": "create",
            "result": "rejected",
            "message": "invalid email",
            "provider request id": "",
        },
        {"record": "a@x.test", "action": "create", "result": "accepted", "message": "", "provider request id": ""},
    ]
    assert (said["accepted"], said["rejected"], said["approval"]) == (1, 1, "within its limits")
    assert said["made from"] == "snapshot 1, the newest"
    assert failing_checks(instance, CONTACTS) == {activate.ALL_ACCEPTED, activate.NOTHING_WAITS}

    plan = metadata(instance, CONTACTS, "plan")
    assert plan["plan hash"] == said["plan hash"]
    assert (plan["records to change"], plan["approval"], plan["destination read at"]) == (
        2,
        "within its limits",
        "never",
    )

    assert run(instance).success
    assert shop.count("contact", "a@x.test") == 1
    assert metadata(instance, CONTACTS)["accepted"] == 0


def test_a_run_killed_between_the_work_and_the_answer_is_run_again_with_one_effect(shop, instance) -> None:
    """Two are left to fulfil and the parcel holds one, so that a second send would ship a second parcel."""
    publish(fill)
    shop.remaining = {"gid://shopify/FulfillmentOrderLineItem/p1": 2}
    shop.let_go.clear()
    code = (
        "import dagster as dg, tests.orchestration.test_push_assets as this\n"
        "from orchestration.resources import dagster_home\n"
        "with dg.DagsterInstance.from_config(str(dagster_home())) as instance:\n"
        "    this.run(instance, this.tracking_job)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL)
    assert shop.done.wait(120), "the child never came to the shop"
    child.kill()
    child.wait(30)
    shop.let_go.set()
    (begun,) = instance.get_runs()
    assert begun.status is dg.DagsterRunStatus.STARTED, "it died on its way"
    # What the run monitor does when it finds the process gone.
    instance.report_run_failed(begun)
    instance.event_log_storage.free_concurrency_slots_for_run(begun.run_id)

    options = dg.ReexecutionOptions.from_failure(begun.run_id, instance)
    assert run(instance, tracking_job, reexecution_options=options).success
    assert run(instance, tracking_job).success
    assert shop.count("fulfilment", "1Zp1") == 1
    assert failing_checks(instance, TRACKING) == set()
    ledger = engine.open_ledger()
    assert ledger.queries.accepted_marks(TRACKING).quick.num_rows == 1
    ledger.close()


def test_a_paused_flow_succeeds_says_so_and_sends_nothing_until_it_is_resumed(shop, instance) -> None:
    publish(fill)
    put(flows.EVERYTHING, Switch.PAUSED)
    assert run(instance).success
    said = metadata(instance, CONTACTS)
    assert str(said["paused"]).endswith("by Ann: wrong prices")
    assert said["requests"] == 0
    assert shop.requests == []
    assert open_codes(CONTACTS) == [], "a pause is somebody's will and no exception"

    put(flows.EVERYTHING, Switch.ACTIVE)
    assert run(instance).success
    assert (shop.count("contact", "a@x.test"), shop.count("contact", "b@x.test")) == (1, 1)
    assert "paused" not in metadata(instance, CONTACTS)


def test_a_failed_check_blocks_the_syncs_made_from_its_numbers_and_no_other(shop, instance) -> None:
    shop.remaining = {"gid://shopify/FulfillmentOrderLineItem/p1": 1}
    publish(fill)
    # Planned while all was well: that plan waits as well.
    dg.materialize(activate.sync_assets(), instance=instance, selection=[dg.AssetKey(["plan", CONTACTS])])
    fail_in_build(failed_check("assert_rfm_is_right", "marts.fct_rfm", "activation.act_hubspot__contacts"))
    publish(fill)
    assert open_codes(CONTACTS) == ["blocked_by_check"], "known as soon as it is published"

    assert run(instance).success
    assert run(instance, tracking_job).success
    assert shop.effects == [("fulfilment", "1Zp1")]
    assert "assert_rfm_is_right" in str(metadata(instance, CONTACTS)["blocked"])
    assert "assert_rfm_is_right" in str(metadata(instance, CONTACTS, "plan")["blocked"])
    assert failing_checks(instance, CONTACTS) >= {activate.UPSTREAM_HOLDS}
    assert failing_checks(instance, TRACKING) == set()
    assert open_codes(TRACKING) == []
    (record,) = metadata(instance, TRACKING)["records"].records  # type: ignore[attr-defined]
    assert (record.data["result"], record.data["provider request id"]) == ("accepted", "r-1")

    fail_in_build()
    publish(fill)
    assert open_codes(CONTACTS) == []
    assert run(instance).success
    assert shop.count("contact", "a@x.test") == 1
    assert failing_checks(instance, CONTACTS) == set()


def test_what_is_blocked_does_not_go_along_with_another_push_to_its_destination(shop, instance) -> None:
    def with_stock(parcels: list[str]) -> Callable[[duckdb.DuckDBPyConnection], None]:
        def fill_both(connection: duckdb.DuckDBPyConnection) -> None:
            rows.tracking(connection, parcels)
            rows.stock(connection, {"a": (5, 3)})

        return fill_both

    shop.remaining = {f"gid://shopify/FulfillmentOrderLineItem/{parcel}": 1 for parcel in ("p1", "p2")}
    shop.stock = {"gid://shopify/InventoryItem/a|gid://shopify/Location/70000000001": 5}
    publish(with_stock(["p1"]))
    ledger = engine.open_ledger()
    plan = activation.make_plan("shopify__stock_levels", ledger)
    ledger.approve_within_limits(plan.plan_id, datetime.now(UTC))
    ledger.close()

    fail_in_build(failed_check("assert_ats_explanation_adds_up", "activation.act_shopify__stock_levels"))
    publish(with_stock(["p1"]))
    assert run(instance, tracking_job).success
    assert [kind for kind, _ in shop.effects] == ["fulfilment"]

    fail_in_build()
    publish(with_stock(["p1", "p2"]))
    assert run(instance, tracking_job).success
    assert sorted(kind for kind, _ in shop.effects) == ["fulfilment", "fulfilment", "stock"], "free, it goes along"


def test_a_missing_setting_fails_the_run_and_is_not_tried_again(shop, instance, monkeypatch) -> None:
    publish(fill)
    monkeypatch.delenv("DESTINATIONS__HUBSPOT__ACCESS_TOKEN")
    result = run(instance, raise_on_error=False)
    assert not result.success
    assert not [event for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]
    assert open_codes(CONTACTS) == ["missing_setting"]


def test_numbers_that_moved_on_since_the_plan_are_planned_anew_by_the_push(shop, instance) -> None:
    publish(fill)
    dg.materialize(activate.sync_assets(), instance=instance, selection=[dg.AssetKey(["plan", CONTACTS])])
    publish(lambda connection: rows.contacts(connection, ["a@x.test"], segment="champion"))
    dg.materialize(activate.sync_assets(), instance=instance, selection=[dg.AssetKey(["push", CONTACTS])])
    assert shop.effects == [("contact", "a@x.test")]
    assert metadata(instance, CONTACTS)["accepted"] == 1


def test_pushes_to_one_destination_share_one_pool_and_the_urgent_lane_goes_first() -> None:
    pools = {assets.op.name: assets.op.pool for assets in activate.sync_assets() if "push__" in assets.op.name}
    assert pools["push__shopify__tracking"] == pools["push__shopify__stock_levels"] == "destination_shopify"
    assert pools["push__hubspot__contacts"] == "destination_hubspot"
    urgency = {name: int(found.tags["dagster/priority"]) for name, found in activate.push_jobs().items()}
    assert urgency["shopify__stock_levels"] > urgency["shopify__tracking"] > urgency["quickbooks__deposits"]
    assert urgency["quickbooks__deposits"] > urgency["hubspot__contacts"]


def test_a_pool_lets_the_more_urgent_run_in_first(instance) -> None:
    """Three steps want the one place of a destination: the two that wait get it by their lane, not by their turn."""
    storage = instance.event_log_storage
    instance.event_log_storage.set_concurrency_slots("destination_shopify", 1)
    assert storage.claim_concurrency_slot("destination_shopify", "run-1", "push", -50).is_claimed
    assert not storage.claim_concurrency_slot("destination_shopify", "run-2", "push", -30).is_claimed
    assert not storage.claim_concurrency_slot("destination_shopify", "run-3", "push", -10).is_claimed
    storage.free_concurrency_slots_for_run("run-1")
    assert storage.check_concurrency_claim("destination_shopify", "run-3", "push").is_assigned
    assert not storage.check_concurrency_claim("destination_shopify", "run-2", "push").is_assigned


def test_a_long_table_is_cut_and_says_so() -> None:
    one = RecordResult("a@x.test", "create", "accepted", "", "r-1")
    found = push_metadata.records_metadata(RecordResults((one,) * 3, 4712))
    assert found["records shown"] == "the first 3 of 4712; fct_deliveries has all"
