"""The audit log: who did what and why, each row chained to the row before it, so that no row can be changed unseen.

Written in the transaction of the deed it records: a deed without its row, or a row without its deed, can not be. The
head row says which row is the last one and is the one lock of everything people do: whoever appends holds it until the
end of the transaction, so a transaction first moves deliveries and then audits. No payload and no secret goes in here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from reverse_etl import canonical_json
from reverse_etl.errors import ConfigurationError
from reverse_etl.operations_tables import AUDIT_HEAD, AUDIT_LOG

HEAD = "audit_log"
# What the first row names as the digest before it.
GENESIS = "0" * 64
_ROWS_PER_FETCH = 5_000


def append(
    connection: Connection,
    *,
    who: str,
    action: str,
    subject: str,
    because: str,
    details: Mapping[str, Any],
    now: datetime,
) -> int:
    """Append one row within the caller's transaction and return its number; refused without a name or a reason."""
    return append_all(connection, who=who, action=action, subjects={subject: details}, because=because, now=now)


def append_all(
    connection: Connection,
    *,
    who: str,
    action: str,
    subjects: Mapping[str, Mapping[str, Any]],
    because: str,
    now: datetime,
) -> int:
    """Append a row per subject with its details, all of one deed, in one statement; the number of the last row."""
    if not who.strip() or not because.strip():
        raise ConfigurationError(f"{action} {next(iter(subjects), '')}: say who does it and why", code="no_reason")
    number, digest = lock(connection)
    shared = {"who": storable(who.strip()), "because": storable(because.strip()), "happened_at": now.astimezone(UTC)}
    rows: list[dict[str, Any]] = []
    for subject, details in subjects.items():
        number += 1
        told = {"action": action, "subject": storable(subject), "details": canonical_json.dumps(details)}
        row = {"number": number, **shared, **told, "previous_digest": digest}
        digest = _digest(row)
        rows.append({**row, "digest": digest})
    if rows:
        connection.execute(insert(AUDIT_LOG), rows)
        connection.execute(update(AUDIT_HEAD).where(AUDIT_HEAD.c.head == HEAD).values(number=number, digest=digest))
    return number


def lock(connection: Connection) -> tuple[int, str]:
    """Wait for every other writer of the people's tables; number and digest of the last row."""
    return locked_counter(connection, HEAD)


def locked_counter(connection: Connection, name: str) -> tuple[int, str]:
    """The counter of this name, made where it is missing, and held against other writers until the transaction ends."""
    wanted = select(AUDIT_HEAD.c.number, AUDIT_HEAD.c.digest).where(AUDIT_HEAD.c.head == name).with_for_update()
    row = connection.execute(wanted).one_or_none()
    if row is None:
        try:
            with connection.begin_nested():
                connection.execute(insert(AUDIT_HEAD), [{"head": name, "number": 0, "digest": GENESIS}])
        except IntegrityError:
            pass  # another process made it in the meantime; the read below waits for it
        row = connection.execute(wanted).one()
    return row[0], row[1]


def verify(connection: Connection, noted: tuple[int, str] | None = None) -> list[str]:
    """Sentences naming every place where the chain is broken; empty when it is intact.

    Rows edited, removed, added, renumbered or cut off the end show. `noted` is a head (number, digest) that somebody
    wrote down elsewhere: with it even a chain computed anew from end to end shows.
    """
    found: list[str] = []
    number, digest = 0, GENESIS
    for row in _rows(connection):
        if row["number"] != number + 1:
            found.append(f"row {number + 1} is missing: row {row['number']} follows row {number}")
        elif row["previous_digest"] != digest:
            found.append(f"row {row['number']} was not written after row {number} as it is now")
        if _digest(row) != row["digest"]:
            found.append(f"row {row['number']} was changed after it was written")
        number, digest = row["number"], row["digest"]
        if noted is not None and row["number"] == noted[0] and row["digest"] != noted[1]:
            found.append(f"row {noted[0]} is not the one that was noted: the log was written anew")
    if noted is not None and number < noted[0]:
        found.append(f"row {noted[0]} was noted and is gone: the log ends at row {number}")
    return found + _against_head(head(connection), number, digest)


def head(connection: Connection) -> tuple[int, str]:
    """Number and digest of the last row as the head has them: what to note elsewhere."""
    wanted = select(AUDIT_HEAD.c.number, AUDIT_HEAD.c.digest).where(AUDIT_HEAD.c.head == HEAD)
    row = connection.execute(wanted).one_or_none()
    return (row[0], row[1]) if row is not None else (0, GENESIS)


def rows_about(connection: Connection, subject: str) -> list[dict[str, Any]]:
    """Everything done to one subject, oldest first, with its details read."""
    wanted = select(AUDIT_LOG).where(AUDIT_LOG.c.subject == subject).order_by(AUDIT_LOG.c.number)
    return [read(row) for row in connection.execute(wanted).mappings()]


def newest(connection: Connection, limit: int | None, subject: str | None = None) -> list[dict[str, Any]]:
    """The newest rows, newest first; about one subject when it is named."""
    wanted = select(AUDIT_LOG).order_by(AUDIT_LOG.c.number.desc()).limit(limit)
    if subject is not None:
        wanted = wanted.where(AUDIT_LOG.c.subject == subject)
    return [read(row) for row in connection.execute(wanted).mappings()]


def read(row: RowMapping) -> dict[str, Any]:
    return {**row, "details": json.loads(row["details"])}


def storable(text: str) -> str:
    """Text that every store takes: PostgreSQL refuses the NUL character and half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _rows(connection: Connection) -> Iterator[dict[str, Any]]:
    # Only by number: a row that was moved must be met where it claims to be.
    wanted = select(AUDIT_LOG).order_by(AUDIT_LOG.c.number).execution_options(yield_per=_ROWS_PER_FETCH)
    for row in connection.execute(wanted).mappings():
        yield dict(row)


def _digest(row: Mapping[str, Any]) -> str:
    content = {name: row[name] for name in ("number", "who", "action", "subject", "because", "details")}
    when = row["happened_at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = canonical_json.dumps([row["previous_digest"], when, content])
    return hashlib.sha256(text.encode()).hexdigest()


def _against_head(said: tuple[int, str], number: int, digest: str) -> list[str]:
    if said[0] > number:
        return [f"the end was cut off: the log ends at row {number}, its head says row {said[0]}"]
    if said[0] < number:
        return [f"row {number} was added past the head, which says row {said[0]}"]
    return [] if said[1] == digest else [f"row {number} is not the one the head names as the last"]
