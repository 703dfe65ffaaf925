"""An explanation for people (text) and for programs (JSON); personal values are hidden in both unless asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from reverse_etl.explain import Explanation, Today
from reverse_etl.lineage import Payload, Traced
from reverse_etl.money import spoken
from reverse_etl.personal import hidden, hidden_json, hidden_text

# Of a raw payload so much is shown in text; the whole with limit 0 and in JSON.
_SHOWN_OF_A_PAYLOAD = 600
_OF_DELIVERY = (
    "delivery_id", "sync", "destination", "object", "record_key", "source_key", "action", "state", "reason", "payload",
    "lines", "changes", "money_minor", "currency_code", "idempotency_key", "destination_id", "kind", "code", "message",
    "planned_at", "state_at", "due_at",
)  # fmt: skip
_OF_PLAN = ("plan_id", "plan_hash", "created_at", "snapshot", "declaration", "planner", "plan_status")
_OF_ATTEMPT = (
    "attempt_id", "purpose", "started_at", "finished_at", "result", "http_status", "kind", "code", "message",
    "provider_request_id",
)  # fmt: skip


def as_json(found: Explanation, *, show_personal: bool = False) -> dict[str, Any]:
    """The explanation as plain data, whole."""
    found = found if show_personal else _discreet(found)
    content = {
        "delivery": {name: found.delivery[name] for name in _OF_DELIVERY},
        "plan": {name: found.plan[name] for name in _OF_PLAN},
        "approvals": [
            {name: row[name] for name in ("approved_by", "because", "approved_at")} for row in found.approvals
        ],
        "attempts": [{name: row[name] for name in _OF_ATTEMPT} for row in found.attempts],
        "model": found.model,
        "planned_row": dict(found.planned_row) if found.planned_row is not None else None,
        "today": asdict(found.today),
        "notices": list(found.notices),
        "steps": [_step(step) for step in found.traced],
    }
    shown: dict[str, Any] = content if show_personal else hidden(content)
    for step, traced in zip(shown["steps"], found.traced, strict=True):
        step["payloads"] = [_payload(payload, show_personal) for payload in traced.payloads]
    return shown


def render_text(found: Explanation, limit: int = 5, *, show_personal: bool = False) -> str:
    """The explanation for a reader: at most `limit` rows per table (0: all, and raw payloads uncut)."""
    found = found if show_personal else _discreet(found)
    lines = [*_heading(found), "", *_pushed(found), "", *_activation(found)]
    for step in found.traced:
        lines += ["", *_table(step, limit, show_personal)]
    lines += ["", *(f"Note: {notice}" for notice in found.notices)] if found.notices else []
    text = "\n".join(lines)
    return text if show_personal else hidden_text(text)


def _discreet(found: Explanation) -> Explanation:
    """The same with the person behind the record hidden; the rows it comes from are hidden where they are shown."""
    changes = [
        {"field": change["field"], **{side: hidden(change[side], change["field"]) for side in ("before", "after")}}
        for change in found.delivery["changes"]
    ]
    differences = {name: tuple(hidden(list(pair), name)) for name, pair in found.today.differences.items()}
    return replace(
        found,
        delivery={**hidden(dict(found.delivery)), "changes": changes},
        planned_row=hidden(dict(found.planned_row)) if found.planned_row is not None else None,
        attempts=tuple(hidden(dict(row)) for row in found.attempts),
        today=replace(found.today, differences=differences),
    )


def _step(step: Traced) -> dict[str, Any]:
    return {
        "table": step.table,
        "explains": list(step.explains),
        "rows": step.count,
        "missing": step.missing or None,
        "checks": [asdict(check) for check in step.checks],
        # Raw rows are told once, as their payloads.
        "shown": [] if step.payloads else [dict(row) for row in step.rows],
    }


def _payload(payload: Payload, show_personal: bool) -> dict[str, Any]:
    return {
        "sha256": payload.sha256,
        "bytes": len(payload.text.encode()),
        "load_id": payload.load_id,
        "loaded_at": payload.loaded_at,
        "answers": list(payload.answers),
        "text": payload.text if show_personal else hidden_json(payload.text),
    }


def _heading(found: Explanation) -> Iterator[str]:
    row, plan = found.delivery, found.plan
    money = "" if row["money_minor"] is None else f"; {spoken(row['money_minor'], row['currency_code'])}"
    yield f"{row['delivery_id']}: {row['action']} {row['object']} {row['record_key']} at {row['destination']}{money}"
    made = f"from snapshot {plan['snapshot']}" if plan["snapshot"] is not None else "from the warehouse"
    rules = f"declaration {plan['declaration']}, planner {plan['planner'] or 'unknown'}"
    yield f"  planned    {_when(plan['created_at'])} {made} under {rules}: {row['reason']}"
    for approval in found.approvals:
        yield f"  approved   {_when(approval['approved_at'])} by {approval['approved_by']}: {approval['because']}"
    if not found.approvals:
        yield "  approved   by nobody yet"
    for attempt in found.attempts:
        yield f"  {attempt['purpose'].replace('_', ' '):<10} {_attempt(attempt)}"
    if not found.attempts:
        yield "  sent       not yet"
    said = [str(row[name]) for name in ("code", "message") if row[name]]
    yield f"  state      {row['state']} since {_when(row['state_at'])}{': ' if said else ''}{', '.join(said)}"
    yield f"  key        {row['idempotency_key']}"
    if row["destination_id"]:
        yield f"  there      {row['destination_id']}"


def _attempt(attempt: Mapping[str, Any]) -> str:
    if attempt["result"] is None:
        return f"{_when(attempt['started_at'])}: no answer was heard"
    said = [f"HTTP {attempt['http_status']}"] if attempt["http_status"] else []
    said += [str(attempt[name]) for name in ("code", "message") if attempt[name]]
    said += [f"request {attempt['provider_request_id']}"] if attempt["provider_request_id"] else []
    return f"{_when(attempt['started_at'])} → {_when(attempt['finished_at'])} {attempt['result']}: {', '.join(said)}"


def _pushed(found: Explanation) -> Iterator[str]:
    yield "pushed" if found.delivery["state"] == "accepted" else "to be pushed"
    changes = {change["field"]: change for change in found.delivery["changes"]}
    for name, value in found.delivery["payload"].items():
        change = changes.get(name)
        yield (
            f"  {name}: {_shown(change['before'])} → {_shown(change['after'])}"
            if change
            else f"  {name}: {_shown(value)}"
        )
    for line in found.delivery["lines"]:
        yield f"  line {_values(line)}"


def _activation(found: Explanation) -> Iterator[str]:
    yield f"{found.model}  the row that was planned"
    row = found.planned_row
    if row is not None:
        yield f"  {_values(row['payload'])}"
        if any(value is not None for value in row["observed"].values()):
            yield f"  observed there: {_values(row['observed'])}"
    yield f"  today: {_standing(found.today)}"


def _standing(today: Today) -> str:
    if today.standing == "differs":
        said = (
            f"{name} was pushed as {_shown(old)} and is {_shown(new)}" for name, (old, new) in today.differences.items()
        )
        return f"the row differs: {'; '.join(said)}"
    return {
        "same": "the row says the same",
        "gone": "the model has no such row any more, as when the destination shows it already",
        "unknown": "not to be seen in this warehouse",
    }[today.standing]


def _table(step: Traced, limit: int, show_personal: bool) -> Iterator[str]:
    whence = ", ".join(table.partition(".")[2] for table in step.explains)
    if step.missing:
        yield f"{step.table}  {step.missing}; explains {whence}"
        return
    yield f"{step.table}  {step.count} row{'' if step.count == 1 else 's'}; explains {whence}"
    for check in step.checks[: limit or None]:
        yield f"  {'✓' if check.holds else '✗ no longer:'} {check.sentence}"
    told = len(step.payloads or step.rows) if not limit else min(limit, step.count)
    if step.payloads:
        for payload in step.payloads[:told]:
            yield from _raw(payload, cut=bool(limit), show_personal=show_personal)
    else:
        for row in step.rows[:told]:
            yield f"  {_values(row if show_personal else hidden(dict(row)))}"
    if step.count > told:
        yield f"  … and {step.count - told} more rows"


def _raw(payload: Payload, *, cut: bool, show_personal: bool) -> Iterator[str]:
    when = f" of {_when(payload.loaded_at)}" if payload.loaded_at else ""
    load = f", load {payload.load_id}{when}" if payload.load_id else ""
    yield f"  sha256 {payload.sha256}, {len(payload.text.encode())} bytes{load}"
    for answer in payload.answers[: 3 if cut else None]:
        yield f"  came in answer {answer}"
    if cut and len(payload.answers) > 3:
        yield f"  … and {len(payload.answers) - 3} more answers"
    text = payload.text if show_personal else hidden_json(payload.text)
    yield (
        f"  {text[:_SHOWN_OF_A_PAYLOAD]}{'…' if cut and len(text) > _SHOWN_OF_A_PAYLOAD else ''}"
        if cut
        else f"  {text}"
    )


def _values(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_shown(value)}" for name, value in row.items() if value is not None)


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return _when(value)
    return "–" if value is None else str(value)


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "unknown"
