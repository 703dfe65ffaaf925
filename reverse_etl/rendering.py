"""A plan for people (text) and for programs (JSON): per record, field, before → after, reason; and what needs a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from reverse_etl.drift import Choice, Drift
from reverse_etl.money import spoken
from reverse_etl.plan import Action, Delivery, Plan, Skipped

_COLUMNS = ("record", "action", "field", "before", "after", "reason")
_WIDTHS = (34, 7, 22, 24, 24, 60)
# Of each kind of hold, where not all are shown.
_HOLDS_SHOWN = 5


def render_text(plan: Plan, limit: int = 20) -> str:
    """The plan as a table of at most `limit` records (0: all), with its totals; what is cut is said."""
    limit = limit or len(plan.deliveries) + len(plan.skipped) + len(plan.drifts)
    lines = [f"{plan.sync}: {_totals(plan)}"]
    if plan.plan_id:
        lines.append(f"  plan {plan.plan_id}, hash {plan.plan_hash}")
    lines += _approval(plan)
    if plan.deliveries:
        shown = plan.deliveries[:limit]
        rows = [row for delivery in shown for row in _rows(delivery)]
        widths = [min(width, max(len(row[at]) for row in (*rows, _COLUMNS))) for at, width in enumerate(_WIDTHS)]
        lines += [_line(row, widths) for row in (_COLUMNS, tuple("-" * width for width in widths), *rows)]
    if len(plan.deliveries) > limit:
        lines.append(f"  … and {_actions(plan.deliveries[limit:])} more records (--limit 0 shows all)")
    lines += _drifts(plan.drifts, limit)
    lines += _skipped(plan.skipped, limit if limit >= len(plan.skipped) else min(limit, _HOLDS_SHOWN))
    return "\n".join(lines)


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan as plain data."""
    return {
        "sync": plan.sync,
        "plan_id": plan.plan_id,
        "plan_hash": plan.plan_hash,
        "plan_status": plan.status,
        "created_at": plan.created_at.isoformat() if plan.created_at else None,
        "counts": {action.value: plan.noops if action is Action.NOOP else plan.count(action) for action in Action},
        "money_minor": plan.money_minor,
        "breaches": list(plan.breaches),
        "needs_approval": needs_approval(plan),
        "approvers": plan.approvers,
        "approved_by": list(plan.approved_by),
        "deliveries": [_delivery(delivery) for delivery in plan.deliveries],
        "skipped": [asdict(item) for item in plan.skipped],
        "drifts": [asdict(item) for item in plan.drifts],
    }


def needs_approval(plan: Plan) -> bool:
    """Does it break a limit, with fewer people than needed who let it go?"""
    return bool(plan.breaches) and len(plan.approved_by) < max(plan.approvers, 1)


def _approval(plan: Plan) -> Iterator[str]:
    for breach in plan.breaches:
        yield f"  OVER ITS LIMITS: {breach}"
    if plan.status != "open":
        yield f"  {plan.status.replace('_', ' ').upper()}: nothing more of it is sent"
    elif needs_approval(plan):
        people = "a person" if plan.approvers <= 1 else f"{plan.approvers} different people"
        so_far = f" ({', '.join(plan.approved_by)} did)" if plan.approved_by else ""
        yield f"  NEEDS APPROVAL by {people}{so_far}: cartwheel approve {plan.plan_id} --by NAME --because TEXT"
    elif plan.approved_by and plan.breaches:
        yield f"  approved by {', '.join(plan.approved_by)}"


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "record_key": delivery.record_key,
        "action": delivery.action.value,
        "changes": [change.as_mapping() for change in delivery.changes],
        "lines": list(delivery.lines),
        "reason": delivery.reason,
        "source_key": delivery.source_key,
        "money_minor": delivery.money_minor,
        "currency_code": delivery.currency_code,
        "depends_on": [list(upstream) for upstream in delivery.depends_on],
        "idempotency_key": delivery.idempotency_key,
        "state": delivery.state,
    }


def _totals(plan: Plan) -> str:
    counts = [f"{plan.count(Action.CREATE)} to create", f"{plan.count(Action.UPDATE)} to update"]
    if plan.count(Action.DELETE):
        counts.append(f"{plan.count(Action.DELETE)} to delete")
    counts.append(f"{plan.noops} with nothing to do")
    counts += [f"{plan.count(action)} {action}" for action in (Action.WAITING, Action.HELD) if plan.count(action)]
    money = [spoken(minor, currency) for currency, minor in plan.money_minor.items()]
    return ", ".join(counts) + (f"; {' + '.join(money)}" if money else "")


def _actions(deliveries: Sequence[Delivery]) -> str:
    """How many of each action: 3 create, 40 update."""
    counts: dict[str, int] = {}
    for delivery in deliveries:
        counts[delivery.action] = counts.get(delivery.action, 0) + 1
    return ", ".join(f"{count} {action}" for action, count in sorted(counts.items()))


def _rows(delivery: Delivery) -> Iterator[tuple[str, ...]]:
    """One row per changed field and per line; record, action and reason stand on the first only."""
    cells = [(change.field, _shown(change.before), _shown(change.after)) for change in delivery.changes]
    for line in delivery.lines:
        words = ", ".join(_shown(value) for name, value in line.items() if name != "line_number" and value is not None)
        cells.append((f"line {line.get('line_number', '')}".strip(), "", words))
    cells += [("waits for", upstream, key) for upstream, key in delivery.depends_on]
    head = (delivery.record_key, delivery.action.value)
    for at, cell in enumerate(cells or [("", "", "")]):
        yield (*(head if at == 0 else ("", "")), *cell, delivery.reason if at == 0 else "")


def _drifts(drifts: Sequence[Drift], limit: int) -> Iterator[str]:
    """Edits at the destination: what it accepted, what it holds now, what we want, and what was chosen."""
    ordered = sorted(drifts, key=lambda drift: drift.choice != Choice.OPEN)
    for drift in ordered[:limit]:
        values = f"accepted {_shown(drift.accepted)}, there now {_shown(drift.observed)}, ours {_shown(drift.wanted)}"
        chosen = "choose with `cartwheel drift`" if drift.choice == Choice.OPEN else f"chosen: {drift.choice}"
        yield f"  drift: {drift.record_key}: {drift.field}: {values}; {chosen}"
    if len(ordered) > limit:
        yield f"  … and {len(ordered) - limit} more edits at the destination"


def _skipped(skipped: Sequence[Skipped], limit: int) -> Iterator[str]:
    """What waits or is held, by kind: thousands held for one cause are one number and a few examples."""
    kinds: dict[str, list[Skipped]] = {}
    for item in skipped:
        kinds.setdefault(f"{item.action} ({item.code})" if item.code else str(item.action), []).append(item)
    for kind, items in kinds.items():
        yield from (f"  {kind}: {item.record_key}: {item.reason}" for item in items[:limit])
        if len(items) > limit:
            yield f"  … and {len(items) - limit} more {kind}"


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cut = (cell if len(cell) <= width else f"{cell[: width - 1]}…" for cell, width in zip(row, widths, strict=True))
    return "  " + "  ".join(cell.ljust(width) for cell, width in zip(cut, widths, strict=True)).rstrip()


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)
