"""How the fast lane fares, as it last said itself: what it has seen, what every channel has confirmed, and how fast.

The lane writes its row once a second and whenever it has caught up; whoever watches it (Dagster, `cartwheel flows`) reads it.
A row that is not renewed is a lane that died: the safety net goes by `sequence_confirmed`, not by the lane's word that it lives.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, insert, select, update

from reverse_etl.ledger_tables import DELIVERIES, METADATA, StoredText, UtcDateTime

# A lane renews its row every second; one that has not for so long is dead, or its machine is.
SILENT_AFTER = timedelta(seconds=15)

LANE_STATES = Table(
    "lane_states",
    METADATA,
    Column("lane", StoredText, primary_key=True),
    Column("process_id", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
    Column("sequence_seen", BigInteger, nullable=False),
    Column("sequence_confirmed", BigInteger, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("oldest_heard_at", UtcDateTime),
    Column("deliveries", BigInteger, nullable=False),
    Column("p50_ms", Integer),
    Column("p99_ms", Integer),
    Column("trouble", StoredText),
)


@dataclass(frozen=True)
class LaneState:
    """One lane. Sequences are the inbox's; up to `sequence_confirmed` every channel shows what the events ask for.

    `waiting` counts records that a channel has not confirmed, `oldest_heard_at` is when the oldest event behind them came
    in. The percentiles are of the newest deliveries, from the event's arrival to the channel's answer, in milliseconds.
    """

    lane: str
    process_id: int
    started_at: datetime
    beat_at: datetime
    sequence_seen: int
    sequence_confirmed: int
    waiting: int = 0
    oldest_heard_at: datetime | None = None
    deliveries: int = 0
    p50_ms: int | None = None
    p99_ms: int | None = None
    trouble: str | None = None

    def is_silent(self, now: datetime) -> bool:
        return now - self.beat_at > SILENT_AFTER

    def lag(self, now: datetime) -> timedelta:
        """Age of the oldest event that some channel has not confirmed; nothing when none waits."""
        return max(now - self.oldest_heard_at, timedelta()) if self.oldest_heard_at is not None else timedelta()


def keep(connection: Connection, state: LaneState) -> None:
    """Replace the row of a lane, in the caller's transaction."""
    row = asdict(state)
    renewed = connection.execute(update(LANE_STATES).where(LANE_STATES.c.lane == state.lane).values(**row))
    if not renewed.rowcount:
        connection.execute(insert(LANE_STATES), [row])


def state_of(connection: Connection, lane: str) -> LaneState | None:
    """What a lane said last; None when it never ran."""
    row = connection.execute(select(LANE_STATES).where(LANE_STATES.c.lane == lane)).mappings().first()
    return LaneState(**{item.name: row[item.name] for item in fields(LaneState)}) if row is not None else None


def latencies(connection: Connection, since: datetime, most: int) -> list[tuple[str, int]]:
    """(sync, milliseconds from event to answer) of the newest deliveries answered since then, the newest first."""
    answered = DELIVERIES.c.acknowledged_at
    wanted = (
        select(DELIVERIES.c.sync, DELIVERIES.c.heard_at, answered)
        .where(answered >= since, DELIVERIES.c.heard_at.is_not(None))
        .order_by(answered.desc())
        .limit(most)
    )
    return [(row[0], round((row[2] - row[1]).total_seconds() * 1000)) for row in connection.execute(wanted)]
