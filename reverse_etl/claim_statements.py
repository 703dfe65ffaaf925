"""The statements of plans, claims and outcomes as text: the rows of a claim or an outcome go in as one JSON text, and one step does them all.

Made once per store and not put together for each commit, which cost three times what the store itself needs; and a step per
row would give the interpreter's lock away and wait for it as often. What is new and wide (a plan's deliveries) is inserted
row by row: to look up thirty places in JSON takes longer. Nothing here decides; claims.py does. Rows are lists, read by
position. Both stores run the same text but for how JSON is opened (`rows`, `ids`, `c0` …) and how a time is read from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table

from reverse_etl.ledger_tables import UtcDateTime, storable

# -- Where these deliveries stand, locked in the order of their ids: [[delivery_id, state, fence, holder], …] --
_STANDING = {
    "sqlite": "select json_group_array(json_array(delivery_id, state, fence, holder)) from deliveries"
    " where delivery_id in ({ids})",
    "postgresql": "select cast(json_agg(json_build_array(delivery_id, state, fence, holder)) as text) from (select"
    " delivery_id, state, fence, holder from deliveries where delivery_id in ({ids}) order by delivery_id for update)"
    " as locked",
}

# -- Take deliveries: `sending` under the next fence, leased to their holder. `sent` is 1 for a write, 0 for a look-up --
TAKE = (
    "update deliveries set state = 'sending', state_at = {now}, fence = fence + 1, holder = :holder,"
    " leased_until = {until}, tries = tries + :sent where delivery_id in ({ids})"
)

# -- Append attempts: [attempt_id, delivery_id, purpose, request_key, holder] --
APPEND_ATTEMPTS = (
    "insert into attempts (attempt_id, delivery_id, purpose, request_key, started_at, holder)"
    " select {c0}, {c1}, {c2}, {c3}, {now}, {c4} from {rows}"
)

# -- Append what came of attempts: [attempt_id, result, kind, code, message, http_status, provider_request_id] --
APPEND_OUTCOMES = (
    "insert into outcomes (attempt_id, result, kind, code, message, http_status, provider_request_id, finished_at)"
    " select {c0}, {c1}, {c2}, {c3}, {c4}, cast({c5} as integer), {c6}, {now} from {rows}"
)

# -- End deliveries in one state: [delivery_id, kind, code, message, destination_id, acknowledged_at] --
END = (
    "update deliveries set state = :state, state_at = {now}, kind = {c1}, code = {c2}, message = {c3},"
    " destination_id = {c4}, acknowledged_at = {t5}, due_at = null, leased_until = null"
    " from {rows} where deliveries.delivery_id = {c0}"
)

# -- Make these the newest accepted deliveries of their records, under the engine that made their quick marks --
REMEMBER = (
    "insert into accepted (sync, record_key, delivery_id, fingerprint, quick, engine, accepted_at)"
    " select sync, record_key, delivery_id, fingerprint, quick, engine, {now} from deliveries"
    " where delivery_id in ({ids})"
    " on conflict (sync, record_key) do update set delivery_id = excluded.delivery_id,"
    " fingerprint = excluded.fingerprint, quick = excluded.quick, engine = excluded.engine,"
    " accepted_at = excluded.accepted_at"
)

# -- Those of these records about which something stands in the exception queue --
_TROUBLED = (
    "select record_key from exceptions where sync = :sync and record_key in ({ids})"
    " and exception_status in ('open', 'snoozed', 'accepted')"
)

_ROWS = {
    "sqlite": "json_each(:rows) as given",
    "postgresql": "json_array_elements(cast(:rows as json)) as given (value)",
}
_IDS = {
    "sqlite": "select value from json_each(:rows)",
    "postgresql": "select json_array_elements_text(cast(:rows as json))",
}
_CELL = {"sqlite": "json_extract(given.value, '$[{0}]')", "postgresql": "(given.value ->> {0})"}
_TIME = {"sqlite": "{0}", "postgresql": "cast({0} as timestamp)"}
_WIDEST = 7


def standing(connection: Connection, delivery_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """State, fence and holder by delivery id."""
    if not delivery_ids:
        return {}
    statement = _text(_STANDING[connection.dialect.name], connection.dialect.name)
    found = connection.exec_driver_sql(statement, {"rows": json.dumps(delivery_ids)}).scalar()
    return {row[0]: {"state": row[1], "fence": row[2], "holder": row[3]} for row in json.loads(found or "[]")}


def troubled(connection: Connection, sync: str, record_keys: Sequence[str]) -> list[str]:
    """Those of these records of a sync about which something stands; nearly always none."""
    return [row[0] for row in ask(connection, _TROUBLED, record_keys, sync=sync)]


def ask(connection: Connection, statement: str, keys: Sequence[str], **values: Any) -> list[Any]:
    """The rows a statement finds about these keys; times among them are as the store's driver gives them (see `moment`)."""
    rows = json.dumps([storable(key) for key in keys])
    return list(connection.exec_driver_sql(_text(statement, connection.dialect.name), {"rows": rows, **values}))


def moment(stored: Any) -> datetime:
    """A moment that a driver read: text from SQLite, a time without zone from PostgreSQL; both are UTC."""
    return (datetime.fromisoformat(stored) if isinstance(stored, str) else stored).replace(tzinfo=UTC)


def run(connection: Connection, statement: str, rows: Sequence[Any], **values: Any) -> None:
    """One statement over rows, or over ids; times among the values are moments in UTC."""
    if not rows:
        return
    given = {name: stamp(value) if isinstance(value, datetime) else value for name, value in values.items()}
    text = _text(statement, connection.dialect.name)
    connection.exec_driver_sql(text, {"rows": json.dumps(rows), **given})


def insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows, all with the columns of the first; what stands in them is as the table's types take it."""
    if rows:
        text = _insert_text(table, tuple(rows[0]), connection.dialect.name)
        given = [{name: _given(value) for name, value in row.items()} for row in rows]
        connection.exec_driver_sql(text, given)


def _given(value: Any) -> Any:
    if isinstance(value, str):
        return storable(str(value))
    return stamp(value) if isinstance(value, datetime) else value


def stamp(moment: datetime) -> str:
    """A moment as both stores read and SQLite keeps it."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[: -len("+00:00")]


@cache
def _insert_text(table: Table, names: tuple[str, ...], store: str) -> str:
    values = (
        _TIME[store].format(f":{name}") if isinstance(table.c[name].type, UtcDateTime) else f":{name}" for name in names
    )
    return _of_store(f"insert into {table.name} ({', '.join(names)}) values ({', '.join(values)})", store)


@cache
def _text(statement: str, store: str) -> str:
    cells = {f"c{place}": _CELL[store].format(place) for place in range(_WIDEST)}
    times = {f"t{place}": _TIME[store].format(cells[f"c{place}"]) for place in range(_WIDEST)}
    moments = {name: _TIME[store].format(f":{name}") for name in ("now", "until")}
    filled = statement.format(rows=_ROWS[store], ids=_IDS[store], **cells, **times, **moments)
    return _of_store(filled, store)


def _of_store(text: str, store: str) -> str:
    """The text with its values marked as the store's driver wants them."""
    return text if store == "sqlite" else re.sub(r":(\w+)", r"%(\1)s", text)
