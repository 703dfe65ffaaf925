"""Which records of an activation model differ from what the destination has: in SQL, so that only those reach Python.

Two marks per record. The fingerprint, a 128-bit digest over type-stable text, is the truth: it is the same on every
engine and version. The quick mark is this engine's own 64-bit hash, ten times cheaper and not stable across versions,
so it is kept with the engine's name and only ever used to leave out records that did not change; what it lets through
is compared by fingerprint. A few rows handed in by themselves are marked without an engine, to the same fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import md5
from typing import Any

import duckdb
import pyarrow as pa

from reverse_etl.delivery import UNHASHED
from reverse_etl.errors import ConfigurationError
from reverse_etl.sync import Baseline, Mode, Sync

ENGINE = f"duckdb-{duckdb.__version__}"
SCHEMA = "activation"
_CARRIED = ("money_minor", "currency_code", "reason", "source_key")
# Text of a float or a scaled decimal depends on the engine, and money is whole minor units anyway.
_UNSTABLE = ("DOUBLE", "FLOAT", "DECIMAL")
# Text of a value as the engine casts it (see `_text`), for those whose text is no engine's own.
_TEXT_OF: Mapping[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "\x1e",
}


@dataclass(frozen=True)
class Accepted:
    """What the ledger remembers of all accepted records of a sync, as columns: enough to find what changed."""

    quick: pa.Table
    fingerprints: pa.Table | None = None
    # Keys of the records accepted and not taken back; asked for a mirror only.
    keys: Callable[[], pa.Table] | None = None


@dataclass(frozen=True)
class Comparison:
    records: int
    rows: list[dict[str, Any]]
    # Accepted before, and no longer in the model (Mode.MIRROR).
    gone: tuple[str, ...] = ()


def compare(connection: duckdb.DuckDBPyConnection, sync: Sync, accepted: Accepted) -> Comparison:
    """Count the records and fetch those which differ, each with payload, observed values, fingerprint and quick mark."""
    columns = _columns(connection, sync)
    counted = connection.execute(f"select count(distinct record_key), count(*), count(record_key) from {_table(sync)}")
    records, rows, keyed = counted.fetchone() or (0, 0, 0)
    if keyed != rows or (records != rows and not sync.line_fields):
        raise ConfigurationError(f"{sync.model}: record_key must be present and unique", code="bad_activation_model")
    changed = changed_rows(connection, sync, accepted, columns)
    rows_changed = [_record(row, sync) for row in changed.to_pylist()]
    return Comparison(records, rows_changed, _gone(connection, sync, accepted))


def changed_rows(
    connection: duckdb.DuckDBPyConnection, sync: Sync, accepted: Accepted, columns: Mapping[str, str] | None = None
) -> pa.Table:
    """The differing records as one Arrow table, in record_key order."""
    columns = columns if columns is not None else _columns(connection, sync)
    records = _records_sql(sync, columns)
    if sync.baseline is Baseline.OBSERVED:
        differs = " or ".join(f"{name} is distinct from observed_{name}" for name in _observed(sync, columns))
        select = f"select *, {_quick(sync)} as quick from {records} as record where {differs}"
        return _with_fingerprint(connection, select, sync)
    connection.register("accepted_quick", accepted.quick)
    select = (
        f"select record.* from (select *, {_quick(sync)} as quick from {records}) as record"
        " anti join accepted_quick on record.quick = accepted_quick.quick"
    )
    if accepted.fingerprints is not None:
        # Some were accepted under another version of the engine: their quick marks mean nothing here.
        connection.register("accepted_fingerprints", accepted.fingerprints)
        select = (
            f"select marked.* from (select *, {_fingerprint(sync)} as mark from ({select})) as marked"
            " anti join accepted_fingerprints as known"
            " on marked.record_key = known.record_key and marked.mark = known.fingerprint"
        )
    try:
        return _with_fingerprint(connection, select, sync)
    finally:
        connection.unregister("accepted_quick")
        connection.unregister("accepted_fingerprints")


def marked(sync: Sync, handed: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Records handed in as rows of the activation model, each as `compare` gives it; which differ is not asked here.

    They are compared with readings, so nothing is left out by their quick mark, and none is made; their fingerprint is
    made here: to ask an engine for columns about a few rows cost eighty times as much.
    """
    if sync.baseline is not Baseline.OBSERVED:
        raise ConfigurationError(
            f"{sync.name} compares with what was accepted, and is planned whole", code="bad_declaration"
        )
    needed = ("record_key", *sync.fields, *_CARRIED, *sync.depends_on.values())
    if missing := sorted({name for row in handed for name in needed if name not in row}):
        raise ConfigurationError(f"{sync.model} lacks {', '.join(missing)}", code="bad_activation_model")
    rows = sorted(handed, key=lambda row: str(row["record_key"]))
    return [_record({**row, "fingerprint": _fingerprint_of(row, sync), "quick": UNHASHED}, sync) for row in rows]


def _fingerprint_of(row: Mapping[str, Any], sync: Sync) -> str:
    """What `_fingerprint` makes of this row. Raises ConfigurationError for values whose text is the engine's own."""
    texts = []
    for name in _marked(sync):
        value = row[name]
        if type(value) not in _TEXT_OF:
            said = f"{sync.model}: {name} is neither text, whole number nor truth, so {sync.name} is planned whole"
            raise ConfigurationError(said, code="bad_activation_model")
        texts.append(_TEXT_OF[type(value)](value))
    return md5("\x1f".join(texts).encode(), usedforsecurity=False).hexdigest()


def _gone(connection: duckdb.DuckDBPyConnection, sync: Sync, accepted: Accepted) -> tuple[str, ...]:
    if sync.mode is not Mode.MIRROR or accepted.keys is None:
        return ()
    connection.register("accepted_keys", accepted.keys())
    try:
        query = f"select record_key from accepted_keys anti join {_table(sync)} using (record_key) order by record_key"
        return tuple(row[0] for row in connection.execute(query).fetchall())
    finally:
        connection.unregister("accepted_keys")


def _with_fingerprint(connection: duckdb.DuckDBPyConnection, select: str, sync: Sync) -> pa.Table:
    query = f"select *, {_fingerprint(sync)} as fingerprint from ({select}) order by record_key"
    return connection.execute(query).to_arrow_table()


def _columns(connection: duckdb.DuckDBPyConnection, sync: Sync) -> dict[str, str]:
    """Column types of the activation model; raises ConfigurationError when it is missing or not as declared."""
    try:
        described = connection.execute(f"describe {_table(sync)}").fetchall()
    except duckdb.CatalogException:
        raise ConfigurationError(
            f"{_table(sync)} is not in the warehouse: build it first (cartwheel build)", code="missing_model"
        ) from None
    columns = {row[0]: row[1] for row in described}
    lines = (*sync.line_fields, "line_number") if sync.line_fields else ()
    needed = ("record_key", *sync.fields, *_CARRIED, *lines, *sync.depends_on.values())
    missing = [name for name in needed if name not in columns]
    unstable = [name for name in (*sync.fields, *sync.line_fields) if columns.get(name, "").startswith(_UNSTABLE)]
    if sync.baseline is Baseline.OBSERVED and not _observed(sync, columns):
        missing.append("observed_…")
    if missing or unstable:
        said = [f"lacks {', '.join(missing)}"] if missing else []
        said += [f"has {', '.join(unstable)} as floating or scaled numbers"] if unstable else []
        raise ConfigurationError(f"{_table(sync)} {' and '.join(said)}", code="bad_activation_model")
    return columns


def _observed(sync: Sync, columns: Mapping[str, str]) -> list[str]:
    return [name for name in sync.compared_fields if f"observed_{name}" in columns]


def _table(sync: Sync) -> str:
    return f"{SCHEMA}.{sync.model}"


def _records_sql(sync: Sync, columns: Mapping[str, str]) -> str:
    """One row per record: the table itself, or documents folded from their lines."""
    if not sync.line_fields:
        return _table(sync)
    header = ", ".join(f"first({name} order by line_number) as {name}" for name in (*sync.fields, *_CARRIED))
    for name in sorted(set(sync.depends_on.values())):
        # Lines may come from different documents, and each of those must be there.
        header += f", list(distinct {name} order by {name}) filter ({name} is not null) as {name}"
    packed = ", ".join(f"{name} := {name}" for name in ("line_number", *sync.line_fields))
    text = _text(("line_number", *sync.line_fields))
    return (
        f"(select record_key, {header}, list(struct_pack({packed}) order by line_number) as lines,"
        f" string_agg({text}, chr(29) order by line_number) as lines_text from {_table(sync)} group by record_key)"
    )


def _text(names: tuple[str, ...]) -> str:
    """Text of several columns, with control characters for the seams and for null: neither occurs in shop data."""
    return f"concat_ws(chr(31), {', '.join(f'coalesce(cast({name} as varchar), chr(30))' for name in names)})"


def _marked(sync: Sync) -> tuple[str, ...]:
    return ("record_key", *sync.compared_fields, *(("lines_text",) if sync.line_fields else ()))


def _fingerprint(sync: Sync) -> str:
    return f"md5({_text(_marked(sync))})"


def _quick(sync: Sync) -> str:
    # Shifted into the signed range, so that every operational store holds it as BIGINT.
    return f"(hash({', '.join(_marked(sync))}) >> 1)::bigint"


def _record(row: Mapping[str, Any], sync: Sync) -> dict[str, Any]:
    """A fetched row with plain values and its payload, lines and observed values apart."""
    observed = {name: _plain(row[f"observed_{name}"]) for name in sync.fields if f"observed_{name}" in row}
    return {
        "record_key": row["record_key"],
        "payload": {name: _plain(row[name]) for name in sync.fields},
        "lines": [{name: _plain(value) for name, value in line.items()} for line in row.get("lines") or ()],
        "observed": observed,
        "fingerprint": row["fingerprint"],
        "quick": row["quick"],
        **{name: row[name] for name in _CARRIED},
        **({"depends_on": _upstream(row, sync)} if sync.depends_on else {}),
    }


def _upstream(row: Mapping[str, Any], sync: Sync) -> list[list[str]]:
    """[upstream sync, key] of every document this one waits for."""
    found = []
    for upstream, column in sync.depends_on.items():
        keys = row[column] if sync.line_fields else [row[column]]
        found += [[upstream, str(key)] for key in keys or () if key is not None]
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
