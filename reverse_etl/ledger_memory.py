"""Reads out of the ledger what a plan has to know about its records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select

from reverse_etl import claim_statements as statements
from reverse_etl import foreknowledge
from reverse_etl.delivery import DELETED
from reverse_etl.delivery_states import OPEN, UNSETTLED, State
from reverse_etl.drift import CHOICES, Chosen
from reverse_etl.errors import Kind
from reverse_etl.exception_queue import STANDING
from reverse_etl.ledger_tables import ACCEPTED, DELIVERIES
from reverse_etl.memory import LastAccepted, Memory, Refusal
from reverse_etl.operations_tables import DRIFTS

_LAST_ACCEPTED = (
    "select accepted.record_key, accepted.delivery_id, accepted.fingerprint, accepted.accepted_at, deliveries.payload,"
    " deliveries.changes, deliveries.source_key, deliveries.currency_code"
    " from accepted join deliveries on deliveries.delivery_id = accepted.delivery_id"
    " where accepted.sync = :sync and accepted.record_key in ({ids})"
)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_TOLD = (
    "select"
    f" exists (select 1 from deliveries where sync = :sync and record_key in ({{ids}}) and state in ({_listed((*OPEN, State.REJECTED))})),"
    f" exists (select 1 from drifts where sync = :sync and record_key in ({{ids}}) and choice in ({_listed(CHOICES)})),"
    " exists (select 1 from exceptions where sync = :sync and record_key in ({ids})"
    f" and exception_status in ({_listed(STANDING)}))"
)


def read_memory(
    connection: Connection, sync: str, chunks: Sequence[Sequence[str]], read_at: Mapping[str, datetime]
) -> Memory:
    """What is known about these records, whose keys come in pieces that fit one statement.

    `read_at`: when each platform was read, for telling which records were planned from newer events since.
    """
    known = read_records(connection, sync, chunks)
    newer = foreknowledge.unsent_ahead(connection, sync, read_at)
    for keys in chunks:
        newer |= _written_ahead(connection, sync, keys, read_at)
    there = select(func.count()).where(ACCEPTED.c.sync == sync, ACCEPTED.c.fingerprint != DELETED)
    return replace(known, accepted_records=connection.execute(there).scalar_one(), newer=frozenset(newer))


@dataclass(frozen=True)
class Told:
    """Whether the ledger says more of some records than what was accepted: it nearly never does."""

    # Deliveries that are not sent, under way, in doubt or refused; edits a person decided on; standing exceptions.
    of_deliveries: bool
    of_choices: bool
    of_exceptions: bool


def told_of(connection: Connection, sync: str, keys: Sequence[str]) -> Told:
    """One look instead of a statement for each."""
    [row] = statements.ask(connection, _TOLD, keys, sync=sync)
    return Told(*map(bool, row))


def read_told(connection: Connection, sync: str, keys: Sequence[str], told: Told) -> Memory:
    """As `read_records`, of a few records about which it was asked what is told."""
    if told.of_deliveries or told.of_choices:
        return read_records(connection, sync, [keys])
    return Memory(last_accepted(connection, sync, keys))


def read_records(connection: Connection, sync: str, chunks: Sequence[Sequence[str]]) -> Memory:
    """What is known about these records alone; how many others there are is not counted."""
    accepted: dict[str, LastAccepted] = {}
    unsettled: set[str] = set()
    refused: dict[str, Refusal] = {}
    chosen: dict[str, dict[str, Chosen]] = {}
    for keys in chunks:
        accepted.update(last_accepted(connection, sync, keys))
        unsettled.update(connection.execute(_unsettled_keys(sync, keys)).scalars())
        refused.update(_refused(connection, sync, keys))
        for row in connection.execute(_chosen(sync, keys)).mappings():
            chosen.setdefault(row["record_key"], {})[row["field"]] = read_chosen(row)
    return Memory(accepted, unsettled, refused, chosen=chosen)


def _written_ahead(connection: Connection, sync: str, keys: Sequence[str], read_at: Mapping[str, datetime]) -> set[str]:
    """Of these records, those whose newest accepted delivery had heard of more than the reading holds."""
    wanted = (
        select(ACCEPTED.c.record_key, DELIVERIES.c.made_from)
        .join(DELIVERIES, DELIVERIES.c.delivery_id == ACCEPTED.c.delivery_id)
        .where(ACCEPTED.c.sync == sync, ACCEPTED.c.record_key.in_(keys), DELIVERIES.c.made_from.is_not(None))
    )
    return {row[0] for row in connection.execute(wanted) if foreknowledge.is_ahead(row[1], read_at)}


def last_accepted(connection: Connection, sync: str, keys: Sequence[str]) -> dict[str, LastAccepted]:
    """What was last accepted of these records, by key; those of which nothing was are left out."""
    return {
        record: LastAccepted(
            delivery_id=delivery_id,
            fingerprint=fingerprint,
            payload=json.loads(payload),
            before={change["field"]: change["before"] for change in json.loads(changes)},
            accepted_at=statements.moment(accepted_at),
            source_key=source_key,
            currency_code=currency,
        )
        for record, delivery_id, fingerprint, accepted_at, payload, changes, source_key, currency in statements.ask(
            connection, _LAST_ACCEPTED, keys, sync=sync
        )
    }


def _unsettled_keys(sync: str, keys: Sequence[str]) -> Select[Any]:
    return select(DELIVERIES.c.record_key).where(
        DELIVERIES.c.sync == sync, DELIVERIES.c.state.in_(UNSETTLED), DELIVERIES.c.record_key.in_(keys)
    )


def _refused(connection: Connection, sync: str, keys: Sequence[str]) -> dict[str, Refusal]:
    """The newest refusal of each intention; its due time is set when a person asked for a retry."""
    columns = [DELIVERIES.c[name] for name in ("intention", "key_generation", "state_at", "code", "kind", "due_at")]
    wanted = select(*columns).where(
        DELIVERIES.c.sync == sync, DELIVERIES.c.state == State.REJECTED, DELIVERIES.c.record_key.in_(keys)
    )
    return {
        row["intention"]: Refusal(
            generation=row["key_generation"],
            rejected_at=row["state_at"],
            code=row["code"] or row["kind"] or "",
            retry_asked=row["due_at"] is not None,
            is_conflict=row["kind"] == Kind.CONFLICT,
        )
        for row in connection.execute(wanted.order_by(DELIVERIES.c.key_generation, DELIVERIES.c.state_at)).mappings()
    }


def _chosen(sync: str, keys: Sequence[str]) -> Select[Any]:
    return select(DRIFTS).where(DRIFTS.c.sync == sync, DRIFTS.c.record_key.in_(keys), DRIFTS.c.choice.in_([*CHOICES]))


def read_chosen(row: RowMapping) -> Chosen:
    """A row of drifts as what a person chose."""
    names = ("accepted", "observed", "wanted")
    return Chosen(row["choice"], *(json.loads(row[f"{name}_value"]) for name in names))
