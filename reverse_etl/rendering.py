"""A plan for people (text) and for programs (JSON): per record, field, before → after, reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from reverse_etl.money import spoken
from reverse_etl.plan import Action, Delivery, Plan

_COLUMNS = ("record", "action", "field", "before", "after", "reason")
_WIDTHS = (34, 7, 22, 24, 24, 60)


def render_text(plan: Plan, limit: int = 20) -> str:
    """The plan as a table of at most `limit` records, with its totals; what is cut is said."""
    lines = [f"{plan.sync}: {_totals(plan)}"]
    lines += [f"  OVER ITS LIMITS: {breach}" for breach in plan.breaches]
    if plan.deliveries:
        rows = [row for delivery in plan.deliveries[:limit] for row in _rows(delivery)]
        widths = [min(width, max(len(row[at]) for row in (*rows, _COLUMNS))) for at, width in enumerate(_WIDTHS)]
        lines += [_line(row, widths) for row in (_COLUMNS, tuple("-" * width for width in widths), *rows)]
    if len(plan.deliveries) > limit:
        lines.append(f"  … and {len(plan.deliveries) - limit} more records")
    lines += [f"  {item.action}: {item.record_key}: {item.reason}" for item in plan.skipped[:limit]]
    if len(plan.skipped) > limit:
        lines.append(f"  … and {len(plan.skipped) - limit} more that wait or are held")
    return "\n".join(lines)


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan as plain data."""
    return {
        "sync": plan.sync,
        "plan_id": plan.plan_id,
        "plan_hash": plan.plan_hash,
        "created_at": plan.created_at.isoformat() if plan.created_at else None,
        "counts": {action.value: plan.noops if action is Action.NOOP else plan.count(action) for action in Action},
        "money_minor": plan.money_minor,
        "breaches": list(plan.breaches),
        "deliveries": [_delivery(delivery) for delivery in plan.deliveries],
        "skipped": [asdict(item) for item in plan.skipped],
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "record_key": delivery.record_key,
        "action": delivery.action.value,
        "changes": [asdict(change) for change in delivery.changes],
        "lines": list(delivery.lines),
        "reason": delivery.reason,
        "source_key": delivery.source_key,
        "money_minor": delivery.money_minor,
        "currency_code": delivery.currency_code,
        "idempotency_key": delivery.idempotency_key,
        "state": delivery.state,
    }


def _totals(plan: Plan) -> str:
    counts = [f"{plan.count(Action.CREATE)} to create", f"{plan.count(Action.UPDATE)} to update"]
    counts.append(f"{plan.noops} with nothing to do")
    counts += [f"{plan.count(action)} {action}" for action in (Action.WAITING, Action.HELD) if plan.count(action)]
    money = [spoken(minor, currency) for currency, minor in plan.money_minor.items()]
    return ", ".join(counts) + (f"; {' + '.join(money)}" if money else "")


def _rows(delivery: Delivery) -> Iterator[tuple[str, ...]]:
    """One row per changed field and per line; record, action and reason stand on the first only."""
    cells = [(change.field, _shown(change.before), _shown(change.after)) for change in delivery.changes]
    for line in delivery.lines:
        words = ", ".join(_shown(value) for name, value in line.items() if name != "line_number" and value is not None)
        cells.append((f"line {line.get('line_number', '')}".strip(), "", words))
    head = (delivery.record_key, delivery.action.value)
    for at, cell in enumerate(cells or [("", "", "")]):
        yield (*(head if at == 0 else ("", "")), *cell, delivery.reason if at == 0 else "")


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cut = (cell if len(cell) <= width else f"{cell[: width - 1]}…" for cell, width in zip(row, widths, strict=True))
    return "  " + "  ".join(cell.ljust(width) for cell, width in zip(cut, widths, strict=True)).rstrip()


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)
