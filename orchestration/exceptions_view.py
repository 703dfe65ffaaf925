"""The queue for the eye: tables for the terminal, one case as text, a table in Markdown for the metadata of a push."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from reverse_etl.exception_codes import runbook
from reverse_etl.money import spoken

CASE_COLUMNS = (
    "exception_id", "severity", "money_minor", "currency_code", "age_days", "sync", "destination", "record_key", "code",
    "kind", "message", "group", "exception_status", "owner", "snoozed_until", "occurrences", "opened_at", "seen_at",
    "delivery_id", "plan_id", "actions", "to_do",
)  # fmt: skip
GROUP_COLUMNS = ("group", "cases", "severity", "money", "age_days", "destination", "code", "message", "to_do")
AUDIT_COLUMNS = ("number", "happened_at", "who", "action", "subject", "because", "details", "digest")
ROWS_IN_METADATA = 50
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": ""}

Case = Mapping[str, Any]


def case_table(cases: Sequence[Case]) -> Table:
    table = _table("id", "severity", "at stake", "age", "sync", "record", "code", "group", "owner", "what happened")
    for case in cases:
        about = case["sync"] or case["destination"] or ""
        facts = (_money(case), age(case["age_days"]), about, case["record_key"] or "", case["code"], case["group"])
        row = (case["exception_id"], _severity(case["severity"]), *map(Text, facts), Text(case["owner"] or ""))
        table.add_row(*row, Text(case["message"]))
    return table


def group_table(groups: Sequence[Case]) -> Table:
    table = _table("group", "cases", "severity", "at stake", "oldest", "destination", "code", "what happened", "to do")
    for group in groups:
        told = (group["money"], age(group["age_days"]), group["destination"] or "", group["code"], group["message"])
        row = (group["group"], str(group["cases"]), _severity(group["severity"]), *map(Text, told))
        table.add_row(*row, Text(group["to_do"]))
    return table


def audit_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("row", "when (UTC)", "who", "did", "about", "because")
    for row in rows:
        told = (_when(row["happened_at"]), row["who"], row["action"], row["subject"], row["because"])
        table.add_row(str(row["number"]), *map(Text, told))
    return table


def case_text(case: Case) -> str:
    """One case, everything that is known of it, in lines."""
    about = " · ".join(str(case[name]) for name in ("sync", "destination", "record_key") if case[name])
    lines = [
        f"{case['exception_id']}  {case['severity']}  {case['code']} ({case['kind']})  {case['exception_status']}",
        *([about] if about else []),
        f"  {case['message']}",
        "",
        _line("at stake", _money(case) or "no money"),
        _line("age", f"{age(case['age_days'])}, since {_when(case['opened_at'])}; seen {_times(case)}"),
        _line("group", case["group"]),
        _line("owner", case["owner"] or "nobody"),
        _line("to do", case["to_do"]),
        _line("actions", ", ".join(case["actions"])),
        _line("read on", case["runbook"]),
    ]
    if case["snoozed_until"]:
        lines.append(_line("hidden until", _when(case["snoozed_until"])))
    if case["ended_by"]:
        lines.append(_line("ended", f"{_when(case['ended_at'])} by {case['ended_by']}: {case['ended_because']}"))
    if delivery := case["delivery"]:
        told = (
            f"{delivery['delivery_id']} {delivery['action']}, {delivery['state']} since {_when(delivery['state_at'])}"
        )
        lines += [
            "",
            _line("delivery", told),
            _line("why", delivery["reason"]),
            _line("source row", delivery["source_key"]),
        ]
    lines += ["", "Evidence", *_evidence(case["evidence"])]
    if case["attempts"]:
        lines += ["", "Requests", *map(_attempt, case["attempts"])]
    if case["audit"]:
        lines += ["", "Decisions"]
        lines += [
            f"  {_when(row['happened_at'])}  {row['who']}  {row['action']}: {row['because']}" for row in case["audit"]
        ]
    return "\n".join(lines)


def exceptions_table_markdown(cases: Sequence[Case], limit: int = ROWS_IN_METADATA) -> str:
    """The gravest cases as a Markdown table, for the metadata of an asset; a sentence when there are none."""
    if not cases:
        return "Nothing stands in the queue."
    lines = [
        "| id | severity | at stake | age | record | code | what happened | to do | runbook |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case in cases[:limit]:
        page = runbook(case["code"], case["kind"])
        about = case["record_key"] or case["sync"] or case["destination"] or ""
        told = (_money(case), age(case["age_days"]), about, case["code"], case["message"], case["to_do"], page)
        lines.append(f"| {case['exception_id']} | {case['severity']} | {' | '.join(map(_markdown, told))} |")
    if len(cases) > limit:
        lines.append(f"\n{limit} of {len(cases)}; `cartwheel exceptions list --limit 0` shows all.")
    return "\n".join(lines)


def age(days: float) -> str:
    """An age in the largest unit that says enough: 40 min, 7 h, 12 d."""
    if days < 1 / 24:
        return f"{round(days * 1440)} min"
    return f"{round(days * 24)} h" if days < 2 else f"{round(days)} d"


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        right = heading in ("at stake", "age", "oldest", "cases", "row")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    return table


def _severity(word: str) -> Text:
    return Text(word, style=_STYLES.get(word, ""))


def _money(case: Case) -> str:
    if case["money_minor"] is None or not case["currency_code"]:
        return ""
    return spoken(case["money_minor"], case["currency_code"])


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment is not None else "never"


def _times(case: Case) -> str:
    return "once" if case["occurrences"] == 1 else f"{case['occurrences']} times, last {_when(case['seen_at'])}"


def _line(name: str, value: str) -> str:
    return f"  {name:<12}  {value}"


def _evidence(evidence: Mapping[str, Any]) -> list[str]:
    told = [(name, value) for name, value in evidence.items() if value is not None]
    if not told:
        return ["  none was kept"]
    return [
        _line(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) for name, value in told
    ]


def _attempt(attempt: Mapping[str, Any]) -> str:
    ended = [attempt["result"] or "never heard of again", attempt["code"], attempt["message"]]
    if attempt["http_status"]:
        ended.append(f"HTTP {attempt['http_status']}")
    if attempt["provider_request_id"]:
        ended.append(f"request {attempt['provider_request_id']}")
    return f"  {_when(attempt['started_at'])}  {attempt['purpose']}: {', '.join(part for part in ended if part)}"


def _markdown(text: str) -> str:
    return " ".join(str(text).replace("|", "\\|").split())
