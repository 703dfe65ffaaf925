"""Which records somebody planned from newer events than a reading holds: what that reading says of them is of the past.

The fast lane hears of a sale seconds after it happened; a snapshot that was read before would put the sold unit back. Each
of the lane's deliveries says up to when it had heard of each platform, and a plan made from an older reading leaves the
record alone until a reading that is newer has caught up. Reading only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from reverse_etl import canonical_json
from reverse_etl.delivery_states import UNSENT
from reverse_etl.ledger_tables import DELIVERIES

# A reading bears the time it was stored and began earlier: so long it may have taken.
READING_TAKES = timedelta(minutes=10)


def dumps(made_from: Mapping[str, datetime]) -> str:
    """Platform → moment, as the ledger keeps it."""
    return canonical_json.dumps({platform: moment.isoformat() for platform, moment in made_from.items()})


def is_ahead(made_from: str | None, read_at: Mapping[str, datetime]) -> bool:
    """Had this delivery heard of something that a reading of these moments may have begun too early to hold?"""
    if made_from is None:
        return False
    heard = {platform: datetime.fromisoformat(moment) for platform, moment in json.loads(made_from).items()}
    return any(
        platform not in read_at or moment > read_at[platform] - READING_TAKES for platform, moment in heard.items()
    )


def unsent_ahead(connection: Connection, sync: str, read_at: Mapping[str, datetime]) -> set[str]:
    """Records of a sync with a delivery that waits to be sent and is ahead of these readings."""
    destination = sync.partition("__")[0]
    wanted = select(DELIVERIES.c.record_key, DELIVERIES.c.made_from).where(
        DELIVERIES.c.destination == destination,
        DELIVERIES.c.state.in_(UNSENT),
        DELIVERIES.c.sync == sync,
        DELIVERIES.c.made_from.is_not(None),
    )
    return {row[0] for row in connection.execute(wanted) if is_ahead(row[1], read_at)}
