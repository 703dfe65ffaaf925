"""Assets that read documents back from their destinations: per sync what somebody edited or deleted there since.

Reads only, outside the pools of the pushes: it gives way to them (read_back.py). What it finds is an exception each, and
the light beside it stays red until somebody has chosen. It fails only for what a person must put right in the set-up.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import dagster as dg

from orchestration.resources import OWNERS, TEAMS, reading_pool
from reverse_etl import drift_store, engine, settings
from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger import Ledger
from reverse_etl.read_back import FLOW as CHECK_DRIFT
from reverse_etl.read_back import Compared, checked_syncs, read_back
from reverse_etl.sync import Lane, Sync

NO_DRIFT_WAITS = "no_drift_waits_for_a_choice"
ALL_READ = "every_document_was_read_back"
CHECKS = {
    NO_DRIFT_WAITS: "Fails when somebody edited or deleted what we wrote: see `cartwheel drift list`, and choose.",
    ALL_READ: "Fails when documents could not be read back, so that nobody knows whether they were edited.",
}
# An event of Dagster is kept for ever, in one piece.
DRIFTS_SHOWN = 200
_COLUMNS = ("record", "field", "accepted from us", "there now", "found at")


def drift_assets() -> list[dg.AssetsDefinition]:
    return [_drift_asset(sync) for sync in checked_syncs().values()]


def drift_job() -> Any:
    return dg.define_asset_job(
        CHECK_DRIFT,
        selection=dg.AssetSelection.assets(*(["drift", name] for name in checked_syncs())),
        # Behind every push that waits.
        tags={"dagster/priority": str(-max(Lane) - 10)},
        description="Reads every document back and says which were edited or deleted at their destination. Sends nothing.",
    )


def _drift_asset(sync: Sync) -> dg.AssetsDefinition:
    key = dg.AssetKey(["drift", sync.name])
    spec = dg.AssetSpec(
        key=key,
        deps=[dg.AssetKey(["push", sync.name])],
        group_name=f"sync/{sync.destination}",
        kinds={"httpx", sync.destination},
        owners=[OWNERS[TEAMS[sync.lane]]],
        description=f"What {sync.destination} holds now of the documents of {sync.name}, against what it accepted. Sends nothing.",
    )
    checks = [dg.AssetCheckSpec(name, asset=key, description=meaning) for name, meaning in CHECKS.items()]

    @dg.multi_asset(name=f"drift__{sync.name}", specs=[spec], check_specs=checks, pool=reading_pool(sync.destination))
    def drift() -> Iterator[dg.MaterializeResult]:
        with closing(engine.open_ledger()) as ledger:
            try:
                compared = read_back(sync, ledger, settings.read(), clock=engine.now)
            except ConfigurationError as error:
                raise dg.Failure(str(error), allow_retries=False) from None
            waiting = open_drifts(sync, ledger)
        yield dg.MaterializeResult(metadata=_metadata(compared, waiting), check_results=_checks(compared, waiting))

    return drift


def open_drifts(sync: Sync, ledger: Ledger) -> list[dict[str, Any]]:
    """Edits of this sync's documents that wait for a choice, whenever they were found."""
    with ledger.reader() as connection:
        return drift_store.listed(connection, sync.name)


def _metadata(compared: Compared, waiting: list[dict[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "documents read back": compared.records,
        "waiting for a choice": len({row["record_key"] for row in waiting}),
        "not read back": len(compared.unread) + compared.left,
        "stopped": str(compared.stopped) if compared.stopped is not None else "no",
    }
    if waiting:
        names = ("record_key", "field", "accepted", "observed", "found_at")
        rows = [dict(zip(_COLUMNS, (str(row[name]) for name in names), strict=True)) for row in waiting[:DRIFTS_SHOWN]]
        schema = dg.TableSchema(columns=[dg.TableColumn(name) for name in _COLUMNS])
        said["drifts"] = dg.MetadataValue.table([dg.TableRecord(row) for row in rows], schema)
        said["drifts shown"] = f"{len(rows)} of {len(waiting)}; `cartwheel drift list` has all"
    return said


def _checks(compared: Compared, waiting: list[dict[str, Any]]) -> list[dg.AssetCheckResult]:
    # Nothing is broken and nothing held up: somebody is to look at it by day.
    warns = dg.AssetCheckSeverity.WARN
    unread = dict(list(compared.unread.items())[:10])
    return [
        dg.AssetCheckResult(
            check_name=NO_DRIFT_WAITS,
            passed=not waiting,
            severity=warns,
            metadata={"waiting": ", ".join(sorted({row["record_key"] for row in waiting})[:20]) or "none"},
        ),
        dg.AssetCheckResult(
            check_name=ALL_READ,
            passed=compared.is_whole,
            severity=warns,
            metadata={"not read": unread or "none", "left": compared.left},
        ),
    ]
