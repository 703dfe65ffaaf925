"""Plan and push of one sync from the newest published snapshot: what the assets and the command line share."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from orchestration import environment, warehouse
from reverse_etl import engine, settings
from reverse_etl.ledger import Ledger
from reverse_etl.money import spoken
from reverse_etl.plan import Plan
from reverse_etl.push import Progress
from reverse_etl.rendering import as_json


def make_plan(sync_name: str, ledger: Ledger) -> Plan:
    """The plan of a sync from the newest snapshot, stored in the ledger and as a file under `plans/`."""
    sync = engine.sync_named(sync_name)
    observed_at = warehouse.newest_publication().observed_at(sync.destination)
    with warehouse.reading() as connection:
        made = engine.make_plan(sync_name, connection, ledger, datetime.now(UTC), observed_at)
    folder = environment.home() / "plans"
    folder.mkdir(exist_ok=True)
    (folder / f"{made.plan_id}.json").write_text(json.dumps(as_json(made), indent=1, default=str))
    return made


def push_newest(sync_name: str, ledger: Ledger, progress: Progress = lambda done, total: None) -> engine.PushResult:
    """Sends the newest plan of a sync, after making one where there is none."""
    newest = ledger.queries.newest_plan(sync_name) or make_plan(sync_name, ledger)
    return engine.push(newest, ledger, settings.read(), progress)


def spoken_money(money_minor: dict[str, int]) -> str:
    """Money moved, for a person; currencies are never added up."""
    return ", ".join(spoken(minor, currency) for currency, minor in sorted(money_minor.items())) or "none"


def refusals(ledger: Ledger, plan_id: str) -> list[str]:
    """The records of a plan that the destination refused, each with the destination's own words."""
    deliveries = ledger.queries.export_arrow()["deliveries"].to_pylist()
    return [
        f"{row['record_key']}: {row['message'] or row['code']}"
        for row in deliveries
        if row["plan_id"] == plan_id and row["state"] == "rejected"
    ]
