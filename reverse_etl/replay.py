"""Derives a stored plan again from its stored inputs and nothing else, and says what another declaration would have done.

What was stored is compared as canonical text, byte by byte. Only what can not change after a plan is stored takes part:
states, attempts and renewed keys are its life, not its content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, select

from reverse_etl import canonical_json, plan
from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger_store import reader
from reverse_etl.ledger_tables import DECLARATIONS, DELIVERIES, DEPENDENCIES, PLAN_INPUTS, PLANS
from reverse_etl.plan import Action, Delivery, Plan
from reverse_etl.plan_inputs import PlanInputs, unpack
from reverse_etl.sync import Sync

_OF_PLAN = ("sync", "plan_hash", "creates", "updates", "deletes", "noops", "skipped", "breaches", "money_minor")
_OF_DELIVERY = (
    "sync", "destination", "object", "record_key", "action", "payload", "lines", "changes", "reason", "source_key",
    "money_minor", "currency_code", "fingerprint", "quick", "intention",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One thing that is stored otherwise than it is derived. `where` is the plan's or a delivery's id."""

    where: str
    record_key: str | None
    what: str
    stored: Any
    derived: Any


@dataclass(frozen=True)
class Replay:
    plan_id: str
    sync: str
    # The version of the rules: the declaration with the code of the model, whose digest is empty where it was not noted.
    declaration: int
    model_code: str
    snapshot: int | None
    planned_at: datetime
    # Version of the planner that made it, and of this program's.
    planner: int
    planner_now: int
    deliveries: int
    # Digests of the whole content, as stored and as derived, and the length of the derived text.
    stored_sha256: str
    derived_sha256: str
    content_bytes: int
    plan_hash: str
    differences: tuple[Difference, ...]
    # What the differences say about where the tampering is, or why none was expected to be found.
    verdict: str

    @property
    def is_identical(self) -> bool:
        return self.stored_sha256 == self.derived_sha256


@dataclass(frozen=True)
class Stored:
    """A plan as its rows say: values of the columns that never change, texts as they are."""

    plan: Mapping[str, Any]
    deliveries: tuple[Mapping[str, Any], ...]
    inputs: bytes


def replay(engine: Engine, reference: str) -> Replay:
    """Derive the plan of this id or hash again and compare; raises ConfigurationError when it was stored without inputs."""
    stored = load(engine, reference)
    inputs = unpack(stored.inputs)
    derived = derive(inputs)
    then = {"plan": _of_plan(stored.plan), "deliveries": [_of_delivery(row) for row in stored.deliveries]}
    again = _content(derived, stored.deliveries)
    differences = tuple(_differences(stored, then, again))
    texts = [canonical_json.dumps(content).encode() for content in (then, again)]
    digests = [hashlib.sha256(text).hexdigest() for text in texts]
    return Replay(
        plan_id=stored.plan["plan_id"],
        sync=stored.plan["sync"],
        declaration=stored.plan["declaration"],
        model_code=stored.plan["model_code"] or "",
        snapshot=stored.plan["snapshot"],
        planned_at=stored.plan["created_at"],
        planner=inputs.planner,
        planner_now=plan.PLANNER,
        deliveries=len(stored.deliveries),
        stored_sha256=digests[0],
        derived_sha256=digests[1],
        content_bytes=len(texts[1]),
        plan_hash=again["plan"]["plan_hash"],
        differences=differences,
        verdict=_verdict(stored, derived, inputs, differences),
    )


def derive(inputs: PlanInputs, sync: Sync | None = None) -> Plan:
    """The plan these inputs give, under their own declaration or another one."""
    rules = sync or inputs.sync
    return plan.make(rules, inputs.records, inputs.rows, inputs.memory, inputs.observed_at, inputs.at, inputs.gone)


def load(engine: Engine, reference: str) -> Stored:
    """The rows of a stored plan, newest first by hash; raises ConfigurationError when it is unknown or has no inputs."""
    mine = (DECLARATIONS.c.sync == PLANS.c.sync) & (DECLARATIONS.c.version == PLANS.c.declaration)
    plans = select(PLANS, DECLARATIONS.c.model_code).select_from(PLANS.outerjoin(DECLARATIONS, mine))
    wanted = plans.where((PLANS.c.plan_id == reference) | (PLANS.c.plan_hash == reference))
    with reader(engine) as connection:
        row = connection.execute(wanted.order_by(PLANS.c.number.desc()).limit(1)).mappings().first()
        if row is None:
            raise ConfigurationError(f"there is no plan '{reference}' in the ledger", code="unknown_plan")
        kept = select(PLAN_INPUTS.c.inputs).where(PLAN_INPUTS.c.plan_id == row["plan_id"])
        inputs = connection.execute(kept).scalar()
        if inputs is None:
            raise ConfigurationError(
                f"plan {row['plan_id']} was stored without its inputs, so it can not be derived again", code="no_inputs"
            )
        return Stored(dict(row), tuple(_deliveries(connection, row["plan_id"])), bytes(inputs))


def _deliveries(connection: Connection, plan_id: str) -> Iterable[Mapping[str, Any]]:
    waits: dict[str, list[list[str]]] = {}
    joined = DEPENDENCIES.join(DELIVERIES, DELIVERIES.c.delivery_id == DEPENDENCIES.c.delivery_id)
    needed = select(DEPENDENCIES).select_from(joined).where(DELIVERIES.c.plan_id == plan_id)
    for row in connection.execute(needed).mappings():
        waits.setdefault(row["delivery_id"], []).append([row["upstream_sync"], row["upstream_key"]])
    names = ("delivery_id", "key_generation", "idempotency_key", *_OF_DELIVERY)
    wanted = select(*(DELIVERIES.c[name] for name in names)).where(DELIVERIES.c.plan_id == plan_id)
    for row in connection.execute(wanted.order_by(DELIVERIES.c.position)).mappings():
        yield {**row, "depends_on": canonical_json.dumps(sorted(waits.get(row["delivery_id"], [])))}


def _of_plan(row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in _OF_PLAN}


def _of_delivery(row: Mapping[str, Any]) -> dict[str, Any]:
    key = canonical_json.digest([row["intention"], row["key_generation"]])
    # A key may be renewed, to the one of a later generation and to no other.
    return {name: row[name] for name in (*_OF_DELIVERY, "depends_on")} | {"key_fits": row["idempotency_key"] == key}


def _content(derived: Plan, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A derived plan in the shape of the stored rows."""
    made = {
        "sync": derived.sync,
        "plan_hash": derived.plan_hash,
        "creates": derived.count(Action.CREATE),
        "updates": derived.count(Action.UPDATE),
        "deletes": derived.count(Action.DELETE),
        "noops": derived.noops,
        "skipped": canonical_json.dumps([asdict(item) for item in derived.skipped]),
        "breaches": canonical_json.dumps(derived.breaches),
        "money_minor": canonical_json.dumps(derived.money_minor),
    }
    kept = [row["key_generation"] for row in rows]
    deliveries = []
    for at, delivery in enumerate(derived.deliveries):
        # A generation below the planned one was never given out.
        sound = at >= len(kept) or kept[at] >= delivery.key_generation
        deliveries.append(_row(delivery) | {"key_fits": sound})
    return {"plan": made, "deliveries": deliveries}


def _row(delivery: Delivery) -> dict[str, Any]:
    same = {name: getattr(delivery, name) for name in _OF_DELIVERY}
    return same | {
        "action": str(delivery.action),
        "payload": canonical_json.dumps(delivery.payload),
        "lines": canonical_json.dumps(delivery.lines),
        "changes": canonical_json.dumps([change.as_mapping() for change in delivery.changes]),
        "depends_on": canonical_json.dumps(sorted(delivery.depends_on)),
    }


def _differences(stored: Stored, then: Mapping[str, Any], again: Mapping[str, Any]) -> Iterable[Difference]:
    plan_id = stored.plan["plan_id"]
    for name in _OF_PLAN:
        if then["plan"][name] != again["plan"][name]:
            yield Difference(plan_id, None, name, then["plan"][name], again["plan"][name])
    ids = [row["delivery_id"] for row in stored.deliveries]
    for at, (old, new) in enumerate(zip(then["deliveries"], again["deliveries"], strict=False)):
        for name in old:
            if old[name] != new[name]:
                yield Difference(ids[at], old["record_key"], name, old[name], new[name])
    for at in range(len(again["deliveries"]), len(ids)):
        yield Difference(ids[at], then["deliveries"][at]["record_key"], "delivery", "stored", "not derived")
    for row in again["deliveries"][len(ids) :]:
        yield Difference(plan_id, row["record_key"], "delivery", "not stored", "derived")


def _verdict(stored: Stored, derived: Plan, inputs: PlanInputs, differences: Sequence[Difference]) -> str:
    """Which of the two was changed: the hash that was stored with the plan binds what it was at first."""
    if not differences:
        return "the stored inputs give the stored plan, byte for byte"
    if inputs.planner != plan.PLANNER:
        return (
            f"made by planner {inputs.planner}, derived by planner {plan.PLANNER}: the differences may be the program's"
        )
    touched = sorted({item.where for item in differences if item.where != stored.plan["plan_id"]})
    named = (", ".join(touched[:5]) or "the plan's own row") + (
        f" and {len(touched) - 5} more" if len(touched) > 5 else ""
    )
    by_inputs, by_rows = (
        found == stored.plan["plan_hash"] for found in (derived.plan_hash, _hash_of_rows(stored, derived))
    )
    if by_inputs and by_rows:
        return f"changed afterwards in what the plan's hash does not bind, in the inputs or here: {named}"
    if by_inputs:
        return f"the inputs still give the plan's hash; what is stored was changed afterwards: {named}"
    if by_rows:
        return f"the deliveries still give the plan's hash; the stored inputs were changed afterwards, see {named}"
    return f"neither the inputs nor the deliveries give the plan's hash: see {named}"


def _hash_of_rows(stored: Stored, derived: Plan) -> str:
    """The plan's hash as the stored deliveries give it, under the keys they were planned with."""
    planned = {item.record_key: item.key_generation for item in derived.deliveries}
    try:
        deliveries = tuple(
            _delivery(row, planned.get(row["record_key"], row["key_generation"])) for row in stored.deliveries
        )
    except (TypeError, ValueError):  # what was changed is no delivery any more
        return ""
    return replace(derived, deliveries=deliveries, stored_hash="").plan_hash


def _delivery(row: Mapping[str, Any], generation: int) -> Delivery:
    texts = {name: json.loads(row[name]) for name in ("payload", "lines", "changes", "depends_on")}
    same = {name: row[name] for name in _OF_DELIVERY}
    return Delivery(
        **same
        | {
            "action": Action(row["action"]),
            "payload": texts["payload"],
            "lines": tuple(texts["lines"]),
            "changes": tuple(plan.Change(**change) for change in texts["changes"]),
            "depends_on": tuple((upstream, key) for upstream, key in texts["depends_on"]),
            "key_generation": generation,
        }
    )
