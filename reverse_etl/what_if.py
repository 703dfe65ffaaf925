"""What a plan would have been under other rules of its sync: the records that differ and the money. Pure.

The rows are those the plan was made from, or those the other SQL makes of the same snapshot (rerun.py) where it differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reverse_etl.errors import ConfigurationError
from reverse_etl.kept_sql import Rerun
from reverse_etl.plan import Delivery, Plan
from reverse_etl.plan_inputs import PlanInputs
from reverse_etl.replay import derive
from reverse_etl.rule_versions import UNKNOWN, CodeDifference
from reverse_etl.sync import Mode, Sync


@dataclass(frozen=True)
class Changed:
    """A record both plans say something about, and what of it: name → (as planned, as it would have been)."""

    record_key: str
    differences: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class WhatIf:
    sync: str
    rules: str
    # Planned only by the other rules, and only by the ones it was made under; held and waiting records with the reason.
    added: tuple[tuple[str, str], ...]
    dropped: tuple[tuple[str, str], ...]
    changed: tuple[Changed, ...]
    breaches_then: tuple[str, ...]
    breaches_now: tuple[str, ...]
    # How many different people must approve it.
    approvers_then: int
    approvers_now: int
    # Money at stake under the other rules minus under its own, in minor units by currency; no entry means no difference.
    money_minor: Mapping[str, int]
    # What of the declaration differs: name → (then, now).
    rules_differ: Mapping[str, tuple[Any, Any]]
    # What of the SQL behind the rows differs, and what of it was run again; without that the rows are the plan's own.
    code_differs: CodeDifference = UNKNOWN
    rerun: Rerun | None = None
    # Why nothing was run again though the SQL differs, and changed parts whose tables are not published.
    why_not: str = ""
    beyond: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Would the same have been sent for these rows, under the same approval?"""
        same_brakes = (self.breaches_then, self.approvers_then) == (self.breaches_now, self.approvers_now)
        return not (self.added or self.dropped or self.changed) and same_brakes


def under(
    inputs: PlanInputs,
    other: Sync,
    rules: str,
    code_differs: CodeDifference = UNKNOWN,
    rerun: Rerun | None = None,
    why_not: str = "",
    beyond: tuple[str, ...] = (),
) -> WhatIf:
    """Compare the plan of these inputs with the one the other rules give, from the rows of their SQL where it was run.

    Otherwise only records that differed then are in the inputs: one that the other rules alone would have looked at is not.
    Raises ConfigurationError when the other declaration needs a field that the inputs do not have.
    """
    again = rerun.inputs if rerun is not None and rerun.inputs is not None else inputs
    _require_fields(again, other)
    then, now = derive(inputs), derive(again, other)
    before, after = _told(then), _told(now)
    both = [key for key in before if key in after]
    changed = [Changed(key, found) for key in both if (found := _between(before[key], after[key]))]
    amounts = then.money_minor, now.money_minor
    money = {code: amounts[1].get(code, 0) - amounts[0].get(code, 0) for code in sorted({*amounts[0], *amounts[1]})}
    return WhatIf(
        sync=inputs.sync.name,
        rules=rules,
        added=tuple((key, _why(after[key])) for key in sorted(after.keys() - before.keys())),
        dropped=tuple((key, _why(before[key])) for key in sorted(before.keys() - after.keys())),
        changed=tuple(changed),
        breaches_then=then.breaches,
        breaches_now=now.breaches,
        approvers_then=then.approvers,
        approvers_now=now.approvers,
        money_minor={code: minor for code, minor in money.items() if minor},
        rules_differ=_between(_flat(inputs.sync), _flat(other)),
        code_differs=code_differs,
        rerun=replace(rerun, inputs=None) if rerun is not None else None,
        why_not=why_not,
        beyond=beyond,
    )


def _require_fields(inputs: PlanInputs, other: Sync) -> None:
    mode = inputs.sync.mode
    # Which records left the model is looked up for a mirror only, so an upsert's inputs do not say.
    fits = other.mode is mode or (other.mode is Mode.UPSERT and mode is Mode.MIRROR)
    if not fits or other.baseline is not inputs.sync.baseline:
        told = f"{inputs.sync.mode} from {inputs.sync.baseline} to {other.mode} from {other.baseline}"
        raise ConfigurationError(
            f"{other.name} went from {told}: its inputs were chosen for the first, so the plan can not be made again",
            code="bad_inputs",
        )
    known = {name for row in inputs.rows for name in row["payload"]}
    missing = [name for name in other.fields if inputs.rows and name not in known]
    if missing:
        raise ConfigurationError(
            f"{other.name} would need {', '.join(missing)}, which the stored inputs do not have", code="bad_inputs"
        )


def _told(made: Plan) -> dict[str, dict[str, Any]]:
    """What a plan says about each record."""
    said = {item.record_key: {"action": str(item.action), "reason": item.reason} for item in made.skipped}
    return said | {item.record_key: _delivery(item) for item in made.deliveries}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    written = {f"writes {name}": value for name, value in delivery.payload.items()}
    changes = {f"{item.field} from": item.before for item in delivery.changes}
    lines = {f"line {at}": dict(line) for at, line in enumerate(delivery.lines, start=1)}
    return {"action": str(delivery.action), "reason": delivery.reason, **written, **changes, **lines}


def _why(told: Mapping[str, Any]) -> str:
    return f"{told['action']}: {told['reason']}" if told["reason"] else str(told["action"])


def _between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = [*before, *(name for name in after if name not in before)]
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _flat(sync: Sync) -> dict[str, Any]:
    own = {name: value for name, value in vars(sync).items() if name != "limits"}
    return own | {f"limits.{name}": value for name, value in vars(sync.limits).items()}
