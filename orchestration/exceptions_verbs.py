"""What `cartwheel exceptions` and `cartwheel audit` do, on the store of the current settings."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from orchestration import environment, exceptions_view
from orchestration.screen import print_wide, say, screen, trouble
from reverse_etl import audit, settings
from reverse_etl import exception_actions as actions
from reverse_etl import exception_reading as reading
from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger_store import opened, reader

_AHEAD = re.compile(r"^(\d+)([mhd])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@contextmanager
def _store(*, write: bool = False) -> Iterator[Connection]:
    environment.prepare()
    with opened(settings.read().operations_url) as store, store.begin() if write else reader(store) as connection:
        yield connection


def list_exceptions(filters: Mapping[str, str | None], *, by_cause: bool, limit: int, output: str) -> int:
    now = datetime.now(UTC)
    with _store() as connection:
        cases = reading.listed(connection, now, reading.Filters(**filters))
    rows = reading.grouped(cases) if by_cause else cases
    if output != "table":
        _write(rows, output, exceptions_view.GROUP_COLUMNS if by_cause else exceptions_view.CASE_COLUMNS)
    elif not rows:
        say(screen, "Nothing stands in the queue." if not any(filters.values()) else "Nothing in the queue matches.")
    else:
        shown = rows[:limit] if limit else rows
        print_wide(exceptions_view.group_table(shown) if by_cause else exceptions_view.case_table(shown))
        what = ("group" if by_cause else "exception") + ("s" if len(rows) != 1 else "")
        said = (
            f"{len(rows)} {what}"
            if len(shown) == len(rows)
            else f"{len(shown)} of {len(rows)} {what}: --limit 0 shows all"
        )
        say(screen, f"{said}; at stake {reading.money(cases) or 'no money'}. cartwheel exceptions show ID tells more.")
    return 0


def show_exception(exception_id: str, output: str) -> int:
    with _store() as connection:
        case = reading.shown(connection, exception_id, datetime.now(UTC))
    if output == "json":
        sys.stdout.write(json.dumps(case, default=_plain, indent=1) + "\n")
    else:
        say(screen, exceptions_view.case_text(case))
    return 0


def act(
    action: str,
    exception_ids: Sequence[str],
    cause: str | None,
    who: str,
    because: str,
    *,
    owner: str = "",
    until: str = "",
) -> int:
    """One action on some cases or on a whole group, all of them or none."""
    if bool(exception_ids) == bool(cause):
        raise _refused("name exceptions, or a whole group with --cause: `cartwheel exceptions list` shows both")
    now = datetime.now(UTC)
    with _store(write=True) as connection:
        cases = reading.chosen(connection, exception_ids, cause, now)
        if action == "assign":
            told = actions.assign(connection, cases, owner, who, because, now)
        elif action == "snooze":
            told = actions.snooze(connection, cases, _moment(until, now), who, because, now)
        else:
            told = {"retry": actions.retry, "accept": actions.accept, "resolve": actions.resolve}[action](
                connection, cases, who, because, now
            )
    for sentence in told:
        say(screen, sentence)
    return 0


def list_audit(subject: str | None, limit: int, output: str) -> int:
    with _store() as connection:
        rows = audit.newest(connection, limit or None, subject)
    if output != "table":
        _write(rows, output, exceptions_view.AUDIT_COLUMNS)
    elif rows:
        print_wide(exceptions_view.audit_table(rows))
    else:
        say(screen, "Nobody has decided anything yet." if subject is None else f"Nothing was decided about {subject}.")
    return 0


def verify_audit(noted: str | None) -> int:
    expected = None
    if noted is not None:
        number, _, digest = noted.partition(":")
        if not number.isdigit() or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise _refused(f"--noted '{noted}' is not NUMBER:DIGEST as `cartwheel audit verify` prints it")
        expected = (int(number), digest)
    with _store() as connection:
        found = audit.verify(connection, expected)
        head = audit.head(connection)
    for sentence in found:
        say(trouble, sentence)
    if not found:
        say(
            screen,
            f"{head[0]} rows, none changed, none missing. Keep this elsewhere to prove it later: {head[0]}:{head[1]}",
        )
    return 1 if found else 0


def _moment(text: str, now: datetime) -> datetime:
    if ahead := _AHEAD.match(text):
        return now + timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise _refused(
            f"--until '{text}' is neither a moment such as 2026-11-30T08:00:00Z nor 90m, 12h or 3d"
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _refused(what: str) -> ConfigurationError:
    return ConfigurationError(what, code="bad_request")


def _write(rows: Sequence[Mapping[str, Any]], output: str, columns: Sequence[str]) -> None:
    if output == "json":
        sys.stdout.write(json.dumps(rows, default=_plain, indent=1) + "\n")
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, default=_plain)
    return _plain(value) if isinstance(value, datetime) else value


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
