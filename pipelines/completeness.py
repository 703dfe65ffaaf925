"""What was loaded held against the platforms' own counts, per account, resource and day; what is missing is read again.

Polling remembers how far it has read. A record that a platform showed late, or a run that went wrong in a way nobody
foresaw, leaves a gap behind that mark; this finds it, because it asks the platform and not our memory. Results are
appended to `raw_completeness.day_counts`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import duckdb

from pipelines.connector import Connector
from pipelines.counting import Countable, countable
from pipelines.errors import ExtractionError
from pipelines.extract import connector, platforms, run_connector
from pipelines.settings import connections, warehouse_path

SCHEMA = "raw_completeness"
TABLE = f"{SCHEMA}.day_counts"
DAYS = 7
# Once a week: what a platform shows up to a month late lies in here, on whichever day it came.
LATE_DAYS = 35
# The first day ever: what can not be found by date alone is looked for in everything.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_CREATE = f"""
create table if not exists {TABLE} (
    platform varchar, account_id varchar, resource varchar, day date,
    platform_records bigint, loaded_records bigint, platform_total decimal(38, 9), loaded_total decimal(38, 9),
    counted_at timestamptz
)"""


@dataclass(frozen=True)
class DayCount:
    """One day of one resource of one account: what the platform has, what is here, and when that was so (UTC)."""

    platform: str
    account_id: str
    resource: str
    day: date
    platform_records: int
    loaded_records: int
    platform_total: Decimal | None
    loaded_total: Decimal | None
    counted_at: datetime

    @property
    def missing(self) -> int:
        """Records the platform has and we have not; below zero it no longer shows what is here."""
        return self.platform_records - self.loaded_records

    @property
    def lacks(self) -> bool:
        """Something is missing here. What the platform shows no longer is no lack: reading brings nothing back."""
        return self.missing > 0 or (self.missing == 0 and self.platform_total != self.loaded_total)

    @property
    def agrees(self) -> bool:
        return not self.missing and self.platform_total == self.loaded_total


@dataclass(frozen=True)
class Counted:
    """The counts of one resource over all accounts; `healed` are the days a second reading completed.

    `error` says why it could not be counted or read again; then the days are those counted before.
    """

    platform: str
    resource: str
    days: tuple[DayCount, ...]
    healed: tuple[DayCount, ...] = ()
    error: ExtractionError | None = None

    @property
    def differing(self) -> tuple[DayCount, ...]:
        return tuple(day for day in self.days if not day.agrees)


def counted_platforms() -> list[str]:
    """Platforms that count their own records."""
    return [platform for platform in platforms() if countable(platform)]


def window(now: datetime, days: int = DAYS) -> tuple[date, date]:
    """First and last day to count: the last so many whole ones; every zone's yesterday is over two days on."""
    last = now.astimezone(UTC).date() - timedelta(days=2)
    return last - timedelta(days=days - 1), last


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create schema if not exists {SCHEMA}")
    connection.execute(_CREATE)


def audit(
    platform: str,
    since: date,
    until: date,
    clock: Callable[[], datetime],
    *,
    heal: bool = True,
    only: Collection[str] = (),
) -> list[Counted]:
    """Counts each countable resource of a platform (or `only` these) from `since` to `until`, both included. Needs the warehouse's lock.

    heal: days with missing records are read again and counted once more. Empty for a platform that is not configured.
    """
    declared = connector(platform)
    done = []
    if connections(platform, declared.credentials):
        for resource, how in countable(platform).items():
            if only and resource not in only:
                continue
            found = _audit(declared, resource, how, _days(since, until), clock, heal)
            _keep(found)
            done.append(found)
    return done


def _days(since: date, until: date) -> list[date]:
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def _audit(
    declared: Connector,
    resource: str,
    how: Countable,
    days: Sequence[date],
    clock: Callable[[], datetime],
    heal: bool,
) -> Counted:
    counted: dict[tuple[str, date], DayCount] = {}
    found: list[tuple[str, date]] = []
    error = None
    try:
        counted = _placed(_count(declared, resource, how, days, clock))
        found = left = [place for place, day in counted.items() if day.lacks]
        # What changed on that day or later; where a day is not about changes, all there ever was.
        for since in (_midnight(min(day for _, day in left)), _EVER) if heal and left else ():
            if left:
                _read_again(declared, resource, since)
                counted |= _placed(_count(declared, resource, how, sorted({day for _, day in left}), clock))
                left = [place for place in left if counted[place].lacks]
    except ExtractionError as stopped:
        error = stopped
    healed = tuple(counted[place] for place in found if counted[place].agrees)
    return Counted(declared.platform, resource, tuple(counted.values()), healed, error)


def _placed(days: Iterator[DayCount]) -> dict[tuple[str, date], DayCount]:
    return {(day.account_id, day.day): day for day in days}


def _midnight(day: date) -> datetime:
    # A day of the platform's calendar begins up to 14 hours before it does in UTC.
    return datetime.combine(day, time(), UTC) - timedelta(hours=14)


def _read_again(declared: Connector, resource: str, since: datetime) -> None:
    for outcome in run_connector(declared, (resource,), since):
        if outcome.error is not None:
            raise outcome.error


def _count(
    declared: Connector, resource: str, how: Countable, days: Sequence[date], clock: Callable[[], datetime]
) -> Iterator[DayCount]:
    """Asks each account for each day, and counts what is here. Raises ExtractionError when the platform does not say."""
    for connection in connections(declared.platform, declared.credentials):
        with declared.connect(connection) as client:
            said = {day: how.ask(client, day) for day in days}
        here = _loaded(declared.platform, connection.account_id, resource, how, days)
        for day, there in said.items():
            records, total = here.get(day, (0, Decimal(0)))
            yield DayCount(
                platform=declared.platform,
                account_id=connection.account_id,
                resource=resource,
                day=day,
                platform_records=there.records,
                loaded_records=records,
                platform_total=there.total,
                loaded_total=total if there.total is not None else None,
                counted_at=clock(),
            )


def _loaded(
    platform: str, account_id: str, resource: str, how: Countable, days: Sequence[date]
) -> dict[date, tuple[int, Decimal]]:
    """Day → records here and their total, from the first of these days to the last."""
    query = (
        f"select {how.day} as day, count(*), coalesce(sum({how.total or 0}), 0)::decimal(38, 9)"
        f" from raw_{platform}.{resource} where account_id = ? and {how.kept}"
        f" and {how.day} between ? and ? group by day"
    )
    with duckdb.connect(str(warehouse_path())) as connection:
        rows = connection.execute(query, [account_id, min(days), max(days)]).fetchall()
    return {day: (records, total) for day, records, total in rows}


def _keep(counted: Counted) -> None:
    with duckdb.connect(str(warehouse_path())) as connection:
        create_tables(connection)
        holes = ", ".join("?" * len(fields(DayCount)))
        if counted.days:
            connection.executemany(f"insert into {TABLE} values ({holes})", [astuple(day) for day in counted.days])
