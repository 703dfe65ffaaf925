"""What a plan and a push show in Dagster: the plan's hash and approval, every record's outcome, what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dagster as dg

from orchestration import environment, warehouse
from orchestration.activation import spoken_money
from orchestration.exceptions_view import exceptions_table_markdown
from reverse_etl import engine, exception_reading, plan_standing, record_results, settings
from reverse_etl.engine import PushResult
from reverse_etl.forecast import forecast
from reverse_etl.ledger import Ledger
from reverse_etl.plan import Action, Plan
from reverse_etl.record_results import RecordResults
from reverse_etl.rendering import render_text
from reverse_etl.sync import Sync

PLAN_ROWS_SHOWN = 40
# An event of Dagster is kept for ever, in one piece.
RECORDS_SHOWN = 200

_COLUMNS = ("record", "action", "result", "message", "provider request id")


def plan_metadata(made: Plan, sync: Sync, ledger: Ledger, published: warehouse.Publication) -> dict[str, Any]:
    """A plan that has just been made; its table is cut, the file holds all of it."""
    read_at = published.observed_at(sync.destination)
    return {
        "plan": _plan_path(made.plan_id),
        "plan hash": made.plan_hash,
        "approval": approval(made.plan_id, sync, ledger),
        "made from": f"snapshot {published.version} of {published.published_at}",
        "destination read at": read_at.isoformat() if read_at else "never",
        "records to change": len(made.deliveries),
        "create": made.count(Action.CREATE),
        "update": made.count(Action.UPDATE),
        "delete": made.count(Action.DELETE),
        "nothing to do": made.noops,
        "waiting or held": len(made.skipped),
        "money": spoken_money(made.money_minor),
        "to send it": str(forecast(made, sync, ledger, engine.now(), settings.read())),
        "limits broken": "; ".join(made.breaches) or "none",
        "changes": dg.MetadataValue.md(f"```\n{render_text(made, PLAN_ROWS_SHOWN)}\n```"),
    }


def push_metadata(result: PushResult, sync: Sync, ledger: Ledger, results: RecordResults) -> dict[str, Any]:
    """A push that ran, to its end or until something stopped it."""
    found = plan_standing.standing(ledger.engine, result.plan_id)
    return {
        "plan": _plan_path(result.plan_id),
        "plan hash": found.plan_hash if found else "",
        "approval": approval(result.plan_id, sync, ledger),
        "made from": _age_of(result.plan_id, ledger),
        "accepted": result.accepted,
        "rejected": result.rejected,
        "in doubt": result.in_doubt,
        "waiting": result.waiting,
        "money": spoken_money(result.money_minor),
        "requests": result.calls,
        "stopped": result.stopped or "no",
        **records_metadata(results),
    }


def records_metadata(results: RecordResults) -> dict[str, Any]:
    """One row per record, those that did not arrive first; what is cut is said."""
    if not results.total:
        return {"records": "nothing was to be sent"}
    rows = (
        (item.record_key, item.action, item.result, item.message, item.provider_request_id) for item in results.shown
    )
    records = [dg.TableRecord(dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    schema = dg.TableSchema(columns=[dg.TableColumn(name) for name in _COLUMNS])
    cut = len(results.shown) < results.total
    said = (
        f"the first {len(results.shown)} of {results.total}; fct_deliveries has all" if cut else f"all {results.total}"
    )
    return {"records": dg.MetadataValue.table(records, schema), "records shown": said}


def exceptions_metadata(sync: Sync, ledger: Ledger, now: datetime) -> tuple[int, dict[str, Any]]:
    """What of a sync waits for somebody: how much, and as a table."""
    with ledger.reader() as connection:
        cases = exception_reading.listed(connection, now, exception_reading.Filters(sync=sync.name))
    shown: Mapping[str, Any] = {"exceptions": dg.MetadataValue.md(exceptions_table_markdown(cases))}
    return len(cases), {"open": len(cases), **shown}


def results_of(ledger: Ledger, open_before: list[str], plan_id: str, since: datetime) -> RecordResults:
    with ledger.reader() as connection:
        return record_results.record_results(connection, open_before, plan_id, since, RECORDS_SHOWN)


def open_deliveries(ledger: Ledger, sync: str) -> list[str]:
    with ledger.reader() as connection:
        return record_results.open_ids(connection, sync)


def approval(plan_id: str, sync: Sync, ledger: Ledger) -> str:
    """Who let a plan go, or what it waits for, in a sentence."""
    found = plan_standing.standing(ledger.engine, plan_id)
    if found is None:
        return "unknown plan"
    if needs := plan_standing.needs_person(ledger.engine, found, sync):
        return f"waits for a person: {'; '.join(needs)}"
    return f"approved by {', '.join(found.approved_by)}" if found.approved_by else "within its limits"


def _age_of(plan_id: str, ledger: Ledger) -> str:
    """From which snapshot a plan was made, and whether it is still the newest."""
    with ledger.reader() as connection:
        made_from = record_results.snapshot_of(connection, plan_id)
    newest = warehouse.newest_publication().version
    if made_from is None:
        return "no snapshot"
    if made_from == newest:
        return f"snapshot {made_from}, the newest"
    return f"snapshot {made_from}; {newest} is the newest, and what was left to send is the same in it"


def _plan_path(plan_id: str) -> dg.PathMetadataValue:
    return dg.MetadataValue.path(str(environment.home() / "plans" / f"{plan_id}.json"))
