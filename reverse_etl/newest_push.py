"""The newest word to a destination about a record."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from reverse_etl.delivery_states import State
from reverse_etl.ledger_tables import DELIVERIES

_READ = ("delivery_id", "planned_at", "state", "state_at", "reason", "payload")


def newest_push(ledger: Connection, sync: str, record_key: str) -> dict[str, Any] | None:
    """The newest delivery of a record, whatever came of it: delivery_id, planned_at, state, state_at, reason, payload.

    One that gave way to another is passed over. Times are UTC.
    """
    mine = (DELIVERIES.c.sync == sync, DELIVERIES.c.record_key == record_key, DELIVERIES.c.state != State.SUPERSEDED)
    newest = (DELIVERIES.c.planned_at.desc(), DELIVERIES.c.delivery_id.desc())
    wanted = select(*(DELIVERIES.c[name] for name in _READ)).where(*mine).order_by(*newest).limit(1)
    row = ledger.execute(wanted).mappings().first()
    return {**row, "payload": json.loads(row["payload"])} if row is not None else None
