"""What `/healthz` says: is it durable, how much waits, how far is everybody. No secret, no address, no body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from pipelines.intake.inbox import LANE, Inbox
from pipelines.intake.tables import INBOX_EVENTS

# Enough to say "many" and soon counted.
_MOST_COUNTED = 100_000


def report(inbox: Inbox, answered: Mapping[tuple[str, str], int], waiting: int) -> dict[str, Any]:
    """depth: events that the lane has not worked on, counted up to 100,000; of an inbox nobody reads, all of them."""
    by_platform: dict[str, dict[str, int]] = {}
    for (platform, outcome), count in sorted(answered.items()):
        by_platform.setdefault(platform, {})[outcome] = count
    said: dict[str, Any] = {"answered": by_platform, "waiting": waiting}
    try:
        positions, newest = inbox.positions(), inbox.newest()
        depth = _depth(inbox, positions.get(LANE, 0))
        durable = is_durable(inbox)
    except SQLAlchemyError:
        return {"status": "store unavailable", "durable": False, **said}
    return {
        "status": "ok" if durable else "not durable",
        "durable": durable,
        "newest_sequence": newest,
        "depth": depth,
        "readers": positions,
        **said,
    }


def _depth(inbox: Inbox, position: int) -> int:
    some = select(INBOX_EVENTS.c.sequence).where(INBOX_EVENTS.c.sequence > position).limit(_MOST_COUNTED).subquery()
    with inbox.engine.connect().execution_options(reading=True) as connection:
        return connection.execute(select(func.count()).select_from(some)).scalar() or 0


def is_durable(inbox: Inbox) -> bool:
    """Does a commit of this store return only when it is on disk?"""
    with inbox.engine.connect().execution_options(reading=True) as connection:
        if inbox.engine.dialect.name == "sqlite":
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar() or 0) >= 2
        settings = (connection.exec_driver_sql(f"show {name}").scalar() for name in ("fsync", "synchronous_commit"))
        return "off" not in settings
