"""What the checks of a close find: the model's rows, and what only the run knows (readings, failed checks, plans, closes)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
from sqlalchemy import func, select

from orchestration import activation, environment, warehouse
from orchestration.close import frozen, openings
from orchestration.close.checklist import Check, Found
from orchestration.close.month import CloseRefused, Month, has_table, spoken, unread
from reverse_etl import closes, engine
from reverse_etl.errors import StopSync
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.plan import Plan
from reverse_etl.sync import Sync

# The field of a document that says on which day it counts.
DATED_BY = "document_date"


@dataclass(frozen=True)
class Sight:
    """Everything a check may look at: one publication, open, and the ledger at one moment."""

    month: Month
    connection: duckdb.DuckDBPyConnection
    published: warehouse.Publication
    ledger: Ledger
    now: datetime


def checks(connection: duckdb.DuckDBPyConnection) -> list[Check]:
    """The checklist as the snapshot has it, in order. Raises CloseRefused when it holds none."""
    if not has_table(connection, "dim_close_checks"):
        raise CloseRefused("the published snapshot holds no dim_close_checks: run `cartwheel build`, then close")
    return [
        Check(*row)
        for row in connection.execute(
            """select check_code, step, step_name, claim, source_table, is_blocking, is_acceptable, what_to_do
               from marts.dim_close_checks order by position"""
        ).fetchall()
    ]


def found(sight: Sight) -> dict[str, list[Found]]:
    """What each check found, by its code; a check that nothing answers is missing here."""
    return {
        "watermark": _watermark(sight),
        "checks_hold": _checks_hold(sight),
        "I-29": _loaded_counts(sight),
        **_modelled(sight),
        "openings": _openings(sight),
        "correction_plan": _correction_plans(sight),
        "read_back": _read_back(sight),
        "order_of_closes": _order_of_closes(sight),
    }


def _watermark(sight: Sight) -> list[Found]:
    read_at = {platform: datetime.fromisoformat(moment) for platform, moment in sight.published.read_at.items()}
    late = unread(sight.month, read_at)
    accounts = len(sight.month.accounts)
    if sight.now < sight.month.ended_at:
        return [Found("watermark", accounts, accounts, f"the month ends on {spoken(sight.month.ended_at)}")]
    if late:
        return [Found(account.name, 1, 1, told) for account, told in late]
    first = min(read_at[account.platform] for account in sight.month.accounts)
    return [Found("watermark", accounts, 0, f"{accounts} accounts, the earliest reading of {spoken(first)}")]


def _checks_hold(sight: Sight) -> list[Found]:
    tables = [f"marts.{name}" for name in frozen.TABLES]
    failing = {check.name: check for table in tables for check in sight.published.doubts(table)}
    if not failing:
        return [
            Found(
                "checks_hold",
                len(tables),
                0,
                f"no check fails that speaks about these tables (publication {sight.published.version})",
            )
        ]
    return [Found(name, 1, 1, f"{name}: {check.meaning}"[:300]) for name, check in sorted(failing.items())]


def _loaded_counts(sight: Sight) -> list[Found]:
    """Days of the month's records that the platforms counted; a month that nobody counted is not a month that is whole."""
    if not has_table(sight.connection, "fct_loaded_counts"):
        return []
    rows = sight.connection.execute(
        """select is_complete, platform || '.' || resource || ' ' || counted_day from marts.fct_loaded_counts
           where entity_id = $1 and period_month = $2 order by counted_day, platform, resource""",
        [sight.month.entity_id, sight.month.period],
    ).fetchall()
    differing = [name for is_complete, name in rows if not is_complete]
    if not rows:
        return [Found("I-29", 1, 1, f"nobody counted: cartwheel completeness --since {sight.month.period}-01")]
    told = f"{len(rows)} days of records counted by their platforms"
    if differing:
        told = f"{len(differing)} of {told} differ: {', '.join(differing[:5])}"
    return [Found("I-29", len(rows), len(differing), told)]


def _modelled(sight: Sight) -> dict[str, list[Found]]:
    if not has_table(sight.connection, "fct_close_checks"):
        return {}
    rows = sight.connection.execute(
        """select checks.check_code, checks.reason_code, checks.currency_code, checks.what, checks.examined,
                  checks.contradictions, checks.amount_minor, coalesce(reasons.reason, accounts.account_name)
           from marts.fct_close_checks as checks
           left join (select distinct reason_code, reason from marts.fct_differences) as reasons using (reason_code)
           left join (select distinct account_number, account_name from marts.fct_close_trial_balance) as accounts
               on checks.reason_code = accounts.account_number
           where checks.entity_id = $1 and checks.period_month = $2
           order by checks.check_code, checks.reason_code, checks.currency_code""",
        [sight.month.entity_id, sight.month.period],
    ).fetchall()
    made: dict[str, list[Found]] = defaultdict(list)
    for code, reason_code, currency, what, examined, contradictions, amount, reason in rows:
        told = _told(sight.month, what, examined, contradictions, reason)
        made[code].append(Found(reason_code or code, examined, contradictions, told, amount, currency))
    if not rows:
        raise CloseRefused(f"there are no numbers of {sight.month.period} for entity {sight.month.entity_id}")
    return {code: _contradicting(code, findings) for code, findings in made.items()}


def _contradicting(code: str, findings: list[Found]) -> list[Found]:
    """Without the rest that agrees, where a check is told by reason: beside `1100 differs` nobody reads that the check holds."""
    by_reason = [one for one in findings if one.code != code]
    return [one for one in findings if one.code != code or one.contradictions] if by_reason else findings


def _told(month: Month, what: str | None, examined: int, contradictions: int, reason: str | None) -> str:
    if not examined:
        return f"nothing of this kind in {month.period}"
    if reason is not None:
        return f"{_counted(contradictions, what)}: {reason}"
    return (
        f"{contradictions} of {_counted(examined, what)}" if contradictions else f"{_counted(examined, what)} looked at"
    )


def _counted(number: int, what: str | None) -> str:
    return f"1 {(what or '').removesuffix('s')}" if number == 1 else f"{number} {what}"


def _openings(sight: Sight) -> list[Found]:
    with sight.ledger.reader() as connection:
        earlier = [
            close
            for close in closes.listed(connection, sight.month.entity_id)
            if _following(close.period_month) == sight.month.period
        ]
    before = earlier[0] if earlier else None
    return openings.found(sight.connection, environment.home(), before, sight.month.period)


def _correction_plans(sight: Sight) -> list[Found]:
    """Per sync into the entity's books: the documents up to the end of the month that a push would still make."""
    wanted = [sync for sync in engine.syncs().values() if sync.destination in sight.month.books]
    if not wanted:
        return [Found("correction_plan", 0, 0, "no sync writes into the books of this entity")]
    return [one for sync in wanted for one in _correction_plan(sight, sync)]


def _correction_plan(sight: Sight, sync: Sync) -> list[Found]:
    try:
        activation.require_sound(sync, sight.ledger, activation.blocked_syncs(sight.published))
        observed = sight.published.observed_at(sync.destination)
        plan = engine.derive_plan(sync.name, sight.connection, sight.ledger, sight.now, observed)
    except StopSync as stop:
        return [Found(sync.name, 1, 1, str(stop))]
    due = [item for item in plan.deliveries if _is_due(item.payload.get(DATED_BY), sight.month.last_day)]
    records = len(due) + len(plan.skipped)
    if not records:
        return [Found(sync.name, 1, 0, f"{sync.name}: nothing to push up to {sight.month.last_day}")]
    told = f"{sync.name}: {_counted(len(due), 'documents')} to push, {len(plan.skipped)} waiting for a person"
    money = _money(plan, {item.record_key for item in due})
    if not money:
        return [Found(sync.name, records, records, told)]
    return [Found(sync.name, records, records, told, amount, currency) for currency, amount in sorted(money.items())]


def _is_due(value: Any, last_day: date) -> bool:
    """Is a document dated up to that day? A customer has no day and books nothing: the document that names it is due itself."""
    if value is None:
        return False
    return (value if isinstance(value, date) else date.fromisoformat(str(value)[:10])) <= last_day


def _money(plan: Plan, keys: set[str]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for item in plan.deliveries:
        if item.record_key in keys and item.money_minor and item.currency_code:
            sums[item.currency_code] += item.money_minor
    return dict(sums)


def _read_back(sight: Sight) -> list[Found]:
    if not sight.month.books:
        return [Found("read_back", 0, 0, "the entity has no books that are read")]
    return [_read_since_push(sight, platform) for platform in sight.month.books]


def _read_since_push(sight: Sight, platform: str) -> Found:
    wanted = select(func.max(DELIVERIES.c.state_at)).where(
        DELIVERIES.c.destination == platform, DELIVERIES.c.state == "accepted"
    )
    with sight.ledger.reader() as connection:
        pushed = connection.execute(wanted).scalar_one_or_none()
    read = sight.published.observed_at(platform)
    told_read = spoken(read) if read else "never"
    if pushed is None:
        return Found("read_back", 1, 0 if read else 1, f"{platform} read {told_read}, nothing was ever pushed there")
    pushed = pushed.astimezone(UTC)
    late = read is None or read < pushed
    return Found("read_back", 1, int(late), f"{platform} read {told_read}, last pushed {spoken(pushed)}")


def _order_of_closes(sight: Sight) -> list[Found]:
    with sight.ledger.reader() as connection:
        earlier: Sequence[closes.ClosedMonth] = closes.listed(connection, sight.month.entity_id)
    if not earlier:
        return [
            Found("order_of_closes", 1, 0, f"the first close of {sight.month.entity_id}: it locks all before it too")
        ]
    newest = earlier[-1].period_month
    follows = _following(newest)
    if sight.month.period == follows:
        return [Found("order_of_closes", 1, 0, f"{newest} is the newest closed month")]
    if sight.month.period <= newest:
        return [Found("order_of_closes", 1, 1, f"{sight.month.period} is closed: {newest} is the newest closed month")]
    return [Found("order_of_closes", 1, 1, f"{newest} is the newest closed month, so the next one is {follows}")]


def _following(period: str) -> str:
    year, month = map(int, period.split("-"))
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"
