"""What `cartwheel explain` and `cartwheel replay` do: open the ledger and the warehouse, ask, and write the answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager

import click
import duckdb
from sqlalchemy import Engine

from orchestration import environment, model_code, model_sql, warehouse
from orchestration.lineage_models import lineage_of
from pipelines.settings import home as pipelines_home
from pipelines.vault import FOLDER, Vault
from reverse_etl import explain_rendering, replay_rendering, rule_versions, settings, what_if
from reverse_etl.explain import Explanation, explain
from reverse_etl.kept_sql import KeptModel, Rerun
from reverse_etl.ledger_store import opened
from reverse_etl.personal import hidden_json
from reverse_etl.plan_inputs import PlanInputs, unpack
from reverse_etl.replay import Replay, load, replay
from reverse_etl.rule_versions import ModelCode
from reverse_etl.sync import Sync
from reverse_etl.syncs import all_syncs

# A build holds the warehouse for minutes; who asks why does not wait for it.
WAIT_SECONDS = 3.0


def explain_delivery(delivery_id: str, output: str, limit: int, show_personal: bool) -> int:
    environment.prepare()
    with _store() as engine:
        found = explained(engine, delivery_id)
    if output == "json":
        content = explain_rendering.as_json(found, show_personal=show_personal)
        sys.stdout.write(json.dumps(content, indent=1, default=str, ensure_ascii=False) + "\n")
    else:
        click.echo(explain_rendering.render_text(found, limit, show_personal=show_personal))
    return 0


def explain_answer(digest: str, show_personal: bool) -> int:
    """Writes a kept answer: as it came, or as JSON with what identifies a person hidden."""
    environment.prepare()
    try:
        content = Vault(pipelines_home() / FOLDER).read(digest)
    except KeyError:
        raise click.ClickException(
            f"no answer with the digest {digest} is kept here; `cartwheel explain delivery` names those of a delivery"
        ) from None
    if show_personal:
        sys.stdout.buffer.write(content)
        return 0
    try:
        click.echo(hidden_json(content.decode()))
    except ValueError:
        raise click.ClickException(
            f"this answer is not JSON ({len(content)} bytes), so nothing in it can be hidden: use --show-personal"
        ) from None
    return 0


def explained(engine: Engine, delivery_id: str, wait_seconds: float = WAIT_SECONDS) -> Explanation:
    """A delivery explained from the live warehouse, or from the published snapshot while that is being written."""
    syncs = all_syncs()
    lineage = {sync.model: lineage_of(sync.model) for sync in syncs.values() if delivery_id.startswith(sync.name)}
    with readable(wait_seconds) as (connection, notice):
        return explain(engine, delivery_id, connection, lineage, syncs, [notice] if notice else [])


@contextmanager
def readable(wait_seconds: float) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """A reader of everything down to raw; else of the snapshot, with the sentence that says why.

    The live file is only read while nobody may write it: an open reader would make the next writer fail.
    """
    busy = ""
    try:
        with warehouse.writing("cartwheel explain", wait_seconds), _live() as connection:
            yield connection, ""
            return
    except warehouse.WarehouseBusy as error:
        busy = str(error).partition(";")[0]
    except _Unreadable as error:
        busy = str(error)
    with warehouse.reading() as connection:
        version = warehouse.newest_publication().version
        yield connection, f"{busy}. Shown is published snapshot {version}, which holds marts and activation only."


class _Unreadable(Exception):
    """The live warehouse can not be opened now; the message says why."""


@contextmanager
def _live() -> Iterator[duckdb.DuckDBPyConnection]:
    if not warehouse.path().exists():
        raise _Unreadable("There is no warehouse file")
    try:
        connection = duckdb.connect(str(warehouse.path()), read_only=True)
    except duckdb.IOException:
        raise _Unreadable("Another process has the warehouse open for writing") from None
    with closing(connection):
        connection.execute("set TimeZone = 'UTC'")
        # Each list of currencies in a staging view would become a join of its own: for a handful of rows that costs
        # twenty times what the rows do.
        connection.execute("set disabled_optimizers = 'in_clause'")
        yield connection


def replay_plan(reference: str, rules: str | None, output: str) -> int:
    """Exit code 1 when the plan is not derived as it is stored."""
    environment.prepare()
    with _store() as engine:
        again = replay(engine, reference)
        other = None
        if rules is not None:
            other = _under(engine, again, rules)
    if output == "json":
        sys.stdout.write(json.dumps(replay_rendering.as_json(again, other), indent=1, default=str) + "\n")
    else:
        click.echo(replay_rendering.render_text(again, other))
    return 0 if again.is_identical else 1


def _under(engine: Engine, again: Replay, rules: str) -> what_if.WhatIf:
    syncs = all_syncs()
    code_now = _code_now(syncs[again.sync].model) if again.sync in syncs else None
    then = rule_versions.rules_of(engine, again.sync, str(again.declaration), syncs)
    asked = rule_versions.rules_of(engine, again.sync, rules, syncs, code_now)
    differs = rule_versions.difference(then.code, asked.code)
    inputs = unpack(load(engine, again.plan_id).inputs)
    if differs.is_same or then.code is None or asked.code is None:
        return what_if.under(inputs, asked.sync, rules, differs)
    texts = model_code.read_sql(then.code.digest), model_code.read_sql(asked.code.digest)
    found, why_not = _run_again(again, inputs, asked.sync, *texts)
    beyond = model_sql.beyond((*differs.changed, *differs.added, *differs.removed), *texts)
    return what_if.under(inputs, asked.sync, rules, differs, found, why_not, beyond)


def _run_again(
    again: Replay, inputs: PlanInputs, sync: Sync, then: Mapping[str, KeptModel], other: Mapping[str, KeptModel]
) -> tuple[Rerun | None, str]:
    """The other SQL over the plan's snapshot, or why it can not be run."""
    if again.snapshot is None:
        return None, "it was made from rows that were handed in, and from no snapshot"
    if f"activation.{sync.model}" not in other:
        return None, "no SQL of the other rules was kept"
    folder = warehouse.home() / "published"
    file = next((folder / found.file for found in warehouse.publications() if found.version == again.snapshot), None)
    if file is None or not file.exists():
        return None, f"snapshot {again.snapshot} is no longer kept"
    # Imported here: only what is run needs Arrow, and whoever explains or replays waits for none of it.
    from reverse_etl import rerun

    made = rerun.run(file, again.snapshot, inputs, sync, then, other)
    return made, "" if made.tables else "nothing of the other SQL that differs could be run"


def _code_now(model: str) -> ModelCode | None:
    """What a model was built from when it was last published."""
    try:
        return model_code.read_published(warehouse.newest_publication().model_code.get(f"activation.{model}"))
    except warehouse.NothingPublished:
        return None


def _store() -> AbstractContextManager[Engine]:
    # Not the ledger: only reading needs none of what it brings along to write and to plan.
    return opened(settings.read().operations_url)
