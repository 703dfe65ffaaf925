"""A replay, and what other rules would have done, for people (text) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from reverse_etl.money import spoken
from reverse_etl.personal import hidden_text
from reverse_etl.replay import Replay
from reverse_etl.rule_versions import CodeDifference
from reverse_etl.what_if import WhatIf

_LISTED = 20


def as_json(again: Replay, other: WhatIf | None = None) -> dict[str, Any]:
    """Both as plain data."""
    found = asdict(again) | {"is_identical": again.is_identical}
    if other is None:
        return {"replay": found, "rules": None}
    code = asdict(other.code_differs) | {"is_same": other.code_differs.is_same}
    return {"replay": found, "rules": asdict(other) | {"is_same": other.is_same, "code_differs": code}}


def render_text(again: Replay, other: WhatIf | None = None) -> str:
    lines = [*_replayed(again), *(["", *_under(other)] if other is not None else [])]
    return hidden_text("\n".join(lines))


def _replayed(again: Replay) -> Iterator[str]:
    snapshot = f" from snapshot {again.snapshot}" if again.snapshot is not None else ""
    yield f"{again.plan_id}: {again.deliveries} deliveries, planned {again.planned_at:%Y-%m-%d %H:%M:%S} UTC{snapshot}"
    code = f"SQL {again.model_code[:12]}" if again.model_code else "its SQL was not noted"
    planners = f"planner {again.planner}, this program has {again.planner_now}"
    yield f"  rules      declaration {again.declaration}, {code}; {planners}"
    yield f"  hash       {again.plan_hash}"
    yield f"  stored     sha256 {again.stored_sha256}"
    yield f"  derived    sha256 {again.derived_sha256}, {again.content_bytes} bytes"
    yield f"  {'identical' if again.is_identical else 'DIFFERENT':<10} {again.verdict}"
    for item in again.differences[:_LISTED]:
        record = f" ({item.record_key})" if item.record_key else ""
        yield f"  {item.where}{record}: {item.what} is stored as {_cut(item.stored)} and derived as {_cut(item.derived)}"
    if len(again.differences) > _LISTED:
        yield f"  … and {len(again.differences) - _LISTED} more differences"


def _under(other: WhatIf) -> Iterator[str]:
    yield f"under declaration {other.rules} of {other.sync}"
    yield from (
        (f"  rule       {name}: {_cut(then)} → {_cut(now)}" for name, (then, now) in other.rules_differ.items())
        if other.rules_differ
        else iter(["  rule       the same declaration"])
    )
    yield from _code(other.code_differs)
    if not other.code_differs.is_same:
        yield from _run_again(other)
    if other.is_same:
        rows = "" if other.code_differs.is_same or _is_run(other) else " from the rows of then"
        yield f"  the same deliveries would have been planned{rows}, under the same approval"
    for word, records in (("added", other.added), ("dropped", other.dropped)):
        yield from _listed([f"  {word:<10} {key}: {why}" for key, why in records], f"{word} records")
    changed = [f"  changed    {item.record_key}: {_pairs(item.differences)}" for item in other.changed]
    yield from _listed(changed, "changed records")
    if (other.breaches_then, other.approvers_then) != (other.breaches_now, other.approvers_now):
        yield f"  limits     {_brakes(other.breaches_then, other.approvers_then)} → {_brakes(other.breaches_now, other.approvers_now)}"
    money = [f"{'+' if minor > 0 else ''}{spoken(minor, code)}" for code, minor in other.money_minor.items()]
    yield f"  money      {', '.join(money) or 'no difference'}"


def _code(found: CodeDifference) -> Iterator[str]:
    if not found.is_known:
        yield "  SQL        not known of one of the two: whether the rows would have been the same can not be said"
    elif found.is_same:
        yield f"  SQL        the same, in all {found.parts} parts the model is made from"
    else:
        yield "  SQL        differs"
        words = (("changed", found.changed), ("added", found.added), ("removed", found.removed))
        yield from _listed([f"  SQL        {word}: {part}" for word, parts in words for part in parts], "parts")


def _run_again(other: WhatIf) -> Iterator[str]:
    """What the rows below come from: the other SQL over the plan's snapshot, as far as that could be run."""
    if other.rerun is not None and _is_run(other):
        yield f"  run again  {', '.join(other.rerun.tables)}, over snapshot {other.rerun.snapshot}"
    else:
        why = f": {other.why_not}" if other.why_not else ""
        yield f"  not run    the rows below are the plan's{why}"
    missing = [f"{name}: {why}" for name, why in (other.rerun.not_run if other.rerun is not None else {}).items()]
    missing += [f"{name}: what it is made from is not published" for name in other.beyond]
    yield from _listed([f"  not run    {line}" for line in missing], "parts")


def _is_run(other: WhatIf) -> bool:
    return other.rerun is not None and bool(other.rerun.tables)


def _listed(lines: list[str], what: str) -> Iterator[str]:
    yield from lines[:_LISTED]
    if len(lines) > _LISTED:
        yield f"  … and {len(lines) - _LISTED} more {what}"


def _pairs(differences: Mapping[str, tuple[Any, Any]]) -> str:
    return "; ".join(f"{name}: {_cut(then)} → {_cut(now)}" for name, (then, now) in differences.items())


def _brakes(breaches: tuple[str, ...], approvers: int) -> str:
    if not breaches:
        return "within its limits"
    return f"needs {approvers} {'person' if approvers == 1 else 'people'} ({'; '.join(breaches)})"


def _cut(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"
