"""The people's tables as Arrow, for `raw_ledger` in the warehouse: exceptions, decisions, drifts, runs, approvals.

Evidence stays here, and so do values of personal fields: a question in the warehouse needs to know that something
happened to a record, not to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Engine, Integer, Table, select

from reverse_etl.closes import CLOSES
from reverse_etl.ledger_store import reader
from reverse_etl.ledger_tables import UtcDateTime
from reverse_etl.operations_tables import APPROVALS, AUDIT_LOG, DRIFTS, EXCEPTIONS, FLOW_RUNS
from reverse_etl.sync import Sync

EXPORTED: dict[str, Table] = {
    "exceptions": EXCEPTIONS,
    "audit_log": AUDIT_LOG,
    "drifts": DRIFTS,
    "flow_runs": FLOW_RUNS,
    "approvals": APPROVALS,
    "closes": CLOSES,
}
_STAYS = ("evidence", "fingerprint", "actions", "record")
_VALUES = ("accepted_value", "observed_value", "wanted_value")
# JSON text, as the values beside it.
MASK = '"…"'
_ROWS_PER_FETCH = 50_000


def export_arrow(engine: Engine, syncs: Mapping[str, Sync]) -> dict[str, pa.Table]:
    """Each table as it is now; the declarations say which fields are personal."""
    found = {}
    with reader(engine) as connection:
        for name, table in EXPORTED.items():
            columns = [column for column in table.c if column.name not in _STAYS]
            schema = pa.schema([(column.name, _arrow_type(column.type)) for column in columns])
            result = connection.execute(select(*columns)).mappings()
            pieces = []
            while rows := result.fetchmany(_ROWS_PER_FETCH):
                kept = [_discreet(dict(row), syncs) if table is DRIFTS else dict(row) for row in rows]
                pieces.append(pa.RecordBatch.from_pylist(kept, schema=schema))
            found[name] = pa.Table.from_batches(pieces, schema=schema)
    return found


def _discreet(drift: dict[str, Any], syncs: Mapping[str, Sync]) -> dict[str, Any]:
    sync = syncs.get(drift["sync"])
    # Of a sync that is gone nobody can say what was personal.
    if sync is None or drift["field"] in sync.personal_fields:
        drift |= dict.fromkeys(_VALUES, MASK)
    return drift


def _arrow_type(kind: object) -> pa.DataType:
    if isinstance(kind, UtcDateTime):
        return pa.timestamp("us", tz="UTC")
    return pa.int64() if isinstance(kind, BigInteger | Integer) else pa.string()
