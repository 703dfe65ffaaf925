"""Closed months in the operational store: what was frozen, under which rules, who signed; each one audited, none ever changed.

A month is closed once. Whatever arrives later is a dated correction in an open month, so a close is never edited, taken
back or replaced; the row and the audit log's row are one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, RowMapping, Table, insert, select

from reverse_etl import audit, canonical_json
from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger_tables import METADATA, StoredText, UtcDateTime

CLOSES = Table(
    "closes",
    METADATA,
    # entity:YYYY-MM
    Column("close_id", StoredText, primary_key=True),
    Column("entity_id", StoredText, nullable=False),
    Column("period_month", StoredText, nullable=False),
    Column("closed_at", UtcDateTime, nullable=False),
    Column("closed_by", StoredText, nullable=False),
    Column("because", StoredText, nullable=False),
    # The publication whose numbers were frozen.
    Column("snapshot", Integer, nullable=False),
    # One digest over all rules; the single ones are in `record`.
    Column("rules_digest", StoredText, nullable=False),
    # JSON text of the rest of ClosedMonth.
    Column("record", StoredText, nullable=False),
)
_IN_COLUMNS = ("entity_id", "period_month", "closed_at", "closed_by", "because", "snapshot", "rules_digest")


@dataclass(frozen=True)
class FrozenTable:
    """Rows of a table as they were at the close: how many, digest of their content, file and digest of its bytes."""

    rows: int
    digest: str
    file: str
    sha256: str


@dataclass(frozen=True)
class SignOff:
    """Something that failed and was accepted by a person, with the amount that stood there."""

    code: str
    check_code: str
    amount_minor: int | None
    currency_code: str | None
    contradictions: int
    accepted_by: str
    because: str


@dataclass(frozen=True)
class ClosedMonth:
    """One closed month of one entity. `pack` is file → sha256, `rules` is model → digest, `checklist` the lines as judged."""

    entity_id: str
    period_month: str
    closed_at: datetime
    closed_by: str
    because: str
    snapshot: int
    rules_digest: str
    tables: Mapping[str, FrozenTable]
    rules: Mapping[str, str]
    pack: Mapping[str, str]
    checklist: tuple[Mapping[str, Any], ...]
    sign_offs: tuple[SignOff, ...] = field(default=())

    @property
    def close_id(self) -> str:
        return close_id(self.entity_id, self.period_month)


def close_id(entity_id: str, period_month: str) -> str:
    return f"{entity_id}:{period_month}"


def store(connection: Connection, close: ClosedMonth) -> None:
    """Lock the month: its row and the audit log's row in the caller's transaction. Refused when it is closed already."""
    audit.lock(connection)
    if find(connection, close.entity_id, close.period_month) is not None:
        raise ConfigurationError(
            f"{close.close_id} is closed already; what came later is a correction in an open month", code="month_closed"
        )
    columns = {name: getattr(close, name) for name in _IN_COLUMNS}
    rest = {name: value for name, value in asdict(close).items() if name not in _IN_COLUMNS}
    connection.execute(insert(CLOSES), [{"close_id": close.close_id, **columns, "record": canonical_json.dumps(rest)}])
    audit.append(
        connection,
        who=close.closed_by,
        action="close",
        subject=close.close_id,
        because=close.because,
        details={
            "snapshot": close.snapshot,
            "rules": close.rules_digest,
            "tables": {name: table.digest for name, table in close.tables.items()},
            "pack": dict(close.pack),
            "accepted": [asdict(signed) for signed in close.sign_offs],
        },
        now=close.closed_at,
    )


def find(connection: Connection, entity_id: str, period_month: str) -> ClosedMonth | None:
    wanted = select(CLOSES).where(CLOSES.c.close_id == close_id(entity_id, period_month))
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else _read(row)


def listed(connection: Connection, entity_id: str | None = None) -> list[ClosedMonth]:
    """Every closed month, oldest first; of one entity when it is named."""
    wanted = select(CLOSES).order_by(CLOSES.c.entity_id, CLOSES.c.period_month)
    if entity_id is not None:
        wanted = wanted.where(CLOSES.c.entity_id == entity_id)
    return [_read(row) for row in connection.execute(wanted).mappings()]


def _read(row: RowMapping) -> ClosedMonth:
    rest = json.loads(row["record"])
    return ClosedMonth(
        **{name: row[name] for name in _IN_COLUMNS},
        tables={name: FrozenTable(**table) for name, table in rest["tables"].items()},
        rules=rest["rules"],
        pack=rest["pack"],
        checklist=tuple(rest["checklist"]),
        sign_offs=tuple(SignOff(**signed) for signed in rest["sign_offs"]),
    )
