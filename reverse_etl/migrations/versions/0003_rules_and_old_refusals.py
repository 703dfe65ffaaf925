"""The code of a model beside its sync's declaration, no first send, and rows for what was refused before there was a queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from reverse_etl import canonical_json, exception_codes
from reverse_etl.exception_evidence import message_text, shape
from reverse_etl.personal import hidden_text

revision = "0003"
down_revision = "0002"

# Sorted by code point on both stores, not as the language of a server would.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ROWS_PER_INSERT = 1_000

_TOLD = ("sync", "destination", "record_key", "delivery_id", "plan_id", "money_minor", "currency_code")
_DELIVERIES = sa.table(
    "deliveries",
    *(sa.column(name) for name in (*_TOLD, "state", "kind", "code", "message", "position")),
    sa.column("state_at", sa.DateTime),
    sa.column("planned_at", sa.DateTime),
)
_ACCEPTED = sa.table("accepted", sa.column("sync"), sa.column("record_key"), sa.column("accepted_at", sa.DateTime))
_HEADS = sa.table("audit_head", sa.column("head"), sa.column("number"), sa.column("digest"))
_EXCEPTIONS = sa.table(
    "exceptions",
    *(sa.column(name) for name in ("exception_id", "number", "fingerprint", "root_cause", *_TOLD)),
    *(sa.column(name) for name in ("code", "kind", "severity", "message", "evidence", "actions", "exception_status")),
    *(sa.column(name, sa.DateTime) for name in ("opened_at", "seen_at", "ended_at")),
    *(sa.column(name) for name in ("occurrences", "ended_by", "ended_because")),
)


def upgrade() -> None:
    _rules()
    # Nothing asks for it: every doubt is looked up, however young its key, and the attempts say when each was made.
    op.drop_column("deliveries", "first_sent_at")
    _open_what_was_refused_before(op.get_bind())


def _rules() -> None:
    op.create_table(
        "model_code",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("parts", TEXT, nullable=False),
        sa.Column("first_used_at", sa.DateTime, nullable=False),
    )
    op.add_column("declarations", sa.Column("model_code", TEXT))


def _open_what_was_refused_before(connection: sa.Connection) -> None:
    """The first release kept refusals and doubts in the ledger alone: the newest of each record becomes its row."""
    rows = list(_rows(connection))
    if not rows:
        return
    counter = _HEADS.c.head == "exceptions"
    number = connection.execute(sa.select(_HEADS.c.number).where(counter)).scalar()
    if number is None:
        number = 0
        connection.execute(sa.insert(_HEADS), [{"head": "exceptions", "number": 0, "digest": "0" * 64}])
    for row in rows:
        number += 1
        row |= {"exception_id": f"EX-{number}", "number": number}
    for start in range(0, len(rows), _ROWS_PER_INSERT):
        connection.execute(sa.insert(_EXCEPTIONS), rows[start : start + _ROWS_PER_INSERT])
    connection.execute(sa.update(_HEADS).where(counter).values(number=number))


def _rows(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    same = (_EXCEPTIONS.c.sync == _DELIVERIES.c.sync) & (_EXCEPTIONS.c.record_key == _DELIVERIES.c.record_key)
    mine = (_ACCEPTED.c.sync == _DELIVERIES.c.sync) & (_ACCEPTED.c.record_key == _DELIVERIES.c.record_key)
    wanted = (
        sa.select(_DELIVERIES, _ACCEPTED.c.accepted_at)
        .select_from(_DELIVERIES.outerjoin(_ACCEPTED, mine))
        .where(_DELIVERIES.c.state.in_(("rejected", "in_doubt")), ~sa.exists().where(same))
        .order_by(_DELIVERIES.c.planned_at, _DELIVERIES.c.plan_id, _DELIVERIES.c.position)
    )
    newest = {(row["sync"], row["record_key"]): row for row in connection.execute(wanted).mappings()}
    for row in newest.values():
        yield _row(dict(row))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    in_doubt = row["state"] == "in_doubt"
    kind = row["kind"] if row["kind"] in exception_codes.KINDS else "unknown"
    code = row["code"] or ("unanswered" if in_doubt else kind)
    said = row["message"] or ("nobody knows whether this arrived" if in_doubt else code)
    message = message_text(hidden_text(said))
    accepted_at = row["accepted_at"]
    is_over = not in_doubt and accepted_at is not None and accepted_at >= row["state_at"]
    return {
        **{name: row[name] for name in _TOLD},
        "fingerprint": canonical_json.digest([code, row["sync"], row["record_key"]]),
        "root_cause": canonical_json.digest([row["destination"], code, shape(message, row["record_key"])]),
        "code": code,
        "kind": kind,
        "severity": exception_codes.severity(code, kind, row["money_minor"]),
        "message": message,
        "evidence": canonical_json.dumps({"answer": message}),
        "actions": canonical_json.dumps(exception_codes.advice(code, kind).actions),
        "exception_status": "resolved" if is_over else "open",
        # Its age is that of the refusal, not of the update.
        "opened_at": row["state_at"],
        "seen_at": row["state_at"],
        "occurrences": 1,
        "ended_at": accepted_at if is_over else None,
        "ended_by": "cause gone" if is_over else None,
        "ended_because": "the delivery was accepted" if is_over else None,
    }
