"""Requests per rolling day, for destinations that count them (Xero 5,000 per organisation, HubSpot by plan)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from reverse_etl.operations_tables import CALLS


def spend(connection: Connection, destination: str, daily: int, now: datetime, requests: int = 1) -> bool:
    """Count requests about to be made; False, and nothing counted, when the last 24 hours leave no room for them.

    Counted by the hour: an hour counts until all of it is a day old, so the limit is never overrun.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    if spent(connection, destination, now) + requests > daily:
        return False
    mine = (CALLS.c.destination == destination) & (CALLS.c.hour == hour)
    counted = connection.execute(update(CALLS).where(mine).values(requests=CALLS.c.requests + requests))
    if not counted.rowcount:
        connection.execute(insert(CALLS), [{"destination": destination, "hour": hour, "requests": requests}])
    return True


def spent(connection: Connection, destination: str, now: datetime) -> int:
    """Requests of the last 24 hours, whole hours."""
    since = (now - timedelta(hours=24)).replace(minute=0, second=0, microsecond=0)
    of = (CALLS.c.destination == destination) & (CALLS.c.hour >= since)
    return int(connection.execute(select(func.coalesce(func.sum(CALLS.c.requests), 0)).where(of)).scalar_one())
