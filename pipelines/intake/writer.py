"""The transaction that runs for every webhook on SQLite, by the driver alone on a connection that stays open for it.

A connection out of the pool, SQLAlchemy's events and a result object for each of three statements cost as much processor
time as the store and its disk. What is asked now and then stays with SQLAlchemy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError

# A statement in the driver's own words, and its values; what comes back has `fetchone`.
Run = Callable[[str, Sequence[Any]], Any]


class Writer:
    """The one connection of an inbox that commits, whichever thread asks; who comes meanwhile waits."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._turn = engine, Lock()
        self._held: PoolProxiedConnection | None = None
        self._cursor: Any = None

    def write(self, work: Callable[[Run], None]) -> None:
        """All that `work` runs in one transaction, on disk when this returns. Raises SQLAlchemy's errors; then nothing was kept."""
        with self._turn:
            is_kept = False
            try:
                if self._held is None:
                    self._held = self._engine.raw_connection()
                    self._cursor = self._held.cursor()
                run = self._cursor.execute
                run("BEGIN IMMEDIATE")
                work(run)
                run("COMMIT")
                is_kept = True
            except sqlite3.Error as error:
                raise DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True) from error
            finally:
                if not is_kept:
                    self._give_back()

    def close(self) -> None:
        with self._turn:
            self._give_back()

    def _give_back(self) -> None:
        """To the pool, which rolls back what is open, and drops the connection if it can not."""
        held, self._held, self._cursor = self._held, None, None
        if held is not None:
            held.close()
