"""From the net revenue of a month as it was once reported to today's, row by row; the causes add up to the difference exactly.

The causes are those of fct_close_changes, here against any report that is still kept; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration import warehouse
from orchestration.close import frozen
from orchestration.close.month import CloseRefused, spoken
from reverse_etl.closes import ClosedMonth

TABLE = "marts.fct_net_revenue"

# The report is what a month looked like then: its revenue lines, and the orders it knew.
_CHANGES = """
with
reported as (select * from reported_revenue),
today as (select * from marts.fct_net_revenue where entity_id = $entity and event_month = $period),
orders as (select order_id, entity_id from marts.fct_order_reconciliation),
known as (select order_id from reported_orders union select order_id from reported),
compared as (
    select coalesce(today.net_revenue_id, reported.net_revenue_id) as row_key,
           coalesce(today.currency_code, reported.currency_code) as currency_code,
           coalesce(today.order_id, reported.order_id) as order_id,
           coalesce(today.order_number, reported.order_number) as order_number,
           coalesce(today.refund_id, reported.refund_id) as refund_id,
           coalesce(today.event_date, reported.event_date) as event_date,
           reported.net_revenue_id is not null as was_reported,
           today.net_revenue_id is not null as is_there,
           coalesce(reported.net_revenue_minor, 0) as reported_minor,
           coalesce(today.net_revenue_minor, 0) as today_minor
    from reported
    full outer join today
        on reported.net_revenue_id = today.net_revenue_id and reported.currency_code = today.currency_code
)
select case
           when was_reported and is_there then 'order edited'
           when was_reported and coalesce(elsewhere.entity_id, orders.entity_id) != $entity then 'mapping changed'
           when was_reported and elsewhere.net_revenue_id is not null then 'moved to another month'
           when was_reported and orders.order_id is not null then 'order edited'
           when was_reported then 'gone at the source'
           when compared.refund_id is not null then 'late refund'
           when known.order_id is not null then 'order edited'
           else 'new order'
       end as cause,
       compared.row_key, compared.order_number, compared.refund_id, compared.event_date, compared.currency_code,
       reported_minor, today_minor, today_minor - reported_minor as amount_minor
from compared
left join orders on compared.order_id = orders.order_id
left join known on compared.order_id = known.order_id
left join (select net_revenue_id, min(entity_id) as entity_id from marts.fct_net_revenue group by all) as elsewhere
    on compared.row_key = elsewhere.net_revenue_id
where reported_minor != today_minor
order by currency_code, cause, abs(amount_minor) desc, row_key
"""


@dataclass(frozen=True)
class Change:
    """One row that is not what was reported."""

    cause: str
    row_key: str
    order_number: str | None
    refund_id: str | None
    event_date: object
    currency_code: str
    reported_minor: int
    today_minor: int
    amount_minor: int


@dataclass(frozen=True)
class Explained:
    """The report, today, and the rows between them; per currency."""

    report: str
    reported_minor: dict[str, int]
    today_minor: dict[str, int]
    # Digest of the reported rows: the one a close printed for fct_net_revenue.
    digest: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Report:
    """Where the rows of a past report are: a close's files, or a snapshot that is still kept."""

    name: str
    folder: Path | None = None
    snapshot: Path | None = None


def of_close(home: Path, close: ClosedMonth) -> Report:
    """The report a close froze. Raises CloseRefused when its file is not the one that was frozen."""
    told = [sentence for sentence in frozen.broken(home, close) if sentence.startswith("fct_")]
    if told:
        raise CloseRefused(f"the close of {close.close_id} can not be read: {told[0]}")
    folder = frozen.folder_of(home, close.entity_id, close.period_month)
    return Report(f"as closed {spoken(close.closed_at)} by {close.closed_by}", folder=folder)


def known_at(moment: datetime, home: Path, close: ClosedMonth | None) -> Report:
    """What was published last at a moment, from any place that still holds the same revenue rows.

    Raises CloseRefused when nothing was published by then, or nothing that is kept holds those rows.
    """
    earlier = [found for found in warehouse.publications() if datetime.fromisoformat(found.published_at) <= moment]
    if not earlier:
        raise CloseRefused(f"nothing was published by {spoken(moment)}")
    wanted = earlier[-1]
    content = wanted.tables.get(TABLE)
    name = f"as known at {spoken(moment)} (publication {wanted.version})"
    for found in reversed(warehouse.publications()):
        file = home / "published" / found.file
        if found.tables.get(TABLE) == content and file.exists():
            return Report(name, snapshot=file)
    if close is not None and content in [item.tables.get(TABLE) for item in earlier if item.version == close.snapshot]:
        return Report(name, folder=of_close(home, close).folder)
    raise CloseRefused(
        f"publication {wanted.version} of {wanted.published_at[:16]} is no longer kept, and no close froze its numbers;"
        f" the {warehouse.KEPT_SNAPSHOTS} newest are, and every close is"
    )


def explain(connection: duckdb.DuckDBPyConnection, report: Report, entity_id: str, period: str) -> Explained:
    """Compare a report with the snapshot that is open."""
    with _reported(report, entity_id, period) as (revenue, orders, digest):
        connection.register("reported_revenue", revenue)
        connection.register("reported_orders", orders)
        found = connection.execute(_CHANGES, {"entity": entity_id, "period": period}).fetchall()
        reported = _totals(connection, "select currency_code, net_revenue_minor from reported_revenue")
        today = _totals(
            connection,
            "select currency_code, net_revenue_minor from marts.fct_net_revenue where entity_id = $1 and event_month = $2",
            [entity_id, period],
        )
    return Explained(report.name, reported, today, digest, tuple(Change(*row) for row in found))


@contextmanager
def _reported(report: Report, entity_id: str, period: str) -> Iterator[tuple[object, object, str]]:
    """Revenue and orders of the report as Arrow, and the digest of its revenue rows."""
    if report.snapshot is not None:
        source = duckdb.connect(str(report.snapshot), read_only=True)
        revenue = (frozen.select("fct_net_revenue"), [entity_id, period])
        orders = (frozen.select("fct_order_reconciliation"), [entity_id, period])
    else:
        source = duckdb.connect()
        revenue = ("from read_parquet($1)", [str(report.folder / "fct_net_revenue.parquet")])  # type: ignore[operator]
        orders = ("from read_parquet($1)", [str(report.folder / "fct_order_reconciliation.parquet")])  # type: ignore[operator]
    with source:
        _, digest = frozen.digest_of(source, *revenue)
        yield source.execute(*revenue).to_arrow_table(), source.execute(*orders).to_arrow_table(), digest


def _totals(connection: duckdb.DuckDBPyConnection, rows: str, parameters: Sequence[str] = ()) -> dict[str, int]:
    found = connection.execute(
        f"select currency_code, cast(sum(net_revenue_minor) as bigint) from ({rows}) group by all order by all",
        list(parameters),
    ).fetchall()
    return dict(found)
