"""What a month begins with beside what the month before was closed with: a closed balance moves only by a correction somebody accepts."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.close import frozen
from orchestration.close.checklist import Found
from orchestration.close.month import has_table
from reverse_etl.closes import ClosedMonth

TABLE = "fct_trial_balance"

# An account that is new this month opens with nought, and one that is gone still has to be told.
_DIFFERING = f"""
    with closed as (select account_number, currency_code, closing_minor from read_parquet($1)),
    opened as (
        select account_number, currency_code, opening_minor from marts.{TABLE} where entity_id = $2 and period_month = $3
    )
    select account_number, currency_code, coalesce(opening_minor, 0) - coalesce(closing_minor, 0) as difference_minor
    from closed full outer join opened using (account_number, currency_code)
    order by 1, 2
"""


def found(connection: duckdb.DuckDBPyConnection, home: Path, before: ClosedMonth | None, period: str) -> list[Found]:
    """A finding per account that begins otherwise than it was closed; empty where either side has no trial balance.

    Raises CloseRefused where the frozen file is not the one that was frozen.
    """
    if before is None:
        return [Found("openings", 0, 0, "no month was closed before")]
    if TABLE not in before.tables or not has_table(connection, TABLE):
        return []
    file = frozen.intact(home, before, TABLE)
    rows = connection.execute(_DIFFERING, [str(file), before.entity_id, period]).fetchall()
    wrong = [
        Found(
            f"opening-{account}",
            1,
            1,
            f"account {account} does not begin with what {before.period_month} was closed with",
            amount,
            currency,
        )
        for account, currency, amount in rows
        if amount
    ]
    if wrong:
        return wrong
    return [Found("openings", len(rows), 0, f"{len(rows)} balances begin as {before.period_month} was closed")]
