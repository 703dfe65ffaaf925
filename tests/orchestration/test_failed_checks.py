"""A check that fails holds back what is made from the numbers it speaks about, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration import activation, build, failed_checks, model_code, warehouse
from orchestration.sensors import change_sensor
from tests.orchestration.published_home import fail_in_build, failed_check

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def model(schema: str, name: str) -> dict[str, Any]:
    return {"resource_type": "model", "schema": schema, "alias": name, "name": name}


def check_on(name: str, *parents: str) -> dict[str, Any]:
    code = "{# The two must agree. #}\nselect 1"
    return {"resource_type": "test", "name": name, "raw_code": code, "depends_on": {"nodes": list(parents)}}


# stg_orders → fct_sales → act_books; stg_people → act_letters; a test on sales and one on people.
MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.c.stg_orders": model("staging", "stg_orders"),
        "model.c.stg_people": model("staging", "stg_people"),
        "model.c.fct_sales": model("marts", "fct_sales"),
        "model.c.act_books": model("activation", "act_books"),
        "model.c.act_letters": model("activation", "act_letters"),
        "test.c.assert_sales_add_up": check_on("assert_sales_add_up", "model.c.fct_sales"),
        "test.c.not_null_people": check_on("not_null_people", "model.c.stg_people"),
    },
    "unit_tests": {"unit_test.c.act_books.a_sale_is_a_receipt": {"depends_on": {"nodes": ["model.c.act_books"]}}},
    "child_map": {
        "model.c.stg_orders": ["model.c.fct_sales"],
        "model.c.stg_people": ["model.c.act_letters", "test.c.not_null_people"],
        "model.c.fct_sales": ["model.c.act_books", "test.c.assert_sales_add_up"],
    },
}


def standing_after(statuses: dict[str, str], known: tuple[failed_checks.FailedCheck, ...] = ()) -> dict[str, set[str]]:
    """Failed checks by name, each with what it spoils."""
    found = failed_checks.after({check.unique_id: check for check in known}, statuses, MANIFEST)
    return {check.name: set(check.spoils) for check in found}


def test_a_failed_test_spoils_what_it_speaks_about_and_all_that_is_made_from_it() -> None:
    assert standing_after({"test.c.assert_sales_add_up": "failed", "test.c.not_null_people": "pass"}) == {
        "assert_sales_add_up": {"marts.fct_sales", "activation.act_books"}
    }


def test_a_model_that_could_not_be_built_spoils_itself_and_what_follows() -> None:
    statuses = {"model.c.stg_orders": "failed", "model.c.fct_sales": "skip", "model.c.act_books": "skip"}
    assert standing_after(statuses) == {"stg_orders": {"staging.stg_orders", "marts.fct_sales", "activation.act_books"}}


def test_a_failed_unit_test_spoils_its_model() -> None:
    found = standing_after({"unit_test.c.act_books.a_sale_is_a_receipt": "failed"})
    assert list(found.values()) == [{"activation.act_books"}]


def test_what_had_failed_and_was_not_run_still_stands_and_a_warning_does_not() -> None:
    known = failed_checks.after({}, {"test.c.assert_sales_add_up": "failed"}, MANIFEST)
    assert known[0].meaning == "The two must agree."
    assert set(standing_after({"model.c.act_letters": "success"}, known)) == {"assert_sales_add_up"}
    assert set(standing_after({"test.c.assert_sales_add_up": "skip"}, known)) == {"assert_sales_add_up"}
    assert standing_after({"test.c.assert_sales_add_up": "pass"}, known) == {}
    assert standing_after({"test.c.assert_sales_add_up": "warn"}, known) == {}


def test_a_check_that_left_the_project_stands_in_nobodys_way() -> None:
    assert standing_after({}, (failed_check("gone", "marts.fct_sales"),)) == {}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("CARTWHEEL_DBT_TARGET", str(tmp_path))
    return tmp_path


def publish(number: int, *tables: str) -> warehouse.Publication:
    with duckdb.connect(str(warehouse.path())) as connection:
        for schema in warehouse.PUBLISHED_SCHEMAS:
            connection.execute(f"create schema if not exists {schema}")
        for table in tables or ("marts.fct_sales", "activation.act_books", "activation.act_letters"):
            connection.execute(f"create or replace table {table} as select {number} as number")
            connection.execute(f"comment on column {table}.number is 'which turn'")
    return warehouse.publish(NOW)


def read(table: str) -> int | None:
    with warehouse.reading() as connection:
        try:
            found = connection.execute(f"select number from {table}").fetchone()
        except duckdb.CatalogException:
            return None
    return int(found[0]) if found else None


def test_what_a_check_puts_in_doubt_keeps_its_last_sound_content_and_the_rest_moves_on(home: Path) -> None:
    sound = publish(1)
    fail_in_build(failed_check("assert_sales_add_up", "staging.x", "marts.fct_sales", "activation.act_books"))
    found = publish(2)
    assert [read(name) for name in ("fct_sales", "act_books", "act_letters")] == [1, 1, 2]
    assert found.held_back == ("activation.act_books", "marts.fct_sales")
    assert found.tables["marts.fct_sales"] == sound.tables["marts.fct_sales"]
    assert [check.name for check in found.doubts("activation.act_books")] == ["assert_sales_add_up"]
    assert found.doubts("activation.act_letters") == ()
    assert warehouse.newest_publication() == found, "what is read back is what was written"
    with warehouse.reading() as connection:
        comments = connection.execute("select distinct comment from duckdb_columns() where column_name = 'number'")
        assert comments.fetchall() == [("which turn",)]

    fail_in_build()
    assert publish(3).failed == ()
    assert [read(name) for name in ("fct_sales", "act_books", "act_letters")] == [3, 3, 3]


def test_what_was_never_sound_is_left_out(home: Path) -> None:
    fail_in_build(failed_check("assert_sales_add_up", "marts.fct_sales"))
    publish(1, "marts.fct_sales", "activation.act_letters")
    assert (read("fct_sales"), read("act_letters")) == (None, 1)


def test_a_build_is_remembered_until_the_check_passes(home: Path) -> None:
    (home / "manifest.json").write_text(json.dumps(MANIFEST))
    (home / "dbt").mkdir()
    bad = build.Built([build.Node("test.c.assert_sales_add_up", "failed", 0.1)])
    failed_checks.remember(bad)
    assert [check.name for check in failed_checks.standing()] == ["assert_sales_add_up"]
    failed_checks.remember(build.Built([build.Node("model.c.act_letters", "success", 0.1)], succeeded=True))
    assert [check.name for check in failed_checks.standing()] == ["assert_sales_add_up"]
    failed_checks.remember(build.Built([build.Node("test.c.assert_sales_add_up", "pass", 0.1)], succeeded=True))
    assert failed_checks.standing() == ()


def test_the_sensor_sees_a_sync_become_blocked_and_free_again_though_its_table_is_the_same(home: Path) -> None:
    @dg.op
    def nothing() -> None: ...

    @dg.job
    def push_books() -> None:
        nothing()

    sensor = change_sensor("books", "act_books", push_books)

    def look(cursor: str | None) -> tuple[list[str | None], str | None]:
        with dg.DagsterInstance.ephemeral() as instance:
            said = sensor(dg.build_sensor_context(instance=instance, cursor=cursor))
        assert isinstance(said, dg.SensorResult)
        return [request.run_key for request in said.run_requests or []], said.cursor

    publish(1)
    asked, cursor = look(None)
    assert asked == ["books:1"]
    fail_in_build(failed_check("assert_sales_add_up", "activation.act_books"))
    publish(1)
    asked, cursor = look(cursor)
    assert asked == ["books:2"]
    publish(1)
    asked, cursor = look(cursor)
    assert asked == []
    fail_in_build()
    publish(1)
    assert look(cursor)[0] == ["books:4"]


@pytest.mark.dbt
def test_a_test_of_dbt_that_fails_on_contacts_blocks_the_audiences_and_neither_stock_nor_books(home: Path) -> None:
    """With dbt's own statuses and its own graph: an archived contact without its date, then corrected."""
    with build.worker() as dbt:
        with warehouse.writing("test"):
            warehouse.ensure_raw_tables()
        with duckdb.connect(str(warehouse.path())) as connection:
            connection.execute("insert into raw_hubspot.archived_contacts (account_id, id) values ('main', '1')")
        built = build.run(["stg_hubspot__archived_contacts"], {}, dbt)
        assert not built.succeeded
        found = warehouse.publish(NOW)
        assert [check.name for check in found.failed] == built.failures
        assert list(activation.blocked_syncs(found)) == ["hubspot__contacts", "klaviyo__profiles"]

        with duckdb.connect(str(warehouse.path())) as connection:
            connection.execute("delete from raw_hubspot.archived_contacts")
        assert build.run(["stg_hubspot__archived_contacts"], {}, dbt).succeeded
        assert activation.blocked_syncs(warehouse.publish(NOW)) == {}
        # A model that was built has other words of dbt than a seed or a test: it is remembered all the same.
        table = "staging.stg_hubspot__archived_contacts"
        assert "model stg_hubspot__archived_contacts" in model_code.of_tables([table])[table].parts
