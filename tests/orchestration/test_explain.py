"""On the demo's world, every planned value goes back to the raw payloads that make it, and what does not add up is said."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration import explaining, warehouse
from orchestration.activation import make_plan
from orchestration.cli import cartwheel
from orchestration.lineage_models import lineage_of
from pipelines.settings import home
from pipelines.vault import FOLDER, Vault
from reverse_etl import engine, settings
from reverse_etl.errors import ConfigurationError
from reverse_etl.explain import Explanation
from reverse_etl.explain_rendering import as_json, render_text
from reverse_etl.lineage import check_query, order, read_steps, step_query, trace
from reverse_etl.replay import replay
from tests.reverse_etl.conftest import newest_plan
from tests.transform import sandbox_warehouse

pytestmark = [pytest.mark.dbt, pytest.mark.world]
SYNCS = sorted(engine.syncs())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory):
    """CARTWHEEL_HOME with both companies' world published and a plan of every sync in its ledger."""
    folder = tmp_path_factory.mktemp("explained_world")
    built = sandbox_warehouse.shared(tmp_path_factory)
    shutil.copy(built.path, folder / "warehouse.duckdb")
    (folder / FOLDER).symlink_to(built.path.parent / FOLDER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTWHEEL_HOME", str(folder))
        patch.setenv("CARTWHEEL_WAREHOUSE", str(folder / "warehouse.duckdb"))
        patch.setenv("CARTWHEEL_OPERATIONS_URL", f"sqlite:///{folder / 'operations.sqlite'}")
        with warehouse.writing("publish both companies"):
            warehouse.publish(datetime.now(UTC))
        with closing(engine.open_ledger(settings.read())) as ledger:
            for sync in SYNCS:
                make_plan(sync, ledger)
            yield ledger


@pytest.fixture(scope="module")
def explained(world) -> Callable[[str], Explanation]:
    """The explanation of a sync's first delivery, made once for all that is said about it."""
    return functools.cache(lambda sync: explaining.explained(world.engine, deliveries(world, sync)[0].delivery_id))


@pytest.fixture
def live(world):
    with closing(duckdb.connect(str(warehouse.path()), read_only=True)) as connection:
        connection.execute("set disabled_optimizers = 'in_clause'")
        yield connection


@pytest.fixture
def edited(world, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs SQL on a copy of the warehouse, which is then the one that explanations are read from."""
    copy = tmp_path / "warehouse.duckdb"

    def edit(*statements: str) -> None:
        shutil.copy(warehouse.path(), copy)
        with duckdb.connect(str(copy)) as connection:
            for statement in statements:
                connection.execute(statement)
        monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(copy))

    return edit


def deliveries(ledger, sync: str):
    found = newest_plan(ledger, sync).deliveries
    assert found, f"the world of both companies gives {sync} nothing to do, so nothing is proved of it"
    return found


def start_row(delivery) -> dict:
    return {"record_key": delivery.record_key, "source_key": delivery.source_key, **delivery.payload}


@pytest.mark.parametrize("sync", SYNCS)
def test_each_sync_declares_its_way_down_to_raw(sync: str) -> None:
    lineage = lineage_of(f"act_{sync}")
    reached = order(lineage, f"activation.act_{sync}")
    ends = {table for table in reached if not lineage[table]}
    # An explanation ends at raw payloads, and at seeds: what a person typed into the project.
    assert {table.partition(".")[0].partition("_")[0] for table in ends} <= {"raw", "seeds"}
    assert any(table.startswith("raw_") for table in ends)


@pytest.mark.parametrize("sync", SYNCS)
def test_each_declared_step_names_tables_and_columns_that_exist(live, sync: str) -> None:
    live.execute("create or replace temp table parents as select 1")
    for table, steps in lineage_of(f"act_{sync}").items():
        for step in steps:
            live.execute(f"create or replace temp table rows as select * from {table} limit 0")
            live.execute(f"create or replace temp table parents as select * from ({step_query(step, 'rows')}) limit 0")
            for kind in ("makes", "equals"):
                for expression in getattr(step, kind):
                    live.execute(check_query(kind, step, "rows", "parents", expression))


@pytest.mark.parametrize("sync", SYNCS)
def test_every_delivery_of_the_world_adds_up_down_to_raw(world, live, sync: str) -> None:
    planned = deliveries(world, sync)
    traced = trace(live, lineage_of(f"act_{sync}"), f"activation.act_{sync}", *map(start_row, planned))
    checks = [check for step in traced for check in step.checks]
    assert [check.sentence for check in checks if not check.holds] == []
    # Each delivery's own values were compared with the mart row they come from.
    assert sum(check.sentence.startswith(f"act_{sync}.") for check in checks) >= len(planned)
    assert any(step.payloads for step in traced)


@pytest.mark.parametrize("sync", SYNCS)
def test_a_delivery_by_itself_is_followed_to_payloads_with_their_load(world, explained, sync: str) -> None:
    found = explained(sync)
    payloads = [payload for step in found.traced for payload in step.payloads]
    assert payloads
    assert all(payload.load_id and payload.loaded_at for payload in payloads)
    assert (found.today.standing, found.notices) == ("same", ())
    assert found.planned_row["payload"] == dict(deliveries(world, sync)[0].payload)


@pytest.mark.parametrize("sync", SYNCS)
def test_a_delivery_leads_to_the_bytes_the_platform_sent(explained, sync: str) -> None:
    kept = Vault(home() / FOLDER)
    found = explained(sync)
    payloads = [payload for step in found.traced for payload in step.payloads]
    for payload in payloads:
        sent = [kept.read(digest) for digest in payload.answers]
        row = json.loads(payload.text)
        assert any(str(row.get("id", "")).encode() in content for content in sent), payload
    digest = payloads[0].answers[0]
    assert f"came in answer {digest}" in render_text(found)
    shown = CliRunner().invoke(cartwheel, ["explain", "answer", digest, "--show-personal"])
    assert shown.stdout_bytes == kept.read(digest)


def test_an_answer_hides_persons_and_one_not_kept_is_refused_in_words(explained) -> None:
    found = explained("klaviyo__profiles")
    (step,) = (step for step in found.traced if step.table == "raw_shopify.orders")
    email = json.loads(step.payloads[0].text)["email"]
    run = CliRunner().invoke
    digest = step.payloads[0].answers[0]
    assert email in run(cartwheel, ["explain", "answer", digest, "--show-personal"]).stdout
    hidden = run(cartwheel, ["explain", "answer", digest])
    assert hidden.exit_code == 0
    assert email not in hidden.stdout
    assert "no answer with the digest" in run(cartwheel, ["explain", "answer", "0" * 64]).output


def test_a_stock_number_is_seen_to_be_the_sum_of_its_rows(world, explained) -> None:
    delivery = deliveries(world, "woocommerce__stock_levels")[0]
    steps = {step.table: step for step in explained("woocommerce__stock_levels").traced}
    quantity = delivery.payload["quantity"]
    assert sum(row["units"] for row in steps["marts.fct_ats_explained"].rows) == quantity
    counted = {row["location_id"]: row["on_hand"] for row in steps["marts.fct_stock_levels"].rows}
    read = [json.loads(payload.text) for payload in steps["raw_cin7.product_availability"].payloads]
    assert sum(row["on_hand"] for row in read) == sum(counted.values())


def test_a_receipt_is_seen_to_be_the_sum_of_its_lines_and_its_payment(world, explained) -> None:
    delivery = deliveries(world, "quickbooks__sales_receipts")[0]
    steps = {step.table: step for step in explained("quickbooks__sales_receipts").traced}
    total = delivery.payload["total_minor"]
    assert sum(row["line_amount_minor"] for row in steps["marts.fct_expected_sales_receipt_lines"].rows) == total
    charges = [json.loads(payload.text) for payload in steps["raw_stripe.balance_transactions"].payloads]
    assert sum(row["amount"] - row["fee"] for row in charges) == total


def test_the_digest_is_that_of_the_stored_raw_row(explained, live) -> None:
    steps = {step.table: step for step in explained("quickbooks__deposits").traced}
    (payload,) = steps["raw_bank.statement_lines"].payloads
    stored = live.execute("select cast(to_json(line) as varchar) from raw_bank.statement_lines as line").fetchall()
    assert payload.sha256 in {hashlib.sha256(text.encode()).hexdigest() for (text,) in stored}


def test_rows_that_no_longer_make_the_value_are_said_to_be_so(world, edited) -> None:
    delivery = deliveries(world, "woocommerce__stock_levels")[0]
    edited(
        f"update marts.fct_ats_explained set units = units + 1 where sku = '{delivery.payload['sku']}'",
        f"update activation.act_woocommerce__stock_levels set quantity = 77 where record_key = '{delivery.record_key}'",
    )
    found = explaining.explained(world.engine, delivery.delivery_id)
    broken = [check.sentence for step in found.traced for check in step.checks if not check.holds]
    assert len(broken) == 1
    assert "sum(units)" in broken[0]
    assert found.today.differences == {"quantity": (delivery.payload["quantity"], 77)}
    text = render_text(found)
    assert f"quantity was pushed as {delivery.payload['quantity']} and is 77" in text
    assert "✗ no longer: fct_ats.ats" in text


def test_a_record_that_left_the_model_is_still_explained_from_what_was_stored(world, edited) -> None:
    delivery = deliveries(world, "quickbooks__sales_receipts")[0]
    edited("delete from activation.act_quickbooks__sales_receipts")
    found = explaining.explained(world.engine, delivery.delivery_id)
    assert found.today.standing == "gone"
    assert "raw_stripe.charges" in {step.table for step in found.traced}


def test_a_payload_changed_in_the_ledger_is_noticed(world) -> None:
    delivery = deliveries(world, "shopify__stock_levels")[1]
    forged = json.dumps(dict(delivery.payload) | {"quantity": 9999})
    original = json.dumps(dict(delivery.payload), sort_keys=True, separators=(",", ":"))
    with world.engine.begin() as connection:
        update = "update deliveries set payload = ? where delivery_id = ?"
        connection.exec_driver_sql(update, (forged, delivery.delivery_id))
    try:
        found = explaining.explained(world.engine, delivery.delivery_id)
        assert "not what was planned" in " ".join(found.notices)
        assert not replay(world.engine, delivery.plan_id).is_identical
    finally:
        with world.engine.begin() as connection:
            connection.exec_driver_sql(update, (original, delivery.delivery_id))
    assert replay(world.engine, delivery.plan_id).is_identical


def test_while_a_build_holds_the_warehouse_the_snapshot_is_shown_and_named(world) -> None:
    delivery = deliveries(world, "shopify__stock_levels")[0]
    with warehouse.writing("a long build"):
        found = explaining.explained(world.engine, delivery.delivery_id, wait_seconds=0.05)
    shown = {step.table: step for step in found.traced}
    assert "'a long build'" in found.notices[0]
    assert "snapshot 1" in found.notices[0]
    assert shown["marts.fct_ats_explained"].rows
    assert shown["canonical.can_channel_listings"].missing
    assert not any(step.payloads for step in found.traced)


@pytest.mark.parametrize("sync", SYNCS)
def test_nobody_is_named_unless_asked_for(explained, live, sync: str) -> None:
    people = live.execute(
        "select distinct email, first_name, last_name, phone from canonical.can_customers where email is not null"
    ).fetchall()
    found = explained(sync)
    hidden = render_text(found, 0) + json.dumps(as_json(found), default=str, ensure_ascii=False)
    shown = render_text(found, 0, show_personal=True)
    told = [person for person in people if person[0] in shown]
    assert [person[0] for person in people if person[0] in hidden] == []
    for _, first_name, last_name, phone in told:
        assert f"{first_name} {last_name}" not in hidden
        assert f'"{last_name}"' not in hidden
        assert phone is None or phone not in hidden
    assert settings.read().operations_url not in hidden


def test_every_plan_of_the_world_is_derived_again(world) -> None:
    for sync in SYNCS:
        assert replay(world.engine, newest_plan(world, sync).plan_id).is_identical


def test_the_commands_answer_in_text_and_json(world) -> None:
    delivery = deliveries(world, "shopify__tracking")[0]
    run = CliRunner().invoke
    said = run(cartwheel, ["explain", "delivery", delivery.delivery_id])
    assert said.exit_code == 0, said.output
    assert "raw_shipstation.shipments" in said.output
    plain = run(cartwheel, ["explain", "delivery", delivery.delivery_id, "--format", "json"])
    assert json.loads(plain.output)["delivery"]["delivery_id"] == delivery.delivery_id
    again = run(cartwheel, ["replay", delivery.plan_id, "--rules", "current", "--format", "json"])
    assert again.exit_code == 0, again.output
    told = json.loads(again.output)
    assert (told["replay"]["is_identical"], told["rules"]["is_same"]) == (True, True)


def test_an_unknown_delivery_is_refused_in_words(world) -> None:
    with pytest.raises(ConfigurationError, match="no delivery 'shopify__stock_levels-99/1'"):
        explaining.explained(world.engine, "shopify__stock_levels-99/1")


def test_what_is_no_step_is_refused_in_words() -> None:
    with pytest.raises(ConfigurationError, match="is not a step"):
        read_steps("marts.fct_things", [{"table": "raw_shop.things"}])
    with pytest.raises(ConfigurationError, match="is not a step"):
        read_steps("marts.fct_things", [{"table": "raw_shop.things", "by": ["id"], "sums": {}}])
    circle = {"a.x": read_steps("a.x", [{"table": "a.y", "by": ["id"]}]), "a.y": read_steps("a.y", [])}
    circle["a.y"] = read_steps("a.y", [{"table": "a.x", "by": ["id"]}])
    with pytest.raises(ConfigurationError, match="circle"):
        order(circle, "a.x")
