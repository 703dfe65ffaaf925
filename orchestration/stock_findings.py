"""What a snapshot says about stock that a person must settle, into the operator's queue; what it no longer says, ends there."""

from __future__ import annotations

from datetime import datetime

from orchestration import warehouse
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger import Ledger

TABLE = "marts.fct_stock_exceptions"
# The queue groups by destination; these troubles are of no vendor but of the shelves.
SHELVES = "stock"
CODES = ("oversold_last_unit", "negative_stock", "unexplained_stock")


def report(published: warehouse.Publication, ledger: Ledger, now: datetime) -> int:
    """Open a case per row of fct_stock_exceptions and end those without one; how many rows there are."""
    if TABLE not in published.tables:
        return 0
    with warehouse.reading() as connection:
        rows = connection.execute(
            f"select exception_code, record_key, sku, message from {TABLE} order by exception_code, record_key"
        ).fetchall()
    findings = [
        Finding(
            code=code,
            kind="conflict",
            message=message,
            destination=SHELVES,
            record_key=record_key,
            evidence={"sku": sku, "snapshot": published.version},
            # One shelf that runs dry is one root cause, however many orders lose by it.
            cause=sku,
        )
        for code, record_key, sku, message in rows
    ]
    ledger.stand(SHELVES, CODES, findings, "the snapshot no longer shows it", now)
    return len(findings)
