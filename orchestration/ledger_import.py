"""The ledger of effects read back into the warehouse, so that "what did we do and why" is SQL beside the numbers."""

from collections.abc import Iterator
from contextlib import closing

import dagster as dg
import duckdb

from orchestration import warehouse
from orchestration.close import frozen
from orchestration.exceptions import queue_metadata
from orchestration.ledger_tables import TABLES, create_tables
from orchestration.resources import OWNERS, WRITERS
from reverse_etl import closes, engine, operations_export, plan_changes

MEANINGS = {
    "deliveries": "Every delivery of the ledger: which record of which destination was to change, why, and how it ended.",
    "attempts": "Every attempt of the ledger with its outcome and the destination's own request id.",
    "plan_changes": "Every planned change, field by field: what it replaces and what it becomes; personal values left out.",
    "exceptions": "Every trouble of the operator's queue, ended ones too: how grave, what money, since when, whose.",
    "audit_log": "Who decided what and why, each row chained to the one before it.",
    "drifts": "Fields at a destination that somebody edited after they were accepted from us, and what was chosen.",
    "flow_runs": "Every run of a flow that pushes, with its counts and why it stopped.",
    "approvals": "Who approved which plan, and why; `limits` where the plan kept within what its sync declares.",
    "closes": "Every closed month: who closed it, when and why, on which publication and rules.",
    "closed_amounts": "Every amount that a close froze, out of its files.",
}


def read_ledger() -> dict[str, int]:
    """Replaces the warehouse's copy of the ledger; rows per table. Needs `writing`."""
    with closing(engine.open_ledger()) as ledger:
        # Deliveries first: an exception may then be newer than its delivery, never missing.
        exported = ledger.queries.export_arrow() | operations_export.export_arrow(ledger.engine, engine.syncs())
        exported["plan_changes"] = plan_changes.export_arrow(ledger.engine, engine.syncs())
        with ledger.reader() as reader:
            exported["closed_amounts"] = frozen.amounts(warehouse.home(), closes.listed(reader))
    rows = {}
    with duckdb.connect(str(warehouse.path())) as connection:
        create_tables(connection)
        connection.execute("begin")
        for name, columns in TABLES.items():
            chosen = ", ".join(column.split()[0] for column in columns.split(", "))
            found = exported[name]
            connection.register("exported", found)
            connection.execute(f"delete from raw_ledger.{name}")
            connection.execute(f"insert into raw_ledger.{name} select {chosen} from exported")
            connection.unregister("exported")
            rows[name] = found.num_rows
        connection.execute("commit")
    return rows


def ledger_assets() -> dg.AssetsDefinition:
    specs = [
        dg.AssetSpec(
            key=["raw_ledger", name],
            group_name="raw/ledger",
            kinds={"sqlite", "duckdb"},
            owners=[OWNERS["operations"]],
            description=MEANINGS[name],
        )
        for name in TABLES
    ]

    @dg.multi_asset(name="extract_ledger", specs=specs, pool=WRITERS)
    def extract_ledger() -> Iterator[dg.MaterializeResult[None]]:
        with warehouse.writing("read the ledger"):
            rows = read_ledger()
        shown = {"exceptions": queue_metadata()}
        for name, count in rows.items():
            metadata = {"dagster/row_count": count, **shown.get(name, {})}
            yield dg.MaterializeResult(asset_key=["raw_ledger", name], metadata=metadata)

    return extract_ledger
