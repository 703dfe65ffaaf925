"""What `cartwheel close` does, in words on the screen; each function returns its exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from orchestration import environment, warehouse
from orchestration.close import explain_revenue as revenue_report
from orchestration.close import frozen, run
from orchestration.close.checklist import Line, Verdict
from orchestration.close.explain_revenue import Explained
from orchestration.close.month import CloseRefused, check_period, spoken
from orchestration.screen import print_wide, say, screen, trouble
from reverse_etl import closes, engine
from reverse_etl.closes import ClosedMonth
from reverse_etl.money import spoken as spoken_money

_COLOURS = {Verdict.HOLDS: "green", Verdict.FAILS: "red", Verdict.NOT_BUILT: "yellow", Verdict.WARNS: "yellow"}


def close_month(
    period: str, entity: str, check: bool, accept: Sequence[str], by: str, because: str, output: str
) -> int:
    """Run the checklist, and lock the month unless it is only to be checked; 1 when something stops the lock."""
    environment.prepare()
    now = datetime.now(UTC)
    found = run.check(entity, period, accept, by, now) if check else run.close(entity, period, accept, by, because, now)
    if output == "json":
        lines = [{**line.as_row(), "stops": line.stops, "acceptance": _acceptance(line)} for line in found.lines]
        said = {"lines": lines, "closed": found.close is not None}
        sys.stdout.write(json.dumps(said, indent=1) + "\n")
        return 1 if found.stopping else 0
    print_wide(_table(found.lines))
    if found.stopping:
        _tell_what_stops(found.stopping, period, entity)
        return 1
    if found.close is None:
        say(screen, f"Nothing stops the close of {period}: cartwheel close {period} --entity {entity} --because …")
    else:
        _tell_closed(found.close)
    return 0


def list_closes(entity: str | None, output: str) -> int:
    environment.prepare()
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        known = closes.listed(connection, entity)
    if output == "json":
        sys.stdout.write(json.dumps([asdict(close) for close in known], indent=1, default=str) + "\n")
        return 0
    if not known:
        say(screen, "No month is closed.")
        return 0
    table = Table("entity", "month", "closed", "by", "because", "accepted", "publication", box=box.SIMPLE_HEAD)
    for close in known:
        accepted = ", ".join(_signed(signed) for signed in close.sign_offs)
        cells = (close.entity_id, close.period_month, spoken(close.closed_at), close.closed_by, close.because, accepted)
        table.add_row(*map(Text, (*cells, str(close.snapshot))))
    print_wide(table)
    return 0


def show_close(period: str, entity: str, output: str) -> int:
    close = _stored(period, entity)
    if output == "json":
        sys.stdout.write(json.dumps(asdict(close), indent=1, default=str) + "\n")
        return 0
    _tell_closed(close)
    checklist = Table("step", "check", "verdict", "what was found", box=box.SIMPLE_HEAD)
    for line in close.checklist:
        checklist.add_row(
            *map(Text, (f"{line['step']} {line['step_name']}", line["code"], line["verdict"], line["told"]))
        )
    print_wide(checklist)
    tables = Table("table", "rows", "digest of the rows", box=box.SIMPLE_HEAD)
    for name, table in close.tables.items():
        tables.add_row(name, str(table.rows), table.digest)
    print_wide(tables)
    say(screen, f"rules {close.rules_digest} ({len(close.rules)} models, seeds and macros)")
    for name, digest in close.pack.items():
        say(screen, f"{name} {digest}")
    return 0


def verify_close(period: str, entity: str) -> int:
    close = _stored(period, entity)
    told = frozen.broken(environment.home(), close)
    for sentence in told:
        say(trouble, sentence)
    if not told:
        say(
            screen,
            f"{close.close_id}: {len(close.tables)} tables and {len(close.pack)} pack files are as they were frozen",
        )
    with warehouse.reading() as connection:
        moved = frozen.changed(connection, close)
    for name, (then, today) in moved.items():
        say(screen, f"{name}: {then} rows then, {today} today, and not the same")
    if moved:
        say(screen, f"Why, row by row: cartwheel explain revenue {period} --entity {entity}")
    else:
        say(screen, "Today's numbers of the month are the frozen ones")
    return 1 if told else 0


def explain_revenue(period: str, entity: str, report: str | None, known_at: str | None, output: str, limit: int) -> int:
    """Bridge a past report of a month to today's number; 0 also when they differ: every cent is told."""
    environment.prepare()
    check_period(period)
    if report is not None and report not in (period, closes.close_id(entity, period)):
        raise CloseRefused(f"--report {report} is not a close of {period} of {entity}: cartwheel close list")
    with closing(engine.open_ledger()) as ledger, ledger.reader() as store:
        close = closes.find(store, entity, period)
    if known_at is not None:
        chosen = revenue_report.known_at(_moment(known_at), environment.home(), close)
    elif close is None:
        raise CloseRefused(f"{period} of {entity} is not closed: name a moment with --as-known-at")
    else:
        chosen = revenue_report.of_close(environment.home(), close)
    with warehouse.reading() as connection:
        found = revenue_report.explain(connection, chosen, entity, period)
    if output == "json":
        sys.stdout.write(json.dumps(asdict(found), indent=1, default=str) + "\n")
    else:
        _tell_revenue(found, period, entity, limit)
    return 0


def _moment(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise CloseRefused(f"--as-known-at '{text}' is not an ISO 8601 moment such as 2026-11-03T00:00:00Z") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _tell_revenue(found: Explained, period: str, entity: str, limit: int) -> None:
    for currency in sorted({*found.reported_minor, *found.today_minor}):
        mine = [change for change in found.changes if change.currency_code == currency]
        reported, today = found.reported_minor.get(currency, 0), found.today_minor.get(currency, 0)
        say(screen, f"net revenue of {period}, {entity}, {found.report}: {spoken_money(reported, currency)}")
        causes = dict.fromkeys(change.cause for change in mine)
        for cause in causes:
            rows = [change for change in mine if change.cause == cause]
            amount = sum(change.amount_minor for change in rows)
            say(
                screen,
                f"  {cause}, {len(rows)} {'row' if len(rows) == 1 else 'rows'}: {spoken_money(amount, currency)}",
            )
            for change in rows[: limit or len(rows)]:
                what = f"refund {change.refund_id}" if change.refund_id else f"order {change.order_number}"
                then, now = spoken_money(change.reported_minor, currency), spoken_money(change.today_minor, currency)
                say(screen, f"    {change.event_date} {what}: {then} → {now}  {change.row_key}")
            if limit and len(rows) > limit:
                say(screen, f"    and {len(rows) - limit} more: --limit 0 shows all")
        say(screen, f"net revenue of {period}, {entity}, today: {spoken_money(today, currency)}")


def _stored(period: str, entity: str) -> ClosedMonth:
    environment.prepare()
    check_period(period)
    with closing(engine.open_ledger()) as ledger, ledger.reader() as connection:
        close = closes.find(connection, entity, period)
    if close is None:
        raise CloseRefused(f"{period} of {entity} is not closed: cartwheel close list")
    return close


def _table(lines: Sequence[Line]) -> Table:
    table = Table("step", "check", "verdict", "found", "amount", "from", box=box.SIMPLE_HEAD)
    step = 0
    for line in lines:
        heading = f"{line.check.step} {line.check.step_name}" if line.check.step != step else ""
        step = line.check.step
        verdict = Text(line.verdict.value, style=_COLOURS.get(line.verdict, ""))
        table.add_row(heading, Text(line.code), verdict, Text(_said(line)), line.amount, line.check.source_table)
    return table


def _said(line: Line) -> str:
    """What was found; where nothing is wrong, the claim that holds before it."""
    return line.told if line.found and line.found.contradictions else f"{line.check.claim}: {line.told}"


def _acceptance(line: Line) -> str | None:
    """What to type to accept a line; None where nothing stops or nobody may."""
    return line.acceptance if line.stops and line.check.is_acceptable else None


def _tell_what_stops(lines: Sequence[Line], period: str, entity: str) -> None:
    say(trouble, f"{period} of {entity} is not closed. What stops it, and what to do:")
    for line in lines:
        say(trouble, f"  {line.code}: {line.told}{f', {line.amount}' if line.amount else ''}. {line.check.what_to_do}")
    said = " ".join(text for line in lines if (text := _acceptance(line)))
    if said:
        say(trouble, f"A named person may accept: {said}")


def _tell_closed(close: ClosedMonth) -> None:
    rows = sum(table.rows for table in close.tables.values())
    say(screen, f"{close.close_id} closed {spoken(close.closed_at)} by {close.closed_by}: {close.because}")
    say(screen, f"frozen: {rows} rows of {len(close.tables)} tables, publication {close.snapshot}")
    for signed in close.sign_offs:
        say(screen, f"accepted: {_signed(signed)} by {signed.accepted_by}")
    say(screen, f"in {frozen.folder_of(environment.home(), close.entity_id, close.period_month)}")


def _signed(signed: Any) -> str:
    if not signed.amount_minor or signed.currency_code is None:
        return str(signed.code)
    return f"{signed.code} {spoken_money(signed.amount_minor, signed.currency_code)}"
