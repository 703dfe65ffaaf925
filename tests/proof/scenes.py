"""One shop, one ledger and one warehouse, and what a test does with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from reverse_etl import flows
from reverse_etl.exception_queue import STANDING
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.operations_tables import EXCEPTIONS
from tests.proof import activation_tables
from tests.reverse_etl.conftest import Turn

ELSEWHERE = "gid://shopify/Location/70000000002"


def troubles(ledger: Ledger) -> set[tuple[str | None, str]]:
    """(record, code) of every exception that stands."""
    wanted = select(EXCEPTIONS.c.record_key, EXCEPTIONS.c.code)
    with ledger.engine.connect() as connection:
        rows = connection.execute(wanted.where(EXCEPTIONS.c.exception_status.in_(STANDING)))
        return {(row[0], row[1]) for row in rows}


class Scene(Turn):
    """A turn of the wheel against a counting shop."""

    def fill(self, sync: str, rows: Sequence[dict[str, Any]]) -> None:
        activation_tables.fill(self.warehouse, sync, rows)

    def troubles(self) -> set[tuple[str | None, str]]:
        return troubles(self.ledger)

    def ever(self, code: str) -> bool:
        """Was there an exception with this code, ended or not?"""
        with self.ledger.engine.connect() as connection:
            return connection.execute(select(EXCEPTIONS).where(EXCEPTIONS.c.code == code)).first() is not None

    def said(self, code: str) -> str:
        """What the newest exception with this code says."""
        wanted = select(EXCEPTIONS.c.message).where(EXCEPTIONS.c.code == code).order_by(EXCEPTIONS.c.seen_at.desc())
        with self.ledger.engine.connect() as connection:
            return str(connection.execute(wanted).scalars().first())

    def spoil(self, record_key: str, payload: str = "{}") -> str:
        """Put something else in the place of what is stored of a record's values, which nothing is written for; those."""
        mine = DELIVERIES.c.record_key == record_key
        with self.ledger.engine.begin() as connection:
            stored = connection.execute(select(DELIVERIES.c.payload).where(mine)).scalar_one()
            connection.execute(update(DELIVERIES).where(mine).values(payload=payload))
        return str(stored)

    def switch(self, sync: str, to: flows.Switch) -> None:
        with self.ledger.engine.begin() as connection:
            flows.switch(connection, sync, to, "Ann", "stocktaking", self.at)
