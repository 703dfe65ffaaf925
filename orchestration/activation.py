"""The plan of one sync from the newest published snapshot, and what keeps it from being made or sent: failed checks.

A sync whose activation model is made from numbers that a failed check puts in doubt is neither planned nor pushed; the
others go on. It goes again by itself with the first snapshot in which the check holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from orchestration import (
    book_findings,
    environment,
    margin_findings,
    model_code,
    stock_findings,
    warehouse,
    webhook_silence,
)
from orchestration.failed_checks import FailedCheck
from reverse_etl import engine
from reverse_etl.errors import StopSync
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger import Ledger
from reverse_etl.money import spoken
from reverse_etl.plan import Plan
from reverse_etl.rendering import as_json
from reverse_etl.sync import Sync

BLOCKED = "blocked_by_check"


def make_plan(sync_name: str, ledger: Ledger) -> Plan:
    """The plan of a sync from the newest snapshot, stored in the ledger and as a file under `plans/`.

    Raises StopSync, with code `blocked_by_check`, when a failed check puts its activation model in doubt.
    """
    sync = engine.sync_named(sync_name)
    published = warehouse.newest_publication()
    require_sound(sync, ledger, blocked_syncs(published))
    observed_at = published.observed_at(sync.destination)
    with warehouse.reading() as connection:
        code = model_code.read_published(published.model_code.get(f"activation.{sync.model}"))
        now = datetime.now(UTC)
        read_at = published.moments()
        made = engine.make_plan(sync_name, connection, ledger, now, observed_at, published.version, code, read_at)
    folder = environment.home() / "plans"
    folder.mkdir(exist_ok=True)
    (folder / f"{made.plan_id}.json").write_text(json.dumps(as_json(made), indent=1, default=str))
    return made


def require_sound(sync: Sync, ledger: Ledger, blocked: Mapping[str, tuple[FailedCheck, ...]]) -> None:
    """Raises StopSync naming the failed checks that put a sync's activation model in doubt; they are in the queue too."""
    failed = blocked.get(sync.name)
    if failed:
        finding = _finding(sync, failed)
        ledger.note([finding], datetime.now(UTC))
        raise StopSync(finding.message, code=BLOCKED)


def blocked_syncs(published: warehouse.Publication | None = None) -> dict[str, tuple[FailedCheck, ...]]:
    """The syncs that wait for a check in this publication (default: the newest), each with those it waits for."""
    if published is None:
        try:
            published = warehouse.newest_publication()
        except warehouse.NothingPublished:
            return {}
    found = {name: published.doubts(f"activation.{sync.model}") for name, sync in engine.syncs().items()}
    return {name: failed for name, failed in found.items() if failed}


def publish(now: datetime) -> warehouse.Publication:
    """Publishes the snapshot, and tells the queue which syncs it blocks, which are free again, what is amiss with stock, costs and books, and who is silent."""
    with warehouse.writing("publish"):
        published = warehouse.publish(now)
    ledger = engine.open_ledger()
    try:
        blocked = blocked_syncs(published)
        ledger.note([_finding(engine.sync_named(name), failed) for name, failed in blocked.items()], now)
        for name in engine.syncs():
            if name not in blocked:
                ledger.clear(name, [BLOCKED], "the checks it waits for hold again", now)
        stock_findings.report(published, ledger, now)
        margin_findings.report(published, ledger, now)
        book_findings.report(published, ledger, now)
        webhook_silence.report(published, ledger, now)
    finally:
        ledger.close()
    return published


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


def _finding(sync: Sync, failed: tuple[FailedCheck, ...]) -> Finding:
    names = [check.name for check in failed]
    return Finding(
        code=BLOCKED,
        kind="validation",
        message=(
            f"{sync.model} is made from numbers that {'a check says' if len(names) == 1 else f'{len(names)} checks say'}"
            f" are wrong: {', '.join(names[:10])}. Nothing of it is planned or sent until they hold"
        ),
        sync=sync.name,
        destination=sync.destination,
        evidence={
            "checks": {check.name: check.meaning for check in failed[:10]},
            "found wrong": {check.name: [json.loads(row) for row in check.rows] for check in failed[:10] if check.rows},
        },
        cause=", ".join(names),
    )
