"""Runs the checklist of a month, and closes it: rows frozen, pack written, row stored, in that order.

Files are written beside their place and moved there inside the transaction that stores the close: a crash before the
commit leaves a folder that the next close replaces, and a stored close always finds its files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from orchestration import environment, warehouse
from orchestration.close import checklist, examine, frozen, month, pack, rules
from orchestration.close.checklist import Line
from orchestration.close.examine import Sight
from orchestration.close.month import CloseRefused
from reverse_etl import closes, engine
from reverse_etl.closes import ClosedMonth, SignOff
from reverse_etl.errors import ConfigurationError


@dataclass(frozen=True)
class Examined:
    """The checklist of a month as judged; `close` is there when it was locked with it."""

    lines: Sequence[Line]
    sign_offs: Sequence[SignOff]
    close: ClosedMonth | None = None

    @property
    def stopping(self) -> list[Line]:
        return [line for line in self.lines if line.stops]


@contextmanager
def sight(entity_id: str, period: str, now: datetime) -> Iterator[Sight]:
    """One publication and the ledger, open."""
    published = warehouse.newest_publication()
    with warehouse.reading() as connection, closing(engine.open_ledger()) as ledger:
        chosen = month.find(connection, entity_id, period)
        yield Sight(chosen, connection, published, ledger, now)
        if warehouse.newest_publication().version != published.version:
            raise CloseRefused("a new snapshot was published meanwhile: close again, on its numbers")


def examined(seen: Sight, accept: Sequence[str], by: str, because: str) -> Examined:
    """The checklist of a month, with what a person accepts."""
    lines = checklist.judged(examine.checks(seen.connection), examine.found(seen))
    marked, sign_offs = checklist.signed(lines, accept, by, because)
    return Examined(marked, sign_offs)


def close(entity_id: str, period: str, accept: Sequence[str], by: str, because: str, now: datetime) -> Examined:
    """Close a month; without `close` in the answer when a line of the checklist stops it."""
    with sight(entity_id, period, now) as seen:
        _refuse_closed(seen)
        found = examined(seen, accept, by, because)
        if found.stopping:
            return found
        return Examined(found.lines, found.sign_offs, _lock(seen, found, by, because))


def check(entity_id: str, period: str, accept: Sequence[str], by: str, now: datetime) -> Examined:
    """The checklist alone; nothing is frozen or locked."""
    with sight(entity_id, period, now) as seen:
        return examined(seen, accept, by, "")


def _refuse_closed(seen: Sight) -> None:
    with seen.ledger.reader() as connection:
        known = closes.find(connection, seen.month.entity_id, seen.month.period)
    if known is not None:
        raise CloseRefused(
            f"{known.close_id} was closed {month.spoken(known.closed_at)} by {known.closed_by}; a closed month stays closed."
            f" What changed since: cartwheel explain revenue {known.period_month} --entity {known.entity_id}"
        )


def _lock(seen: Sight, found: Examined, by: str, because: str) -> ClosedMonth:
    home = environment.home()
    folder = frozen.folder_of(home, seen.month.entity_id, seen.month.period)
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    tables = frozen.freeze(seen.connection, fresh, seen.month.entity_id, seen.month.period)
    versions = rules.versions(Path(os.environ["CARTWHEEL_DBT_TARGET"]) / "manifest.json", frozen.TABLES)
    made = ClosedMonth(
        entity_id=seen.month.entity_id,
        period_month=seen.month.period,
        closed_at=seen.now,
        closed_by=by,
        because=because,
        snapshot=seen.published.version,
        rules_digest=rules.digest(versions),
        tables=tables,
        rules=versions,
        pack={},
        checklist=tuple(line.as_row() for line in found.lines),
        sign_offs=tuple(found.sign_offs),
    )
    made = replace(made, pack=pack.write(fresh, made))
    _store(seen, made, fresh, folder)
    return made


def _store(seen: Sight, made: ClosedMonth, fresh: Path, folder: Path) -> None:
    try:
        with seen.ledger.engine.begin() as connection:
            closes.store(connection, made)
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
    except ConfigurationError:
        # Somebody closed it between our look and our lock: theirs stands, with their files.
        shutil.rmtree(fresh, ignore_errors=True)
        raise
