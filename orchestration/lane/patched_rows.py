"""The newest raw row of each resource that events say parts of, as text, found by its key.

SQLite has them in a temporary file of its own, gone with the connection: a kilobyte for each SKU, of which few are asked for. To
find one of fifty thousand took the engine for columns one and a half milliseconds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from pipelines.intake.rows import Row


class PatchedRows:
    """One per workshop; called from one thread at a time. tables: raw tables, whose rows have an account and an id."""

    def __init__(self, db: sqlite3.Connection, tables: Iterable[str]) -> None:
        self._db = db
        self._db.execute("attach '' as patched")
        # Nothing here outlives the process, so nothing is to be rolled back.
        self._db.execute("pragma patched.journal_mode = off")
        for table in tables:
            self._db.execute(
                f"create table {_kept(table)} (account_id text, id text, said text, primary key (account_id, id))"
            )

    def fill(self, table: str, rows: Iterable[tuple[str, str, str]]) -> None:
        """Adds rows: account, id and the whole as a JSON object."""
        self._db.executemany(f"insert into {_kept(table)} values (?, ?, ?)", rows)

    def find(self, table: str, account_id: str, key: str) -> Row | None:
        """What is known of a resource, times as texts; None where it is not known."""
        query = f"select said from {_kept(table)} where account_id = ? and id = ?"
        found = self._db.execute(query, [account_id, key]).fetchone()
        return None if found is None else json.loads(found[0])

    def put(self, table: str, row: dict[str, Any]) -> None:
        """Takes the place of what was known of a resource."""
        self._db.execute(
            f"insert or replace into {_kept(table)} values (?, ?, ?)",
            [row["account_id"], str(row["id"]), json.dumps(row, default=str)],
        )


def _kept(table: str) -> str:
    return f'patched."{table}"'
