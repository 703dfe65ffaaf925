"""The ledger of effects read back into the warehouse, so that "what did we do and why" is SQL beside the numbers."""

from contextlib import closing

import dagster as dg
import duckdb

from orchestration import warehouse
from orchestration.ledger_tables import TABLES, create_tables
from orchestration.resources import OWNERS, WRITERS
from reverse_etl import engine

MEANINGS = {
    "deliveries": "Every delivery of the ledger: which record of which destination was to change, why, and how it ended.",
    "attempts": "Every attempt of the ledger with its outcome and the destination's own request id.",
}


def read_ledger() -> dict[str, int]:
    """Replaces the warehouse's copy of the ledger; rows per table. Needs `writing`."""
    with closing(engine.open_ledger()) as ledger:
        exported = ledger.queries.export_arrow()
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
    def extract_ledger() -> tuple[dg.MaterializeResult[None], ...]:
        with warehouse.writing("read the ledger"):
            rows = read_ledger()
        return tuple(
            dg.MaterializeResult(asset_key=["raw_ledger", name], metadata={"dagster/row_count": count})
            for name, count in rows.items()
        )

    return extract_ledger
