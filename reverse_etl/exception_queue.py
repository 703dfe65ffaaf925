"""The operator's queue: one row per trouble, from the first time it shows until its cause is gone.

Called inside the transaction that moves a delivery, so that no outcome can be recorded without its row. The same
trouble of the same record is one row, however often it occurs; people's actions are in exception_actions.py. Within a
transaction deliveries are moved first, then this, then the audit log: everybody takes the same lock in the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, insert, or_, select, update

from reverse_etl import audit, canonical_json, exception_codes
from reverse_etl.errors import Kind
from reverse_etl.exception_evidence import evidence_text, message_text, shape
from reverse_etl.operations_tables import AUDIT_HEAD, EXCEPTIONS

OPEN, SNOOZED, ACCEPTED, RESOLVED = "open", "snoozed", "accepted", "resolved"
# Not ended: shown, hidden for a while, or known.
STANDING = (OPEN, SNOOZED, ACCEPTED)
CAUSE_GONE = "cause gone"
_COUNTER = "exceptions"
# Below the number of parameters that either store takes in one statement.
_KEYS_PER_QUERY = 5_000
_T = TypeVar("_T")


@dataclass(frozen=True)
class Finding:
    """One trouble as it was met. Personal values in `message` and `evidence` are masked by whoever makes it.

    `cause` names what several records have in common, e.g. a missing SKU; without it the message's shape decides.
    """

    code: str
    kind: str
    message: str
    sync: str | None = None
    destination: str | None = None
    record_key: str | None = None
    delivery_id: str | None = None
    plan_id: str | None = None
    money_minor: int | None = None
    currency_code: str | None = None
    # {"request": …, "answer": …, "provider_request_id": …}
    evidence: Mapping[str, Any] = field(default_factory=dict)
    cause: str | None = None
    severity: str | None = None

    @property
    def fingerprint(self) -> str:
        """Equal for two occurrences of one trouble. Trouble of a whole destination has no sync."""
        return canonical_json.digest([self.code, self.sync or self.destination, self.record_key])

    @property
    def root_cause(self) -> str:
        return canonical_json.digest(
            [self.destination, self.code, self.cause or shape(self.message, self.record_key)],
        )


def open_findings(connection: Connection, findings: Sequence[Finding], now: datetime) -> list[str]:
    """Put troubles into the queue, in the caller's transaction; their exception ids in the same order.

    A trouble already there is counted; one that had ended is opened again. One that a person accepted stays accepted as
    long as its message says the same, one that is snoozed stays so until its time. A trouble met on the way of a
    delivery ends the other troubles of that delivery's record: the newest answer is the one that counts.
    """
    if not findings:
        return []
    newest = {finding.fingerprint: finding for finding in findings}
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.fingerprint] = counts.get(finding.fingerprint, 0) + 1
    audit.lock(connection)
    known = _known(connection, list(newest))
    made = _insert(connection, [finding for print_, finding in newest.items() if print_ not in known], counts, now)
    again = [(known[print_], finding) for print_, finding in newest.items() if print_ in known]
    if again:
        changed = [_again(row, finding, counts[finding.fingerprint], now) for row, finding in again]
        values: dict[str, Any] = {name: bindparam(name) for name in changed[0] if name != "id"}
        connection.execute(
            update(EXCEPTIONS).where(EXCEPTIONS.c.exception_id == bindparam("id")).values(values), changed
        )
    ids = {**made, **{print_: row["exception_id"] for print_, row in known.items()}}
    _end_replaced(connection, newest.values(), set(ids.values()), now)
    return [ids[finding.fingerprint] for finding in findings]


def close_for_records(
    connection: Connection,
    sync: str,
    record_keys: Collection[str],
    because: str,
    now: datetime,
    *,
    codes: Collection[str] | None = None,
) -> int:
    """End what stands about these records of a sync, for their cause is gone; how many ended.

    `codes` narrows it to some troubles. Costs one read where nothing stands, which is nearly always.
    """
    ended = 0
    for keys in _chunks(list(record_keys)):
        wanted = [EXCEPTIONS.c.sync == sync, EXCEPTIONS.c.record_key.in_(keys)]
        ended += _end(connection, [*wanted, *_of_codes(codes)], because, now)
    return ended


def close_codes(
    connection: Connection,
    sync: str | None,
    codes: Collection[str],
    because: str,
    now: datetime,
    *,
    destination: str | None = None,
    keep: Collection[str] = (),
) -> int:
    """End what stands under these codes, of a sync (or, without one, of a destination); how many ended.

    `keep` are record keys whose trouble still stands.
    """
    about = EXCEPTIONS.c.sync == sync if sync is not None else EXCEPTIONS.c.destination == destination
    return _end(connection, [about, *_of_codes(codes)], because, now, frozenset(keep))


def _known(connection: Connection, fingerprints: Sequence[str]) -> dict[str, RowMapping]:
    names = ("fingerprint", "exception_id", "exception_status", "message", "record_key", "snoozed_until", "opened_at")
    kept = ("owner", "occurrences", "ended_at", "ended_by", "ended_because")
    columns = [EXCEPTIONS.c[name] for name in (*names, *kept)]
    found: dict[str, RowMapping] = {}
    for part in _chunks(fingerprints):
        rows = connection.execute(select(*columns).where(EXCEPTIONS.c.fingerprint.in_(part))).mappings()
        found.update((row["fingerprint"], row) for row in rows)
    return found


def _insert(
    connection: Connection, findings: Sequence[Finding], counts: Mapping[str, int], now: datetime
) -> dict[str, str]:
    if not findings:
        return {}
    number, _ = audit.locked_counter(connection, _COUNTER)
    rows, ids = [], {}
    for finding in findings:
        number += 1
        ids[finding.fingerprint] = f"EX-{number}"
        row = {"exception_id": f"EX-{number}", "number": number, "fingerprint": finding.fingerprint}
        beginning = {"exception_status": OPEN, "opened_at": now, "seen_at": now}
        rows.append({**row, **_said(finding), **beginning, "occurrences": counts[finding.fingerprint]})
    connection.execute(insert(EXCEPTIONS), rows)
    connection.execute(update(AUDIT_HEAD).where(AUDIT_HEAD.c.head == _COUNTER).values(number=number))
    return ids


def _said(finding: Finding) -> dict[str, Any]:
    """What a finding says of the trouble, as columns."""
    same = (
        "code",
        "kind",
        "sync",
        "destination",
        "record_key",
        "delivery_id",
        "plan_id",
        "money_minor",
        "currency_code",
    )
    advice = exception_codes.advice(finding.code, finding.kind)
    severity = finding.severity or exception_codes.severity(finding.code, finding.kind, finding.money_minor)
    return {
        **{name: getattr(finding, name) for name in same},
        # A closed list, by which people filter; what is not in it is an unknown.
        "kind": finding.kind if finding.kind in exception_codes.KINDS else Kind.UNKNOWN.value,
        "root_cause": finding.root_cause,
        "severity": severity,
        "message": message_text(finding.message),
        "evidence": evidence_text(finding.evidence),
        "actions": canonical_json.dumps(advice.actions),
    }


def _again(row: RowMapping, finding: Finding, count: int, now: datetime) -> dict[str, Any]:
    """The row of a trouble that showed once more."""
    said = _said(finding)
    status = row["exception_status"]
    same = shape(row["message"], row["record_key"]) == shape(said["message"], finding.record_key)
    sleeping = status == SNOOZED and row["snoozed_until"] is not None and row["snoozed_until"] > now
    stays = sleeping or (status == ACCEPTED and same)
    ended = ("ended_at", "ended_by", "ended_because")
    return {
        **said,
        "id": row["exception_id"],
        "exception_status": status if stays else OPEN,
        "snoozed_until": row["snoozed_until"] if sleeping else None,
        # Its age is that of this spell; how often it came at all is counted beside.
        "opened_at": now if status == RESOLVED else row["opened_at"],
        "seen_at": now,
        "occurrences": row["occurrences"] + count,
        **{name: row[name] if stays else None for name in ended},
    }


def _end_replaced(connection: Connection, findings: Collection[Finding], kept: set[str], now: datetime) -> None:
    """End other troubles of deliveries whose record met a newer one; what concerns no delivery (drift) stays."""
    records: dict[str, list[str]] = {}
    for finding in findings:
        if finding.sync and finding.record_key and finding.delivery_id:
            records.setdefault(finding.sync, []).append(finding.record_key)
    for sync, keys in records.items():
        for part in _chunks(keys):
            wanted = [
                EXCEPTIONS.c.sync == sync,
                EXCEPTIONS.c.record_key.in_(part),
                EXCEPTIONS.c.delivery_id.is_not(None),
            ]
            _end(connection, wanted, "a newer answer about this record replaced it", now, exceptions=kept)


def _end(
    connection: Connection,
    wanted: Sequence[ColumnElement[bool]],
    because: str,
    now: datetime,
    keep: Collection[str] = (),
    exceptions: Collection[str] = (),
) -> int:
    """End what stands and is wanted, except for records in `keep` and the ids in `exceptions`."""
    standing = [EXCEPTIONS.c.exception_status.in_(STANDING), *wanted]
    rows = connection.execute(select(EXCEPTIONS.c.exception_id, EXCEPTIONS.c.record_key).where(*standing)).all()
    ids = [row[0] for row in rows if row[1] not in keep and row[0] not in exceptions]
    if not ids:
        return 0
    audit.lock(connection)
    end = {"ended_at": now, "ended_by": CAUSE_GONE, "ended_because": message_text(because), "snoozed_until": None}
    ended = 0
    for part in _chunks(ids):
        still = EXCEPTIONS.c.exception_id.in_(part) & EXCEPTIONS.c.exception_status.in_(STANDING)
        ended += connection.execute(update(EXCEPTIONS).where(still).values(exception_status=RESOLVED, **end)).rowcount
    return ended


def _of_codes(codes: Collection[str] | None) -> list[ColumnElement[bool]]:
    """The condition for these codes; a kind's name stands for every code of that kind."""
    if codes is None:
        return []
    return [or_(EXCEPTIONS.c.code.in_(codes), EXCEPTIONS.c.kind.in_(codes))]


def _chunks(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _KEYS_PER_QUERY):
        yield items[start : start + _KEYS_PER_QUERY]
