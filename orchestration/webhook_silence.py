"""Webhooks that no longer come: polling has read orders that no webhook ever spoke of, into the queue and as a light in Dagster.

A shop switches a webhook off after a few failures (WooCommerce after five) and tells nobody. Nothing is lost, for polling
reads on; but nothing comes in either, so that a lane without work looks like a lane that keeps up.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration import warehouse
from pipelines.intake.inbox import Inbox
from pipelines.intake.signatures import schemes
from reverse_etl.errors import Kind
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger import Ledger

TABLE = "marts.fct_customer_orders"
SNAPSHOT = dg.AssetKey(["published", "snapshot"])
WEBHOOKS_COME = "webhooks_come"
SILENT = "webhooks_silent"
# The queue groups by destination; these troubles are of the way in.
INTAKE = "webhooks"
# A vendor that is up tells within seconds and repeats for hours what failed; WooCommerce waits for its next visitor.
PATIENCE = timedelta(minutes=15)
# "orders/create" and "order.created" alike.
ABOUT_ORDERS = "order"


@dataclass(frozen=True)
class Silence:
    """One account whose orders are read and not told: since when, and how many of them."""

    platform: str
    account_id: str
    heard_up_to: datetime
    orders: int
    oldest: str

    @property
    def message(self) -> str:
        return (
            f"No webhook of {self.platform} ({self.account_id}) speaks of the orders since {self.heard_up_to:%Y-%m-%d %H:%M:%S}"
            f" UTC, and polling has read {self.orders} of them, the oldest {self.oldest}: it has probably been switched off there"
        )


def silences(inbox: Inbox, now: datetime) -> list[Silence]:
    """Accounts that once sent webhooks about orders, and have not of orders that polling read and that are old enough."""
    heard = {account: moment for account, moment in inbox.heard_up_to(ABOUT_ORDERS).items() if account[0] in schemes()}
    found = []
    with warehouse.reading() as connection:
        for (platform, account_id), moment in sorted(heard.items()):
            # By the platform's own clock on both sides; an order gets as long as a slow vendor takes.
            rows = connection.execute(
                f"""select order_id from {TABLE}
                    where platform = $1 and account_id = $2 and placed_at > $3 and placed_at <= $4
                    order by placed_at, order_id""",
                [platform, account_id, moment.replace(tzinfo=None), (now - PATIENCE).replace(tzinfo=None)],
            ).fetchall()
            if rows:
                found.append(Silence(platform, account_id, moment, len(rows), rows[0][0]))
    return found


def report(published: warehouse.Publication, ledger: Ledger, now: datetime) -> int:
    """Open a case per silent account and end those that are heard again; how many are silent."""
    if TABLE not in published.tables:
        return 0
    with closing(Inbox.at_home()) as inbox:
        found = silences(inbox, now)
    findings = [
        Finding(
            code=SILENT,
            kind=Kind.TRANSIENT,
            message=silence.message,
            destination=INTAKE,
            record_key=f"{silence.platform}/{silence.account_id}",
            evidence={"platform": silence.platform, "snapshot": published.version},
            cause=f"{SILENT} {silence.platform} {silence.account_id}",
        )
        for silence in found
    ]
    ledger.stand(INTAKE, (SILENT,), findings, "a webhook spoke of a newer order", now)
    return len(findings)


def webhook_check() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=SNAPSHOT,
        name=WEBHOOKS_COME,
        description="When it fails: polling reads orders of a shop whose webhooks no longer come; stock is minutes late there.",
    )
    def webhooks_come() -> dg.AssetCheckResult:
        with closing(Inbox.at_home()) as inbox:
            known = TABLE in warehouse.newest_publication().tables
            found = silences(inbox, datetime.now(UTC)) if known else []
        return dg.AssetCheckResult(
            passed=not found,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"silent": "\n".join(silence.message for silence in found) or "none"},
        )

    return webhooks_come
