"""Under which rules a plan was made: the sync's declaration and the code of its model, numbered together per sync.

The code of a model is known by its parts and their digests: the model's own SQL, that of all it is made from, and their
macros, seeds and variables. The texts are not kept here; what of them is kept beside publications is run again by rerun.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, Engine, func, insert, select

from reverse_etl import canonical_json, plan_inputs
from reverse_etl import claim_statements as statements
from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger_store import reader
from reverse_etl.ledger_tables import DECLARATIONS, MODEL_CODE
from reverse_etl.plan_inputs import read_declaration
from reverse_etl.sync import Sync

CURRENT = "current"
# Asked with every plan.
_KNOWN = "select version from declarations where sync = :sync and digest = :digest and coalesce(model_code, '') = :code"


@dataclass(frozen=True)
class ModelCode:
    """Part → digest of its text, of an activation model and everything it is made from."""

    parts: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        return canonical_json.digest(sorted(self.parts.items()))


@dataclass(frozen=True)
class Rules:
    """One version: the declaration, and the code of the model; None where nobody said which it was."""

    sync: Sync
    code: ModelCode | None


@dataclass(frozen=True)
class CodeDifference:
    """How two codes of one model differ, by part; `is_known` is false when either was not noted."""

    is_known: bool
    parts: int = 0
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        return self.is_known and not (self.changed or self.added or self.removed)


UNKNOWN = CodeDifference(is_known=False)


def difference(then: ModelCode | None, now: ModelCode | None) -> CodeDifference:
    """What changed from one to the other."""
    if then is None or now is None:
        return UNKNOWN
    both = then.parts.keys() & now.parts.keys()
    return CodeDifference(
        is_known=True,
        parts=len(then.parts),
        changed=tuple(sorted(name for name in both if then.parts[name] != now.parts[name])),
        added=tuple(sorted(now.parts.keys() - then.parts.keys())),
        removed=tuple(sorted(then.parts.keys() - now.parts.keys())),
    )


def of_plan(connection: Connection, sync: Sync, code: ModelCode | None, now: datetime) -> int:
    """The version of these rules, numbered from 1 per sync; unseen ones are written down."""
    text = plan_inputs.declaration_text(sync)
    digest, code_digest = canonical_json.digest(text), code.digest if code is not None else None
    values = {"sync": sync.name, "digest": digest, "code": code_digest or ""}
    if known := statements.ask(connection, _KNOWN, (), **values):
        return int(known[0][0])
    code_digest, mine = _kept(connection, code, now), DECLARATIONS.c.sync == sync.name
    version = (connection.execute(select(func.max(DECLARATIONS.c.version)).where(mine)).scalar() or 0) + 1
    row = {"sync": sync.name, "version": version, "digest": digest, "declaration": text, "first_used_at": now}
    connection.execute(insert(DECLARATIONS), [row | {"model_code": code_digest}])
    return int(version)


def declare_the_same(connection: Connection, sync: str, one: int, other: int) -> bool:
    """Do two versions hold the same declaration, whatever their models were built from?"""
    wanted = select(DECLARATIONS.c.digest).where(DECLARATIONS.c.sync == sync, DECLARATIONS.c.version.in_((one, other)))
    digests = [str(row[0]) for row in connection.execute(wanted)]
    return len(digests) == len({one, other}) and len(set(digests)) == 1


def rules_of(
    engine: Engine, sync: str, version: str, current: Mapping[str, Sync], code_now: ModelCode | None = None
) -> Rules:
    """A version of a sync's rules: `current` is the declaration in code and the SQL as last published, a number one that
    the ledger has seen.
    """
    if version == CURRENT:
        if sync not in current:
            raise ConfigurationError(f"there is no sync '{sync}' any more", code="unknown_name")
        return Rules(current[sync], code_now)
    known = (
        select(DECLARATIONS.c.version, DECLARATIONS.c.declaration, MODEL_CODE.c.parts)
        .select_from(DECLARATIONS.outerjoin(MODEL_CODE, MODEL_CODE.c.digest == DECLARATIONS.c.model_code))
        .where(DECLARATIONS.c.sync == sync)
    )
    with reader(engine) as connection:
        found = {str(row[0]): (row[1], row[2]) for row in connection.execute(known.order_by(DECLARATIONS.c.version))}
    if version not in found:
        raise ConfigurationError(
            f"{sync} has no declaration {version}; known: {', '.join([*found, CURRENT])}", code="unknown_name"
        )
    text, parts = found[version]
    return Rules(read_declaration(text), ModelCode(json.loads(parts)) if parts is not None else None)


def _kept(connection: Connection, code: ModelCode | None, now: datetime) -> str | None:
    if code is None:
        return None
    digest = code.digest
    if connection.execute(select(MODEL_CODE.c.digest).where(MODEL_CODE.c.digest == digest)).first() is None:
        row = {"digest": digest, "parts": canonical_json.dumps(dict(sorted(code.parts.items()))), "first_used_at": now}
        connection.execute(insert(MODEL_CODE), [row])
    return digest
