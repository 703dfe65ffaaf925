"""A plan says which SQL its rows came from, and a replay under other rules names the models that changed since."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from orchestration import activation, model_code, warehouse
from orchestration.build import Built, Node
from orchestration.cli import cartwheel
from reverse_etl import engine
from tests.orchestration.published_home import fail_in_build, failed_check, publish, settle_in
from tests.reverse_etl import activation_rows as rows

SYNC = "hubspot__contacts"
TABLE = f"activation.act_{SYNC}"
LAST, MIDDLE, FIRST, SEED = f"model.c.act_{SYNC}", "model.c.fct_rfm", "model.c.stg_orders", "seed.c.tiers"
EVERY = (SEED, FIRST, MIDDLE, LAST)


def node(
    kind: str, schema: str, name: str, *parents: str, sql: str = "", macros: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "resource_type": kind, "schema": schema, "alias": name, "name": name, "raw_code": sql,
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
    return tmp_path


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
    assert "not computed, for its files are not kept" in said.output
    again = run(cartwheel, ["replay", plan_id, "--rules", "1"])
    assert "the same, in all 7 parts" in again.output
