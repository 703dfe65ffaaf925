"""A plan says which SQL its rows came from, and a replay under other rules names the models that changed since."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from sqlalchemy import update

from orchestration import activation, model_code, warehouse
from orchestration.build import Built, Node
from orchestration.cli import cartwheel
from reverse_etl import claims, engine
from reverse_etl.ledger_tables import DELIVERIES
from tests.orchestration.published_home import NOW, fail_in_build, failed_check, publish, settle_in
from tests.reverse_etl import activation_rows as rows

SYNC = "hubspot__contacts"
TABLE = f"activation.act_{SYNC}"
LAST, MIDDLE, FIRST, SEED = f"model.c.act_{SYNC}", "model.c.fct_rfm", "model.c.stg_orders", "seed.c.tiers"
EVERY = (SEED, FIRST, MIDDLE, LAST)


def node(
    kind: str, schema: str, name: str, *parents: str, sql: str = "", macros: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "resource_type": kind, "schema": schema, "alias": name, "name": name, "raw_code": sql, "package_name": "c",
        "original_file_path": f"models/{name}.sql",
        "checksum": {"checksum": f"{name}-1"}, "depends_on": {"nodes": list(parents), "macros": list(macros)},
    }  # fmt: skip


def macro(name: str, package: str, sql: str, *calls: str) -> dict[str, Any]:
    return {"name": name, "package_name": package, "macro_sql": sql, "depends_on": {"macros": list(calls)}}


def manifest() -> dict[str, Any]:
    """stg_orders and the seed tiers → fct_rfm, which calls a macro that calls another → the activation model."""
    return {
        "metadata": {"project_name": "c"},
        "nodes": {
            SEED: node("seed", "seeds", "tiers"),
            FIRST: node(
                "model", "staging", "stg_orders", "source.c.raw.orders", sql="where day < '{{ var('as_of') }}'"
            ),
            MIDDLE: node("model", "marts", "fct_rfm", FIRST, SEED, macros=("macro.c.window", "macro.dbt.is_on")),
            LAST: node("model", "activation", f"act_{SYNC}", MIDDLE),
        },
        "macros": {
            "macro.c.window": macro("window", "c", "{{ duckdb__window() }}", "macro.c.duckdb__window"),
            "macro.c.duckdb__window": macro("duckdb__window", "c", "{{ var('rfm_window_months') }}"),
            "macro.dbt.is_on": macro("is_on", "dbt", "true"),
        },
    }


def built(said: dict[str, Any], *names: str, failed: tuple[str, ...] = (), **variables: str) -> None:
    """What a build of these leaves behind."""
    target = Path(os.environ["CARTWHEEL_DBT_TARGET"])
    target.mkdir(parents=True, exist_ok=True)
    (target / "manifest.json").write_text(json.dumps(said))
    nodes = [Node(name, "failed" if name in failed else "success", 0.1) for name in names]
    model_code.remember(Built(nodes), variables)


def code() -> dict[str, str]:
    return dict(model_code.of_tables([TABLE])[TABLE].parts)


def changed(before: dict[str, str], now: dict[str, str]) -> set[str]:
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    settle_in(tmp_path, "http://127.0.0.1:9", monkeypatch)
    seed("loyal", 5)
    return tmp_path


def seed(tier: str, orders: int) -> None:
    """The rows of the seed tiers, as a build loads them."""
    with duckdb.connect(os.environ["CARTWHEEL_WAREHOUSE"]) as connection:
        connection.execute("create schema if not exists seeds")
        connection.execute("create or replace table seeds.tiers (tier varchar, from_orders smallint)")
        connection.execute("insert into seeds.tiers values (?, ?)", [tier, orders])


def test_the_code_of_a_model_is_its_own_and_that_of_all_it_is_made_from() -> None:
    built(manifest(), *EVERY)
    assert set(code()) == {
        f"model act_{SYNC}", "model fct_rfm", "model stg_orders", "seed tiers", "macro window", "macro duckdb__window",
        "variable rfm_window_months",
    }  # fmt: skip
    before = code()
    built(manifest(), *EVERY, rfm_window_months="12", as_of="2026-10-31")
    assert changed(before, code()) == {"variable rfm_window_months"}, "the day of the build is data, no rule"


def test_a_table_that_was_not_built_again_is_still_of_the_sql_it_was_built_from() -> None:
    built(manifest(), *EVERY)
    before, edited = code(), manifest()
    for name in (FIRST, MIDDLE):
        edited["nodes"][name]["checksum"]["checksum"] = "2"
    edited["macros"]["macro.c.duckdb__window"]["macro_sql"] = "12"
    built(edited, FIRST, LAST)
    assert changed(before, code()) == {"model stg_orders"}
    built(edited, MIDDLE, failed=(MIDDLE,))
    assert changed(before, code()) == {"model stg_orders"}
    built(edited, MIDDLE)
    assert changed(before, code()) >= {"model stg_orders", "model fct_rfm", "macro duckdb__window"}


def test_a_model_of_which_a_part_was_never_seen_has_no_code_rather_than_half_of_it() -> None:
    built(manifest(), FIRST, LAST)
    assert model_code.of_tables([TABLE, "activation.nobody"]) == {}


def test_a_table_that_is_held_back_keeps_the_code_it_was_published_with() -> None:
    built(manifest(), *EVERY)
    first = publish(lambda connection: rows.contacts(connection, ["a@x.test"]))
    edited = manifest()
    edited["nodes"][MIDDLE]["checksum"]["checksum"] = "2"
    built(edited, *EVERY)
    fail_in_build(failed_check("assert_rfm_is_right", TABLE))
    assert publish(lambda connection: None).model_code == first.model_code
    fail_in_build()
    assert publish(lambda connection: None).model_code != first.model_code
    assert warehouse.newest_publication().model_code[TABLE] != first.model_code[TABLE]


def test_a_replay_names_the_models_whose_sql_changed_since_the_plan() -> None:
    built(manifest(), *EVERY)
    publish(lambda connection: rows.contacts(connection, ["a@x.test"]))
    with closing(engine.open_ledger()) as ledger:
        plan_id = activation.make_plan(SYNC, ledger).plan_id
    run = CliRunner().invoke
    said = run(cartwheel, ["replay", plan_id, "--rules", "current"])
    assert (said.exit_code, "the same, in all 7 parts" in said.output) == (0, True), said.output

    edited = manifest()
    edited["nodes"][MIDDLE]["checksum"]["checksum"] = "2"
    built(edited, *EVERY)
    publish(lambda connection: None)
    said = run(cartwheel, ["replay", plan_id, "--rules", "current"])
    assert "changed: model fct_rfm" in said.output
    assert "the rows below are the plan's: no SQL of the other rules was kept" in said.output
    again = run(cartwheel, ["replay", plan_id, "--rules", "1"])
    assert "the same, in all 7 parts" in again.output


DATABASE = '"warehouse".'
RFM = "create or replace table marts.fct_rfm as select * from (values ('a@x.test', 7), ('b@x.test', 2)) as t (email, orders)"
MODEL_SQL = """select email as record_key, email, case when orders >= 5 then 'loyal' else 'new' end as segment, 5::bigint as r_score,
    4::bigint as f_score, 3::bigint as m_score, date '2026-10-31' as as_of_date, 12050::bigint as net_revenue_minor,
    orders::bigint as orders_count, 'rfm-1' as rule_version, null::varchar as observed_segment, null::bigint as observed_r_score,
    null::bigint as observed_f_score, null::bigint as observed_m_score, null::date as observed_as_of_date,
    null::bigint as observed_net_revenue_minor, null::bigint as observed_orders_count, null::varchar as observed_rule_version,
    null::bigint as money_minor, 'USD' as currency_code, 'bought twice' as reason, email as source_key
    from "warehouse"."marts"."fct_rfm" """


def compiled(said: dict[str, Any], name: str, sql: str, version: str) -> dict[str, Any]:
    """The manifest after a model's text was written anew, with the file dbt leaves of it."""
    node = said["nodes"][name]
    node["checksum"] = {"checksum": version}
    file = Path(os.environ["CARTWHEEL_DBT_TARGET"]) / "compiled" / "c" / node["original_file_path"]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(sql)
    return said


def make_tables(*statements: str) -> None:
    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        for statement in statements:
            connection.execute(statement)

    publish(fill)


def replayed(plan_id: str, rules: str) -> dict[str, Any]:
    said = CliRunner().invoke(cartwheel, ["replay", plan_id, "--rules", rules, "--format", "json"])
    assert said.exit_code == 0, said.output
    return dict(json.loads(said.output)["rules"])


def test_a_model_that_was_changed_is_run_over_the_snapshot_of_then_and_its_other_plan_is_shown() -> None:
    table = f"create or replace table {TABLE} as {MODEL_SQL.replace(DATABASE, '')}"
    built(compiled(manifest(), LAST, MODEL_SQL, "1"), *EVERY)
    make_tables(RFM, table)
    with closing(engine.open_ledger()) as ledger:
        plan_id = activation.make_plan(SYNC, ledger).plan_id

    # Other rules (two orders make a loyal customer), and other data that must not be taken for theirs.
    edited = MODEL_SQL.replace("orders >= 5", "orders >= 2")
    built(compiled(manifest(), LAST, edited, "2"), *EVERY)
    make_tables("update marts.fct_rfm set orders = 1")
    found = replayed(plan_id, "current")
    assert found["rerun"] == {"snapshot": 1, "tables": [TABLE], "not_run": {}, "inputs": None}
    assert found["changed"] == [{"record_key": "b@x.test", "differences": {"writes segment": ["new", "loyal"]}}]
    assert not found["is_same"]
    assert not found["added"]
    assert not found["dropped"]
    said = CliRunner().invoke(cartwheel, ["replay", plan_id, "--rules", "current"]).output
    assert f"run again  {TABLE}, over snapshot 1" in said
    assert replayed(plan_id, "1")["is_same"], "the rules it was made under give it again"


def test_a_record_that_needed_nothing_then_is_found_when_the_other_sql_makes_something_else_of_it() -> None:
    alerts = "slack__low_stock_alerts"
    said = manifest()
    mine = f"model.c.act_{alerts}"
    said["nodes"][mine] = node("model", "activation", f"act_{alerts}", MIDDLE)
    sql = """select email as record_key, email as sku, case when orders < 1 then 'low' else 'enough' end as alert_status,
        orders::bigint as units_left, 'look' as message, null::bigint as money_minor, null::varchar as currency_code,
        'crossed' as reason, email as source_key from "warehouse"."marts"."fct_rfm" """
    built(compiled(said, mine, sql, "1"), *EVERY, mine)
    make_tables(RFM, f"create or replace table activation.act_{alerts} as {sql.replace(DATABASE, '')}")
    with closing(engine.open_ledger()) as ledger:
        first = activation.make_plan(alerts, ledger)
        with ledger.engine.begin() as connection:
            claims.remember(connection, ledger.queries.deliveries(first.plan_id), NOW)
            connection.execute(update(DELIVERIES).values(state="accepted"))
        second = activation.make_plan(alerts, ledger)
        assert (second.noops, second.deliveries) == (2, ())
    built(compiled(said, mine, sql.replace("orders < 1", "orders < 3"), "2"), *EVERY, mine)
    make_tables()
    found = replayed(second.plan_id, "current")
    assert found["added"] == [["b@x.test", "update: crossed"]], found
    assert not found["changed"]
    assert not found["dropped"]


def test_a_rule_that_stands_in_a_seed_is_run_with_the_rows_of_the_rules_asked_for() -> None:
    tiered = MODEL_SQL.replace("'loyal'", "(select tier from tiers)").replace(
        "5 then", "(select from_orders from tiers) then"
    )
    sql = f"""with tiers as (select * from "warehouse"."seeds"."tiers") {tiered}"""
    said = compiled(manifest(), LAST, sql, "1")
    said["nodes"][LAST]["depends_on"]["nodes"] = [MIDDLE, SEED]
    built(said, *EVERY)
    make_tables(RFM, f"create or replace table {TABLE} as {sql.replace(DATABASE, '')}")
    with closing(engine.open_ledger()) as ledger:
        plan_id = activation.make_plan(SYNC, ledger).plan_id

    # Other SQL over a seed that is as it was: its rows are needed all the same.
    seed("nobody's", 9)
    built(compiled(said, LAST, sql.replace("'new'", "'one'"), "2"), LAST)
    make_tables()
    found = replayed(plan_id, "current")
    assert (found["rerun"]["tables"], found["rerun"]["not_run"]) == (["seeds.tiers", TABLE], {})
    assert found["changed"] == [{"record_key": "b@x.test", "differences": {"writes segment": ["new", "one"]}}]

    seed("it's gold", 2)
    said["nodes"][SEED]["checksum"]["checksum"] = "2"
    built(compiled(said, LAST, sql, "1"), SEED, LAST)
    make_tables()
    found = replayed(plan_id, "current")
    assert {one["record_key"]: one["differences"] for one in found["changed"]} == {
        "a@x.test": {"writes segment": ["loyal", "it's gold"]}, "b@x.test": {"writes segment": ["new", "it's gold"]},
    }  # fmt: skip


def test_what_can_not_be_run_again_is_named_with_the_reason() -> None:
    table = f"create or replace table {TABLE} as {MODEL_SQL.replace(DATABASE, '')}"
    mart = 'select * from "warehouse"."staging"."stg_orders"'
    built(compiled(compiled(manifest(), LAST, MODEL_SQL, "1"), MIDDLE, mart, "1"), *EVERY)
    make_tables(RFM, table)
    with closing(engine.open_ledger()) as ledger:
        plan_id = activation.make_plan(SYNC, ledger).plan_id
    said = compiled(compiled(manifest(), LAST, MODEL_SQL, "1"), MIDDLE, f"{mart} where true", "2")
    said["nodes"][FIRST]["checksum"]["checksum"] = "2"
    built(said, *EVERY)
    make_tables()
    found = replayed(plan_id, "current")
    assert found["rerun"]["not_run"] == {"marts.fct_rfm": "reads staging.stg_orders, which no snapshot holds"}
    assert (found["rerun"]["tables"], found["beyond"]) == ([], ["model stg_orders"])
    text = CliRunner().invoke(cartwheel, ["replay", plan_id, "--rules", "current"]).output
    assert "the rows below are the plan's" in text
    assert "model stg_orders: what it is made from is not published" in text

    for _ in range(warehouse.KEPT_SNAPSHOTS):
        make_tables()
    assert replayed(plan_id, "current")["why_not"] == "snapshot 1 is no longer kept"
