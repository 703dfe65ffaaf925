"""What was sold without a known cost, into the operator's queue, by SKU; what has a cost now, ends there."""

from __future__ import annotations

from datetime import datetime

from orchestration import warehouse
from reverse_etl.exception_codes import CODES
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger import Ledger

TABLE = "marts.fct_unknown_costs"
# The queue groups by destination; these troubles are of no vendor but of the margins.
MARGINS = "margins"
MISSING_COST = "missing_cost"


def report(published: warehouse.Publication, ledger: Ledger, now: datetime) -> int:
    """Open a case per row of fct_unknown_costs and end those without one; how many rows there are."""
    if TABLE not in published.tables:
        return 0
    with warehouse.reading() as connection:
        rows = connection.execute(
            f"""select unknown_cost_id, what, sku, currency_code, orders, quantity, net_revenue_minor, first_date, last_date
                from {TABLE} order by unknown_cost_id"""
        ).fetchall()
    findings = [
        Finding(
            code=MISSING_COST,
            kind="validation",
            message=f"No cost is known of {what}: {quantity} sold in {orders} orders from {first} to {last}, whose margin is"
            " empty until somebody tells it",
            destination=MARGINS,
            record_key=key,
            money_minor=money_minor,
            currency_code=currency,
            evidence={"sku": sku, "snapshot": published.version},
            # One product without a cost is one root cause, whatever currency it was sold in.
            cause=what,
            # A warning, however much was sold: no money is lost by it, only unknown.
            severity=CODES[MISSING_COST].severity.word,
        )
        for key, what, sku, currency, orders, quantity, money_minor, first, last in rows
    ]
    ledger.stand(MARGINS, (MISSING_COST,), findings, "its cost is known now", now)
    return len(findings)
