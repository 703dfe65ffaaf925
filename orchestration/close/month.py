"""A month of an entity: when it ends there, and which accounts feed it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


class CloseRefused(Exception):
    """The month can not be closed or shown as asked; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """One login of a platform that feeds the month; `lag` after midnight until a day is wholly readable there."""

    platform: str
    account_id: str
    feeds: str
    lag: timedelta

    @property
    def name(self) -> str:
        return f"{self.platform}:{self.account_id}"


@dataclass(frozen=True)
class Month:
    """A calendar month in the zone of its entity."""

    entity_id: str
    entity_name: str
    base_currency_code: str
    period: str
    time_zone: str
    accounts: tuple[Account, ...]

    @property
    def last_day(self) -> date:
        return self._following() - timedelta(days=1)

    @property
    def ended_at(self) -> datetime:
        """The midnight that ends it, UTC."""
        following = self._following()
        return datetime(following.year, following.month, 1, tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC)

    @property
    def books(self) -> tuple[str, ...]:
        """Platforms that hold the entity's books."""
        return tuple(sorted({account.platform for account in self.accounts if account.feeds == "books"}))

    def readable_at(self, account: Account) -> datetime:
        """From when on a reading of the account holds the whole month."""
        return self.ended_at + account.lag

    def _following(self) -> date:
        year, month = map(int, self.period.split("-"))
        return date(year + month // 12, month % 12 + 1, 1)


def find(connection: duckdb.DuckDBPyConnection, entity_id: str, period: str) -> Month:
    """The month as the published snapshot knows its entity. Raises CloseRefused for a month or an entity that is none."""
    check_period(period)
    if not has_table(connection, "dim_platform_accounts"):
        raise CloseRefused("the published snapshot holds no dim_platform_accounts: run `cartwheel build`, then close")
    found = connection.execute(
        """select entity_id, entity_name, base_currency_code, time_zone, platform, account_id, feeds, lag_hours
           from marts.dim_platform_accounts order by feeds, platform, account_id"""
    ).fetchall()
    mine = [row for row in found if row[0] == entity_id]
    if not mine:
        known = ", ".join(sorted({row[0] for row in found})) or "none"
        raise CloseRefused(f"there is no entity '{entity_id}' (seed entities); known: {known}")
    accounts = tuple(Account(row[4], row[5], row[6], timedelta(hours=row[7])) for row in mine)
    return Month(entity_id, mine[0][1], mine[0][2], period, mine[0][3], accounts)


def check_period(period: str) -> None:
    """Raises CloseRefused when it is not a month such as 2026-10."""
    if not MONTH.match(period):
        raise CloseRefused(f"'{period}' is not a month such as 2026-10")


def has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Does the snapshot hold this mart?"""
    wanted = "select 1 from duckdb_tables() where schema_name = 'marts' and table_name = ?"
    return connection.execute(wanted, [table]).fetchone() is not None


def unread(month: Month, read_at: Mapping[str, datetime]) -> list[tuple[Account, str]]:
    """The accounts that were not read since the month was wholly readable, each with a sentence."""
    found = []
    for account in month.accounts:
        needed, read = month.readable_at(account), read_at.get(account.platform)
        if read is None:
            found.append((account, f"{account.name} was never read; the month is readable there from {spoken(needed)}"))
        elif read < needed:
            found.append(
                (account, f"{account.name} was read {spoken(read)}; the month is readable there from {spoken(needed)}")
            )
    return found


def spoken(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
