"""Documents are read back every day without being asked for: an edit there is a light, a table and a case in the queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from orchestration import drift_checks
from orchestration.activation import make_plan
from orchestration.cli import cartwheel
from orchestration.pushing import push_newest
from orchestration.resources import dagster_home
from orchestration.schedules import CRONS, schedules
from reverse_etl import engine
from tests.orchestration.published_home import publish, settle_in
from tests.orchestration.test_push_assets import open_codes
from tests.reverse_etl import activation_rows as rows
from tests.reverse_etl.receiving_shop import ReceivingShop

RECEIPTS = "quickbooks__sales_receipts"
EDITED = "je:main:#1:captured:0"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
WHY = ("--by", "Ann", "--because", "was dated wrongly")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReceivingShop]:
    """Two receipts in the books, made from a published snapshot."""
    with ReceivingShop() as opened:
        settle_in(tmp_path, opened.url, monkeypatch)
        publish(lambda connection: rows.receipts(connection, ["#1", "#2"]))
        with closing(engine.open_ledger()) as ledger:
            make_plan(RECEIPTS, ledger)
            assert push_newest(RECEIPTS, ledger).accepted == 2
        yield opened


def run() -> tuple[dg.ExecuteInProcessResult, dict[str, bool]]:
    """The daily job, and the lights beside the receipts."""
    assets = drift_checks.drift_assets()
    job = dg.Definitions(assets=assets, jobs=[drift_checks.drift_job()]).resolve_job_def("check_drift")
    with dg.DagsterInstance.from_config(str(dagster_home())) as instance:
        result = job.execute_in_process(instance=instance, run_config=QUIET)
    lights = result.get_asset_check_evaluations()
    return result, {light.check_name: light.passed for light in lights if light.asset_key.path[-1] == RECEIPTS}


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    events = [event for event in result.get_asset_materialization_events() if event.asset_key]
    (found,) = [event for event in events if event.asset_key and event.asset_key.path == ["drift", RECEIPTS]]
    return {name: value.value for name, value in found.step_materialization_data.materialization.metadata.items()}


def test_an_edit_is_a_yellow_light_a_table_and_a_case_until_somebody_chooses(shop: ReceivingShop) -> None:
    result, lights = run()
    assert lights == {drift_checks.NO_DRIFT_WAITS: True, drift_checks.ALL_READ: True}
    assert metadata(result)["documents read back"] == 2

    shop.documents[0]["TxnDate"] = "2026-09-30"
    effects = list(shop.effects)
    result, lights = run()
    assert result.success, "an edit is nobody's mistake"
    assert lights == {drift_checks.NO_DRIFT_WAITS: False, drift_checks.ALL_READ: True}
    (row,) = metadata(result)["drifts"].records  # type: ignore[attr-defined]
    assert (row.data["record"], row.data["field"], row.data["there now"]) == (EDITED, "document_date", "2026-09-30")
    assert open_codes(RECEIPTS) == ["drift"]
    assert shop.effects == effects, "it only reads"

    chosen = CliRunner().invoke(cartwheel, ["drift", "accept", RECEIPTS, EDITED, *WHY])
    assert chosen.exit_code == 0, chosen.output
    assert run()[1] == {drift_checks.NO_DRIFT_WAITS: True, drift_checks.ALL_READ: True}
    assert open_codes(RECEIPTS) == []


def test_a_destination_that_lets_nobody_read_is_a_light_and_a_case(shop: ReceivingShop) -> None:
    shop.refuses_reads = True
    result, lights = run()
    assert (result.success, lights) == (True, {drift_checks.NO_DRIFT_WAITS: True, drift_checks.ALL_READ: False})
    assert metadata(result)["not read back"] == 2
    assert open_codes(RECEIPTS) == ["not_read_back"]
    flow = CliRunner().invoke(cartwheel, ["flows", "--format", "json"]).output
    assert '"flow": "check_drift",\n  "state": "errored"' in flow
    shop.refuses_reads = False
    run()
    assert open_codes(RECEIPTS) == []


def test_without_a_name_every_sync_that_makes_documents_is_read_back(shop: ReceivingShop) -> None:
    shop.documents[1]["TxnDate"] = "2026-09-30"
    said = CliRunner().invoke(cartwheel, ["drift", "check"])
    assert said.exit_code == 1, said.output
    assert f"{RECEIPTS}: 2 documents read back, 1 waiting for a choice, 0 not read" in said.output
    for name, sync in engine.syncs().items():
        assert (f"{name}: " in said.output) is (sync.mode == "create"), name


def test_it_runs_every_day_by_itself_unless_paused_and_behind_every_push(shop: ReceivingShop) -> None:
    daily = next(schedule for schedule in schedules() if schedule.job_name == "check_drift")
    assert (daily.cron_schedule, CRONS["check_drift"].split()[2:]) == (CRONS["check_drift"], ["*", "*", "*"])
    assert daily.default_status is dg.DefaultScheduleStatus.RUNNING
    assert isinstance(daily(), dg.RunRequest)
    paused = CliRunner().invoke(cartwheel, ["flows", "pause", "check_drift", *WHY])
    assert paused.exit_code == 0, paused.output
    assert isinstance(daily(), dg.SkipReason)
    lanes = [sync.lane for sync in engine.syncs().values()]
    assert int(drift_checks.drift_job().tags["dagster/priority"]) < -max(lanes)
    pools = {asset.op.pool for asset in drift_checks.drift_assets()}
    assert not any(pool and pool.startswith("destination_") for pool in pools), "no push waits for it"
